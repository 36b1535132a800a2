"""P7, P8, G12: what a person undoes after a write of ours whose answer was lost stays undone."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from pdjira.errors import Ambiguous, NotFound, Refused, Temporary
from pdjira.model.incident import IncidentStatus
from pdjira.model.signal import SignalKind
from tests.builders import CLOSED, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import CLOSE, REOPEN, RESOLVE, START, STOP, Both, once

LOST = [Ambiguous("cut"), Temporary("cut"), Crash()]


Way = Callable[..., Both]


def closing(
    error: BaseException,
    *,
    after: bool = True,
    days: int = 0,
    plan: FaultPlan | None = None,
    **changes: Any,
) -> Both:
    """The issue was closed, and the incident's new status met an error, so many days later."""
    both = Both(three_statuses(**changes), plan=plan)
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("pagerduty.change_incident", error, after=after)
    both.move(START, RESOLVE)
    both.world.signal(both.incident, id="closed", kind=SignalKind.ISSUE_CHANGED, event_type="")
    both.world.clock.forward(days=days)
    once(both)
    return both


def resolving(
    error: BaseException,
    *,
    after: bool = True,
    days: int = 0,
    plan: FaultPlan | None = None,
    **changes: Any,
) -> Both:
    """The incident was resolved, and the last step of its issue met an error, days later."""
    both = Both(three_statuses(**changes), plan=plan)
    both.act("acknowledge")
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("jira.transition", error, after=after)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="resolved", event_type="incident.resolved")
    both.world.clock.forward(days=days)
    once(both)
    return both


def undone(both: Both, way: Way, *, heard: bool = True) -> None:
    """A person takes back what was written, in which ever way that was."""
    if way is closing:
        both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    else:
        both.move(REOPEN)
    kinds = {closing: SignalKind.INCIDENT_CHANGED, resolving: SignalKind.ISSUE_CHANGED}
    if heard:
        both.world.signal(both.incident, id="undone", kind=kinds[way], event_type="")


def intends(both: Both) -> bool:
    (link,) = both.world.links.links
    return link.intent is not None


def is_undone(both: Both) -> bool:
    """Whether both sides are where the person has put them, and nothing is intended any more."""
    return (both.state(), both.status()) == ("triggered", "Open") and not intends(both)


