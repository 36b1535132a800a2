"""P23: what Jira's database does not hold is told alike by fake and adapter."""

from collections.abc import Callable

import pytest

from pdjira.errors import Temporary, Unstorable
from pdjira.model.workflow import Filling
from tests.builders import a_comment
from tests.contract.jira_sides import Side, client, connection, draft
from tests.contract.wire_double import answer, serving
from tests.sandbox.jira.world import Beyond

FIRE = "\U0001f525"
TEXT = "customfield_10001"

WRITES: dict[str, Callable[[Side, str, str], object]] = {
    "create_issue": lambda side, _, text: side.port.create_issue(draft(fields={"summary": text})),
    "update_issue": lambda side, issue, text: side.issues.update_issue(issue, {"summary": text}),
    "add_comment": lambda side, issue, text: side.comments.add_comment(issue, a_comment(body=text)),
    "transition": lambda side, issue, text: side.issues.transition(
        issue, "99", Filling(fields={"environment": text})
    ),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_database_that_holds_no_emoji_is_told_from_a_failure(side: Side, write: str) -> None:
    issue = side.port.create_issue(draft())
    side.model.world.beyond = Beyond.REFUSED

    with pytest.raises(Unstorable):
        WRITES[write](side, issue.id, f"on {FIRE}")


@pytest.mark.parametrize("write", ["create_issue", "update_issue", "add_comment"])
def test_what_it_does_hold_is_written(side: Side, write: str) -> None:
    issue = side.port.create_issue(draft())
    side.model.world.beyond = Beyond.REFUSED

    WRITES[write](side, issue.id, "on \ufffd, é, €")


def test_what_it_keeps_in_place_of_emoji_is_read(side: Side) -> None:
    side.model.world.beyond = Beyond.REPLACED
    issue = side.port.create_issue(draft(fields={"summary": FIRE, TEXT: f"a{FIRE}"}))

    read = side.issues.read_issue(issue.id, fields=(TEXT,))

    assert (read.summary, read.fields[TEXT]) == ("?", "a?")


def test_an_issue_tells_the_kinds_of_the_fields_that_were_asked_for(side: Side) -> None:
    issue = side.port.create_issue(draft())
    url = "customfield_10006"

    read = side.issues.read_issue(issue.id, fields=(TEXT, url))

    assert {name: schema.custom for name, schema in read.schemas.items()} == {
        TEXT: "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
        url: "com.atlassian.jira.plugin.system.customfieldtypes:url",
    }
    assert side.issues.read_issue(issue.id).schemas == {}


OWN_FAILURE = answer(500, '{"errorMessages": ["Database is locked"], "errors": {}}')


def test_a_comment_without_emoji_that_jira_fails_at_is_tried_again() -> None:
    with serving(OWN_FAILURE) as stage, pytest.raises(Temporary, match="locked"):
        client(lambda: connection(stage.url)).comments().add_comment("1", a_comment())


def test_a_failure_at_emoji_says_what_jira_said_and_what_to_do() -> None:
    with serving(OWN_FAILURE) as stage, pytest.raises(Unstorable, match="locked") as caught:
        client(lambda: connection(stage.url)).comments().add_comment("1", a_comment(body=FIRE))

    assert "utf8mb4" in str(caught.value.cure)
