"""R15: after a killed worker, and after a minute without Jira, work soon goes on."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pdjira.errors import PdjiraError, Side, Temporary
from pdjira.worker.consume import Consumer
from tests.builders import FakeClock, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

INCIDENTS, FEW = 30, 10
CALL = 0.05
"""Seconds that a call to Jira takes."""


@pytest.mark.parametrize(
    ("call", "after"),
    [("jira.create_issue", True), ("links.complete", False), ("pagerduty.add_note", True)],
)
def test_r15_after_a_worker_was_killed_in_mid_create_its_incident_goes_on_within_three_minutes(
    call: str, *, after: bool
) -> None:
    world = World(three_statuses())
    world.plan.fail_next(call, Crash(), after=after)
    begun = world.clock()
    incident = world.trigger()
    world.work(until=begun + timedelta(seconds=1))
    world.pagerduty.model.set_status(incident, "acknowledged", by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")

    world.work(until=begun + timedelta(minutes=3))

    (issue,) = world.issues
    assert issue["fields"]["status"]["name"] == "In Progress"
    assert len(world.notes(incident)) == 1
    assert world.queue.stored == []


class Slow(FaultPlan):
    """A Jira each of whose calls takes a while."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    def before(self, method: str) -> None:
        super().before(method)
        if method.startswith("jira."):
            self._clock.forward(seconds=self._seconds)


def test_r15_while_a_slow_worker_goes_on_nobody_else_gets_its_message() -> None:
    clock = FakeClock()
    world = World(plan=Slow(clock, 20), clock=clock)
    world.trigger()
    begun = clock.now
    message = world.queue.receive()
    assert message

    world.consumer.consume(message)
    taken = clock.now - begun

    assert taken > timedelta(seconds=75)
    visible = world.queue.next_visible_at()
    assert visible is not None
    assert visible - clock.now >= timedelta(seconds=75)


class Down(FaultPlan):
    """A Jira that fails until a time, and else takes its time for each call."""

    def __init__(self, clock: FakeClock, until: datetime, error: Callable[[], PdjiraError]) -> None:
        super().__init__()
        self.refused = 0
        self._clock, self._until, self._error = clock, until, error

    def before(self, method: str) -> None:
        super().before(method)
        if not method.startswith("jira."):
            return
        if self._clock.now < self._until:
            self.refused += 1
            raise self._error()
        self._clock.forward(seconds=CALL)


def no_connection() -> PdjiraError:
    return Temporary("Jira refuses the connection.")


def no_answer() -> PdjiraError:
    return Temporary("Jira does not answer.", timed_out=Side.JIRA)


def an_outage(
    error: Callable[[], PdjiraError], *, lasts: timedelta, seed: int
) -> tuple[World, Down]:
    clock = FakeClock()
    plan = Down(clock, clock.now + lasts, error)
    world = World(plan=plan, clock=clock)
    world.consumer = jittering(world.consumer, seed)
    return world, plan


def jittering(consumer: Consumer, seed: int) -> Consumer:
    return replace(consumer, jitter=random.Random(seed).random)


@pytest.mark.parametrize("error", [no_connection, no_answer])
@pytest.mark.parametrize(("quiet", "apart"), [(0, 0), (0, 1), (0, 2), (7, 0), (23, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_r15_after_a_minute_without_jira_everything_is_done_within_thirty_seconds(
    error: Callable[[], PdjiraError], quiet: int, apart: int, seed: int
) -> None:
    """The first incident comes after `quiet` seconds, the others so many seconds `apart`."""
    world, plan = an_outage(error, lasts=timedelta(minutes=1), seed=seed)
    begun = world.clock()
    for number in range(INCIDENTS):
        world.work(until=begun + timedelta(seconds=quiet + apart * number))
        world.trigger(f"Slow {number}")

    world.work(until=begun + timedelta(seconds=90))

    assert len(world.issues) == INCIDENTS
    assert world.queue.stored == []
    assert plan.refused <= 12 * INCIDENTS


@pytest.mark.parametrize(("error", "most"), [(no_connection, 48 * FEW), (no_answer, 3 + 35)])
def test_p17_a_jira_that_is_down_for_hours_is_called_ever_less(
    error: Callable[[], PdjiraError], most: int
) -> None:
    """The waits grow up to a quarter of an hour; a side that hangs gets probes alone."""
    world, plan = an_outage(error, lasts=timedelta(hours=4), seed=1)
    for number in range(FEW):
        world.trigger(f"Slow {number}")

    world.work()

    assert len(world.issues) == FEW
    assert plan.refused <= most
