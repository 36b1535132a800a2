"""The lists of the day: what was done last about each incident."""

from dataclasses import replace
from datetime import timedelta

from pdjira.errors import Temporary
from pdjira.model.link import Activity, latest
from pdjira.worker.consume import Done
from tests.builders import NOW, THREE_STATUSES, a_mapping
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World


def echoed(world: World, incident: str) -> None:
    """The webhook of our own note comes back, which names the issue."""
    world.clock.forward(seconds=1)
    world.hear(incident, world.pagerduty.model.incident(incident).notes[0].id)
    world.work()


def test_what_was_done_about_an_incident_is_listed_with_its_issues() -> None:
    world = World()
    incident = world.trigger("Checkout <b>answers</b> slowly")
    world.work()
    key = world.issues[0]["key"]
    echoed(world, incident)

    (listed,) = world.activities.of_day(world.clock().date())

    assert listed.incident_id == incident
    assert listed.title == "Checkout <b>answers</b> slowly"
    assert listed.service == "Checkout"
    assert listed.issues == {a_mapping().id: key}
    assert listed.says == f"Created {key} (mapping {a_mapping().id})."


def test_r5_a_creation_is_listed_by_the_note_that_comes_back_and_writes_nothing_more() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    assert not world.activities.stored

    echoed(world, incident)

    assert len(world.activities.stored) == 1


def test_r5_an_event_that_does_nothing_writes_nothing() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    world.clock.forward(minutes=1)
    world.signal(incident, id="again")
    world.work()

    assert not world.activities.stored


def test_what_changed_is_listed_at_once() -> None:
    world = World(a_mapping(statuses=THREE_STATUSES))
    incident = world.trigger()
    world.work()
    world.clock.forward(minutes=1)
    world.pagerduty.model.acknowledge(incident, by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")
    world.work()

    (listed,) = world.activities.stored.values()

    assert listed.event == "incident.acknowledged"
    assert listed.says == f"Moved {world.issues[0]['key']} from Open to In Progress."


def test_a_list_that_cannot_be_written_costs_the_signal_nothing() -> None:
    world = World()
    world.plan.fail(1, Temporary("Throttled."), method="activities.put", times=9)
    incident = world.trigger()
    world.work()
    echoed(world, incident)

    assert all(isinstance(one.verdict, Done) for one in world.outcomes)
    assert not world.activities.stored


def test_an_incident_of_two_days_is_listed_once_by_what_was_last() -> None:
    first = Activity(
        incident_id="Q1",
        number=1,
        title="Slow",
        service="Checkout",
        url="",
        at=NOW,
        event="incident.triggered",
        says="Created OPS-1.",
    )
    other = replace(first, incident_id="Q2", at=NOW + timedelta(hours=1))
    later = replace(first, at=NOW + timedelta(days=1), says="Moved OPS-1.")

    assert latest([later], [other, first]) == [later, other]
