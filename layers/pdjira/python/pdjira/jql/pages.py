"""Reads a search of Jira page by page, while issues come, go and change."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Misconfigured, PdjiraError, Side, Temporary
from pdjira.jql.lint import is_about_jql
from pdjira.jql.matches import Cursor, Match, MatchPage, cut_at
from pdjira.jql.ports import Searches
from pdjira.jql.query import SEARCH_WINDOW, wrap
from pdjira.model.mapping import Mapping
from pdjira.model.times import TimeBudget

SHARED = 10
"""How many rows of a page are read once more with the next one: so many may leave between the two
before an issue is missed."""

CORRECT_JQL = "Correct the key `jql` of the mapping; its `check` says more."
"""The cure of a search that Jira read and refuses."""


def cure_of(error: PdjiraError) -> str | None:
    """What to do about a mapping's search that failed, where that is known."""
    return error.cure or (CORRECT_JQL if is_about_jql(error) else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a page has that none before it had, and when its last issue was changed (our clock).

    `is_cut`: Jira shows nobody what follows. `has_gap`: so much has left since the page before that
    issues between them may be missing.
    """

    matches: tuple[Match, ...]
    last: datetime | None
    is_cut: bool
    has_gap: bool


@dataclass(slots=True, kw_only=True)
class Reach:
    """How far a search of changes was read: `matches` issues, all that changed up to `until`.

    `is_late`: no more could be read in time.
    """

    until: datetime
    matches: int = 0
    is_cut: bool = False
    is_late: bool = False
    last: datetime | None = None

    def follow(
        self, parts: Iterable[Part], budget: TimeBudget, *, before: Cursor | None
    ) -> Iterator[Part]:
        """The parts, while there is time; asking for the next one says that this one is stored."""
        for part in parts:
            if self.last and budget.is_used():
                self._stop(self.last, before)
                return
            yield part
            self.take(part, before=before)

    def take(self, part: Part, *, before: Cursor | None) -> None:
        """A part was read and stored; beyond a gap or the end of what Jira shows, all is unread."""
        self.matches += len(part.matches)
        if part.has_gap:
            self._cut(self.last, before)
        self.last = part.last or self.last
        if part.is_cut:
            self._cut(self.last, before)

    def _stop(self, last: datetime, before: Cursor | None) -> None:
        self.is_cut = self.is_late = True
        self.until = min(self.until, max(last, before.until) if before else last)

    def _cut(self, last: datetime | None, before: Cursor | None) -> None:
        self.is_cut = True
        self.until = min(self.until, cut_at(before, last or self.until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of searches."""

    searches: Searches
    breaker: Breaker

    def count(self, jql: str, project_id: str) -> int:
        """How many issues match."""
        with self.breaker.call(Side.JIRA, project_id):
            return self.searches.count(jql)

    def each(self, jql: str, project_id: str) -> Iterator[Part]:
        """One after the other."""
        ids: set[str] = set()
        seen: set[str] = set()
        start: int | None = 0
        shared = 0
        while start is not None:
            page = self._page(jql, project_id, start)
            found = page.matches
            is_joined = shared == 0 or (bool(found) and found[0].issue.id in ids)
            yield Part(
                matches=tuple(match for match in found if match.seen not in seen),
                last=page.last,
                is_cut=page.next_start is None and start + len(found) < page.total,
                has_gap=not is_joined,
            )
            seen |= {match.seen for match in found}
            ids |= {match.issue.id for match in found}
            shared = min(SHARED, len(found) // 2)
            start = None if page.next_start is None else page.next_start - shared

    def whole(self, mapping: Mapping) -> Iterator[Part]:
        """All that match the mapping's JQL, in the order of their keys, which no edit changes.

        Raises `Misconfigured` where more match than Jira shows, once these were yielded, and
        `Temporary` where so many have left meanwhile that others may be missing.
        """
        for part in self.each(query_of(mapping), mapping.project.id):
            if part.has_gap:
                raise Temporary(
                    f"Issues left the JQL of mapping {mapping.id} faster than they were read.",
                    cure="Nothing: the next round reads again.",
                )
            yield part
            if part.is_cut:
                raise Misconfigured(
                    f"More issues match the JQL of mapping {mapping.id} than Jira shows.",
                    cure=f"Narrow the JQL: at most {SEARCH_WINDOW} issues can be followed.",
                )

    def _page(self, jql: str, project_id: str, start: int) -> MatchPage:
        with self.breaker.call(Side.JIRA, project_id):
            return self.searches.matches(jql, start=start)


def query_of(
    mapping: Mapping,
    *,
    within_minutes: int | None = None,
    issue_ids: Collection[str] | None = None,
) -> str:
    """The query for the issues that match a mapping's JQL, narrowed as `wrap` says."""
    return wrap(
        mapping.jql or "",
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
        within_minutes=within_minutes,
        issue_ids=issue_ids,
    )
