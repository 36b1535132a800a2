"""G2, R8: a sweep lists the open incidents of the services that matter, and no others."""

from dataclasses import replace

from pdjira.application.sweep import absent
from pdjira.errors import Temporary
from tests.builders import a_mapping
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.unit.test_sweep import FULL, a_world, linked, signals, swept
from tests.world import World


def moved(world: World) -> str:
    """A linked incident that lies in a service of no mapping by now."""
    incident_id = linked(world)
    world.pagerduty.model.set_service(incident_id, PAYMENTS, by=RESPONDER)
    world.clock.forward(hours=1)
    swept(world)
    world.work()
    return incident_id


def singles(world: World) -> int:
    """How many incidents a sweep reads one by one."""
    before = world.plan.calls.count("pagerduty.get_incident")
    swept(world)
    return world.plan.calls.count("pagerduty.get_incident") - before


def test_r8_incidents_of_services_without_a_mapping_cost_no_call() -> None:
    world = a_world()
    for number in range(150):
        world.pagerduty.model.trigger(PAYMENTS, f"Not ours {number}", by=RESPONDER)
    world.clock.forward(hours=1)
    swept(world)
    before = world.plan.calls.count("pagerduty.open_incidents")

    swept(world)

    assert world.plan.calls.count("pagerduty.open_incidents") - before == 1


def test_g2_an_incident_that_was_moved_to_another_service_is_no_reason_to_look_each_time() -> None:
    world = a_world()
    moved(world)

    tries = [swept(world).resynced for _ in range(3)]

    assert tries == [0, 0, 0]
    assert singles(world) == 0


def test_p20_what_is_lost_of_an_incident_in_another_service_is_found() -> None:
    world = a_world()
    incident_id = moved(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)

    swept(world)
    world.work()

    assert world.issues[0]["fields"]["status"]["name"] == "In Progress"


def test_a_service_in_which_nothing_is_linked_any_more_is_not_listed() -> None:
    world = a_world()
    incident_id = moved(world)
    world.pagerduty.model.set_service(incident_id, CHECKOUT, by=RESPONDER)
    for _ in range(2):
        swept(world)
        world.work()
    world.pagerduty.model.set_service(incident_id, PAYMENTS, by=RESPONDER)

    assert singles(world) == 1


def test_r8_but_a_few_incidents_are_read_one_by_one_in_a_sweep() -> None:
    world = a_world()
    ids = {linked(world) for _ in range(absent.MOST + 5)}
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)

    assert singles(world) == absent.MOST
    assert {signal.incident_id for signal in signals(world)} == ids


def test_where_reading_one_by_one_fails_it_is_said_and_the_sweep_goes_on() -> None:
    world = a_world()
    ids = {linked(world) for _ in range(2)}
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    world.plan.fail_next("pagerduty.get_incident", Temporary("It is down."))

    found = swept(world)

    assert found.problems == ("It is down.",)
    assert found.resynced == 2


def test_an_incident_without_a_mapping_in_force_is_not_read() -> None:
    world = a_world()
    incident_id = linked(world)
    world.mappings.put(replace(FULL, enabled=False))
    world.mappings.put(a_mapping(id="other"))
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)

    assert singles(world) == 0
