"""R5: what stays refused costs less with time, and is said once, not at every try."""

import pytest

from pdjira.errors import Refused
from pdjira.model.link import Link
from pdjira.model.signal import SignalKind
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import Life
from tests.world import World

NO = Refused("No.", status=400)


def swept(world: World, *, hours: int) -> int:
    """How often the worker was sent to look in so many hours of sweeps."""
    found = 0
    for _ in range(4 * hours):
        world.clock.forward(minutes=15)
        found += world.sweeper().run().resynced
        world.work()
    return found


def stuck(*, ended: bool) -> Life:
    """An issue that no transition is let through for."""
    life = Life(plan=FaultPlan())
    life.world.plan.fail_next("jira.transition", NO, times=10**6)
    life.act("resolve" if ended else "acknowledge")
    return life


def the_link(life: Life) -> Link:
    (link,) = life.world.links.of_incident(life.incident)
    return link


def another_in_progress(life: Life) -> None:
    """An issue of the same kind, from which the way on can be learned."""
    key = str(life.world.issue()["key"])
    life.world.jira.model.transition("alice", key, {"transition": {"id": "11"}})


def asked(life: Life) -> None:
    """A person asks for the incident and its issue to be brought together."""
    world = life.world
    world.signal(life.incident, id="again", kind=SignalKind.RESYNC, agent="Ada")
    world.work()


def test_an_issue_that_cannot_follow_to_the_end_is_tried_hourly_then_daily_then_no_more() -> None:
    life = stuck(ended=True)
    world = life.world

    assert 22 <= swept(world, hours=24) <= 25
    assert 5 <= swept(world, hours=24 * 6) <= 8
    reads = world.plan.calls.count("pagerduty.get_incident")
    assert swept(world, hours=24 * 23) == 0
    assert world.plan.calls.count("pagerduty.get_incident") == reads


def test_an_issue_that_jira_refused_to_make_is_not_asked_for_for_ever_once_its_incident_ended() -> (
    None
):
    world = World()
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    incident = world.trigger()
    world.work()
    world.pagerduty.model.set_status(incident, "resolved", by=RESPONDER)
    world.signal(incident, id="ended", event_type="incident.resolved")
    world.work()
    swept(world, hours=24 * 7)
    reads = world.plan.calls.count("pagerduty.get_incident")

    swept(world, hours=24 * 2)

    assert world.plan.calls.count("pagerduty.get_incident") == reads


def test_while_the_incident_is_open_an_issue_that_cannot_follow_is_tried_every_hour() -> None:
    life = stuck(ended=False)

    swept(life.world, hours=24 * 8)

    assert 22 <= swept(life.world, hours=24) <= 25
    assert the_link(life).ended_at is None


def test_once_it_is_tried_no_more_an_issue_follows_where_somebody_asks() -> None:
    life = stuck(ended=True)
    swept(life.world, hours=24 * 9)
    life.world.plan.heal("jira.transition")
    another_in_progress(life)

    asked(life)

    assert life.status() == "Resolved"
    assert the_link(life).ended_at is None


def test_an_incident_that_is_reopened_is_tried_every_hour_again() -> None:
    life = stuck(ended=True)
    swept(life.world, hours=24 * 9)

    life.world.pagerduty.model.set_status(life.incident, "acknowledged", by=RESPONDER)

    assert swept(life.world, hours=24) >= 22
    assert the_link(life).ended_at is None


@pytest.mark.parametrize("is_told", [True, False])
def test_what_stays_refused_is_said_once_on_the_timeline(*, is_told: bool) -> None:
    life = Life(plan=FaultPlan())
    world = life.world
    if not is_told:
        world.plan.fail_next("pagerduty.add_note", NO, times=10**6)
    world.plan.fail_next("jira.transition", NO, times=10**6)
    life.act("acknowledge")
    said = len(world.timeline(life.incident))

    swept(world, hours=24)

    assert len(world.timeline(life.incident)) == said


def test_who_asks_again_reads_again_why_the_issue_stays() -> None:
    life = stuck(ended=False)
    said = len(life.world.timeline(life.incident))

    asked(life)

    says = life.world.timeline(life.incident)[said:]
    assert any("stays in Open" in one for one in says)