class Interrupted(FaultPlan):
    """Somebody does something right before one of the calls; `at` counts those that follow."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        self.act: Callable[[], object] = lambda: None

    def before(self, method: str) -> None:
        """Count a call."""
        self.at -= 1
        if self.at == 0:
            self.act()
        super().before(method)


@pytest.mark.parametrize("error", [Ambiguous("cut"), Temporary("cut")])
@pytest.mark.parametrize("way", [closing, resolving])
@pytest.mark.parametrize("heard", [True, False])
def test_p7_what_a_person_undoes_after_the_last_try_of_a_message_stays_undone(
    way: Way, error: Exception, *, heard: bool
) -> None:
    """Whether a webhook tells of it or a sweep finds it."""
    both = way(error, days=4)
    assert [dead.reason[:10] for dead in both.world.queue.dead] == ["Given up a"]
    assert both.world.queue.stored == []
    assert intends(both)

    undone(both, way, heard=heard)
    both.world.sweeper().run()
    both.world.work()

    assert is_undone(both)


@pytest.mark.parametrize("error", LOST)
@pytest.mark.parametrize("way", [closing, resolving])
def test_p7_what_a_person_undoes_while_the_mapping_is_switched_off_stays_undone(
    way: Way, error: BaseException
) -> None:
    both = way(error)
    (mapping,) = both.world.mappings.in_force()
    both.world.mappings.put(replace(mapping, enabled=False))
    both.world.work()
    undone(both, way)
    both.world.work()
    assert intends(both)

    both.world.mappings.put(mapping)
    both.world.sweeper().run()
    both.world.work()

    assert is_undone(both)


@pytest.mark.parametrize("way", [closing, resolving])
def test_p7_what_a_person_undoes_while_the_issue_cannot_be_read_stays_undone(way: Way) -> None:
    both = way(Ambiguous("cut"))
    both.world.plan.fail_next("jira.read_issue", Refused("No.", status=403))
    both.world.work()

    undone(both, way)
    both.world.work()

    assert is_undone(both)


@pytest.mark.parametrize("error", LOST)
@pytest.mark.parametrize("way", [closing, resolving])
def test_p7_whenever_a_person_undoes_what_was_lost_it_stays_undone(
    way: Way, error: BaseException
) -> None:
    """Between any two calls of the next try, and after it."""
    calm = Interrupted()
    both = way(error, plan=calm)
    begun = len(calm.calls)
    both.world.work()
    calls = len(calm.calls) - begun

    for number in range(1, calls + 2):
        plan = Interrupted()
        both = way(error, plan=plan)
        act = partial(undone, both, way)
        if number <= calls:
            plan.at, plan.act = number, act
            both.world.work()
        else:
            both.world.work()
            act()
            both.world.work()
        found = both.state(), both.status(), intends(both)
        assert found == ("triggered", "Open", False), f"before call {number}"


def test_p7_one_intent_is_stored_for_a_way_however_many_steps_it_has() -> None:
    both = Both()
    before = both.world.plan.calls.count("links.save")

    both.act("resolve")

    assert both.world.jira.calls["transition"] == 2
    assert both.world.plan.calls.count("links.save") - before == 2
    assert not intends(both)


def test_p7_of_a_write_that_pagerduty_refuses_no_intent_is_left() -> None:
    both = Both()
    both.world.plan.fail_next("pagerduty.change_incident", Refused("No.", status=400))

    both.moved(START, RESOLVE)

    assert (both.state(), intends(both)) == ("triggered", False)


@pytest.mark.parametrize("resolved_in_jira", [False, True])
def test_p12_an_issue_that_got_stuck_on_its_way_tells_nothing_of_people(
    *, resolved_in_jira: bool
) -> None:
    """In Progress, where it stands, acknowledges incidents when a person chooses it."""
    both = Both(three_statuses(acknowledge_on_status=True))
    both.world.plan.fail(2, Refused("No.", status=400), method="jira.transition", times=2)
    both.act("resolve")
    assert (both.status(), intends(both)) == ("In Progress", True)

    if resolved_in_jira:
        both.moved(RESOLVE)
    both.act("reopen", event="incident.reopened")

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert both.world.pagerduty.calls["change_incident"] == 0
    assert not intends(both)


def test_p12_where_a_way_is_broken_off_by_a_status_without_a_row_its_step_is_no_persons() -> None:
    statuses = {**three_statuses().statuses}
    del statuses[IncidentStatus.ACKNOWLEDGED]
    both = Both(three_statuses(statuses=statuses))
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="resolved", event_type="incident.resolved")
    once(both)

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER, status="acknowledged")
    both.world.work()

    assert (both.state(), both.status()) == ("acknowledged", "In Progress")
    assert both.world.links.links[0].agreed.issue_status_id == "3"
    assert not intends(both)


@pytest.mark.parametrize("error", LOST)
def test_p7_an_incident_that_a_person_reopens_after_a_lost_answer_stays_open(
    error: BaseException,
) -> None:
    both = closing(error)
    assert both.state() == "resolved"

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert any(
        "incident to triggered after OPS-1" in says for says in both.world.timeline(both.incident)
    )


@pytest.mark.parametrize("error", LOST)
def test_p7_an_issue_that_a_person_reopens_after_a_lost_answer_stays_open(
    error: BaseException,
) -> None:
    both = resolving(error)
    assert both.status() == "Resolved"

    both.move(REOPEN)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert any("after it had followed" in says for says in both.world.timeline(both.incident))
    assert both.world.comments() == []


def test_p7_an_issue_that_a_person_moves_elsewhere_after_a_lost_answer_is_no_conflict() -> None:
    both = resolving(Ambiguous("cut"))

    both.move(REOPEN, START)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "In Progress")
    assert both.world.comments() == []


def test_p7_an_issue_that_a_person_moves_on_to_another_closed_status_is_closed_still() -> None:
    both = resolving(Ambiguous("cut"), resolved_statuses=(CLOSED,))

    both.move(CLOSE)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Closed")
    assert not any("Somebody" in says for says in both.world.timeline(both.incident))


def test_p7_who_moves_an_issue_back_that_had_not_arrived_yet_undoes_nothing() -> None:
    both = Both()
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="resolved", event_type="incident.resolved")
    once(both)
    assert both.status() == "In Progress"

    both.move(STOP)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p33_while_a_link_is_paused_nothing_is_taken_for_undone() -> None:
    both = resolving(Ambiguous("cut"))
    links = both.world.links
    links.save(replace(links.links[0], paused=True))

    both.move(REOPEN)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Open")
    assert links.links[0].agreed.status is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize("error", LOST)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("way", [closing, resolving])
def test_p7_an_error_alone_is_no_reason_to_open_anything(
    way: Any, error: BaseException, *, after: bool
) -> None:
    both = way(error, after=after)

    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")
    assert not any("Somebody" in says for says in both.world.timeline(both.incident))


def test_p7_other_changes_of_the_incident_undo_nothing() -> None:
    both = closing(Ambiguous("cut"), after=False)
    model = both.world.pagerduty.model

    model.acknowledge(both.incident, by=RESPONDER)
    both.world.clock.forward(seconds=1)
    model.unacknowledge(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


@pytest.mark.parametrize("error", [Refused("No.", status=403), NotFound("No log.")])
@pytest.mark.parametrize("is_changed", [False, True])
def test_p7_where_the_log_cannot_be_read_an_incident_that_was_changed_stays_as_people_see_it(
    error: Exception, *, is_changed: bool
) -> None:
    both = closing(Ambiguous("cut"), after=is_changed)
    both.world.plan.fail_next("pagerduty.has_been", error)

    if is_changed:
        both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.world.work()

    assert both.state() == ("triggered" if is_changed else "resolved")


def test_p7_an_incident_that_is_resolved_again_after_a_lost_reopening_stays_resolved() -> None:
    both = Both()
    both.moved(START, RESOLVE)
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("pagerduty.change_incident", Ambiguous("cut"), after=True)
    both.move(REOPEN)
    both.world.signal(both.incident, id="reopened", kind=SignalKind.ISSUE_CHANGED, event_type="")
    once(both)

    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p7_an_issue_that_is_reopened_as_well_needs_nothing() -> None:
    both = closing(Ambiguous("cut"))

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.move(REOPEN)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "Open")


def test_p7_a_retry_looks_at_the_issue_whatever_the_signal_was_about() -> None:
    both = Both()
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("pagerduty.change_incident", Ambiguous("cut"), after=True)
    both.world.pagerduty.model.set_title(both.incident, "Down", by=RESPONDER)
    both.move(START, RESOLVE)
    both.world.signal(both.incident, id="escalated", event_type="incident.escalated")
    once(both)
    assert both.state() == "resolved"

    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    both.world.work()
    both.hear_jira()

    assert (both.state(), both.status()) == ("triggered", "Open")


def test_a_status_that_is_tried_for_the_first_time_costs_no_look_at_the_log() -> None:
    both = Both()
    both.moved(START, RESOLVE)
    both.act("reopen", event="incident.reopened")

    both.moved(START, RESOLVE)

    assert both.state() == "resolved"
    assert both.world.pagerduty.calls["has_been"] == 0


def test_p13_what_an_earlier_try_has_settled_is_not_taken_for_lost() -> None:
    both = Both()
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("links.record", Temporary("busy"), times=2)
    both.move(START, RESOLVE)
    both.world.signal(both.incident, id="closed", kind=SignalKind.ISSUE_CHANGED, event_type="")
    once(both)
    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)
    once(both)
    assert (both.state(), both.status()) == ("triggered", "Open")

    both.move(START, RESOLVE)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p13_an_earlier_life_of_the_issue_is_not_taken_for_lost() -> None:
    both = Both()
    both.act("resolve")
    both.world.clock.forward(minutes=20)
    both.moved(REOPEN)
    assert both.state() == "triggered"
    both.world.clock.forward(minutes=20)
    both.world.plan.fail_next("jira.transition", Temporary("busy"))

    both.act("resolve")

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p7_who_reopens_an_issue_is_followed_though_the_incident_was_resolved_between_tries() -> (
    None
):
    both = Both()
    both.act("acknowledge")
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("jira.read_issue", Temporary("busy"))
    both.world.signal(both.incident, id="seen", kind=SignalKind.RESYNC, event_type="")
    once(both)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    once(both)

    both.move(REOPEN)
    both.world.work()

    assert (both.state(), both.status()) == ("triggered", "Open")


def failing(both: Both) -> None:
    """A message whose work never ends: its story cannot be told, and it stays in the queue."""
    both.act("acknowledge")
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("jira.read_issue", Temporary("busy"))
    both.world.signal(both.incident, id="seen", kind=SignalKind.RESYNC, event_type="")
    once(both)
    both.world.clock.forward(minutes=1)


def test_p13_what_people_did_to_an_incident_before_its_issue_was_closed_is_not_taken_for_lost() -> (
    None
):
    both = Both()
    failing(both)
    model = both.world.pagerduty.model
    model.resolve(both.incident, by=RESPONDER)
    both.world.clock.forward(minutes=1)
    model.reopen(both.incident, by=RESPONDER, status="acknowledged")
    both.world.clock.forward(minutes=1)

    both.move(RESOLVE)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


def test_p13_a_lost_move_that_people_took_back_on_both_sides_reopens_nothing() -> None:
    both = Both()
    failing(both)
    model = both.world.pagerduty.model
    model.resolve(both.incident, by=RESPONDER)
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    once(both)
    both.move(REOPEN, START)
    model.reopen(both.incident, by=RESPONDER, status="acknowledged")
    both.world.clock.forward(minutes=1)

    model.resolve(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")


@pytest.mark.parametrize("way", [closing, resolving])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [Crash(), Temporary("busy"), Ambiguous("cut")])
def test_p8_closing_and_reopening_end_in_the_same_state_whatever_call_fails(
    way: Way, error: BaseException, *, after: bool
) -> None:
    whole = FaultPlan()
    a_day(whole, way)

    for number, name in enumerate(whole.calls, start=1):
        if name == "queue.send" or (after and isinstance(error, Temporary)):
            continue
        both = a_day(FaultPlan().fail(number, error, after=after), way)
        found = both.state(), both.status(), both.world.queue.dead
        assert found == ("triggered", "Open", []), f"call {number} ({name}) failed"


def a_day(plan: FaultPlan, way: Way) -> Both:
    """One side is closed, the other one follows, and a person opens that one again."""
    both = Both(plan=plan)
    both.world.clock.forward(minutes=1)
    if way is closing:
        both.moved(START, RESOLVE)
    else:
        both.act("resolve")
    assert (both.state(), both.status()) == ("resolved", "Resolved")
    both.world.clock.forward(minutes=1)
    undone(both, way)
    both.world.work()
    return both
