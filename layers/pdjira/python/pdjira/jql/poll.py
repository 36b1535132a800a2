"""Follows Jira by JQL: which issues came to match a mapping, and which linked ones changed."""

from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Misconfigured, PdjiraError, Permanent, Side, UnreadableItem
from pdjira.jql.braking import Waiting
from pdjira.jql.matches import (
    MOST_PASSED_ON,
    Cursor,
    Match,
    MatchRow,
    MatchState,
    Memo,
    cursor_of,
    cursor_of_project,
    first_look,
    is_final,
    is_of_mapping,
    is_worth_moving,
    named,
    reads_of,
    window_minutes,
)
from pdjira.jql.pages import Pages, Part, Reach, cure_of, query_of
from pdjira.jql.ports import Cursors, MatchRows, Searches
from pdjira.jql.query import SEARCH_WINDOW, quote
from pdjira.model.mapping import JqlAppliesTo, Mapping
from pdjira.model.ports import Clock, Links, Mappings
from pdjira.model.signal import Signal, SignalKind, SignalQueue
from pdjira.model.times import TimeBudget, TimeIsUp, TimeLeft, unlimited

Thing = TypeVar("Thing")

_CUT = "More issues changed than one search shows; read up to {}, the next round goes on."

_SEE = "Let our account in Jira see the project (Browse Projects)."

_SEARCH = "This search"

UNREADABLE = "How far it was read is stored in an item that cannot be read."

SEE_HEALTH = "Correct that item: `health` names it."

_LATE = "The time of this round was up; read up to {}, the next round goes on."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was known before the round: cursors by id, and mappings with rows or a pause.

    `moved` names the projects without a mapping.
    """

    cursors: abc.Mapping[str, Cursor]
    moved: Memo
    busy: Collection[str]
    budget: TimeBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one search came to; `signals` were sent, and a pause holds back `held` matches.

    `problem` is why it found nothing, or not everything, and `cure` what to do about it. `is_late`:
    it was not begun in this round.
    """

    about: str
    matches: int = 0
    signals: int = 0
    held: int = 0
    problem: str | None = None
    cure: str | None = None
    is_late: bool = False

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "about": self.about,
            "matches": self.matches,
            "signals": self.signals,
            "held": self.held,
            "problem": self.problem,
            "cure": self.cure,
            "is_late": self.is_late,
        }


Work = Callable[[], Polled]

Each = Callable[[Sequence[Work]], Sequence[Polled]]
"""Does all the work and answers in its order: one after the other, or side by side."""


