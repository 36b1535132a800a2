"""Runs each mapping's JQL without a window: what came to match by time, and what has left it."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pdjira.application.circuits import Breaker
from pdjira.application.jql.pages import Pages, query_of
from pdjira.application.ports.openings import Cursors, MatchRows
from pdjira.application.ports.searches import Searches
from pdjira.application.ports.sweeps import BATCH
from pdjira.application.time_budget import Check
from pdjira.domain.jql.cursors import cursor_of
from pdjira.domain.jql.leaving import LAG, Leaving
from pdjira.domain.jql.matches import Match, MatchRow, MatchState, reads_of
from pdjira.domain.jql.query import with_ids
from pdjira.domain.mapping import Mapping
from pdjira.errors import Side, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlSweep:
    """Compares the rows of a mapping's matches with all issues that match now."""

    searches: Searches
    rows: MatchRows
    cursors: Cursors
    breaker: Breaker

    def run(self, mapping: Mapping, *, now: datetime, check: Check) -> None:
        """Add a row for each match that has none, and forget those that match no more.

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
        """Looks at those that were not found once more: between pages, issues slip through."""
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
