"""Follows Jira by JQL: which issues came to match a mapping, and which linked ones changed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pdjira.application.circuits import Breaker
from pdjira.application.intake import SignalSink
from pdjira.application.openings import Cursors, MatchRows
from pdjira.application.ports import Clock, Links, Mappings
from pdjira.application.searches import Searches
from pdjira.application.waiting import Waiting
from pdjira.domain.jql import SEARCH_WINDOW, quote, wrap
from pdjira.domain.mapping import JqlAppliesTo, Mapping
from pdjira.domain.matches import (
    MOST_TOLD,
    Cursor,
    Match,
    MatchRow,
    MatchState,
    is_settled,
    is_worth_moving,
    window_minutes,
)
from pdjira.domain.moved_projects import first_look, moved_to
from pdjira.domain.signals import Signal, SignalKind
from pdjira.domain.texts import text_digest
from pdjira.errors import Misconfigured, PdjiraError, Permanent, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one search came to; `signals` were sent, and a pause holds back `held` matches.

    `problem` is why it came to nothing.
    """

    about: str
    matches: int = 0
    signals: int = 0
    held: int = 0
    problem: str | None = None

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "about": self.about,
            "matches": self.matches,
            "signals": self.signals,
            "held": self.held,
            "problem": self.problem,
        }


Work = Callable[[], Polled]
Each = Callable[[Sequence[Work]], Sequence[Polled]]
"""Does all the work and answers in its order: one after the other, or side by side."""