def in_turn(works: Sequence[Work]) -> Sequence[Polled]:
    """`Each`, one after the other."""
    return [work() for work in works]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One round of searches. Rounds that overlap do no harm: rows and cursors have conditions.

    `each` lets the searches run; ports are called from its threads. `ask_pagerduty` is a call that
    changes nothing.
    """

    mappings: Mappings
    searches: Searches
    rows: MatchRows
    cursors: Cursors
    waiting: Waiting
    links: Links
    queue: SignalQueue
    breaker: Breaker
    clock: Clock
    ask_pagerduty: Callable[[], object]
    each: Each = in_turn

    @property
    def _pages(self) -> Pages:
        return Pages(searches=self.searches, breaker=self.breaker)

    def run(self, time_left: TimeLeft = unlimited) -> Sequence[Polled]:
        """Search for every mapping in force and every project; one's failure stops no other.

        `time_left` tells the seconds until another round may begin. A secret that was replaced is
        tried at once, on either side.
        """
        self.breaker.try_changed(Side.PAGERDUTY, self.ask_pagerduty)
        mappings = self.mappings.in_force()
        following = [mapping for mapping in mappings if mapping.jql is not None]
        ids = [mapping.id for mapping in following]
        projects = {mapping.project.id for mapping in mappings}
        busy, budget = self.waiting.among(ids), TimeBudget(about=_SEARCH, time_left=time_left)
        read = self.cursors.known()
        known = _Known(cursors=read.by_id, moved=read.moved, busy=busy, budget=budget)
        works = {
            **self._each(following, cursor_of, self._follow, known),
            **self._each(sorted(projects), cursor_of_project, self._changed_in, known),
        }
        for one in sorted(named(known.moved) - projects):
            works[cursor_of_project(one)] = partial(self._moved_in, one, known)
        return in_time(works, each=self.each, budget=budget, at=self.clock())

    def _each(
        self,
        things: Iterable[Thing],
        cursor_id: Callable[[Thing], str],
        search: Callable[[Thing, _Known], Polled],
        known: _Known,
    ) -> dict[str, Work]:
        """The search for each thing, by the id of its cursor."""
        return {
            cursor_id(one): partial(
                self._guarded, cursor_id(one), partial(search, one, known), known
            )
            for one in things
        }

    def _moved_in(self, project_id: str, known: _Known) -> Polled:
        """What changed in a project without a mapping; a sweep sees it too."""
        about = cursor_of_project(project_id)
        cursors = {about: first_look(known.moved, about, project_id), **known.cursors}
        if not cursors[about].is_readable:
            return Polled(about=about, problem=UNREADABLE, cure=SEE_HEALTH)
        try:
            return self._changed_in(project_id, replace(known, cursors=cursors))
        except PdjiraError as error:
            return Polled(about=about, problem=error.says, cure=error.cure)

    def _guarded(self, about: str, work: Work, known: _Known) -> Polled:
        stored = known.cursors.get(about)
        if stored and not stored.is_readable:
            return Polled(about=about, problem=UNREADABLE, cure=SEE_HEALTH)
        try:
            return work()
        except Permanent as error:
            cure = cure_of(error) if is_of_mapping(about) else error.cure or _SEE
            self._keep(about, error, cure, stored)
            return Polled(about=about, problem=error.says, cure=cure)
        except PdjiraError as error:
            return Polled(about=about, problem=error.says, cure=error.cure)

    def _keep(self, about: str, error: Permanent, cure: str | None, before: Cursor | None) -> None:
        """Have `health` tell what a person has to correct; stored once."""
        before = before or Cursor(id=about, until=self.clock(), reads="")
        after = replace(before, problem=error.says, cure=cure)
        if after != before:
            with suppress(PdjiraError):
                self.cursors.put(after)

    def _follow(self, mapping: Mapping, known: _Known) -> Polled:
        """Rows first, then the cursor, then a signal for each match that is due."""
        about, reads = cursor_of(mapping), reads_of(mapping)
        started, before = self.clock(), known.cursors.get(about)
        if before is None or before.reads != reads:
            parts, budget = self._begin(mapping), TimeBudget(about=_SEARCH, time_left=unlimited)
            is_baseline = mapping.jql_applies_to is JqlAppliesTo.NEW
        else:
            query = query_of(mapping, within_minutes=window_minutes(before, now=started))
            parts, budget = self._pages.each(query, mapping.project.id), known.budget
            is_baseline = False
        state = MatchState.BASELINE if is_baseline else MatchState.WAITING
        reach = Reach(until=started)
        added: list[MatchRow] = []
        for part in reach.follow(parts, budget, before=before):
            rows = [_row(mapping, match, state=state, at=started) for match in part.matches]
            added += self.rows.add_new(rows)
        after = Cursor(id=about, until=reach.until, reads=reads, is_cut=reach.is_cut)
        self._move(before, after, found=reach.matches)
        signalled = self.waiting.tell(mapping, added=added, is_known=mapping.id in known.busy)
        return _polled(about, reach, signals=signalled.signals, held=signalled.held)

    def _begin(self, mapping: Mapping) -> Iterator[Part]:
        """The first round: all that match, in the order of their keys, so that none moves."""
        if self._pages.count(query_of(mapping), mapping.project.id) > SEARCH_WINDOW:
            raise Misconfigured(
                f"More than {SEARCH_WINDOW} issues match the JQL.",
                cure=f"Narrow the JQL: at most {SEARCH_WINDOW} issues can be followed.",
            )
        return self._pages.whole(mapping)

    def _move(self, before: Cursor | None, after: Cursor, *, found: int) -> None:
        moved = replace(after, version=before.version if before else 0)
        if is_worth_moving(before, moved, found=found):
            self.cursors.put(moved)

    def _changed_in(self, project_id: str, known: _Known) -> Polled:
        """Signal each linked issue that was changed since the last round."""
        about, started = cursor_of_project(project_id), self.clock()
        cursor, now = known.cursors.get(about), Cursor(id=about, until=started, reads=project_id)
        minutes = window_minutes(cursor or now, now=started)
        query = (
            f"project = {quote(project_id)} AND updated >= -{minutes}m ORDER BY updated ASC,"
            " key ASC"
        )
        before = cursor.passed_on if cursor else frozenset()
        reach, signals = Reach(until=started), 0
        passed_on: list[str] = []
        parts = self._pages.each(query, project_id)
        for part in reach.follow(parts, known.budget, before=cursor):
            new = [one for one in part.matches if one.seen not in before]
            heard = [one for one in new if self._tell(one, started)]
            passed_on += [one.seen for one in part.matches if one.seen in before]
            passed_on += [one.seen for one in heard if is_final(one, now=started)]
            signals += len(heard)
        kept = frozenset(passed_on[-MOST_PASSED_ON:])
        moved = replace(now, until=reach.until, passed_on=kept, is_cut=reach.is_cut)
        self._move(cursor, moved, found=reach.matches)
        return _polled(about, reach, signals=signals)

    def _tell(self, match: Match, now: datetime) -> bool:
        """Signal a change in its incident's group; False where the issue is not linked.

        One whose way back cannot be read counts as not linked.
        """
        incident_id = None
        with suppress(UnreadableItem):
            incident_id = self.links.incident_of(match.issue.id)
        if incident_id is None:
            return False
        self.queue.send(
            Signal(
                kind=SignalKind.ISSUE_CHANGED,
                id=f"{match.seen} {incident_id}{'' if is_final(match, now=now) else ' fresh'}",
                incident_id=incident_id,
                issue_id=match.issue.id,
            )
        )
        return True


def _polled(about: str, reach: Reach, *, signals: int, held: int = 0) -> Polled:
    why = _LATE if reach.is_late else _CUT
    problem = why.format(reach.until.isoformat()) if reach.is_cut else None
    return Polled(about=about, matches=reach.matches, signals=signals, held=held, problem=problem)


def _row(mapping: Mapping, match: Match, *, state: MatchState, at: datetime) -> MatchRow:
    return MatchRow(
        mapping_id=mapping.id,
        issue_id=match.issue.id,
        state=state,
        seen_at=at,
        reads=reads_of(mapping),
        issue_created_at=match.created,
    )


_SPREAD = (5**0.5 - 1) / 2
"""The golden ratio: its multiples are spread evenly between whole numbers, whichever are left
out."""


def in_time(
    works: abc.Mapping[str, Work], *, each: Each, budget: TimeBudget, at: datetime
) -> Sequence[Polled]:
    """Do the work about each thing, while there is time; answers in their order.

    Each round begins somewhere else, so that the last are not always those that are left out.
    """
    order = list(works)
    first = int(at.timestamp() // 60 * _SPREAD % 1 * len(order))
    order = order[first:] + order[:first]
    found = each([partial(_unless_late, about, works[about], budget) for about in order])
    polled = {one.about: one for one in found}
    return [polled[about] for about in works]


def _unless_late(about: str, work: Work, budget: TimeBudget) -> Polled:
    try:
        budget.check()
    except TimeIsUp as error:
        return Polled(about=about, problem=error.says, cure=error.cure, is_late=True)
    return work()
