"""M14, P20: what a sweep believes of Jira's index, and what it takes away when a mapping goes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Temporary
from pdjira.jql.matches import MatchPage, MatchRefusal, MatchRow, MatchState
from pdjira.sweep.ports import SweepResult
from tests.builders import PAGING, PAGING_NEW, a_mapping
from tests.fakes.searches import FakeSearches
from tests.scenes.matches import states
from tests.world import World

HIGHEST, LOW = {"priority": {"id": "1"}}, {"priority": {"id": "3"}}


class Stale(FakeSearches):
    """An index that has lost issues: `shows` those whose fields alone are old, `hides` the rest."""

    def __init__(self, world: World, *, shows: bool = False) -> None:
        super().__init__(world.jira)
        self._shows = shows

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        del jql, start
        return MatchPage(matches=(), total=0, next_start=None)

    def ids(self, jql: str) -> frozenset[str]:
        is_about_any = not jql.startswith("(")
        return super().ids(jql) if self._shows and is_about_any else frozenset()


class Moving(FakeSearches):
    """Small pages; between two of those that a JQL finds something happens in Jira."""

    def __init__(self, world: World, *, page: int, happens: Callable[[], object]) -> None:
        super().__init__(world.jira, page=page)
        self._happens: Callable[[], object] | None = happens

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        if start and self._happens and jql.startswith("("):
            self._happens()
            self._happens = None
        return super().matches(jql, start=start)


def following(world: World, count: int) -> list[str]:
    """So many issues that matched when the mapping was switched on an hour ago."""
    ids = [str(world.issue(**HIGHEST)["id"]) for _ in range(count)]
    world.poller().run()
    world.clock.forward(hours=1)
    return ids


def swept(world: World, searches: FakeSearches | None = None) -> SweepResult:
    world.clock.forward(minutes=15)
    sweeper = world.sweeper()
    if searches:
        sweeper = replace(sweeper, jql=replace(sweeper.jql, searches=searches))
    return sweeper.run()


def polled(world: World) -> None:
    world.clock.forward(minutes=1)
    world.poller().run()
    world.work()


def given(world: World, issue_ids: list[str], fields: dict[str, Any]) -> None:
    for one in issue_ids:
        world.jira.model.edit_issue("alice", one, {"fields": fields})


@pytest.mark.parametrize("shows", [False, True])
@pytest.mark.parametrize("count", [10, 25])
def test_one_sweep_of_an_index_that_lost_everything_lets_no_old_issue_page(
    count: int, shows: bool
) -> None:
    world = World(PAGING_NEW)
    following(world, count)

    doubted = swept(world, Stale(world, shows=shows))
    found = swept(world)
    polled(world)

    assert f"{count} of {count} issues left the JQL of mapping ops-bug" in doubted.problems[0]
    assert found.problems == ()
    assert states(world) == [MatchState.BASELINE] * count
    assert all(row.missed_at is None for row in world.rows.stored.values())


def test_few_issues_that_the_index_does_not_show_at_all_are_not_forgotten_for_a_day() -> None:
    world = World(PAGING_NEW)
    following(world, 2)

    for _ in range(90):
        assert swept(world, Stale(world)).problems == ()
    kept = states(world)
    for _ in range(10):
        swept(world, Stale(world))

    assert kept == [MatchState.BASELINE] * 2
    assert states(world) == []


def test_an_issue_that_is_deleted_is_forgotten_without_a_word() -> None:
    world = World(PAGING_NEW)
    (first, _) = following(world, 2)
    world.jira.model.delete_issue("alice", first)

    problems = [swept(world).problems for _ in range(100)]

    assert set(problems) == {()}
    assert len(states(world)) == 1


def test_issues_that_left_all_at_once_are_believed_to_have_left_by_the_second_sweep() -> None:
    world = World(PAGING_NEW)
    issue_ids = following(world, 12)
    given(world, issue_ids, LOW)

    first, second, third = swept(world), swept(world), swept(world)
    given(world, issue_ids[:1], HIGHEST)
    polled(world)

    assert len(first.problems) == 1
    assert (second.problems, third.problems) == ((), ())
    assert len(world.pagerduty.model.incidents) == 1


def test_two_sweeps_of_one_moment_are_no_two_proofs() -> None:
    world = World(PAGING_NEW)
    following(world, 12)

    swept(world, Stale(world, shows=True))
    sweeper = world.sweeper()
    replace(sweeper, jql=replace(sweeper.jql, searches=Stale(world, shows=True))).run()

    assert len(states(world)) == 12


@pytest.mark.parametrize(("count", "left"), [(9, 9), (24, 12)])
def test_few_and_no_more_than_half_are_believed_at_once(count: int, left: int) -> None:
    world = World(PAGING_NEW)
    issue_ids = following(world, count)
    given(world, issue_ids[:left], LOW)

    assert swept(world).problems == ()
    assert len(states(world)) == count - left


def test_an_edit_between_two_pages_of_the_first_poll_hides_no_old_issue() -> None:
    world = World(PAGING_NEW)
    old = [world.issue(**HIGHEST) for _ in range(4)]
    world.clock.forward(hours=1)
    searches = Moving(world, page=2, happens=lambda: given(world, [old[0]["id"]], {"labels": []}))

    replace(world.poller(), searches=searches).run()

    assert states(world) == [MatchState.BASELINE] * 4


def test_an_edit_between_two_pages_of_a_sweep_is_no_problem() -> None:
    world = World(PAGING_NEW)
    (first, *_) = following(world, 4)
    given(world, [first], {"labels": []})

    found = swept(world, Moving(world, page=2, happens=lambda: given(world, [first], HIGHEST)))

    assert found.problems == ()
    assert len(states(world)) == 4


@pytest.mark.parametrize("left", [1, 2])
def test_an_issue_that_leaves_between_two_pages_hides_no_other(left: int) -> None:
    world = World(PAGING_NEW)
    old = [str(world.issue(**HIGHEST)["id"]) for _ in range(8)]
    searches = Moving(world, page=4, happens=lambda: given(world, old[:left], LOW))

    first = replace(world.poller(), searches=searches).run()[0]
    second = world.poller().run()[0]

    says = "Issues left the JQL of mapping ops-bug faster than they were read."
    assert first.problem == (says if left == 2 else None)
    assert first.cure == ("Nothing: the next round reads again." if left == 2 else None)
    assert second.problem is None
    assert states(world) == [MatchState.BASELINE] * 8


def test_more_matches_than_jira_shows_are_a_problem_with_its_cure_and_what_is_shown_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(PAGING)
    world.poller().run()
    world.clock.forward(hours=1)
    for _ in range(5):
        world.issue(**HIGHEST)
    monkeypatch.setattr("tests.fakes.searches.SEARCH_WINDOW", 3)
    monkeypatch.setattr("pdjira.adapters.jira.searches.SEARCH_WINDOW", 3)

    found = swept(world)

    assert "More issues match the JQL of mapping ops-bug than Jira shows." in found.problems[0]
    assert "Narrow the JQL" in found.problems[0]
    assert states(world) == [MatchState.WAITING] * 3


def test_rows_of_an_earlier_jql_are_taken_away_but_for_those_that_opened() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    polled(world)
    world.issue(**HIGHEST)
    world.poller().run()
    world.mappings.put(replace(PAGING, jql="labels = red"))
    world.poller().run()

    world.sweeper().run()
    young = states(world)
    swept(world)

    assert young == [MatchState.OPENED, MatchState.WAITING]
    assert states(world) == []


def a_storm(world: World) -> None:
    """Two issues, one of which has opened an incident."""
    world.issue(**HIGHEST)
    polled(world)
    world.issue(**HIGHEST)
    world.poller().run()


def test_rows_and_cursor_of_a_deleted_mapping_go() -> None:
    world = World(PAGING, a_mapping(id="other"))
    a_storm(world)

    world.mappings.remove("ops-bug")
    swept(world)

    assert world.rows.stored == {}
    assert world.cursors.find("mapping ops-bug") is None
    assert world.cursors.find("project 10100") is not None


@pytest.mark.parametrize("changed", [{"enabled": False}, {"jql": None}])
def test_a_mapping_that_follows_no_jql_begins_anew_and_knows_what_it_opened(
    changed: dict[str, Any],
) -> None:
    world = World(replace(PAGING_NEW, max_incidents_per_hour=1))
    polled(world)
    a_storm(world)
    world.mappings.put(replace(PAGING_NEW, **changed))
    for _ in range(2):
        swept(world)
    kept = states(world)
    world.issue(**HIGHEST)
    world.clock.forward(days=30)

    world.mappings.put(PAGING_NEW)
    polled(world)

    assert kept == [MatchState.OPENED]
    assert states(world) == [MatchState.OPENED, *[MatchState.BASELINE] * 2]
    assert len(world.pagerduty.model.incidents) == 1


def test_a_mapping_that_cannot_be_read_for_a_while_forgets_nothing() -> None:
    world = World(PAGING)
    a_storm(world)
    before = (dict(world.rows.stored), world.cursors.find("mapping ops-bug"))

    world.mappings.put_item({"id": "ops-bug"})
    found = swept(world)

    assert (dict(world.rows.stored), world.cursors.find("mapping ops-bug")) == before
    assert found.problems == ()


def test_a_mapping_that_is_stored_while_a_sweep_runs_keeps_what_it_has_read() -> None:
    world = World(PAGING)
    a_storm(world)
    before = world.cursors.find("mapping ops-bug")
    mappings = world.mappings.in_force
    world.mappings.in_force = lambda: ()  # type: ignore[method-assign]

    swept(world)
    world.mappings.in_force = mappings  # type: ignore[method-assign]

    assert world.cursors.find("mapping ops-bug") == before
    assert len(states(world)) == 2


def test_what_cannot_be_taken_away_is_taken_away_by_the_next_sweep() -> None:
    world = World(PAGING, a_mapping(id="other"))
    a_storm(world)
    world.mappings.remove("ops-bug")
    world.plan.fail_next("rows.forget", Temporary("down"))

    first, second = swept(world), swept(world)

    assert (first.problems, second.problems) == (("down",), ())
    assert world.rows.stored == {}


@pytest.mark.parametrize("is_back", [False, True])
def test_what_becomes_of_a_row_while_a_sweep_reads_is_not_undone(is_back: bool) -> None:
    world = World(PAGING)
    (first, _) = following(world, 2)
    key = ("ops-bug", first)
    refusal = MatchRefusal(at=world.clock(), says="No.")
    if is_back:
        world.rows.stored[key] = replace(world.rows.stored[key], missed_at=world.clock())
    else:
        world.jira.model.delete_issue("alice", first)
    read = world.rows.all

    def read_then_changed(mapping_id: str) -> Sequence[MatchRow]:
        found = read(mapping_id)
        world.release().run(mapping_id)
        world.rows.refuse(world.rows.stored[key], refusal)
        return found

    world.rows.all = read_then_changed  # type: ignore[method-assign]
    swept(world)

    row = world.rows.stored[key]
    assert (row.released, row.refusal) == (True, refusal)
    assert (row.missed_at is None) is is_back


@pytest.mark.parametrize("enabled", [None, False])
def test_g2_rows_that_are_taken_away_leave_time_to_keep_the_result(enabled: bool | None) -> None:
    world = World(PAGING, a_mapping(id="other"))
    following(world, 8)
    if enabled is None:
        world.mappings.remove("ops-bug")
    else:
        world.mappings.put(replace(PAGING, enabled=enabled))

    left, problems = [], []
    for _ in range(4):
        world.clock.forward(minutes=15)
        before = world.plan.calls.count("rows.forget")
        result = world.sweeper().run(
            lambda: 500.0 if world.plan.calls.count("rows.forget") - before < 3 else 10.0  # noqa: B023
        )
        assert world.sweep_results.stored == result
        left.append(len(world.rows.stored))
        problems.append(len(result.problems))

    cursor = world.cursors.find("mapping ops-bug")
    assert left == [5, 2, 0, 0]
    assert problems == [0, 0, 0, 0]
    assert cursor is None or not cursor.reads


def test_where_no_time_is_left_to_take_anything_away_the_sweep_says_so() -> None:
    world = World(PAGING)
    following(world, 2)
    world.mappings.remove("ops-bug")

    result = world.sweeper().run(lambda: 10.0)

    assert len(world.rows.stored) == 2
    assert any("clearing up after mappings" in problem for problem in result.problems)
