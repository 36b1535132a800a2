"""P7, P8, P39, G15: a match opens exactly one incident, whatever is killed, lost or raced."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.errors import Ambiguous, PdjiraError
from pdjira.jql.braking import Released
from pdjira.model.link import LinkState
from pdjira.model.mapping import JqlAppliesTo
from tests.builders import PAGING, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import PAYMENTS, RESPONDER
from tests.simulation.every_call import at_every_call, each_error
from tests.world import World

Act = Callable[[World], None]


def an_opening(plan: FaultPlan) -> World:
    """An issue matches, and the poller goes on every minute while the worker works."""
    world = World(PAGING, plan=plan)
    world.issue(priority={"id": "1"}, description="p99 is 8 s")
    for _ in range(10):
        try:
            world.poller().run()
        except (Crash, RuntimeError, PdjiraError):
            continue
        world.work()
        world.clock.forward(minutes=1)
    world.clock.forward(minutes=10)
    world.work()
    return world


def check(world: World) -> None:
    """The one final state: an incident, linked both ways, named once, and nothing in the queue."""
    world.pay()
    (incident,) = world.pagerduty.model.incidents.values()
    (issue,) = world.issues
    assert incident.incident_key == f"jira:jira.example.com:{issue['id']}"
    (link,) = world.links.links
    assert link.state is LinkState.LINKED
    assert world.links.issues == {issue["id"]: (incident.id, "ops-bug")}
    assert sum("browse/OPS-1" in note.content for note in incident.notes) == 1
    assert len(issue["remotelinks"]) == 1
    assert world.queue.stored == []
    assert world.queue.dead == []


@pytest.mark.parametrize("after", [False, True])
@each_error
def test_g15_a_fault_at_any_call_ends_in_one_incident(error: BaseException, *, after: bool) -> None:
    plan = FaultPlan()
    check(an_opening(plan))

    at_every_call(
        plan.calls[:90],
        lambda number: check(an_opening(FaultPlan().fail(number, error, after=after))),
        but=() if isinstance(error, Crash) else ("queue.send",),
    )


def a_lost_answer(plan: FaultPlan, meanwhile: Act) -> World:
    """PagerDuty opens the incident without an answer; something happens before the next try."""
    world = World(PAGING, plan=plan)
    world.issue(priority={"id": "1"}, description="p99 is 8 s")
    plan.fail_next("pagerduty.open_incident", Ambiguous("no answer"), after=True)
    with suppress(Crash, RuntimeError, PdjiraError):
        world.poller().run()
    world.work(until=world.clock())
    meanwhile(world)
    for _ in range(12):
        with suppress(Crash, RuntimeError, PdjiraError):
            world.poller().run()
        world.work()
        world.clock.forward(minutes=1)
    world.clock.forward(minutes=10)
    world.work()
    return world


def move(world: World) -> None:
    """A responder moves the incident to another service."""
    for incident in world.pagerduty.model.incidents:
        world.pagerduty.model.set_service(incident, PAYMENTS, by=RESPONDER)


def resolve(world: World) -> None:
    """A responder resolves what is open."""
    for incident in world.pagerduty.model.incidents.values():
        if incident.is_open:
            world.pagerduty.model.resolve(incident.id, by=RESPONDER)


def move_and_resolve(world: World) -> None:
    """The incident is moved, and resolved there."""
    move(world)
    resolve(world)


def switch_off(world: World) -> None:
    """An administrator switches the mapping off."""
    world.mappings.put(replace(PAGING, enabled=False))


def take_the_jql_away(world: World) -> None:
    """The mapping stays in force, and opens no incidents any more."""
    world.mappings.put(replace(PAGING, jql=None))


UNTRUE = ("queue.send", "queue.defer", "attempts.begin", "attempts.end", "pagerduty.open_incident")
"""Calls that fail here by a crash alone: of another error they would tell what is not so."""

each_event = pytest.mark.parametrize(
    "meanwhile", [move, resolve, move_and_resolve, switch_off, take_the_jql_away]
)


@each_event
def test_p39_an_incident_whose_answer_was_lost_is_linked_and_told_whatever_happens_meanwhile(
    meanwhile: Act,
) -> None:
    world = a_lost_answer(FaultPlan(), meanwhile)

    check(world)
    (incident,) = world.pagerduty.model.incidents
    assert any("OPS-1 opened this incident" in says for says in world.timeline(incident))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("meanwhile", [move, switch_off])
@each_error
def test_p39_a_fault_at_any_call_makes_no_second_incident_and_leaves_none_alone(
    error: BaseException, meanwhile: Act, *, after: bool
) -> None:
    plan = FaultPlan()
    check(a_lost_answer(plan, meanwhile))

    def run(number: int) -> None:
        world = a_lost_answer(FaultPlan().fail(number, error, after=after), meanwhile)
        if world.pagerduty.model.incidents or meanwhile is move:
            check(world)

    but = () if isinstance(error, Crash) else UNTRUE
    at_every_call(plan.calls[:70], run, but=but)


@pytest.mark.parametrize("late", [1, 30, 60])
@each_event
def test_p39_an_incident_that_comes_late_is_the_only_one_whatever_happens_meanwhile(
    meanwhile: Act, late: int
) -> None:
    """The commit comes after somebody has resolved what a second try would have opened."""
    world = World(PAGING)
    world.issue(priority={"id": "1"})
    world.pagerduty.commit_late("open_incident", late)
    begun = world.clock()
    world.poller().run()
    for seconds in (late / 2, late, 400):
        world.work(until=begun + timedelta(seconds=seconds))
        world.clock.now = max(begun + timedelta(seconds=seconds), world.clock.now)
        world.pagerduty.settle()
        meanwhile(world)
    world.work()

    check(world)


@pytest.mark.parametrize("late", [0, 30, 600])
def test_g15_an_incident_that_comes_late_is_still_the_only_one(late: int) -> None:
    world = World(PAGING)
    world.issue(priority={"id": "1"})
    world.pagerduty.commit_late("open_incident", late)

    world.poller().run()
    world.work()
    world.clock.forward(seconds=late)
    world.pagerduty.settle()

    check(world)


def test_g15_two_mappings_that_match_one_issue_open_one_incident_and_the_second_says_so() -> None:
    world = World(PAGING, replace(PAGING, id="second"))
    world.issue(priority={"id": "1"})

    world.poller().run()
    world.work()

    check(world)
    (incident,) = world.pagerduty.model.incidents
    assert any("also matches the JQL of mapping second" in one for one in world.timeline(incident))


@pytest.mark.parametrize("after", [False, True])
def test_an_issue_closed_while_it_is_unknown_whether_it_opened_its_incident_resolves_it(
    *, after: bool
) -> None:
    mapping = replace(three_statuses(), jql="priority = Highest")
    world = World(replace(mapping, jql_applies_to=JqlAppliesTo.EXISTING))
    world.issue(priority={"id": "1"})
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("no answer"), after=after)
    world.poller().run()
    world.work(until=world.clock())
    for step in ({"id": "11"}, {"id": "31"}):
        fields = {"fields": {"resolution": {"name": "Done"}}} if step["id"] == "31" else {}
        world.jira.model.transition("alice", "OPS-1", {"transition": step, **fields})

    world.work()
    world.clock.forward(minutes=15)
    world.sweeper().run()
    world.work()

    (incident,) = world.pagerduty.model.incidents.values()
    assert incident.status == "resolved"


def test_p27_a_storm_opens_no_more_than_the_mapping_may_in_an_hour_and_tells_once() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=3))
    for _ in range(8):
        world.issue(priority={"id": "1"})

    for _ in range(3):
        world.poller().run()
        world.work()
        world.clock.forward(minutes=6)

    incidents = list(world.pagerduty.model.incidents.values())
    notes = [
        note.content for it in incidents for note in it.notes if "opens nothing" in note.content
    ]
    assert len(incidents) == 3
    assert len(notes) == 1
    assert "5 more issues wait" in notes[0]
    assert world.pauses.shown["ops-bug"] is not None


def test_m16_release_lets_through_all_that_wait_and_ends_the_pause() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=3))
    for _ in range(8):
        world.issue(priority={"id": "1"})
    world.poller().run()
    world.work()

    released = world.release().run("ops-bug")
    world.work()

    assert released == Released(waiting=5, matching=5)
    assert len(world.pagerduty.model.incidents) == 8
    assert world.pauses.shown["ops-bug"] is None
    assert world.release().run("unknown") is None


def test_m16_the_limit_of_the_stack_holds_for_all_mappings_together() -> None:
    other = replace(PAGING, id="other", jql="priority = High")
    world = World(PAGING, other)
    world.stack_limit = 4
    world.consumer = world.worker("limited")
    for priority in ("1", "2") * 4:
        world.issue(priority={"id": priority})

    world.poller().run()
    world.work()

    assert len(world.pagerduty.model.incidents) == 4


def test_m16_a_pause_ends_by_itself_when_fewer_than_the_limit_wait_after_an_hour() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=3))
    for _ in range(5):
        world.issue(priority={"id": "1"})
    world.poller().run()
    world.work()

    world.clock.forward(minutes=61)
    world.poller().run()
    world.work()

    assert len(world.pagerduty.model.incidents) == 5
