"""M16: where a mapping reads something else, its JQL begins anew: old rows decide nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Ambiguous
from pdjira.jql.braking import Released
from pdjira.jql.matches import MatchState, reads_of
from pdjira.model.mapping import JqlAppliesTo
from tests.builders import HIGHEST, NOW, PAGING, PAGING_NEW
from tests.scenes.matches import a_round, edited, handled, incident_count, states
from tests.world import World


@pytest.mark.parametrize("switched_on", [False, True])
def test_existing_issues_page_once_the_mapping_is_made_to_say_so(switched_on: bool) -> None:
    world = World(PAGING_NEW)
    world.issue(**HIGHEST)
    a_round(world)
    since = world.clock() + timedelta(minutes=20) if switched_on else None

    world.mappings.put(replace(PAGING, enabled_since=since))
    a_round(world, minutes=20)
    a_round(world)

    assert incident_count(world) == 1


def test_what_waits_no_longer_pages_once_the_mapping_is_for_new_issues_alone() -> None:
    world = World(replace(PAGING, jql_settle_seconds=600))
    world.issue(**HIGHEST)
    a_round(world)

    world.mappings.put(replace(PAGING_NEW, jql_settle_seconds=600))
    for _ in range(30):
        a_round(world)

    assert states(world) == [MatchState.BASELINE]
    assert incident_count(world) == 0


def test_an_issue_that_matched_an_earlier_jql_pages_when_it_comes_to_match_this_one() -> None:
    world = World(PAGING_NEW)
    issue = world.issue(**HIGHEST)
    a_round(world)
    world.mappings.put(replace(PAGING_NEW, jql="priority = High"))
    a_round(world)

    edited(world, issue, priority={"id": "2"})
    a_round(world)

    assert incident_count(world) == 1


def test_what_waited_before_switching_off_does_not_page_after_switching_on() -> None:
    world = World(replace(PAGING_NEW, max_incidents_per_hour=1))
    a_round(world)
    for _ in range(4):
        world.issue(**HIGHEST)
    a_round(world)
    assert incident_count(world) == 1

    world.mappings.put(replace(PAGING_NEW, enabled=False))
    world.clock.forward(days=30)
    world.mappings.put(replace(PAGING_NEW, enabled_since=world.clock()))
    a_round(world)
    a_round(world, minutes=61)

    assert incident_count(world) == 1


@pytest.mark.parametrize("narrower", ["priority = Highest AND labels is EMPTY", "labels = red"])
def test_p27_who_stops_a_storm_by_narrowing_the_jql_gets_no_more_of_it(narrower: str) -> None:
    world = World(replace(PAGING_NEW, max_incidents_per_hour=5))
    a_round(world)
    for _ in range(9):
        world.issue(**HIGHEST)
    a_round(world)

    narrowed = replace(PAGING_NEW, max_incidents_per_hour=5, jql=narrower)
    world.mappings.put(narrowed)
    a_round(world)
    assert world.release().run("ops-bug") == Released(waiting=0, matching=0)
    a_round(world, minutes=65)

    assert incident_count(world) == 5


def test_a_match_of_an_earlier_jql_opens_nothing_before_the_next_poll_either() -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.poller().run()

    world.mappings.put(replace(PAGING, jql="labels = red"))
    world.work()

    assert incident_count(world) == 0
    assert states(world) == [MatchState.WAITING]
    assert handled(world, issue["id"]).rests == (
        f"Issue {issue['id']} does not wait to open an incident.",
    )


@pytest.mark.parametrize("applies_to", list(JqlAppliesTo))
def test_g15_an_incident_whose_answer_was_lost_is_linked_though_the_jql_changed(
    applies_to: JqlAppliesTo,
) -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.poller().run()
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("no answer"), after=True)
    with pytest.raises(Ambiguous):
        handled(world, issue["id"])

    changed = replace(PAGING, jql="priority in (Highest, High)", jql_applies_to=applies_to)
    world.mappings.put(changed)
    a_round(world)
    handled(world, issue["id"])

    assert incident_count(world) == 1
    assert world.links.incident_of(issue["id"]) in world.pagerduty.model.incidents


def test_an_attempt_that_opened_nothing_is_not_repeated_once_the_jql_changed() -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.poller().run()
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("no answer"))
    with pytest.raises(Ambiguous):
        handled(world, issue["id"])

    world.mappings.put(replace(PAGING, jql="labels = red"))
    world.clock.forward(minutes=5)
    found = handled(world, issue["id"])

    assert found.rests == (f"Issue {issue['id']} does not wait to open an incident.",)
    assert incident_count(world) == 0


def test_an_issue_that_opened_an_incident_is_not_looked_at_again_by_another_jql() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    a_round(world)

    world.mappings.put(replace(PAGING, jql="priority in (Highest, High)"))
    a_round(world)

    assert states(world) == [MatchState.OPENED]
    assert world.queue.stored == []


def test_a_sweep_that_began_before_a_change_of_the_jql_takes_nothing_back() -> None:
    world = World(PAGING_NEW)
    world.issue(**HIGHEST)
    world.clock.forward(minutes=1)
    world.poller().run()
    sweep, began = world.sweeper().jql, world.clock()
    world.clock.forward(minutes=1)
    changed = replace(PAGING_NEW, jql="priority in (Highest, High)")
    world.mappings.put(changed)
    cursor = world.cursors.find("mapping ops-bug")
    world.poller().run()
    assert cursor is not None

    moved = world.cursors.find("mapping ops-bug")
    assert moved is not None
    world.cursors.put(replace(cursor, version=moved.version))
    sweep.run(PAGING_NEW, now=began, check=lambda: None)

    (row,) = world.rows.stored.values()
    assert (row.state, row.reads) == (MatchState.BASELINE, reads_of(changed))


@pytest.mark.parametrize(
    "changed",
    [{"jql": "labels = red"}, {"jql_applies_to": JqlAppliesTo.EXISTING}, {"enabled_since": NOW}],
)
def test_a_jql_begins_anew_where_it_what_it_applies_to_or_the_time_of_switching_on_changes(
    changed: dict[str, Any],
) -> None:
    assert reads_of(replace(PAGING_NEW, **changed)) != reads_of(PAGING_NEW)
    assert reads_of(replace(PAGING_NEW, max_incidents_per_hour=99)) == reads_of(PAGING_NEW)
