"""P21: how far a search was read, where more changed than Jira shows or issues move meanwhile."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pdjira.jql.matches import Cursor, Match, MatchPage, cut_at, window_minutes
from pdjira.jql.pages import Pages
from pdjira.model.issue import IssueRef
from tests.builders import NOW, a_mapping
from tests.fakes.health import Patient
from tests.fakes.searches import FakeSearches
from tests.world import World

PROJECT = "project 10100"
PAGE, SHOWN = 40, 400


class Bulk(FakeSearches):
    """An import: changes at these times, however many; Jira shows `SHOWN` of a search."""

    def __init__(self, world: World, changes: Sequence[datetime]) -> None:
        super().__init__(world.jira)
        self._world = world
        self._all = [
            Match(issue=IssueRef(id=str(number), key=f"OPS-{number}"), updated=at)
            for number, at in enumerate(changes)
        ]

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        minutes = re.findall(r"-(\d+)m", jql)
        since = self._world.clock() - timedelta(minutes=int(minutes[0])) if minutes else NOW
        found = [one for one in self._all if since <= one.updated <= self._world.clock()]
        page = found[start : min(start + PAGE, SHOWN)]
        read = start + len(page)
        is_end = not page or read >= min(len(found), SHOWN)
        return MatchPage(
            matches=tuple(page),
            total=len(found),
            next_start=None if is_end else read,
            clock_ahead=timedelta(),
        )


def polled(world: World, changes: Sequence[datetime], *, rounds: int) -> list[datetime]:
    """How far the project was read after each round, one a minute."""
    reached = []
    for _ in range(rounds):
        replace(world.poller(), searches=Bulk(world, changes)).run()
        cursor = world.cursors.find(PROJECT)
        assert cursor is not None
        reached.append(cursor.until)
        world.clock.forward(minutes=1)
    return reached


@pytest.mark.parametrize("seconds", [0, 60, 300])
def test_p21_after_an_import_of_more_than_two_searches_show_reading_catches_up(
    seconds: int,
) -> None:
    world = World(a_mapping())
    world.poller().run()
    began = world.clock()
    changes = [began + timedelta(seconds=number * seconds // 1000) for number in range(1000)]
    world.clock.forward(minutes=6)

    reached = polled(world, changes, rounds=20)

    assert reached == sorted(reached)
    assert reached[-1] > began + timedelta(minutes=20)


def test_a_search_that_is_cut_is_told_by_its_round_and_by_health_until_it_caught_up() -> None:
    world = World(a_mapping(jql="priority = Highest"))
    world.poller().run()
    changes = [world.clock()] * 600
    world.clock.forward(minutes=6)

    rounds: list[dict[str, str]] = []
    told: dict[str, str] = {}
    for _ in range(6):
        found = replace(world.poller(), searches=Bulk(world, changes)).run()
        rounds.append({one.about: one.problem for one in found if one.problem})
        told = told or {
            check.name: check.says for check in Patient(world).health.stored.jql.checks()
        }
        world.clock.forward(minutes=1)

    assert set(rounds[0]) == {"mapping ops-bug", PROJECT}
    assert "More issues changed than one search shows" in str(rounds[0][PROJECT])
    assert "that match the JQL of mapping ops-bug were changed at once" in told["ops-bug"]
    assert "in the project OPS were changed at once" in told["followed"]
    assert rounds[-1] == {}
    assert [one.name for one in Patient(world).health.stored.jql.checks()] == ["followed"]


def test_p21_after_a_cut_the_next_search_does_hardly_overlap() -> None:
    cursor = Cursor(id="x", until=NOW, reads="x", is_cut=True)

    assert window_minutes(cursor, now=NOW + timedelta(minutes=3)) == 4
    assert window_minutes(cursor, now=NOW + timedelta(minutes=2, seconds=55)) == 4
    assert window_minutes(replace(cursor, is_cut=False), now=NOW + timedelta(minutes=3)) == 9


def test_p21_where_a_minute_has_more_than_a_search_shows_reading_goes_on_after_it() -> None:
    cursor = Cursor(id="x", until=NOW, reads="x", is_cut=True)
    later = NOW + timedelta(seconds=1)

    assert cut_at(cursor, NOW) == NOW + timedelta(minutes=1)
    assert cut_at(cursor, later) == later
    assert cut_at(replace(cursor, is_cut=False), NOW) == NOW
    assert cut_at(None, NOW) == NOW


class Edited(FakeSearches):
    """Pages of four; before the second one, the first issues are edited and go to the end."""

    def __init__(self, world: World, *, edited: Sequence[str]) -> None:
        super().__init__(world.jira, page=4)
        self._world, self._edited = world, [*edited]

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        while start and self._edited:
            one = self._edited.pop()
            self._world.jira.model.edit_issue("alice", one, {"fields": {"labels": ["red"]}})
        return super().matches(jql, start=start)


@pytest.mark.parametrize(("edited", "gap"), [(1, False), (3, True)])
def test_p21_what_was_passed_over_between_two_pages_is_read_by_the_next_round(
    edited: int, gap: bool
) -> None:
    world = World(a_mapping())
    world.poller().run()
    began = world.clock()
    ids = []
    for _ in range(10):
        world.clock.forward(minutes=1)
        ids.append(str(world.issue()["id"]))
    world.clock.forward(minutes=1)

    replace(world.poller(), searches=Edited(world, edited=ids[:edited])).run()

    cursor = world.cursors.find(PROJECT)
    assert cursor is not None
    assert cursor.is_cut is gap
    assert cursor.until == (began + timedelta(minutes=4) if gap else world.clock())


def test_a_jira_that_shows_nothing_of_what_it_counts_is_read_no_further() -> None:
    world = World(a_mapping())

    class Silent(FakeSearches):
        def matches(self, jql: str, *, start: int = 0) -> MatchPage:
            del jql, start
            return MatchPage(matches=(), total=3, next_start=None)

    pages = Pages(searches=Silent(world.jira), breaker=world.breaker())
    (part,) = pages.each("project = OPS", "10100")
    found = replace(world.poller(), searches=Silent(world.jira)).run()[0]

    assert (part.is_cut, part.has_gap, part.last) == (True, False, None)
    assert found.problem is not None
