"""Searches by JQL: how many issues match, which ones, and which of them are ours."""

from collections import abc
from collections.abc import Iterator
from datetime import timedelta

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.lists import is_last, rows
from pdjira.adapters.jira.marks import PROPERTY, placed, reference
from pdjira.adapters.jira.session import Session
from pdjira.errors import NotFound, Refused, Temporary
from pdjira.jql.matches import Match, MatchPage
from pdjira.jql.query import SEARCH_WINDOW
from pdjira.model.issue import Naming
from pdjira.model.times import read_time
from pdjira.sweep.differences import IN_FLIGHT
from pdjira.sweep.duplicates import OwnIssue, OwnIssuePage, last_line, named_by_line

# As many as Jira gives at once unless its administrator allows more or fewer.
_PAGE = 1000

SEARCH_FIELDS = ("created", "updated")

MOST_IDS = 100

_Object = abc.Mapping[str, object]


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
        times = fields if isinstance(fields, abc.Mapping) else {}
        updated = read_time(times.get("updated"))
        if issue is None or updated is None:
            raise Temporary("Jira did not describe an issue that it found.")
        yield Match(issue=issue, updated=updated, created=read_time(times.get("created")))


def search(session: Session, asked: _Object) -> _Object:
    """Jira's answer to a search.

    Unless `validateQuery` is False, Jira refuses a search that names a project or an id that is
    gone. Jira shows no issue to somebody it does not know, and does not say so.
    """
    call = Call(method="POST", path="/rest/api/2/search", repeatable=True, body=dict(asked))
    answer = session.send(call)
    said = session.read(answer, call)
    if total_of(said) == 0:
        session.prove_known(answer)
    return said


def total_of(said: _Object) -> int:
    """How many issues a search found. Raises `Temporary` where Jira does not say."""
    total = said.get("total")
    if not isinstance(total, int):
        raise Temporary("Jira did not say how many issues it found.")
    return total


_API = "/rest/api/2"

MADE_FIELDS = ("project", "issuetype", "created", "description")

MADE_PAGE = 100


class JiraOwnIssues:
    """`OurIssues` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def made(self, *, within_minutes: int, start: int = 0) -> OwnIssuePage:
        """As the port says."""
        asked = {
            "jql": made_by_us(within_minutes=within_minutes),
            "startAt": start,
            "maxResults": MADE_PAGE,
            "fields": [*MADE_FIELDS],
        }
        return own_page(search(self._session, asked), start=start)

    def mark_of(self, issue_id: str) -> Naming | None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}/properties/{PROPERTY}"
        try:
            said = self._session.ask(Call(method="GET", path=path, repeatable=True))
        except (NotFound, Refused):
            return None
        return naming_of(said.get("value"))


def made_by_us(*, within_minutes: int) -> str:
    """The JQL for what our account created, in whatever project."""
    in_flight = int(IN_FLIGHT.total_seconds() // 60)
    return (
        f"creator = currentUser() AND created >= -{within_minutes}m AND created <= -{in_flight}m"
        " ORDER BY created ASC, key ASC"
    )


def own_page(said: _Object, *, start: int) -> OwnIssuePage:
    """The page that Jira's answer stands for. Raises `Temporary` where it describes no issue."""
    found = rows(said, "issues")
    read = start + len(found)
    is_end = is_last(said, read=read, new=len(found))
    return OwnIssuePage(issues=tuple(map(_own_issue, found)), next_start=None if is_end else read)


def named_in(said: _Object) -> Naming | None:
    """What the mark of an issue that was read names: its property, else the last line."""
    found, held = said.get("fields"), said.get("properties")
    fields = found if isinstance(found, abc.Mapping) else {}
    properties = held if isinstance(held, abc.Mapping) else {}
    description = fields.get("description")
    line = last_line(description) if isinstance(description, str) else ""
    return naming_of(properties.get(PROPERTY)) or named_by_line(line)


def naming_of(value: object) -> Naming | None:
    """What the property's value names; None where it is not as we write it."""
    named = value if isinstance(value, abc.Mapping) else {}
    incident_id, mapping_id = named.get("id"), named.get("mapping")
    if not isinstance(incident_id, str) or not isinstance(mapping_id, str):
        return None
    return Naming(incident_id=incident_id, mapping_id=mapping_id)


def _own_issue(row: _Object) -> OwnIssue:
    found = row.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    (ref, place), created = placed(row), read_time(fields.get("created"))
    if created is None:
        raise Temporary("Jira did not describe an issue that it found.")
    description = fields.get("description")
    return OwnIssue(
        ref=ref,
        project_id=place.project_id,
        issue_type_id=place.issue_type_id,
        created_at=created,
        last_line=last_line(description) if isinstance(description, str) else "",
    )
