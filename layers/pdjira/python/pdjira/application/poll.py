"""Follows Jira by JQL: which issues came to match a mapping, and which linked ones changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pdjira.application.braking import Braking
from pdjira.application.circuits import Breaker
from pdjira.application.intake import SignalSink
from pdjira.application.openings import Cursors, MatchRows
from pdjira.application.ports import Clock, Links, Mappings
from pdjira.application.searches import Searches
from pdjira.domain.brake import Pause
from pdjira.domain.jql import SEARCH_WINDOW, quote, wrap
from pdjira.domain.mapping import JqlAppliesTo, Mapping
from pdjira.domain.matches import (
    Cursor,
    Match,
    MatchRow,
    MatchState,
    is_due,
    is_told_again,
    window_minutes,
)
from pdjira.domain.signals import Signal, SignalKind
from pdjira.domain.texts import text_digest
from pdjira.errors import PdjiraError, Side

BUCKET_SECONDS = 300
"""A match that waits is signalled once in as long: the queue takes the same id once in it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One round of searches. Rounds that overlap do no harm: rows and cursors have conditions."""

    mappings: Mappings
    searches: Searches
    rows: MatchRows
    cursors: Cursors
    braking: Braking
    links: Links
    queue: SignalSink
    breaker: Breaker
    clock: Clock

    def run(self) -> Sequence[Polled]:
        """Search for every mapping in force and every project; one's failure stops no other."""
        mappings = self.mappings.in_force()
        found = [
            self._guarded(f"mapping {one.id}", partial(self._follow, one))
            for one in mappings
            if one.jql is not None
        ]
        projects = sorted({mapping.project.id for mapping in mappings})
        found += [
            self._guarded(f"project {one}", partial(self._changed_in, one)) for one in projects
        ]
        return found

    def _guarded(self, about: str, work: Callable[[], Polled]) -> Polled:
        try:
            return work()
        except PdjiraError as error:
            return Polled(about=about, problem=error.says)

    def _follow(self, mapping: Mapping) -> Polled:
        """Rows first, then the cursor, then a signal for each match that is due."""
        about, jql = f"mapping {mapping.id}", mapping.jql or ""
        reads = text_digest(f"{mapping.enabled_since} {jql}")
        started, cursor = self.clock(), self.cursors.find(about)
        is_first = cursor is None or cursor.reads != reads
        within = None if cursor is None or is_first else window_minutes(cursor, now=started)
        query = wrap(
            jql,
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            within_minutes=within,
        )
        is_baseline = is_first and mapping.jql_applies_to is JqlAppliesTo.NEW
        state = MatchState.BASELINE if is_baseline else MatchState.WAITING
        if is_first and self._count(query, mapping.project.id) > SEARCH_WINDOW:
            says = f"More than {SEARCH_WINDOW} issues match: narrow the JQL."
            return Polled(about=about, problem=says)
        matches, until = 0, started
        for page_until, page in self._pages(query, mapping.project.id, started):
            for match in page:
                self._add(mapping, match, state, started)
            matches, until = matches + len(page), page_until
        version = cursor.version if cursor else 0
        self.cursors.put(Cursor(id=about, until=until, reads=reads, version=version))
        return self._signal(mapping, Polled(about=about, matches=matches))

    def _add(self, mapping: Mapping, match: Match, state: MatchState, at: datetime) -> None:
        self.rows.add(
            MatchRow(mapping_id=mapping.id, issue_id=match.issue.id, state=state, seen_at=at)
        )

    def _signal(self, mapping: Mapping, found: Polled) -> Polled:
        waiting, now = self.rows.waiting(mapping.id), self.clock()
        pause = self.braking.pause_of(mapping, waiting=len(waiting))
        settle = mapping.jql_settle_seconds
        held = [row for row in waiting if pause is Pause.HELD and not row.released]
        due = [
            row
            for row in waiting
            if row not in held
            and is_due(row, settle_seconds=settle, now=now)
            and (pause is Pause.OVER or is_told_again(row, settle_seconds=settle, now=now))
        ]
        for row in due:
            self.queue.send(matched(row, now=now))
        return replace(found, signals=len(due), held=len(held))

    def _changed_in(self, project_id: str) -> Polled:
        """Tell of each linked issue that was changed since the last round."""
        about, started = f"project {project_id}", self.clock()
        cursor = self.cursors.find(about) or Cursor(id=about, until=started, reads=project_id)
        minutes = window_minutes(cursor, now=started)
        query = (
            f"project = {quote(project_id)} AND updated >= -{minutes}m ORDER BY updated ASC,"
            " key ASC"
        )
        matches, signals, until = 0, 0, started
        for page_until, page in self._pages(query, project_id, started):
            signals += sum(self._tell(match) for match in page)
            matches, until = matches + len(page), page_until
        moved = Cursor(id=about, until=until, reads=project_id, version=cursor.version)
        self.cursors.put(moved)
        return Polled(about=about, matches=matches, signals=signals)

    def _tell(self, match: Match) -> bool:
        """A change of a linked issue, in the group of its incident; others are nobody's."""
        incident_id = self.links.incident_of(match.issue.id)
        if incident_id is None:
            return False
        self.queue.send(
            Signal(
                kind=SignalKind.ISSUE_CHANGED,
                id=f"{match.issue.id} {match.updated.isoformat()} {incident_id}",
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


def matched(row: MatchRow, *, now: datetime) -> Signal:
    """The signal that a match waits, the same for some minutes."""
    bucket = int(now.timestamp()) // BUCKET_SECONDS
    released = " released" if row.released else ""
    return Signal(
        kind=SignalKind.ISSUE_MATCHED,
        id=f"{row.mapping_id} {row.issue_id} {bucket}{released}",
        issue_id=row.issue_id,
        mapping_id=row.mapping_id,
    )
