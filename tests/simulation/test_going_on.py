"""R15: after a killed worker, and after a minute without Jira, work soon goes on."""

from collections import abc
from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.errors import PdjiraError
from pdjira.model.link import LinkState
from tests.builders import NOW, FakeClock, three_statuses
from tests.fakes.faults import Crash
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.simulation.outages import (
    INCIDENTS,
    KILLS,
    QUIET_AND_APART,
    Slow,
    a_minute_without_jira,
    an_outage,
    killed_in_mid_create,
    no_answer,
    no_connection,
)
from tests.world import World

FEW = 10


@pytest.mark.parametrize(("call", "after"), KILLS)
def test_r15_after_a_worker_was_killed_in_mid_create_its_incident_goes_on_within_three_minutes(
    call: str, *, after: bool
) -> None:
    world, incident = killed_in_mid_create(call, after=after)

    world.work(until=NOW + timedelta(minutes=3))

    (issue,) = world.issues
    assert issue["fields"]["status"]["name"] == "In Progress"
    assert len(world.notes(incident)) == 1
    assert world.queue.stored == []


@pytest.mark.parametrize("number", [1, 2])
def test_r15_while_one_issue_is_in_the_air_the_others_follow_their_incident(number: int) -> None:
    first = three_statuses()
    second = replace(first, id="other", issue_type=replace(first.issue_type, id="10002"))
    world = World(first, second)
    world.plan.fail(number, Crash(), method="jira.create_issue")
    begun = world.clock()
    incident = world.trigger()
    world.work(until=begun + timedelta(minutes=3, seconds=30))
    world.pagerduty.model.set_status(incident, "acknowledged", by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")

    world.work(until=begun + timedelta(minutes=4, seconds=30))
    (other,) = world.issues
    assert other["fields"]["status"]["name"] == "In Progress"
    assert LinkState.CREATING in {link.state for link in world.links.links}

    world.work()
    assert [one["fields"]["status"]["name"] for one in world.issues] == ["In Progress"] * 2


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


@pytest.mark.parametrize("error", [no_connection, no_answer])
@pytest.mark.parametrize(("quiet", "apart"), QUIET_AND_APART)
@pytest.mark.parametrize("seed", range(4))
def test_r15_after_a_minute_without_jira_everything_is_done_within_thirty_seconds(
    error: abc.Callable[[], PdjiraError], quiet: int, apart: int, seed: int
) -> None:
    world, plan = a_minute_without_jira(error, quiet=quiet, apart=apart, seed=seed)

    world.work(until=plan.until + timedelta(seconds=30))

    assert len(world.issues) == INCIDENTS
    assert world.queue.stored == []
    assert plan.refused <= 12 * INCIDENTS


@pytest.mark.parametrize(("error", "most"), [(no_connection, 48 * FEW), (no_answer, 3 + 35)])
def test_p17_a_jira_that_is_down_for_hours_is_called_ever_less(
    error: abc.Callable[[], PdjiraError], most: int
) -> None:
    """The waits grow up to a quarter of an hour; a side that hangs gets probes alone."""
    world, plan = an_outage(error, lasts=timedelta(hours=4), seed=1)
    for number in range(FEW):
        world.trigger(f"Slow {number}")

    world.work()

    assert len(world.issues) == FEW
    assert plan.refused <= most