def in_turn(works: Sequence[Work]) -> Sequence[Polled]:
    """`Each`, one after the other."""
    return [work() for work in works]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was known before the round: cursors by id, and mappings with rows or a pause."""

    cursors: MappingABC[str, Cursor]
    busy: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One round of searches. Rounds that overlap do no harm: rows and cursors have conditions.

    `each` lets the searches run; ports are called from its threads.
    """

    mappings: Mappings
    searches: Searches
    rows: MatchRows
    cursors: Cursors
    waiting: Waiting
    links: Links
    queue: SignalSink
    breaker: Breaker
    clock: Clock
    each: Each = in_turn

    def run(self) -> Sequence[Polled]:
        """Search for every mapping in force and every project; one's failure stops no other."""
        mappings = self.mappings.in_force()
        following = [mapping for mapping in mappings if mapping.jql is not None]
        ids = [mapping.id for mapping in following]
        projects = {mapping.project.id for mapping in mappings}
        known = _Known(cursors=self.cursors.known(), busy=self.waiting.among(ids))
        works = [
            partial(self._guarded, cursor_of(one), partial(self._follow, one, known), known)
            for one in following
        ]
        works += [
            partial(
                self._guarded, cursor_of_project(one), partial(self._changed_in, one, known), known
            )
            for one in sorted(projects)
        ]
        away = moved_to(known.cursors) - projects
        works += [partial(self._moved_in, one, known) for one in sorted(away)]
        return self.each(works)

    def _moved_in(self, project_id: str, known: _Known) -> Polled:
        """What changed in a project of no mapping; where it cannot be read, a sweep sees that."""
        about = cursor_of_project(project_id)
        cursors = {about: first_look(known.cursors, about, project_id), **known.cursors}
        try:
            return self._changed_in(project_id, replace(known, cursors=cursors))
        except PdjiraError as error:
            return Polled(about=about, problem=error.says)

    def _guarded(self, about: str, work: Work, known: _Known) -> Polled:
        try:
            return work()
        except Permanent as error:
            self._keep(about, error, known.cursors.get(about))
            return Polled(about=about, problem=error.says)
        except PdjiraError as error:
            return Polled(about=about, problem=error.says)

    def _keep(self, about: str, error: Permanent, before: Cursor | None) -> None:
        """Have `health` tell what a person has to mend; stored once."""
        before = before or Cursor(id=about, until=self.clock(), reads="")
        after = replace(before, problem=error.says, cure=error.cure)
        if after != before:
            with suppress(PdjiraError):
                self.cursors.put(after)

    def _follow(self, mapping: Mapping, known: _Known) -> Polled:
        """Rows first, then the cursor, then a signal for each match that is due."""
        about, reads = cursor_of(mapping), reads_of(mapping)
        started, cursor = self.clock(), known.cursors.get(about)
        if cursor is None or cursor.reads != reads:
            parts = self._begin(mapping)
            is_baseline = mapping.jql_applies_to is JqlAppliesTo.NEW
        else:
            query = query_of(mapping, within_minutes=window_minutes(cursor, now=started))
            parts = self.pages.each(query, mapping.project.id)
            is_baseline = False
        state = MatchState.BASELINE if is_baseline else MatchState.WAITING
        read = _Read(until=started)
        added: list[MatchRow] = []
        for part in parts:
            rows = [_row(mapping, match, state=state, at=started) for match in part.matches]
            added += [row for row in rows if self.rows.add(row)]
            read.take(part, cursor)
        self._move(cursor, read.cursor(about, reads), found=read.matches)
        told = self.waiting.tell(mapping, added=added, is_known=mapping.id in known.busy)
        return read.polled(about, signals=told.signals, held=told.held)

    def _begin(self, mapping: Mapping) -> Iterator[Part]:
        """The first round: all that match, told by their keys, so that none moves meanwhile."""
        if self.pages.count(query_of(mapping), mapping.project.id) > SEARCH_WINDOW:
            raise Misconfigured(f"More than {SEARCH_WINDOW} issues match: narrow the JQL.")
        return self.pages.whole(mapping)

    def _move(self, before: Cursor | None, after: Cursor, *, found: int) -> None:
        moved = replace(after, version=before.version if before else 0)
        if is_worth_moving(before, moved, found=found):
            self.cursors.put(moved)

    def _changed_in(self, project_id: str, known: _Known) -> Polled:
        """Tell of each linked issue that was changed since the last round."""
        about, started = cursor_of_project(project_id), self.clock()
        cursor, now = known.cursors.get(about), Cursor(id=about, until=started, reads=project_id)
        minutes = window_minutes(cursor or now, now=started)
        query = (
            f"project = {quote(project_id)} AND updated >= -{minutes}m ORDER BY updated ASC,"
            " key ASC"
        )
        before = cursor.told if cursor else frozenset()
        matches, signals, until = 0, 0, started
        told: list[str] = []
        for page_until, page in self._pages(query, project_id, started):
            new = [one for one in page if one.seen not in before]
            heard = [one for one in new if self._tell(one, started)]
            told += [one.seen for one in page if one.seen in before]
            told += [one.seen for one in heard if is_settled(one, now=started)]
            matches, signals, until = matches + len(page), signals + len(heard), page_until
        moved = replace(now, until=until, told=frozenset(told[-MOST_TOLD:]))
        self._move(cursor, moved, found=matches)
        return Polled(about=about, matches=matches, signals=signals)

    def _tell(self, match: Match, now: datetime) -> bool:
        """A change of a linked issue, in the group of its incident; others are nobody's."""
        incident_id = self.links.incident_of(match.issue.id)
        if incident_id is None:
            return False
        self.queue.send(
            Signal(
                kind=SignalKind.ISSUE_CHANGED,
                id=f"{match.seen} {incident_id}{'' if is_settled(match, now=now) else ' fresh'}",
                incident_id=incident_id,
                issue_id=match.issue.id,
            )
        )
        return True

    def _count(self, query: str, project_id: str) -> int:
        with self.breaker.call(Side.JIRA, project_id):
            return self.searches.count(query)

    def _pages(
        self, query: str, project_id: str, started: datetime
    ) -> Iterator[tuple[datetime, Sequence[Match]]]:
        """Each page of a search, with up to when it is read once the page is done."""
        start: int | None = 0
        read = 0
        while start is not None:
            with self.breaker.call(Side.JIRA, project_id):
                page = self.searches.matches(query, start=start)
            read += len(page.matches)
            is_cut = page.next_start is None and read < page.total
            last = page.matches[-1].updated if page.matches else started
            yield (min(last, started) if is_cut else started), page.matches
            start = page.next_start


def cursor_of(mapping: Mapping) -> str:
    """The id of the cursor that tells how far a mapping's matches were read."""
    return f"mapping {mapping.id}"


def cursor_of_project(project_id: str) -> str:
    """The id of the cursor that tells how far a project's changes were read."""
    return f"project {project_id}"


def reads_of(mapping: Mapping) -> str:
    """What the cursor reads: once it is something else, the mapping's matches are new."""
    return text_digest(f"{mapping.enabled_since} {mapping.jql or ''}")


def _row(mapping: Mapping, match: Match, *, state: MatchState, at: datetime) -> MatchRow:
    return MatchRow(mapping_id=mapping.id, issue_id=match.issue.id, state=state, seen_at=at)
