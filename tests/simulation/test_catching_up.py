"""P35, R12, P41: after an outage, and with many mappings on a slow Jira, no work is done twice."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from pdjira.errors import Ambiguous, Side
from pdjira.model.incident import Reference
from pdjira.model.link import Extra
from pdjira.model.signal import SignalKind
from pdjira.model.times import CALL_SECONDS, check_call
from pdjira.worker.consume import Deferred
from tests.builders import THREE_STATUSES, FakeClock, a_mapping, three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.simulation.outages import EVENTS, READS, Slow, caught_up, work
from tests.world import World

RUN = timedelta(seconds=300)
"""The time that the worker has, as `Timeout` in template.yaml says."""


@pytest.mark.parametrize("timed_out", [True, False])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("incidents", [20])
def test_p35_a_day_without_a_side_costs_one_look_at_each_incident(
    incidents: int, side: Side, timed_out: bool
) -> None:
    caught_up_with(incidents, side, timed_out=timed_out)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("side", list(Side))
def test_p35_a_day_without_a_side_costs_one_look_at_each_of_a_thousand_incidents(
    side: Side,
) -> None:
    caught_up_with(1_000, side, timed_out=True, turns=8)


def caught_up_with(incidents: int, side: Side, *, timed_out: bool, turns: int = 1) -> None:
    after = caught_up(incidents, side, timed_out=timed_out, turns=turns)

    assert after.world.queue.dead == []
    assert after.most <= (EVENTS + 2) * incidents
    assert sum(after.calls[name] for name in READS) <= 4 * incidents
    assert after.calls["jira.read_issue"] <= incidents + 5
    assert after.resolved == incidents


@pytest.mark.parametrize(("mappings", "seconds"), [(20, 3.0), (4, 10.0), (20, 10.0)])
def test_p41_every_delivery_gets_further_with_many_mappings_and_a_slow_jira(
    mappings: int, seconds: float
) -> None:
    clock = FakeClock()
    plan = Slow(clock, seconds)
    several = [
        a_mapping(id=f"ops-{number:02}", project=Reference(id="10100", name="OPS"))
        for number in range(mappings)
    ]
    world = World(
        *(replace(one, statuses=THREE_STATUSES) for one in several),
        plan=plan,
        clock=clock,
    )
    world.trigger()

    made = list(deliveries(world))

    assert len(world.issues) == mappings
    assert all(earlier < later for earlier, later in itertools.pairwise(made))
    assert len(made) <= 2 * mappings


def test_p41_a_look_at_many_issues_ends_however_slow_jira_is() -> None:
    clock = FakeClock()
    plan = Slow(clock, 0.0)
    world = World(
        *(a_mapping(id=f"ops-{number:02}") for number in range(20)), plan=plan, clock=clock
    )
    incident = world.trigger()
    work(world)
    plan.seconds = 19.0
    world.signal(incident, id="asked", kind=SignalKind.RESYNC, event_type="resync", agent="Ada")

    assert len(list(deliveries(world))) <= 10


class LongLists(FaultPlan):
    """A list of a method has a hundred pages, each as slow as a call may be."""

    def __init__(self, clock: FakeClock, method: str) -> None:
        super().__init__()
        self._clock, self._method = clock, method

    def before(self, method: str) -> None:
        super().before(method)
        if method == self._method:
            for _ in range(100):
                check_call()
                self._clock.forward(seconds=CALL_SECONDS)


def test_p41_a_list_of_any_length_is_read_within_the_time_of_a_delivery() -> None:
    clock = FakeClock()
    plan = LongLists(clock, "jira.find_comments")
    world = World(three_statuses(), plan=plan, clock=clock)
    incident = world.trigger()
    work(world)
    plan.fail_next("jira.add_comment", Ambiguous("The answer was lost."))
    world.note(incident, "Looking at it")

    taken = list(deliveries(world))

    assert 1 < len(taken) < 10
    assert plan.calls.count("jira.find_comments") > 0
    assert list(world.links.links[0].owed) == [Extra.COMMENTS]


def test_p41_a_list_of_the_core_is_read_within_the_time_of_a_delivery_as_well() -> None:
    clock = FakeClock()
    plan = LongLists(clock, "jira.transitions")
    world = World(three_statuses(), plan=plan, clock=clock)
    incident = world.trigger()
    work(world)
    world.pagerduty.model.acknowledge(incident, by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")
    message = world.queue.receive()
    assert message is not None

    end = world.clock.now + RUN
    outcome = world.consumer.consume(message, partial(seconds_until, end, world))

    assert world.clock.now < end
    assert "left for the next: the rest of a long list" in str(outcome.facts()["why"])
    assert outcome.error is None


def deliveries(world: World) -> Iterator[tuple[int, int]]:
    """Work on the one message of the queue; after each delivery, how far it has come."""
    for _ in range(100):
        message = world.queue.receive()
        if message is None:
            due = world.queue.next_visible_at()
            if due is None:
                return
            world.clock.now = due
            continue
        end = world.clock.now + RUN
        outcome = world.consumer.consume(message, partial(seconds_until, end, world))
        assert world.clock.now < end
        if not isinstance(outcome.verdict, Deferred):
            world.queue.delete(message)
        done = sum(link.issue is not None for link in world.links.links)
        agreed = sum(link.agreed.status is not None for link in world.links.links)
        yield done, agreed
    raise AssertionError("It does not come to an end.")


def seconds_until(end: datetime, world: World) -> float:
    return (end - world.clock.now).total_seconds()
