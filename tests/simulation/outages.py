"""A side that is away or slow for a while, in the time of the simulation, and what follows it."""

import random
from collections import Counter, abc
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import PdjiraError, Side, Temporary
from pdjira.worker.consume import Consumer, Deferred
from tests.builders import FakeClock, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

DAY, QUARTER = timedelta(hours=24), timedelta(minutes=15)
EVENTS = 5
"""How many events each incident has in that day."""

READS = frozenset(
    {
        "jira.read_issue",
        "jira.read_history",
        "jira.read_comments",
        "jira.transitions",
        "jira.issue_in",
        "jira.find_comments",
    }
)
"""What the adapter remembers for ten minutes, such as the version of Jira, is left out."""

INCIDENTS = 30
CALL = 0.05
"""Seconds that a call to Jira takes."""
MINUTE = timedelta(minutes=1)
KILLS = (("jira.create_issue", True), ("links.complete", False), ("pagerduty.add_note", True))
"""The calls at which a worker is killed in mid-create: before its effect, or after."""
QUIET_AND_APART = ((0, 0), (0, 1), (0, 2), (7, 0), (23, 1))
"""The first incident comes so many seconds into the outage, each other so many after the last."""


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


class Down(FaultPlan):
    """A Jira that fails until a time, and else takes its time for each call."""

    def __init__(
        self, clock: FakeClock, until: datetime, error: abc.Callable[[], PdjiraError]
    ) -> None:
        super().__init__()
        self.until = until
        self.refused = 0
        self._clock, self._error = clock, error

    def before(self, method: str) -> None:
        super().before(method)
        if not method.startswith("jira."):
            return
        if self._clock.now < self.until:
            self.refused += 1
            raise self._error()
        self._clock.forward(seconds=CALL)


def no_connection() -> PdjiraError:
    return Temporary("Jira refuses the connection.")


def no_answer() -> PdjiraError:
    return Temporary("Jira does not answer.", timed_out=Side.JIRA)


# ---- a day without a side


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What a day without a side left behind: `most` messages waited at its end."""

    world: World
    most: int
    calls: abc.Mapping[str, int]
    """Each call since the side is back, by its name."""

    @property
    def resolved(self) -> int:
        """How many issues are."""
        return sum(one["fields"]["status"]["name"] == "Resolved" for one in self.world.issues)


def caught_up(incidents: int, side: Side, *, timed_out: bool, turns: int = 1) -> CaughtUp:
    """Until an hour after the side is back.

    `turns`: at each of how many sweeps during the outage the worker has its turn.
    """
    clock, plan = FakeClock(), Outage(timed_out=timed_out)
    world = World(three_statuses(), plan=plan, clock=clock)
    told = [world.trigger(f"Slow {number}") for number in range(incidents)]
    work(world)
    sweep(world)

    plan.down = side
    _a_day(world, told, turns)
    most = len(world.queue.stored)
    plan.down = None
    before = len(plan.calls)
    clock.now += QUARTER
    work(world)
    for _ in range(4):
        clock.now += QUARTER
        sweep(world)
        work(world)
    return CaughtUp(world=world, most=most, calls=Counter(plan.calls[before:]))


def _a_day(world: World, told: list[str], turns: int) -> None:
    """Five events each, and a sweep every 15 minutes."""
    for number in range(DAY // QUARTER):
        due = world.clock.now + QUARTER
        if number % turns == 0:
            work(world, until=due)
        world.clock.now = max(due, world.clock.now)
        for act, event in _events_at(world, number):
            for incident in told:
                act(incident)
                if event:
                    world.signal(incident, id=f"{event}-{incident}", event_type=event)
        sweep(world)


def _events_at(world: World, number: int) -> abc.Iterator[tuple[abc.Callable[[str], object], str]]:
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


# ---- a worker that is killed, and a minute without Jira


def killed_in_mid_create(call: str, *, after: bool) -> tuple[World, str]:
    """A worker dies at the call; a second later the incident is acknowledged: its id."""
    world = World(three_statuses())
    world.plan.fail_next(call, Crash(), after=after)
    begun = world.clock()
    incident = world.trigger()
    world.work(until=begun + timedelta(seconds=1))
    world.pagerduty.model.set_status(incident, "acknowledged", by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")
    return world, incident


def an_outage(
    error: abc.Callable[[], PdjiraError], *, lasts: timedelta, seed: int
) -> tuple[World, Down]:
    """A Jira that is away from now on, for so long; `seed` decides how the worker's waits vary."""
    clock = FakeClock()
    plan = Down(clock, clock.now + lasts, error)
    world = World(plan=plan, clock=clock)
    world.consumer = _jittering(world.consumer, seed)
    return world, plan


def _jittering(consumer: Consumer, seed: int) -> Consumer:
    return replace(consumer, jitter=random.Random(seed).random)


def a_minute_without_jira(
    error: abc.Callable[[], PdjiraError], *, quiet: int, apart: int, seed: int
) -> tuple[World, Down]:
    """Up to where the last of thirty incidents has come, as `QUIET_AND_APART` tells."""
    world, plan = an_outage(error, lasts=MINUTE, seed=seed)
    begun = world.clock()
    for number in range(INCIDENTS):
        world.work(until=begun + timedelta(seconds=quiet + apart * number))
        world.trigger(f"Slow {number}")
    return world, plan
