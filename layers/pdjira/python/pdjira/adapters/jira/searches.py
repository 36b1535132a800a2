"""Searches by JQL: how many issues match, and which ones."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from pdjira.adapters.jira.index import search, total_of
from pdjira.adapters.jira.lists import is_last, rows
from pdjira.adapters.jira.marks import reference
from pdjira.adapters.jira.session import Session
from pdjira.domain.jql.matches import Match, MatchPage
from pdjira.domain.jql.query import SEARCH_WINDOW
from pdjira.domain.times import read_time
from pdjira.errors import Temporary

# As many as Jira gives at once unless its administrator allows more or fewer.
_PAGE = 1000
SEARCH_FIELDS = ("created", "updated")
MOST_IDS = 100

_Object = Mapping[str, object]


class JiraSearches:
    """`Searches` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, jql: str) -> int:
        """As the port says; the answer holds no issue."""
        return total_of(search(self._session, {"jql": jql, "maxResults": 0}))

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        """As the port says. Jira may give fewer than it is asked for, without a word."""
        limit = min(_PAGE, SEARCH_WINDOW - start)
        asked = {"jql": jql, "startAt": start, "maxResults": limit, "fields": [*SEARCH_FIELDS]}
        said = search(self._session, asked)
        return page_of(said, start=start, clock_ahead=self._session.clock_ahead())

    def ids(self, jql: str) -> frozenset[str]:
        """As the port says."""
        asked = {"jql": jql, "maxResults": MOST_IDS, "validateQuery": False, "fields": ["id"]}
        return ids_of(search(self._session, asked))


def ids_of(said: _Object) -> frozenset[str]:
    """The ids of the issues that Jira's answer names."""
    found = map(reference, rows(said, "issues"))
    return frozenset(issue.id for issue in found if issue is not None)


def page_of(said: _Object, *, start: int, clock_ahead: timedelta | None = None) -> MatchPage:
    """The page that Jira's answer stands for."""
    found = rows(said, "issues")
    read = start + len(found)
    is_end = is_last(said, read=read, new=len(found)) or read >= SEARCH_WINDOW
    return MatchPage(
        matches=tuple(_matches(found)),
        total=total_of(said),
        next_start=None if is_end else read,
        clock_ahead=clock_ahead,
    )


def _matches(found: list[_Object]) -> Iterator[Match]:
    for row in found:
        issue, fields = reference(row), row.get("fields")
        times = fields if isinstance(fields, Mapping) else {}
        updated = read_time(times.get("updated"))
        if issue is None or updated is None:
            raise Temporary("Jira did not describe an issue that it found.")
        yield Match(issue=issue, updated=updated, created=read_time(times.get("created")))
