"""Runs each mapping's JQL without a window: what came to match by time, and what has left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.application.circuits import Breaker
from pdjira.application.openings import Cursors, MatchRows
from pdjira.application.poll import cursor_of, reads_of
from pdjira.application.searches import Searches
from pdjira.application.sweeps import BATCH
from pdjira.domain.jql import SEARCH_WINDOW, wrap
from pdjira.domain.mapping import Mapping
from pdjira.domain.matches import MatchRow, MatchState
from pdjira.errors import Misconfigured, Side

LAG = timedelta(minutes=10)
"""So long may Jira's index not show what a search showed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlSweep:
    """Compares the rows of a mapping's matches with all issues that match now."""

    searches: Searches
    rows: MatchRows
    cursors: Cursors
    breaker: Breaker

    def run(self, mapping: Mapping, *, now: datetime) -> None:
        """Add a row for each match that has none, and forget those that match no more.

        Before the mapping's first poll nothing is done: that one decides which matches page.
        Raises `Refused` where Jira does not take the JQL, `Misconfigured` where more match than it
        shows.
        """
        cursor = self.cursors.find(cursor_of(mapping))
        if cursor is None or cursor.reads != reads_of(mapping):
            return
        matches, is_whole = self._matches(mapping)
        known = {row.issue_id: row for row in self.rows.all(mapping.id)}
        for issue_id in sorted(matches - known.keys()):
            self._add(mapping, issue_id, now)
        if not is_whole:
            raise Misconfigured(
                f"More issues match the JQL of mapping {mapping.id} than Jira shows.",
                cure=f"Narrow the JQL: at most {SEARCH_WINDOW} issues can be followed.",
            )
        missing = [row for row in known.values() if row.issue_id not in matches]
        old = sorted(row.issue_id for row in missing if now - row.seen_at >= LAG)
        for start in range(0, len(old), BATCH):
            self._forget(mapping, old[start : start + BATCH])

    def _add(self, mapping: Mapping, issue_id: str, now: datetime) -> None:
        self.rows.add(
            MatchRow(
                mapping_id=mapping.id, issue_id=issue_id, state=MatchState.WAITING, seen_at=now
            )
        )

    def _forget(self, mapping: Mapping, issue_ids: Sequence[str]) -> None:
        """Forget those that surely match no more: between pages, issues slip through."""
        with self.breaker.call(Side.JIRA, mapping.project.id):
            still = self.searches.ids(_wrapped(mapping, issue_ids))
        for issue_id in issue_ids:
            if issue_id not in still:
                self.rows.forget(mapping.id, issue_id)

    def _matches(self, mapping: Mapping) -> tuple[set[str], bool]:
        """The ids of all issues that match, and whether Jira has shown them all."""
        found: set[str] = set()
        start: int | None = 0
        total = 0
        while start is not None:
            with self.breaker.call(Side.JIRA, mapping.project.id):
                page = self.searches.matches(_wrapped(mapping), start=start)
            found |= {match.issue.id for match in page.matches}
            start, total = page.next_start, page.total
        return found, len(found) >= total


def _wrapped(mapping: Mapping, issue_ids: Sequence[str] | None = None) -> str:
    return wrap(
        mapping.jql or "",
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
        issue_ids=issue_ids,
    )
