"""The list of what is left until the first incident turns green by what is stored and seen."""

from dataclasses import replace

import pytest

from pdjira.connection.checklist import (
    Milestones,
    Seen,
    StepState,
    checklist,
    done_of,
    is_done,
)
from tests.builders import NOW

FRESH = Seen(is_entered=False, connected=None)
ALL = Seen(
    is_entered=True,
    connected=True,
    has_webhook=True,
    mappings=1,
    reached=Milestones(webhook=NOW, test=NOW, incident=NOW),
)


def states(seen: Seen) -> dict[str, StepState]:
    return {step.name: step.state for step in checklist(seen)}


def says(seen: Seen, name: str) -> str:
    return next(step.says for step in checklist(seen) if step.name == name)


def test_a_fresh_stack_begins_with_the_secret_and_the_rest_comes_later() -> None:
    assert states(FRESH) == {
        "connection": StepState.TODO,
        "webhook": StepState.LATER,
        "mapping": StepState.LATER,
        "test": StepState.LATER,
        "jira-webhook": StepState.LATER,
        "incident": StepState.LATER,
    }
    assert done_of(checklist(FRESH)) == (0, 5)
    assert [step.number for step in checklist(FRESH)] == [1, 3, 4, 5, 6, 7]


def test_only_where_requests_are_signed_there_is_a_second_step() -> None:
    assert [step.number for step in checklist(replace(FRESH, signs=True))] == list(range(1, 8))


def test_m2_the_second_step_waits_for_jira_and_is_done_once_signed_requests_are_taken() -> None:
    signs = replace(ALL, signs=True, connected=False, why="Jira does not accept it.")

    assert states(signs)["token"] is StepState.TODO
    waiting = replace(signs, pending_token="14:32")
    assert states(waiting)["token"] is StepState.WAITING
    assert "14:32 left" in says(waiting, "token")
    assert states(replace(signs, connected=True))["token"] is StepState.DONE


def test_what_is_wrong_with_the_connection_is_told() -> None:
    broken = replace(ALL, connected=False, why="Certificate: it has expired.")

    assert states(broken)["connection"] is StepState.BROKEN
    assert says(broken, "connection") == "Certificate: it has expired."
    assert states(replace(ALL, connected=None))["connection"] is StepState.WAITING


def test_the_webhook_waits_for_its_ping() -> None:
    entered = replace(FRESH, is_entered=True, connected=True)

    assert states(entered)["webhook"] is StepState.TODO
    waiting = replace(entered, has_webhook=True)
    assert states(waiting)["webhook"] is StepState.WAITING
    assert says(waiting, "webhook") == "Waiting for the ping, usually 10 s."
    assert states(replace(waiting, webhook_problem="Refused."))["webhook"] is StepState.BROKEN
    proven = replace(waiting, reached=Milestones(webhook=NOW))
    assert states(proven)["webhook"] is StepState.DONE


def test_an_incident_that_was_synced_does_for_the_test_issue() -> None:
    mapped = replace(ALL, reached=Milestones(webhook=NOW), service="Checkout")

    assert states(mapped)["test"] is StepState.TODO
    assert states(mapped)["incident"] is StepState.WAITING
    assert "Open an incident on Checkout" in says(mapped, "incident")
    assert "on the service" in says(replace(mapped, service=None), "incident")
    synced = replace(mapped, reached=Milestones(webhook=NOW, incident=NOW))
    assert states(synced)["test"] is StepState.DONE


@pytest.mark.parametrize("has_jira_webhook", [True, False])
def test_the_webhook_of_jira_is_optional(*, has_jira_webhook: bool) -> None:
    seen = replace(ALL, has_jira_webhook=has_jira_webhook)

    assert is_done(checklist(seen))
    assert (states(seen)["jira-webhook"] is StepState.DONE) is has_jira_webhook
    assert done_of(checklist(seen)) == (5, 5)


def test_something_left_is_not_done() -> None:
    assert not is_done(checklist(replace(ALL, mappings=0)))
