"""Runs each mapping's JQL without a window: what came to match by time, and what has left it."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Misconfigured, PdjiraError, Side, Temporary
from pdjira.jql.cursors import Cursor, cursor_of, followed_by
from pdjira.jql.matches import LAG, Leaving, Match, MatchRow, MatchState, reads_of
from pdjira.jql.pages import Pages, query_of
from pdjira.jql.ports import BATCH, Cursors, MatchRows, Searches
from pdjira.jql.query import with_ids
from pdjira.model.mapping import Mapping
from pdjira.model.ports import AllMappings
from pdjira.model.time_budget import Check, TimeBudget
from pdjira.sweep.work import Sweeping


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlSweep:
    """Compares the rows of a mapping's matches with all issues that match now."""

    searches: Searches
    rows: MatchRows
    cursors: Cursors
    breaker: Breaker

    def run(self, mapping: Mapping, *, now: datetime, check: Check) -> None:
        """Add a row for each match that has none, and forget those that no longer match.

        Before the mapping's first poll nothing is done: that one decides which matches page.
        Raises `Refused` where Jira does not take the JQL, `Misconfigured` where more match than it
        shows, `Temporary` where so many have left at once that this is not believed yet, and what
        `check` raises between two searches: the rows that were added stay.
        """
        cursor, reads = self.cursors.find(cursor_of(mapping)), reads_of(mapping)
        if cursor is None or cursor.reads != reads:
            return
        rows = self.rows.all(mapping.id)
        known = {
            row.issue_id: row
            for row in rows
            if row.reads == reads or row.state is MatchState.OPENED
        }
        found = self._found(mapping, known, now, check)
        for row in rows:
            if row.issue_id not in known and now - row.seen_at >= LAG:
                self.rows.forget(row)
        old = {row.issue_id for row in known.values() if now - row.seen_at >= LAG}
        missing = sorted(old - found)
        self._leave(mapping, self._leaving(mapping, [*known.values()], missing, now, check))

    def _leaving(
        self,
        mapping: Mapping,
        known: Sequence[MatchRow],
        missing: Sequence[str],
        now: datetime,
        check: Check,
    ) -> Leaving:
        """Looks once more at those that were not found: issues slip through between pages."""
        ours = partial(_with_ids, mapping)
        still = self._ids(mapping, missing, ours, check)
        gone = [one for one in missing if one not in still]
        shown = self._ids(mapping, gone, with_ids, check)
        return Leaving(known=known, gone=gone, shown=shown, now=now)

    def _found(
        self, mapping: Mapping, known: abc.Mapping[str, MatchRow], now: datetime, check: Check
    ) -> set[str]:
        """The ids of all that match; those that are not known get a row."""
        pages = Pages(searches=self.searches, breaker=self.breaker)
        found: set[str] = set()
        for part in pages.whole(mapping):
            matches = {one.issue.id: one for one in part.matches if one.issue.id not in found}
            for issue_id, match in sorted(matches.items()):
                found.add(issue_id)
                row = known.get(issue_id)
                if row is None or row.has_opened_for_another(match.created):
                    self._add(mapping, match, now)
            check()
        return found

    def _add(self, mapping: Mapping, match: Match, now: datetime) -> None:
        self.rows.add(
            MatchRow(
                mapping_id=mapping.id,
                issue_id=match.issue.id,
                state=MatchState.WAITING,
                seen_at=now,
                reads=reads_of(mapping),
                issue_created_at=match.created,
            )
        )

    def _ids(
        self,
        mapping: Mapping,
        issue_ids: Sequence[str],
        query: Callable[[Sequence[str]], str],
        check: Check,
    ) -> set[str]:
        """Which of the issues a query for a batch of them finds."""
        found: set[str] = set()
        for start in range(0, len(issue_ids), BATCH):
            with self.breaker.call(Side.JIRA, mapping.project.id):
                found |= self.searches.ids(query(issue_ids[start : start + BATCH]))
            check()
        return found

    def _leave(self, mapping: Mapping, leaving: Leaving) -> None:
        for row in leaving.forgotten:
            self.rows.forget(row)
        for row in leaving.back:
            self.rows.miss(row, since=None)
        for row in leaving.doubted:
            self.rows.miss(row, since=leaving.now)
        if leaving.is_mass and leaving.doubted:
            raise Temporary(
                f"{len(leaving.gone)} of {len(leaving.known)} issues left the JQL of mapping "
                f"{mapping.id} at once; that is believed only if the next sweep finds it, too.",
                cure="Look whether Jira rebuilds its search index; otherwise nothing.",
            )


def _with_ids(mapping: Mapping, issue_ids: Sequence[str]) -> str:
    return query_of(mapping, issue_ids=issue_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlCleanup:
    """Rows and cursors; a mapping that follows a JQL again begins anew.

    Which issues have opened an incident is remembered until the mapping is deleted. A mapping that
    cannot be read keeps everything: a person is about to correct it.
    """

    mappings: AllMappings
    rows: MatchRows
    cursors: Cursors

    def run(self, sweep: Sweeping, budget: TimeBudget) -> None:
        """Look at each mapping that was followed once and was not when the sweep began.

        Once the time is up, the next sweep goes on; raises `TimeIsUp` where nothing was taken away
        before.
        """
        has_moved = False
        for is_gone in self._steps(sweep):
            has_moved = has_moved or is_gone
            if has_moved and budget.is_used():
                return
            budget.check()

    def _steps(self, sweep: Sweeping) -> Iterator[bool]:
        """Stops before each mapping, and where something was just taken away: then True."""
        following = {cursor_of(one) for one in sweep.mappings.values() if one.jql is not None}
        for cursor in self.cursors.known().values():
            mapping_id = followed_by(cursor)
            if mapping_id is not None and cursor.id not in following:
                yield False
                try:
                    yield from self._look_at(mapping_id, cursor)
                except PdjiraError as error:
                    sweep.fail(error)

    def _look_at(self, mapping_id: str, cursor: Cursor) -> Iterator[bool]:
        with suppress(Misconfigured):
            mapping = self.mappings.find(mapping_id)
            if mapping is None:
                yield from self._forget(mapping_id)
                self._forget_cursor(cursor)
            elif cursor.reads and not (mapping.enabled and mapping.jql is not None):
                yield from self._forget(mapping_id, but=MatchState.OPENED)
                self.cursors.put(replace(cursor, reads="", is_cut=False, problem=None, cure=None))

    def _forget_cursor(self, cursor: Cursor) -> None:
        if cursor.is_readable:
            self.cursors.forget(cursor)
        else:
            self.cursors.drop(cursor.id)

    def _forget(self, mapping_id: str, *, but: MatchState | None = None) -> Iterator[bool]:
        for row in self.rows.all(mapping_id):
            if row.state is not but:
                self.rows.forget(row)
                yield True
