"""P7, P8, G12: what a person undoes after a write of ours whose answer was lost stays undone."""

from typing import Any

import pytest

from pdjira.domain.signals import SignalKind
from pdjira.errors import Ambiguous, NotFound, Refused, Temporary
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.unit.test_following import three_statuses
from tests.unit.test_toward_pagerduty import REOPEN, RESOLVE, START, Both


def once(both: Both) -> None:
    """One delivery, which ends without the work being done."""
    message = both.world.queue.receive()
    assert message is not None
    try:
        both.world.consumer.consume(message)
    except Crash:
        both.world.consumer = both.world.worker("after a crash")


def closing(error: BaseException, *, after: bool = True, **changes: Any) -> Both:
    """The issue was closed, and the incident's new status met an error."""
    both = Both(three_statuses(**changes))
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("pagerduty.change_incident", error, after=after)
    both.move(START, RESOLVE)
    both.world.signal(both.incident, id="closed", kind=SignalKind.ISSUE_CHANGED, event_type="")
    once(both)
    both.world.clock.forward(seconds=1)
    return both


LOST = [Ambiguous("cut"), Temporary("cut"), Crash()]


@pytest.mark.parametrize("error", LOST)
def test_p7_an_incident_that_a_person_reopens_after_a_lost_answer_stays_open(
    error: BaseException,
) -> None:
    both = closing(error)
    assert both.state() == "resolved"

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.world.work()

    assert both.state() == "triggered"
    assert both.status() == "Open"
    assert both.world.links.links[0].status_attempt is None
    assert any("back to triggered" in says for says in both.world.timeline(both.incident))


@pytest.mark.parametrize("error", LOST)
def test_p7_a_lost_answer_alone_is_no_reason_to_open_anything(error: BaseException) -> None:
    both = closing(error)

    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")
    assert both.world.links.links[0].status_attempt is None


@pytest.mark.parametrize("error", LOST)
def test_p7_what_never_reached_pagerduty_is_written_again(error: BaseException) -> None:
    both = closing(error, after=False)

    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p7_other_changes_of_the_incident_undo_nothing() -> None:
    both = closing(Ambiguous("cut"), after=False)
    model = both.world.pagerduty.model

    model.acknowledge(both.incident, by=RESPONDER)
    both.world.clock.forward(seconds=1)
    model.unacknowledge(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


@pytest.mark.parametrize("error", [Refused("No.", status=403), NotFound("No log.")])
def test_p7_where_the_log_cannot_be_read_the_incident_stays_as_people_see_it(
    error: Exception,
) -> None:
    both = closing(Ambiguous("cut"))
    both.world.plan.fail_next("pagerduty.has_been", error)

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.world.work()

    assert both.state() == "triggered"


def test_p7_an_incident_that_is_resolved_again_after_a_lost_reopening_stays_resolved() -> None:
    both = Both()
    both.moved(START, RESOLVE)
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("pagerduty.change_incident", Ambiguous("cut"), after=True)
    both.move(REOPEN)
    both.world.signal(both.incident, id="reopened", kind=SignalKind.ISSUE_CHANGED, event_type="")
    once(both)
    both.world.clock.forward(seconds=1)

    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")
    assert both.world.pagerduty.calls["has_been"] == 0


def test_p7_an_issue_that_is_reopened_as_well_needs_nothing() -> None:
    both = closing(Ambiguous("cut"))

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.move(REOPEN)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert both.world.links.links[0].status_attempt is None


def test_p7_any_signal_ends_what_was_left_in_doubt() -> None:
    both = closing(Temporary("cut"))
    both.world.queue.stored.clear()

    both.act("reopen", event="incident.reopened")

    assert (both.state(), both.status()) == ("triggered", "Open")


def test_what_pagerduty_refuses_is_no_attempt_any_more() -> None:
    both = closing(Refused("No.", status=403), after=False)

    assert both.world.links.links[0].status_attempt is None


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [Crash(), Temporary("busy"), Ambiguous("cut")])
def test_p8_closing_and_reopening_end_in_the_same_state_whatever_call_fails(
    error: BaseException, *, after: bool
) -> None:
    whole = FaultPlan()
    a_day(whole)

    for number, name in enumerate(whole.calls, start=1):
        if name == "queue.send" or (after and isinstance(error, Temporary)):
            continue
        both = a_day(FaultPlan().fail(number, error, after=after))
        found = both.state(), both.status(), both.world.queue.dead
        assert found == ("triggered", "Open", []), f"call {number} ({name}) failed"


def a_day(plan: FaultPlan) -> Both:
    """The issue is closed, and a responder reopens the incident."""
    both = Both(plan=plan)
    both.world.clock.forward(minutes=1)
    both.moved(START, RESOLVE)
    assert both.state() == "resolved"
    both.world.clock.forward(minutes=1)
    both.act("reopen", event="incident.reopened")
    return both
