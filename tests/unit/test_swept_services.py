"""G2, R8: a sweep lists the open incidents of the services that matter, and no others."""

from dataclasses import replace
from datetime import timedelta

from pdjira.errors import Temporary
from pdjira.jql.matches import ELSEWHERE, MOST_MOVED, named, with_moved
from pdjira.sweep import comparing
from tests.builders import NOW, a_mapping, three_statuses
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.scenes.sweeps import (
    a_swept_world,
    agreed,
    cut,
    healed,
    one_by_one,
    several,
    signals,
    status_of_issue,
    swept,
)
from tests.world import World

LATER = NOW + timedelta(hours=1)


def moved(world: World) -> str:
    """A linked incident that lies in a service of no mapping by now."""
    incident_id = agreed(world)
    world.pagerduty.model.set_service(incident_id, PAYMENTS, by=RESPONDER)
    world.clock.forward(hours=1)
    healed(world)
    return incident_id


def singles(world: World) -> int:
    """How many incidents a sweep reads one by one."""
    before = world.plan.calls.count("pagerduty.get_incident")
    swept(world)
    return world.plan.calls.count("pagerduty.get_incident") - before


def test_r8_incidents_of_services_without_a_mapping_cost_no_call() -> None:
    world = a_swept_world()
    for number in range(150):
        world.pagerduty.model.trigger(PAYMENTS, f"Not ours {number}", by=RESPONDER)
    world.clock.forward(hours=1)
    swept(world)
    before = world.plan.calls.count("pagerduty.open_incidents")

    swept(world)

    assert world.plan.calls.count("pagerduty.open_incidents") - before == 1


def test_g2_an_incident_that_was_moved_to_another_service_is_no_reason_to_look_each_time() -> None:
    world = a_swept_world()
    moved(world)

    tries = [swept(world).resynced for _ in range(3)]

    assert tries == [0, 0, 0]
    assert singles(world) == 0


def test_p20_what_is_lost_of_an_incident_in_another_service_is_found() -> None:
    world = a_swept_world()
    incident_id = moved(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)

    healed(world)

    assert status_of_issue(world) == "In Progress"


def test_a_service_in_which_nothing_is_linked_any_more_is_not_listed() -> None:
    world = a_swept_world()
    incident_id = moved(world)
    world.pagerduty.model.set_service(incident_id, CHECKOUT, by=RESPONDER)
    for _ in range(2):
        healed(world)
    world.pagerduty.model.set_service(incident_id, PAYMENTS, by=RESPONDER)

    assert singles(world) == 1


def test_r8_but_a_few_incidents_are_read_one_by_one_in_a_sweep() -> None:
    world = a_swept_world()
    ids = {agreed(world) for _ in range(comparing.MOST + 5)}
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)

    assert singles(world) == comparing.MOST
    assert {signal.incident_id for signal in signals(world)} == ids


def test_where_reading_one_by_one_fails_it_is_said_and_the_sweep_goes_on() -> None:
    world = a_swept_world()
    ids = {agreed(world) for _ in range(2)}
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    world.plan.fail_next("pagerduty.get_incident", Temporary("It is down."))

    found = swept(world)

    assert found.problems == ("It is down.",)
    assert found.resynced == 2


def test_an_incident_without_a_mapping_in_force_is_not_read() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.mappings.put(replace(three_statuses(), enabled=False))
    world.mappings.put(a_mapping(id="other"))
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)

    assert singles(world) == 0


def test_a_service_is_not_listed_for_ever_where_no_sweep_has_time_for_all_links() -> None:
    world = a_swept_world()
    incident_id = moved(world)
    several(world)
    one_by_one(world)
    world.pagerduty.model.set_service(incident_id, CHECKOUT, by=RESPONDER)
    listed = []

    for _ in range(12):
        result = cut(world, "open_links.one", 2)
        assert result.compared <= 2
        listed.append(named(world.cursors.memo(ELSEWHERE.id) or ELSEWHERE))

    assert listed[0] == {PAYMENTS}
    assert listed[-1] == set()


def test_a_service_that_one_sweep_has_found_is_listed_until_all_links_were_seen_again() -> None:
    world = a_swept_world()
    moved(world)
    several(world)
    one_by_one(world)

    for _ in range(12):
        cut(world, "open_links.one", 2)
        assert named(world.cursors.memo(ELSEWHERE.id) or ELSEWHERE) == {PAYMENTS}


def test_what_was_found_last_is_named_where_not_all_can_be() -> None:
    before = replace(ELSEWHERE, says=" ".join(f"A{number}" for number in range(MOST_MOVED)))

    part = with_moved(before, {"Z"}, at=NOW, begins=True, ends=False)
    other = with_moved(part, {"Y"}, at=LATER, begins=False, ends=False)
    whole = with_moved(other, {"X"}, at=LATER, begins=False, ends=True)

    assert len(named(part)) == len(named(other)) == MOST_MOVED
    assert "Z" in named(part)
    assert {"Y", "Z"} < named(other)
    assert named(whole) == {"X", "Y", "Z"}


def test_what_is_known_to_be_elsewhere_is_stored_once() -> None:
    known = with_moved(ELSEWHERE, {"X"}, at=NOW, begins=True, ends=True)

    assert known.at == NOW
    assert with_moved(known, {"X"}, at=LATER, begins=True, ends=True) == known
