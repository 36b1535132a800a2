"""P35, R12, P41: after an outage, and with many mappings on a slow Jira, no work is done twice."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from pdjira.errors import Side, Temporary
from pdjira.model.incident import Reference
from pdjira.model.signal import SignalKind
from pdjira.worker.consume import Deferred
from tests.builders import FakeClock, a_mapping, three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

DAY, QUARTER = timedelta(hours=24), timedelta(minutes=15)
RUN = timedelta(seconds=300)
"""The time that the worker has, as `Timeout` in template.yaml says."""


READS = frozenset(
    {
        "jira.read_issue",
        "jira.read_history",
        "jira.read_comments",
        "jira.transitions",
        "jira.issue_in",
        "jira.find_comment",
    }
)
"""What the adapter remembers for ten minutes, such as the version of Jira, is left out."""
LOOK = "pagerduty.get_incident"


class Outage(FaultPlan):
    """One side does not answer while it is `down`; whether that costs a timeout or is quick."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__()
        self.down: Side | None = None
        self._timed_out = timed_out

    def before(self, method: str) -> None:
        super().before(method)
        if self.down is not None and method.startswith(f"{self.down.value}."):
            side = self.down if self._timed_out else None
            raise Temporary("No answer.", timed_out=side)


class Slow(FaultPlan):
    """Every call to Jira takes so many seconds."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self._clock = clock

    def before(self, method: str) -> None:
        super().before(method)
        if method.startswith("jira."):
            self._clock.forward(seconds=self.seconds)


@pytest.mark.parametrize("timed_out", [True, False])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("incidents", [20])
def test_p35_a_day_without_a_side_costs_one_look_at_each_incident(
    incidents: int, side: Side, timed_out: bool
) -> None:
    caught_up_with(incidents, side, timed_out=timed_out)


@pytest.mark.parametrize("side", list(Side))
def test_p35_a_day_without_a_side_costs_one_look_at_each_of_a_thousand_incidents(
    side: Side,
) -> None:
    caught_up_with(1_000, side, timed_out=True, turns=8)


def caught_up_with(incidents: int, side: Side, *, timed_out: bool, turns: int = 1) -> None:
    """`turns`: at each of how many sweeps during the outage the worker has its turn."""
    clock, plan = FakeClock(), Outage(timed_out=timed_out)
    world = World(three_statuses(), plan=plan, clock=clock)
    told = [world.trigger(f"Slow {number}") for number in range(incidents)]
    work(world)
    sweep(world)

    plan.down = side
    a_day(world, told, turns)
    most = len(world.queue.stored)
    plan.down = None
    before = len(plan.calls)
    clock.now += QUARTER
    work(world)
    for _ in range(4):
        clock.now += QUARTER
        sweep(world)
        work(world)

    calls = Counter(plan.calls[before:])
    events = 5 * incidents
    assert world.queue.dead == []
    assert most <= events + 2 * incidents
    assert sum(calls[name] for name in READS) <= 4 * incidents
    assert calls["jira.read_issue"] <= incidents + 5
    resolved = [one for one in world.issues if one["fields"]["status"]["name"] == "Resolved"]
    assert len(resolved) == incidents


def a_day(world: World, told: list[str], turns: int) -> None:
    """Five events each, and a sweep every 15 minutes."""
    for number in range(DAY // QUARTER):
        due = world.clock.now + QUARTER
        if number % turns == 0:
            work(world, until=due)
        world.clock.now = max(due, world.clock.now)
        for act, event in events_at(world, number):
            for incident in told:
                act(incident)
                if event:
                    world.signal(incident, id=f"{event}-{incident}", event_type=event)
        sweep(world)


def events_at(world: World, number: int) -> Iterator[tuple[Callable[[str], object], str]]:
    model = world.pagerduty.model
    if number == 4:
        yield lambda one: model.acknowledge(one, by=RESPONDER), "incident.acknowledged"
    if number == 20:
        yield lambda one: model.set_title(one, "Slower", by=RESPONDER), "incident.priority_updated"
    if number == 40:
        yield lambda one: world.note(one, "Looking at it"), ""
    if number == 60:
        yield str, "incident.escalated"
    if number == 80:
        yield lambda one: model.resolve(one, by=RESPONDER), "incident.resolved"


def sweep(world: World) -> None:
    world.sweeper().run()


def work(world: World, until: datetime | None = None) -> None:
    """As `World.work`, for any number of messages."""
    while True:
        message = world.queue.receive()
        if message is None:
            due = world.queue.next_visible_at()
            if due is None or (until is not None and due > until):
                return
            world.clock.now = max(due, world.clock.now)
            continue
        if not isinstance(world.consumer.consume(message).verdict, Deferred):
            world.queue.delete(message)


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
        *(replace(one, statuses=three_statuses().statuses) for one in several),
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
