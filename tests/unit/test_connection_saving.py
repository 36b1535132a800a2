"""The page and a person in AWS cannot overwrite each other; the region is found by the key."""

import json
from typing import Any

import pytest

from pdjira.connection.form import FieldProblem, get, put
from pdjira.connection.saving import ConnectionDesk, Kept, Outcome, Overtaken, Wrong, tree_of
from pdjira.errors import Conflict, UnreadableSecret
from tests.fakes.connecting import FakeAccounts, FakeSecret, FakeSecretRules

US, EU = "https://api.pagerduty.com", "https://api.eu.pagerduty.com"
TREE = {
    "jira": {"url": "https://jira.example.com", "auth": {"mode": "pat", "token": "old-token"}},
    "pagerduty": {"api_url": US, "api_token": "old-key", "from_email": "a@example.com"},
}


class Desk:
    """A desk on fakes."""

    def __init__(self, text: str | None = None) -> None:
        self.secret = FakeSecret(json.dumps(TREE) if text is None else text)
        self.rules = FakeSecretRules()
        self.regions = FakeAccounts(keys={US: "us-key", EU: "eu-key"})
        self.port = ConnectionDesk(
            secret=self.secret, rules=self.rules, regions=self.regions, signs=bool
        )

    def save(self, known: str | None = None, **changes: str) -> Outcome:
        names = {name.replace("__", "."): value for name, value in changes.items()}
        return self.port.save(names, known=known or self.secret.current().id)

    def stored(self, name: str) -> object:
        return get(tree_of(self.secret.current().text), name)


def test_what_was_typed_takes_the_place_of_the_version_that_was_read() -> None:
    desk = Desk()

    outcome = desk.save(jira__auth__token="new-token")

    assert outcome == Kept(version=desk.secret.current().id)
    assert desk.stored("jira.auth.token") == "new-token"
    assert desk.stored("pagerduty.api_token") == "old-key"


def test_a_secret_that_was_changed_in_aws_since_is_not_overwritten() -> None:
    desk = Desk()
    known = desk.secret.current().id
    desk.secret.write(json.dumps({**TREE, "by": "Ana"}))

    outcome = desk.save(known, jira__auth__token="new-token")

    assert isinstance(outcome, Overtaken)
    assert outcome.says == (
        "The secret was changed in AWS or by another page at 14:02 UTC. Yours was not saved. "
        "Press Save and connect once more to put what stands below in its place."
    )
    assert desk.stored("jira.auth.token") == "old-token"


def test_a_secret_that_is_changed_between_look_and_write_is_not_overwritten() -> None:
    desk = Desk()
    desk.secret.others.append(json.dumps({**TREE, "by": "Ana"}))

    outcome = desk.save(jira__auth__token="new-token")

    assert isinstance(outcome, Overtaken)
    assert desk.stored("by") == "Ana"


def test_what_is_wrong_is_told_by_field_and_nothing_is_saved() -> None:
    desk = Desk()
    desk.rules.found = [
        FieldProblem(field="jira.url", says="is wrong"),
        FieldProblem(field="jira.auth.token", says="is wrong as well"),
    ]

    outcome = desk.save(jira__url="https://other.example.com")

    assert isinstance(outcome, Wrong)
    assert [one.field for one in outcome.problems] == ["jira.auth.token", "jira.url"]
    assert "Enter it again" in outcome.problems[0].says
    assert desk.stored("jira.url") == "https://jira.example.com"


def test_a_secret_that_cannot_be_read_is_mended_in_aws_first() -> None:
    desk = Desk("{ no json")

    outcome = desk.save(jira__url="https://jira.example.com")

    assert isinstance(outcome, Wrong)
    assert "Correct it in AWS first" in outcome.problems[0].says
    assert desk.port.stored().problem


@pytest.mark.parametrize(("key", "address"), [("us-key", US), ("eu-key", EU), ("no-key", US)])
def test_m7_the_region_is_found_by_the_key(key: str, address: str) -> None:
    desk = Desk()

    desk.save(pagerduty__api_token=key)

    assert desk.stored("pagerduty.api_token") == key
    assert desk.stored("pagerduty.api_url") == address


def test_a_key_that_is_kept_asks_no_region_and_an_address_that_was_typed_counts() -> None:
    desk = Desk()
    desk.save(pagerduty__api_url="", pagerduty__from_email="b@example.com")
    assert desk.stored("pagerduty.from_email") == "b@example.com"

    desk.save(pagerduty__api_token="eu-key", pagerduty__api_url="https://proxy.example.com")
    assert desk.stored("pagerduty.api_url") == "https://proxy.example.com"


def test_a_region_that_does_not_answer_keeps_nobody_from_saving() -> None:
    desk = Desk()
    desk.regions.silent = {US}

    assert isinstance(desk.save(pagerduty__api_token="new-key"), Kept)
    assert desk.stored("pagerduty.api_url") == US


def test_a_change_of_the_stack_itself_is_made_again_over_what_came_between() -> None:
    desk = Desk()
    desk.secret.others += [json.dumps({**TREE, "by": "Ana"}), json.dumps({**TREE, "by": "Bob"})]

    def edit(tree: dict[str, Any]) -> None:
        put(tree, "pagerduty.webhook_secrets", value=["new"])

    desk.port.change(edit)

    assert desk.stored("by") == "Bob"
    assert desk.stored("pagerduty.webhook_secrets") == ["new"]


def test_a_secret_that_somebody_writes_all_the_time_is_given_up_on() -> None:
    desk = Desk()
    desk.secret.others += [json.dumps(TREE)] * 9

    with pytest.raises(Conflict):
        desk.port.change(lambda _: None)


@pytest.mark.parametrize("text", ["[]", "7", "{", "[" * 100_000])
def test_what_is_no_object_is_no_secret(text: str, collected: None) -> None:  # noqa: ARG001
    with pytest.raises(UnreadableSecret):
        tree_of(text)


def test_an_overtaken_version_without_a_time_is_told_without_one() -> None:
    desk = Desk()
    outcome = Overtaken(by=FakeSecret().current())

    assert outcome.says == (
        "The secret was changed in AWS or by another page. Yours was not saved. "
        "Press Save and connect once more to put what stands below in its place."
    )
    assert desk.port.stored().problem is None
