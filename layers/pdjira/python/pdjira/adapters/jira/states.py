"""What the index of Jira shows of many issues at once."""

from collections import abc
from collections.abc import Sequence

from pdjira.adapters.jira.lists import is_last, pages_of, rows
from pdjira.adapters.jira.marks import id_in, reference
from pdjira.adapters.jira.searches import search
from pdjira.adapters.jira.session import Session
from pdjira.errors import Temporary
from pdjira.jql.query import with_ids
from pdjira.model.times import read_second
from pdjira.sweep.differences import IssueState

STATE_FIELDS = ("status", "priority", "summary", "created")

_Object = abc.Mapping[str, object]


class JiraStates:
    """`IssueStates` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def states(self, issue_ids: Sequence[str]) -> Sequence[IssueState]:
        """As the port says; where Jira gives fewer at once than it is asked for, it takes more.

        Unless it is told not to validate, Jira refuses the whole search for an id that is gone.
        """
        found: list[IssueState] = []
        for _ in pages_of("issues") if issue_ids else ():
            said = self._search(issue_ids, start=len(found))
            page = rows(said, "issues")
            found += map(issue_state, page)
            if is_last(said, read=len(found), new=len(page)):
                break
        return found

    def _search(self, issue_ids: Sequence[str], *, start: int) -> _Object:
        asked = {
            "jql": of_ids(issue_ids),
            "startAt": start,
            "maxResults": len(issue_ids),
            "fields": [*STATE_FIELDS],
            "validateQuery": False,
        }
        return search(self._session, asked)


def of_ids(issue_ids: Sequence[str]) -> str:
    """The JQL for these issues, by id, so that pages do not shift."""
    return f"{with_ids(issue_ids)} ORDER BY key ASC"


def issue_state(row: _Object) -> IssueState:
    """What a row of a search shows. Raises `Temporary` where it shows no issue and status."""
    found = row.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    ref, status_id = reference(row), id_in(fields.get("status"))
    if ref is None or status_id is None:
        raise Temporary("Jira did not describe an issue that it found.")
    summary = fields.get("summary")
    return IssueState(
        ref=ref,
        status_id=status_id,
        priority_id=id_in(fields.get("priority")),
        summary=summary if isinstance(summary, str) else "",
        created_at=read_second(fields.get("created")),
    )
