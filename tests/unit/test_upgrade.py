"""M16: a mapping goes on where an earlier version stopped: nothing is lost or pages twice."""

from dataclasses import replace

import pytest

from pdjira.jql.matches import MatchState, former_reads_of, reads_of
from pdjira.model.mapping import JqlAppliesTo, Mapping
from tests.builders import HIGHEST, a_mapping
from tests.scenes.matches import a_round, edited, incident_count, states
from tests.world import World

NEW = a_mapping(jql="priority = Highest", jql_settle_seconds=600)
EXISTING = replace(NEW, jql_applies_to=JqlAppliesTo.EXISTING)
CURSOR = "mapping ops-bug"


def as_an_earlier_version_kept_it(world: World, mapping: Mapping) -> None:
    """Its cursor has the former name of what is read, and its rows have none."""
    cursor = world.cursors.find(CURSOR)
    assert cursor is not None
    world.cursors.put(replace(cursor, reads=former_reads_of(mapping)))
    for key, row in world.rows.stored.items():
        world.rows.stored[key] = replace(row, reads="")


def test_what_waits_while_the_stack_is_upgraded_pages_once() -> None:
    world = World(NEW)
    a_round(world)
    world.issue(**HIGHEST)
    a_round(world)
    as_an_earlier_version_kept_it(world, NEW)

    for _ in range(20):
        a_round(world)

    assert incident_count(world) == 1
    assert states(world) == [MatchState.OPENED]


def test_what_came_to_match_while_the_stack_was_upgraded_pages_once() -> None:
    world = World(NEW)
    a_round(world)
    as_an_earlier_version_kept_it(world, NEW)
    world.issue(**HIGHEST)

    for _ in range(20):
        a_round(world)

    assert incident_count(world) == 1


@pytest.mark.parametrize("mapping", [NEW, EXISTING])
def test_no_old_match_pages_after_an_upgrade_even_when_it_is_edited(mapping: Mapping) -> None:
    """An earlier version did not begin anew where `jql_applies_to` alone was changed."""
    world = World(NEW)
    issues = [world.issue(**HIGHEST) for _ in range(3)]
    a_round(world, minutes=20)
    as_an_earlier_version_kept_it(world, mapping)
    world.mappings.put(mapping)
    a_round(world)
    edited(world, issues[0], labels=["red"])

    for _ in range(20):
        a_round(world)

    assert states(world) == [MatchState.BASELINE] * 3
    assert incident_count(world) == 0


def test_an_upgrade_that_breaks_off_is_gone_on_with() -> None:
    world = World(NEW)
    a_round(world)
    for _ in range(2):
        world.issue(**HIGHEST)
    a_round(world)
    as_an_earlier_version_kept_it(world, NEW)
    first = next(iter(world.rows.stored))
    world.rows.stored[first] = replace(world.rows.stored[first], reads=reads_of(NEW))

    a_round(world)

    cursor = world.cursors.find(CURSOR)
    assert cursor is not None
    assert cursor.reads == reads_of(NEW)
    assert {row.reads for row in world.rows.stored.values()} == {reads_of(NEW)}


def test_an_issue_that_opened_before_the_upgrade_pages_again_once_it_has_left_and_come_back() -> (
    None
):
    world = World(replace(NEW, jql_settle_seconds=0))
    a_round(world)
    issue = world.issue(**HIGHEST)
    a_round(world)
    as_an_earlier_version_kept_it(world, NEW)
    a_round(world)
    assert states(world) == [MatchState.OPENED]
    edited(world, issue, priority={"id": "3"})
    world.clock.forward(hours=1)

    world.sweeper().run()

    assert states(world) == []
