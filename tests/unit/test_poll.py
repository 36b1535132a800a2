"""P21, P27, M16: what a round of searches finds, what it remembers, and what it tells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.errors import Conflict, Refused, Temporary
from pdjira.jql.matches import Cursor, Match, MatchPage, MatchState, window_minutes
from pdjira.jql.poll import Polled, Work
from pdjira.jql.query import SEARCH_WINDOW
from pdjira.model.mapping import Mapping
from pdjira.model.signal import Signal, SignalKind
from tests.builders import HIGHEST, NOW, PAGING, PAGING_NEW, a_link, a_mapping, an_issue
from tests.fakes.searches import FakeSearches
from tests.scenes.matches import states
from tests.world import World


def polled(world: World, about: str = "mapping ops-bug") -> Polled:
    world.clock.forward(seconds=1)
    (found,) = [one for one in world.poller().run() if one.about == about]
    return found


def signals(world: World, kind: SignalKind = SignalKind.ISSUE_MATCHED) -> Sequence[Signal]:
    found = [decode(message.body) for message in world.queue.stored]
    return [one for one in found if one.kind is kind]


def test_m16_what_matched_when_it_was_switched_on_does_not_page_even_when_edited() -> None:
    world = World(PAGING_NEW)
    known = world.issue(**HIGHEST)

    polled(world)
    world.jira.model.edit_issue("alice", known["id"], {"fields": {"labels": ["red"]}})
    later = world.issue(**HIGHEST)
    found = polled(world)

    assert states(world) == [MatchState.BASELINE, MatchState.WAITING]
    assert found.signals == 1
    assert [one.issue_id for one in signals(world)] == [later["id"]]


def test_m16_existing_issues_page_where_the_mapping_says_so() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)

    assert polled(world).facts() == {
        "about": "mapping ops-bug",
        "matches": 1,
        "signals": 1,
        "held": 0,
        "problem": None,
        "cure": None,
        "is_late": False,
    }
    assert states(world) == [MatchState.WAITING]


@pytest.mark.parametrize(
    "changed", [replace(PAGING_NEW, jql="priority = High"), replace(PAGING_NEW, enabled_since=NOW)]
)
def test_m16_a_changed_jql_and_switching_on_again_begin_anew(changed: Mapping) -> None:
    world = World(PAGING_NEW)
    polled(world)
    world.mappings.put(changed)
    world.issue(priority={"id": "1"})
    world.issue(priority={"id": "2"})

    polled(world)

    assert states(world) == [MatchState.BASELINE]


def test_m16_of_more_than_ten_thousand_nobody_can_tell_which_are_new() -> None:
    world = World(PAGING_NEW)
    poller = replace(world.poller(), searches=_Many(world))

    found = poller.run()[0]

    assert found.problem == "More than 10000 issues match the JQL."
    assert found.cure == "Narrow the JQL: at most 10000 issues can be followed."
    assert states(world) == []


def test_p21_overlapping_rounds_count_nothing_twice() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)

    for _ in range(3):
        polled(world)
    world.work()
    polled(world)

    assert len(world.rows.stored) == 1
    assert len(world.pagerduty.model.incidents) == 1


@pytest.mark.parametrize("call", ["rows.add", "jira.matches", "cursors.put"])
def test_p21_the_cursor_moves_only_when_all_is_noted(call: str) -> None:
    world = World(PAGING_NEW)
    polled(world)
    world.clock.forward(hours=2)
    world.issue(**HIGHEST)
    world.clock.forward(hours=2)
    world.plan.fail_next(call, Temporary("down"))

    failed = polled(world)
    found = polled(world)

    assert failed.problem == "down"
    assert found.problem is None
    assert states(world) == [MatchState.WAITING]


def test_p21_of_two_rounds_at_once_one_moves_the_cursor() -> None:
    world = World(PAGING_NEW)
    world.plan.fail_next("cursors.put", Conflict("Somebody else wrote first."))

    problems = {one.problem for one in world.poller().run()}

    assert problems == {None, "Somebody else wrote first."}


def test_a_search_that_is_cut_short_goes_on_from_there() -> None:
    world = World(PAGING)
    poller = replace(world.poller(), searches=_Cut(world))
    world.cursors.put(Cursor(id="project 10100", until=NOW, reads="10100"))

    poller.run()

    cursor = world.cursors.find("project 10100")
    assert cursor is not None
    assert cursor.until == NOW - timedelta(minutes=1)


def test_one_jql_that_jira_refuses_stops_no_other() -> None:
    world = World(replace(PAGING_NEW, id="bad", jql="bogus = 1"), replace(PAGING, id="good"))
    world.issue(**HIGHEST)

    assert "bogus" in str(polled(world, "mapping bad").problem)
    assert len(signals(world)) == 1


def test_a_mapping_without_a_jql_is_not_searched_for() -> None:
    assert [one.about for one in World(a_mapping()).poller().run()] == ["project 10100"]


def test_m16_a_match_is_told_of_once_it_has_settled() -> None:
    world = World(replace(PAGING, jql_settle_seconds=120))
    world.issue(**HIGHEST)

    early = polled(world).signals
    world.clock.forward(seconds=120)

    assert (early, polled(world).signals) == (0, 1)


def test_m16_how_many_a_pause_holds_back_is_told() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(3):
        world.issue(**HIGHEST)
    polled(world)
    world.work()

    found = polled(world)

    assert (found.signals, found.held) == (0, 2)


def test_an_old_match_is_told_of_again_but_seldom() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    polled(world)
    told = []
    for _ in range(120):
        world.clock.forward(minutes=1)
        told.append(polled(world).signals)

    assert 14 <= sum(told[:30]) <= 15
    assert 4 <= sum(told[30:90]) <= 6


def test_m14_a_linked_issue_that_changed_is_told_of_in_its_incidents_group() -> None:
    world = World(a_mapping())
    linked, _ = world.issue(), world.issue()
    reference = replace(an_issue().ref, id=linked["id"])
    world.links.complete(a_link(version=0, issue=reference))

    found = polled(world, "project 10100")

    assert (found.matches, found.signals) == (2, 1)
    (signal,) = signals(world, SignalKind.ISSUE_CHANGED)
    assert (signal.incident_id, signal.issue_id) == ("QINCIDENT00001", linked["id"])


def test_r7_an_idle_round_is_one_search_for_each_mapping_and_project_and_few_reads() -> None:
    world = World(PAGING_NEW, replace(PAGING_NEW, id="other"), a_mapping(id="without"))
    polled(world)
    world.plan.calls.clear()

    polled(world)

    assert Counter(world.plan.calls) == {
        "mappings.in_force": 1,
        "cursors.known": 1,
        "brakes.paused_among": 1,
        "rows.waiting_among": 1,
        "circuits.known": 4,
        "jira.matches": 3,
    }


def test_r7_a_cursor_that_found_nothing_moves_every_five_minutes() -> None:
    world = World(PAGING_NEW)
    polled(world)
    begun = world.cursors.find("mapping ops-bug")
    world.clock.forward(minutes=4)
    polled(world)
    early = world.cursors.find("mapping ops-bug")
    world.clock.forward(minutes=1)
    polled(world)

    assert early == begun
    assert world.cursors.find("mapping ops-bug") != begun


def test_searches_run_by_what_is_given_for_it_and_answer_in_their_order() -> None:
    world = World(PAGING_NEW, replace(PAGING_NEW, id="other"))

    def backwards(works: Sequence[Work]) -> Sequence[Polled]:
        return [*reversed([work() for work in reversed(works)])]

    found = replace(world.poller(), each=backwards).run()

    assert [one.about for one in found] == ["mapping ops-bug", "mapping other", "project 10100"]


def test_what_a_person_has_to_mend_is_kept_once_and_forgotten_when_it_is_mended() -> None:
    world = World(replace(PAGING_NEW, jql="bogus = 1"))
    polled(world)
    kept = world.cursors.find("mapping ops-bug")
    polled(world)
    again = world.cursors.find("mapping ops-bug")
    world.mappings.put(PAGING_NEW)
    polled(world)

    assert kept is not None
    assert "bogus" in str(kept.problem)
    assert again == kept
    mended = world.cursors.find("mapping ops-bug")
    assert mended is not None
    assert mended.problem is None


def test_what_passes_by_itself_is_not_kept_and_nothing_kept_is_lost_by_it() -> None:
    world = World(replace(PAGING_NEW, jql="bogus = 1"))
    polled(world)
    kept = world.cursors.find("mapping ops-bug")
    world.plan.fail_next("jira.count", Temporary("down"))

    assert polled(world).problem == "down"
    assert world.cursors.find("mapping ops-bug") == kept


def test_a_problem_that_cannot_be_kept_is_told_all_the_same() -> None:
    world = World(replace(PAGING_NEW, jql="bogus = 1"))
    world.plan.fail_next("cursors.put", Temporary("down"))

    assert "bogus" in str(polled(world).problem)


def test_p21_after_a_problem_the_window_reaches_back_to_what_was_read_before() -> None:
    world = World(PAGING_NEW)
    polled(world)
    world.plan.fail_next("jira.matches", Refused("Jira refused it.", status=400))
    polled(world)
    late = world.issue(**HIGHEST)
    world.clock.forward(hours=2)

    assert polled(world).signals == 1
    assert [one.issue_id for one in signals(world)] == [late["id"]]


def test_r7_a_change_is_told_of_once_though_later_searches_find_it_again() -> None:
    world = World(a_mapping())
    linked = world.issue()
    reference = replace(an_issue().ref, id=linked["id"])
    world.links.complete(a_link(version=0, issue=reference))
    told = []
    for _ in range(8):
        world.clock.forward(minutes=1)
        told.append(polled(world, "project 10100"))
    world.jira.model.edit_issue("alice", linked["id"], {"fields": {"labels": ["red"]}})

    assert [one.signals for one in told] == [1, *[0] * 7]
    assert sum(one.matches for one in told) > 1
    assert polled(world, "project 10100").signals == 1
    assert len(signals(world, SignalKind.ISSUE_CHANGED)) == 2


def test_m14_of_two_changes_in_one_second_with_a_poll_between_none_is_missed() -> None:
    world = World(a_mapping())
    linked = world.issue()
    reference = replace(an_issue().ref, id=linked["id"])
    world.links.complete(a_link(version=0, issue=reference))
    world.clock.forward(minutes=1)

    first = polled(world, "project 10100")
    world.jira.model.edit_issue("alice", linked["id"], {"fields": {"labels": ["red"]}})
    fresh = polled(world, "project 10100")
    world.clock.forward(minutes=1)
    settled = polled(world, "project 10100")
    world.clock.forward(minutes=1)
    last = polled(world, "project 10100")

    assert [one.signals for one in (first, fresh, settled, last)] == [1, 1, 1, 0]
    assert len({one.id for one in signals(world, SignalKind.ISSUE_CHANGED)}) == 3


def test_p21_a_change_whose_signal_could_not_be_stored_is_told_of_in_the_next_round() -> None:
    world = World(a_mapping())
    linked = world.issue()
    reference = replace(an_issue().ref, id=linked["id"])
    world.links.complete(a_link(version=0, issue=reference))
    world.plan.fail_next("queue.send", Temporary("down"))

    assert polled(world, "project 10100").problem == "down"
    assert polled(world, "project 10100").signals == 1


def test_the_window_reaches_back_to_the_cursor_with_an_overlap_and_never_ahead() -> None:
    cursor = Cursor(id="x", until=NOW, reads="x")

    assert window_minutes(cursor, now=NOW) == 6
    assert window_minutes(cursor, now=NOW + timedelta(minutes=10)) == 16
    assert window_minutes(cursor, now=NOW - timedelta(minutes=10)) == 6


class _Many(FakeSearches):
    """More issues than can be read."""

    def __init__(self, world: World) -> None:
        super().__init__(world.jira)

    def count(self, jql: str) -> int:
        del jql
        return SEARCH_WINDOW + 1


class _Cut(FakeSearches):
    """More issues than are shown, the last of them changed a minute ago."""

    def __init__(self, world: World) -> None:
        super().__init__(world.jira)

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        del jql, start
        match = Match(issue=an_issue().ref, updated=NOW - timedelta(minutes=1))
        return MatchPage(matches=(match,), total=2, next_start=None, clock_ahead=timedelta())


def test_a_refusal_is_told_in_its_own_words() -> None:
    world = World(PAGING_NEW)
    world.plan.fail_next("jira.count", Refused("Jira refused it.", status=400))

    assert polled(world).problem == "Jira refused it."
