"""G11, P20: a log that holds more than PagerDuty shows of a time is read in shorter ones."""

from datetime import timedelta

import pytest

from pdjira.adapters.pagerduty import incidents
from tests.builders import three_statuses
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.scenes.sweeps import swept
from tests.world import World


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """PagerDuty shows three pages of two rows."""
    monkeypatch.setattr(incidents, "PAGE", 2)
    monkeypatch.setattr(incidents, "SHOWN", 6)


def a_world_that_missed(count: int, *, apart: timedelta) -> World:
    world = World(three_statuses())
    since = world.clock()
    for number in range(count):
        lost = world.pagerduty.model.trigger(CHECKOUT, f"Lost {number}", by=RESPONDER)
        world.pagerduty.model.resolve(lost.id, by=RESPONDER)
        world.clock.forward(seconds=apart.total_seconds())
    world.clock.forward(hours=1)
    world.recovery().run(since, "request-1")
    return world


def test_g11_of_a_day_with_more_entries_than_are_shown_none_is_missed() -> None:
    world = a_world_that_missed(5, apart=timedelta(hours=4))

    found = swept(world)
    world.work()

    assert found.problems == ()
    assert len(world.issues) == 5


def test_a_minute_with_more_entries_than_are_shown_is_named_with_what_to_do() -> None:
    world = a_world_that_missed(5, apart=timedelta(seconds=1))

    problems = swept(world).problems

    assert problems
    assert all("longer than it shows" in one and "resync" in one for one in problems)
