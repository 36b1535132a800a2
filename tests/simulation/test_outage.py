"""P18, P17: Jira is down for a day; then all is caught up with, in order, as fast as it lets us."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pdjira.errors import Side, Temporary
from tests.builders import FakeClock, three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.world import World

EVENTS = 10_000
INCIDENTS = 50
DAY = timedelta(hours=24)
A_MINUTE = timedelta(minutes=1)
CALL = 0.05
"""Seconds that a call to Jira takes."""


class Limited(FaultPlan):
    """A Jira that may be down, and takes `rate` calls a minute; what is more has to wait.

    `taken` and `refused` are the times of calls.
    """

    def __init__(self, clock: FakeClock, rate: int) -> None:
        super().__init__()
        self.is_down = False
        self.taken: list[datetime] = []
        self.refused: list[datetime] = []
        self._clock = clock
        self._recent: deque[datetime] = deque(maxlen=rate)

    def before(self, method: str) -> None:
        super().before(method)
        if not method.startswith("jira."):
            return
        if self.is_down:
            self.refused.append(self._clock.now)
            raise Temporary("Jira does not answer.", timed_out=Side.JIRA)
        self._clock.forward(seconds=CALL)
        now, recent = self._clock.now, self._recent
        if len(recent) == recent.maxlen and now - recent[0] < A_MINUTE:
            self.refused.append(now)
            wait = (recent[0] + A_MINUTE - now).total_seconds()
            raise Temporary("Jira asks for patience.", retry_after=wait)
        recent.append(now)
        self.taken.append(now)


@pytest.mark.parametrize("rate", [600])
def test_p18_after_a_day_without_jira_nothing_is_lost_and_the_order_is_kept(rate: int) -> None:
    clock = FakeClock()
    plan = Limited(clock, rate)
    world = World(three_statuses(), plan=plan, clock=clock)
    told = [world.trigger(f"Slow {number}") for number in range(INCIDENTS)]
    world.work()
    begun = clock.now

    plan.is_down = True
    tell(world, told, begun)
    probes = len(plan.refused)
    plan.is_down = False
    before, back = len(plan.taken), clock.now
    catch_up(world)

    assert world.queue.dead == []
    assert all(comments_of(world, one) == notes_of(world, one) for one in told)
    assert probes <= 3 + 21 + DAY // timedelta(minutes=15)
    needed = timedelta(minutes=(len(plan.taken) - before) / rate)
    assert clock.now - back <= 2 * needed + timedelta(minutes=30)


def tell(world: World, told: Sequence[str], begun: datetime) -> None:
    """Responders write notes all day, in turns."""
    for number in range(EVENTS):
        due = begun + DAY * number / EVENTS
        world.work(until=due)
        world.clock.now = max(due, world.clock.now)
        world.note(told[number % len(told)], f"Note {number}")


def catch_up(world: World) -> None:
    while world.queue.stored:
        due = world.queue.next_visible_at()
        world.work(until=due)


def notes_of(world: World, incident: str) -> list[str]:
    notes = world.pagerduty.model.incident(incident).notes
    return [note.content for note in notes if note.content.startswith("Note ")]


def comments_of(world: World, incident: str) -> list[str]:
    issues = world.jira.model.issues.values()
    (issue,) = [one for one in issues if one.properties["pagerduty.incident"]["id"] == incident]
    ours = [one.body for one in issue.comments if one.author == OUR_ACCOUNT]
    return [body.partition(": ")[2] for body in ours]
