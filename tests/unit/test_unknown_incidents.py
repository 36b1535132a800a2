"""An incident that PagerDuty no longer knows: said, done; until PagerDuty shows it again."""

from datetime import timedelta

import pytest

from pdjira.model.link import Link
from tests.builders import a_request
from tests.sandbox.pagerduty import records
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.scenes.sweeps import a_swept_world, agreed, signals, swept
from tests.world import World


def lost(world: World, incident_id: str) -> records.Incident:
    """PagerDuty shows the incident no more; what it was."""
    incident: records.Incident = world.pagerduty.model.incidents.pop(incident_id)
    return incident


def tries(world: World, *, hours: int) -> int:
    """How often the worker was sent to look in so many hours of sweeps."""
    found = 0
    for _ in range(4 * hours):
        found += swept(world).resynced
        world.work()
    return found


def the_link(world: World) -> Link:
    (link,) = world.links.links
    return link


def test_a_lost_incident_is_said_once_and_asked_for_hourly_at_most() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    said = len(world.timeline(incident_id))
    lost(world, incident_id)

    found = tries(world, hours=6)

    assert found <= 7
    assert len(world.timeline(incident_id)) == said + 1
    assert the_link(world).unknown_since is not None


def test_after_a_day_a_lost_incident_is_asked_for_once_a_day() -> None:
    world = a_swept_world()
    lost(world, agreed(world))
    tries(world, hours=25)

    assert 1 <= tries(world, hours=48) <= 4


def test_a_lost_incident_that_no_link_knows_is_said_too() -> None:
    world = a_swept_world()
    world.signal("QNEVERSEEN0001", event_type="sweep", occurred_at=None)

    world.work()

    assert len(world.timeline("QNEVERSEEN0001")) == 1


@pytest.mark.parametrize("status", ["acknowledged", "resolved"])
def test_an_incident_that_is_shown_again_is_brought_together_with_its_issue(status: str) -> None:
    """As where the key of PagerDuty had lost its scope for a while, and events came to nothing."""
    world = a_swept_world()
    incident_id = agreed(world)
    incident = lost(world, incident_id)
    tries(world, hours=1)
    world.pagerduty.model.incidents[incident_id] = incident
    world.pagerduty.model.set_status(incident_id, status, by=RESPONDER)

    tries(world, hours=1)

    wanted = {"acknowledged": "In Progress", "resolved": "Resolved"}[status]
    assert world.issues[0]["fields"]["status"]["name"] == wanted
    assert the_link(world).unknown_since is None


def test_any_event_of_an_incident_that_was_lost_heals_its_link() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    incident = lost(world, incident_id)
    tries(world, hours=1)
    world.pagerduty.model.incidents[incident_id] = incident

    world.note(incident_id, "Rolled back")
    world.work()

    assert the_link(world).unknown_since is None


def test_what_the_log_tells_of_a_lost_incident_is_a_reason_to_look() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    incident = lost(world, incident_id)
    tries(world, hours=1)
    world.pagerduty.model.incidents[incident_id] = incident
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)

    swept(world)

    assert [signal.incident_id for signal in signals(world)] == [incident_id]


def deliveries(world: World) -> int:
    """How often the messages that wait are delivered until all are done."""
    world.outcomes.clear()
    world.work()
    return len(world.outcomes)


def test_p9_an_event_that_comes_before_pagerduty_shows_its_incident_is_not_lost() -> None:
    world = a_swept_world()
    incident_id = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
    incident = lost(world, incident_id)
    world.signal(incident_id, occurred_at=world.clock())
    world.work(until=world.clock() + timedelta(minutes=5))

    world.pagerduty.model.incidents[incident_id] = incident
    world.work()

    assert len(world.issues) == 1


@pytest.mark.parametrize("minutes", [11, 60 * 24, 60 * 24 * 365 * 7_000])
def test_an_event_that_says_it_comes_from_the_future_is_never_young(minutes: int) -> None:
    world = a_swept_world()
    world.signal("QNEVERSEEN0001", occurred_at=world.clock() + timedelta(minutes=minutes))

    assert deliveries(world) == 1


def test_p32_an_event_of_a_pagerduty_whose_clock_is_ahead_is_young_for_as_long_as_others() -> None:
    world = a_swept_world()
    world.signal("QNEVERSEEN0001", occurred_at=world.clock() + timedelta(minutes=9))

    assert deliveries(world) > 1


def test_a_request_for_an_incident_that_never_was_holds_its_group_for_a_quarter_of_an_hour() -> (
    None
):
    """From when it came, whatever time it bears."""
    world = a_swept_world()
    began = world.clock()
    asked = a_request(incident_id="QNEVERSEEN0001", occurred_at=began + timedelta(days=365_000))
    world.queue.send(asked)

    assert 1 < deliveries(world) < 30
    assert world.clock() - began < timedelta(minutes=30)
