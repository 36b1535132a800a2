"""Health as a page: what fails first, each with its cure, and what can be pressed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.admin.problem_jobs import LOOK
from pdjira.errors import NotThere, Refused, Temporary
from pdjira.health.checks import Check, Status
from pdjira.health.webhooks import Repair, repair_of
from pdjira.page import addresses
from pdjira.page.health import shown as shown_as
from pdjira.page.overview import Names
from pdjira.page.strip import Kind
from pdjira.page.web import Method, Page, Redirect, Response
from tests.asking import answer_of
from tests.scenes.trouble import RIGHTS, Trouble, a_stack

KEY = Check(area="pagerduty", name="key", status=Status.BROKEN, says="Wrong key.", cure="Mend.")
AGENT = Check(area="jira", name="agent OPS", status=Status.ATTENTION, says="No agent.", cure="Be.")


def ask(story: Trouble, method: Method, path: str, **given: str) -> Response:
    return answer_of(story.health().routes(), method, path, story.now, **given)


def values(story: Trouble) -> Any:
    answer = ask(story, Method.GET, "/health")
    assert isinstance(answer, Page)
    return answer.values


def test_what_fails_comes_first_and_what_is_fine_is_apart() -> None:
    story = a_stack()
    story.swept()
    story.saw(KEY, RIGHTS, Check(area="jira", name="name", status=Status.OK, says="Known."))

    shown = values(story)

    assert [one.name for one in shown["faults"]] == ["PagerDuty, key", "Jira, rights OPS"]
    assert [(one.kind, one.word) for one in shown["faults"]] == [(Kind.BROKEN, "Broken")] * 2
    assert "Jira, name" in [one.name for one in shown["fine"]]
    assert shown["looked_at"] == story.now - timedelta(seconds=25)


def test_where_health_was_never_asked_that_is_said_and_nothing_is_green_for_it() -> None:
    shown = values(a_stack())

    assert shown["looked_at"] is None
    assert not [one for one in shown["fine"] if one.name.startswith(("Jira", "PagerDuty"))]


@pytest.mark.parametrize("check", [RIGHTS, AGENT])
def test_what_a_jira_administrator_must_do_can_be_copied(check: Check) -> None:
    story = a_stack()
    story.saw(check)

    (fault,) = values(story)["faults"]

    assert fault.copied == f"{check.says}\n\nPlease do this: {check.cure}"


def test_a_fault_calls_a_mapping_by_its_name_and_leads_to_it() -> None:
    says = "The mapping ops-bug: jql: Jira does not know Highestt."
    check = Check(area="mappings", name="ops-bug", status=Status.ATTENTION, says=says)
    fault = shown_as(check, Names(mappings={"ops-bug": "Create Bug (OPS)"}))

    assert (fault.name, fault.says) == (
        "Mappings, Create Bug (OPS)",
        "Create Bug (OPS): jql: Jira does not know Highestt.",
    )
    assert [one.to for one in fault.buttons] == ["/mapping?id=ops-bug"]


def test_a_mapping_that_cannot_be_read_is_corrected_on_the_page() -> None:
    says = "The mapping ops-bug is not in force. issue_type must be a map."
    cure = "Correct the item in the mappings table."
    fault = shown_as(
        Check(area="mappings", name="ops-bug", status=Status.BROKEN, says=says, cure=cure), Names()
    )

    assert fault.cure == "Open the mapping, correct what stands there, and save it."
    assert [one.to for one in fault.buttons] == ["/mapping?id=ops-bug"]


def buttons(story: Trouble) -> Sequence[str]:
    return [button.to for fault in values(story)["faults"] for button in fault.buttons]


def test_each_fault_has_what_can_be_pressed() -> None:
    story = a_stack()
    story.saw(KEY)
    connection = buttons(story)
    story.saw()
    story.refused(2)
    refused = buttons(story)

    assert connection == ["/connection"]
    assert refused == ["/problems"]


def test_what_can_be_pressed_needs_no_invocation() -> None:
    story = a_stack()
    story.refused(2)
    story.give_up()
    story.pause(3)

    shown = values(story)["faults"]

    assert [fault.cure for fault in shown if "invoke" in fault.cure] == []
    assert all(fault.cure for fault in shown)


def test_a_side_that_may_answer_again_by_itself_needs_no_button() -> None:
    story = a_stack()
    story.silent()
    passes = buttons(story)
    story.silent(None, failures=0)

    assert (passes, buttons(story)) == ([], ["/connection"])


def test_check_now_is_a_job() -> None:
    story = a_stack()

    answer = ask(story, Method.POST, "/health/check")

    assert answer == Redirect(to="/job?id=job-1")
    assert story.desk().find("job-1").kind == LOOK


@pytest.mark.parametrize(("since", "ago"), [("24", 24 * 60), ("sweep", 10), ("nonsense", 60)])
def test_g11_pagerdutys_log_is_read_again_from_a_time(since: str, ago: int) -> None:
    story = a_stack()
    story.swept()

    answer = ask(story, Method.POST, "/health/recover", since=since)

    assert isinstance(answer, Page)
    begins = story.now - timedelta(minutes=ago)
    assert begins.isoformat(timespec="seconds") in str(answer.values["says"])


def test_before_the_first_sweep_a_recovery_begins_an_hour_ago() -> None:
    story = a_stack()

    answer = ask(story, Method.POST, "/health/recover", since="sweep")

    assert isinstance(answer, Page)
    assert answer.values["word"] == "Recovering"
    assert [value for value, _ in values(story)["since"]] == ["1", "24", "168"]


def test_a_recovery_that_fails_says_why() -> None:
    story = a_stack()
    story.world.plan.fail_next("requests.put", Temporary("Throttled."))

    answer = ask(story, Method.POST, "/health/recover", since="1")

    assert isinstance(answer, Page)
    error: Any = answer.values["error"]
    assert error.says == "Throttled."


def test_a_check_has_an_anchor_whatever_its_name() -> None:
    assert addresses.check("jira", "rights OPS / Ü") == "/health#jira-rights-ops"


# ---- what the stack can do itself


OFF = "PagerDuty has switched our webhook off, because three deliveries in a row were dropped."
NONE = "No webhook subscription has a URL that ends in /webhooks/pagerduty: nothing is delivered."
REFUSED = "3 deliveries refused since 03:12: their signature matches none of webhook_secrets."
GAP = "No webhook subscription is for the service Checkout."


def of_webhooks(name: str, says: str) -> Check:
    return Check(area="webhooks", name=name, status=Status.BROKEN, says=says, cure="In PagerDuty.")


@pytest.mark.parametrize(
    ("name", "says", "words", "repair"),
    [
        ("subscriptions", OFF, "Switch it on", Repair.SWITCH_ON),
        ("subscriptions", NONE, "Make the webhook", Repair.MAKE),
        ("deliveries", REFUSED, "Replace its secret", Repair.ROTATE),
    ],
)
def test_m11_what_is_ours_to_do_is_a_button_and_looked_at_afterwards(
    name: str, says: str, words: str, repair: Repair
) -> None:
    story = a_stack()
    story.saw(KEY, of_webhooks(name, says))

    (fault,) = [one for one in values(story)["faults"] if one.name.startswith("Webhooks")]
    (button,) = fault.buttons
    answer = ask(story, Method.POST, button.to, **button.given)

    assert (button.words, fault.cure.startswith(f'Press "{words}"')) == (words, True)
    assert story.repaired == [repair]
    assert answer == Redirect(to="/job?id=job-1")
    assert [one.name for one in values(story)["faults"]] == ["PagerDuty, key"]


def test_what_only_a_person_can_mend_there_has_no_such_button() -> None:
    story = a_stack()
    story.saw(of_webhooks("subscriptions", GAP), of_webhooks("buttons", "Nobody can ask."), RIGHTS)

    assert buttons(story) == ["/connection", "/connection"]
    assert repair_of(of_webhooks("secrets", OFF)) is None


def test_a_repair_that_fails_is_told_with_its_cure_and_one_that_there_is_not_as_well() -> None:
    story = a_stack()

    def fail(_repair: Repair) -> None:
        raise Refused("The key may not.", status=403, cure="Use another.")

    page = replace(story.health(), repair=fail)
    answer = answer_of(page.routes(), Method.POST, "/health/repair", story.now, do="on")

    assert isinstance(answer, Page)
    error = answer.values["error"]
    assert isinstance(error, Refused)
    assert error.says == "The key may not."
    with pytest.raises(NotThere):
        ask(story, Method.POST, "/health/repair", do="nonsense")
