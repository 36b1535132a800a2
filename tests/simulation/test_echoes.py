"""P12, P13 and late echoes: what we wrote ourselves comes back, and moves nothing."""

import itertools
from collections.abc import Callable, Sequence

import pytest

from pdjira.errors import Ambiguous, Temporary
from pdjira.model.signal import SignalKind
from tests.builders import three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.scenes.lives import REOPEN, RESOLVE, START, Both, once
from tests.simulation.course import THREE_STEPS, Course
from tests.simulation.stack import Stack


@pytest.mark.parametrize("seed", range(5))
def test_p12_the_statuses_that_an_issue_passes_on_its_way_do_not_echo(seed: int) -> None:
    """In Progress, which it passes, acknowledges incidents when a person chooses it."""
    stack = Stack(Course(seed=seed, mappings=(THREE_STEPS,), jira_webhooks=1.0))
    incident = stack.world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)
    stack.pass_time(60)
    stack.world.pagerduty.model.resolve(incident.id, by=RESPONDER)

    stack.pass_time(7_200)

    (issue,) = stack.world.jira.model.issues.values()
    passed = [item["toString"] for one in issue.history for item in one.items if "toString" in item]
    assert [one for one in passed if one in {"In Progress", "Resolved"}] == [
        "In Progress",
        "Resolved",
    ]
    assert stack.world.pagerduty.calls["change_incident"] == 0
    assert incident.status == "resolved"


def a_resolution(plan: FaultPlan, crash: int = 0, *, after: bool = False) -> int:
    """A resolution, and Jira's news of each step; how many calls the worker made.

    The worker dies at the one of number `crash`.
    """
    both = Both(three_statuses(acknowledge_on_status=True), plan=plan)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="resolved", event_type="incident.resolved")
    for number in range(3):
        news = {"kind": SignalKind.ISSUE_CHANGED, "event_type": "jira:issue_updated"}
        both.world.signal(both.incident, id=f"step-{number}", **news)
    begun = len(plan.calls)
    if crash:
        plan.fail(begun + crash, Crash(), after=after)
    both.world.work()
    made = len(plan.calls) - begun
    both.hear_jira()
    assert (both.state(), both.status()) == ("resolved", "Resolved"), crash
    assert both.world.pagerduty.calls["change_incident"] == 0, crash
    return made


@pytest.mark.parametrize("after", [False, True])
def test_p12_a_worker_that_dies_half_way_takes_no_step_of_its_own_for_a_persons(
    *, after: bool
) -> None:
    calls = a_resolution(FaultPlan())

    for crash in range(1, calls + 1):
        a_resolution(FaultPlan(), crash, after=after)


def our_close(both: Both) -> None:
    """What the webhook of our own closing tells; the worker looks at what is so now."""
    both.hear_jira()


def their_resolution(both: Both) -> None:
    both.hear("incident.resolved")


def our_note(both: Both) -> None:
    both.hear("incident.annotated")


def a_sweep(both: Both) -> None:
    both.world.sweeper().run()
    both.world.work()


LATE: Sequence[Callable[[Both], None]] = (our_close, their_resolution, our_note, a_sweep)


@pytest.mark.parametrize("order", list(itertools.permutations(LATE)))
def test_what_a_person_reopened_in_jira_is_not_closed_by_the_late_echo_of_our_own_closing(
    order: Sequence[Callable[[Both], None]],
) -> None:
    """A bug that other syncs have had in public: they obey each event instead of looking.

    The echo of their own closing came after a person had reopened the issue, was taken for news,
    and closed it again.
    """
    both = Both()
    both.act("resolve")
    both.move(REOPEN)

    for late in order:
        late(both)

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert our_moves(both) == ["In Progress", "Resolved"]


@pytest.mark.parametrize("order", list(itertools.permutations(LATE)))
def test_what_a_responder_reopened_is_not_resolved_by_the_late_echo_of_our_own_resolving(
    order: Sequence[Callable[[Both], None]],
) -> None:
    both = Both()
    both.moved(START, RESOLVE)
    both.world.pagerduty.model.reopen(both.incident, by=RESPONDER)

    for late in order:
        late(both)

    assert (both.state(), both.status()) == ("triggered", "Open")
    assert both.world.pagerduty.calls["change_incident"] == 1


def our_moves(both: Both) -> list[str]:
    (issue,) = both.world.jira.model.issues.values()
    ours = [change for change in issue.history if change.author == OUR_ACCOUNT]
    return [item["toString"] for one in ours for item in one.items if item["field"] == "status"]


def test_p13_a_reopening_that_was_carried_is_not_carried_again_over_a_later_resolution() -> None:
    """The retry of a message sees the issue's move once more; what followed it was answered."""
    both = Both()
    both.act("acknowledge")
    both.world.clock.forward(minutes=1)
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="resolved", event_type="incident.resolved")
    once(both)
    both.move(REOPEN)
    both.world.plan.fail_next("links.record", Temporary("busy"))
    once(both)
    assert both.state() == "triggered"

    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.world.work()

    assert (both.state(), both.status()) == ("resolved", "Resolved")
