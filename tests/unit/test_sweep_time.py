"""G2, P21: a sweep without time for everything keeps its result; the next ones come to the rest."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from pdjira.errors import Conflict, Temporary
from pdjira.model.link import LinkState
from pdjira.model.mapping import JqlAppliesTo
from pdjira.sweep.sweep import LINKS
from pdjira.sweep.work import CURSOR
from tests.builders import PAGING_NEW, a_mapping, three_statuses
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.sweeps import (
    ENOUGH,
    a_swept_world,
    agreed,
    answered,
    cut,
    one_by_one,
    several,
    signals,
    swept,
)
from tests.world import World


def late(part: str) -> str:
    """What a sweep says of a part that its time did not suffice for."""
    says = f"{part} was not done when the time of this round was up; the next one goes on."
    return f"{says} What to do: Nothing; if it lasts, look why Jira or PagerDuty is slow."


def slowed(world: World, call: str, seconds: float) -> Callable[[], float]:
    """The time that a sweep has each of whose calls of a kind takes so long."""
    before = world.plan.calls.count(call)
    return lambda: ENOUGH - seconds * (world.plan.calls.count(call) - before)


def test_g2_the_jql_of_each_mapping_has_its_turn_where_time_is_short() -> None:
    mappings = [
        a_mapping(id=f"m{number}", jql="created <= -30m", jql_applies_to=JqlAppliesTo.EXISTING)
        for number in range(5)
    ]
    world = World(*mappings)
    world.poller().run()
    world.issue()
    world.clock.forward(hours=1)

    results = [cut(world, "rows.all", 2) for _ in range(5)]

    assert {row.mapping_id for row in world.rows.stored.values()} == {"m0", "m1", "m2", "m3", "m4"}
    assert results[0].problems == (late("The JQL of all mappings"),)
    assert world.sweep_results.stored == results[-1]


def test_a_jql_that_takes_all_the_time_there_is_keeps_no_other_from_its_turn() -> None:
    world = a_swept_world(PAGING_NEW, replace(PAGING_NEW, id="second"))
    world.poller().run()
    issue = world.issue(priority={"id": "1"})
    world.clock.forward(hours=2)

    for _ in range(2):
        cut(world, "jira.matches", 1)

    assert world.rows.find("ops-bug", issue["id"])
    assert world.rows.find("second", issue["id"])


def test_what_was_cut_short_within_a_jql_forgets_no_match() -> None:
    world = a_swept_world(replace(PAGING_NEW, jql_applies_to=JqlAppliesTo.EXISTING))
    issue = world.issue(priority={"id": "1"})
    world.poller().run()
    world.jira.model.edit_issue("alice", issue["id"], {"fields": {"priority": {"id": "3"}}})
    world.clock.forward(hours=1)

    found = cut(world, "jira.ids", 1)

    assert found.problems == (late("The JQL of all mappings"),)
    assert len(world.rows.stored) == 1


def test_g11_a_long_recovery_leaves_time_to_compare_in_the_same_sweep() -> None:
    world = a_swept_world(three_statuses(), replace(PAGING_NEW, id="paging"))
    agreed(world)
    world.poller().run()
    since = world.clock()
    world.clock.forward(days=30)
    world.recovery().run(since, "request-1")
    before = world.plan.calls.count("rows.all")

    found = world.sweeper().run(slowed(world, "pagerduty.log", 60.0))
    cursor = world.cursors.find(CURSOR)

    assert found.problems == (late("The reading of PagerDuty's log"),)
    assert found.compared == len(world.links.links)
    assert world.plan.calls.count("rows.all") > before
    assert cursor is not None
    assert since < cursor.until < world.clock()


def test_p21_each_slice_of_the_log_that_was_worked_on_moves_the_cursor() -> None:
    world = a_swept_world()
    since = world.clock()
    world.clock.forward(days=6)
    world.recovery().run(since, "request-1")

    sweeps = 0
    reached = [since]
    while reached[-1] < world.clock():
        world.sweeper().run(lambda: 1.0)
        cursor = world.cursors.find(CURSOR)
        assert cursor is not None
        reached.append(cursor.until)
        sweeps += 1

    assert sweeps == 6
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(reached))


def test_where_listing_takes_too_long_no_incident_counts_as_resolved() -> None:
    world = a_swept_world()
    agreed(world)

    found = cut(world, "pagerduty.open_incidents", 1)

    assert late("The list of open incidents") in found.problems
    assert found.resynced == 0


def without_log(world: World) -> None:
    """PagerDuty tells its log no more: what is found is found by comparing."""
    world.plan.fail_next("pagerduty.log", Temporary("It is down."), times=99)


def test_g2_links_are_gone_through_over_several_sweeps_where_time_is_short() -> None:
    world = a_swept_world()
    ids = several(world)
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    one_by_one(world)
    without_log(world)

    found = [cut(world, "open_links.one", 2).compared for _ in range(3)]

    assert found[:2] == [2, 2]
    assert {signal.incident_id for signal in signals(world)} == set(ids)


@pytest.fixture
def refused() -> World:
    """Links under which something was refused; each sweep has time for two of them."""
    world = a_swept_world()
    several(world)
    for link in world.links.links:
        world.links.save(replace(link, state=LinkState.FAILED))
    one_by_one(world)
    return world


def test_what_was_refused_is_tried_hourly_also_where_a_sweep_sees_but_some_links(
    refused: World,
) -> None:
    """Four hours; the one at which a sweep stops is seen by the next one as well."""
    tried: Counter[str | None] = Counter()
    for _ in range(16):
        cut(refused, "open_links.one", 3)
        tried.update(signal.incident_id for signal in signals(refused))
        answered(refused)

    assert sorted(tried.values()) == [3, 3, 3, 6]


def test_where_the_links_go_on_is_forgotten_once_all_were_seen() -> None:
    world = a_swept_world()
    several(world)
    one_by_one(world)
    cut(world, "open_links.one", 3)
    place = world.cursors.memo(LINKS)

    swept(world)

    assert place is not None
    assert place.says
    done = world.cursors.memo(LINKS)
    assert done is not None
    assert done.says == ""


def test_p20_incidents_that_were_opened_again_have_their_turn_where_time_is_short() -> None:
    world = a_swept_world()
    ids = several(world, 3)
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    swept(world)
    world.work()
    swept(world)
    for incident_id in ids:
        world.pagerduty.model.set_status(incident_id, "triggered", by=RESPONDER)
    without_log(world)

    for _ in range(2):
        cut(world, "links.of_incident", 2)

    assert {signal.incident_id for signal in signals(world)} == set(ids)


def test_a_conflict_over_where_to_go_on_does_no_harm() -> None:
    world = a_swept_world()
    several(world)
    one_by_one(world)
    world.plan.fail_next("cursors.put", Conflict("Somebody else wrote first."), times=9)

    found = cut(world, "open_links.one", 3)

    assert "Somebody else wrote first." in found.problems
    assert found.compared == 3
