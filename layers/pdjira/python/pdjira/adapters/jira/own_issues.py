"""Issues that our own account created, and the marks that they bear."""

from collections import abc

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.index import search
from pdjira.adapters.jira.lists import is_last, rows
from pdjira.adapters.jira.marks import PROPERTY, placed
from pdjira.adapters.jira.session import Session
from pdjira.domain.issue import Naming
from pdjira.domain.sweep.differences import IN_FLIGHT
from pdjira.domain.sweep.duplicates import OwnIssue, OwnIssuePage, last_line, named_by_line
from pdjira.domain.times import read_time
from pdjira.errors import NotFound, Refused, Temporary

_API = "/rest/api/2"
MADE_FIELDS = ("project", "issuetype", "created", "description")
MADE_PAGE = 100

_Object = abc.Mapping[str, object]


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
    settled = int(IN_FLIGHT.total_seconds() // 60)
    return (
        f"creator = currentUser() AND created >= -{within_minutes}m AND created <= -{settled}m"
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
    told = value if isinstance(value, abc.Mapping) else {}
    incident_id, mapping_id = told.get("id"), told.get("mapping")
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
