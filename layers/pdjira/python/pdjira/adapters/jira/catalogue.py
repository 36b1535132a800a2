"""What Jira offers to those who set up a mapping."""

from collections import abc
from collections.abc import Sequence

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.create_metadata import read_create_screen
from pdjira.adapters.jira.index import search
from pdjira.adapters.jira.lists import listed
from pdjira.adapters.jira.own_issues import MADE_FIELDS, JiraOwnIssues, own_page
from pdjira.adapters.jira.service_desk import read_offered
from pdjira.adapters.jira.session import Session
from pdjira.domain.fields.offers import IssueTypeOffer, ProjectOffer
from pdjira.domain.incident import Reference
from pdjira.domain.issue import AllowedValue, CreateScreen
from pdjira.domain.jql.query import quote
from pdjira.domain.sweep.duplicates import OwnIssuePage, named_by_line
from pdjira.errors import NotFound

LATEST = 20
"""So many of our latest issues in a project are looked through for one of an incident."""

_API = "/rest/api/2"


class RestJiraCatalogue:
    """`JiraCatalogue` of the Jira that the session leads to; nothing is remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def project(self, project_id: str) -> ProjectOffer:
        """As the port says: the project, then the statuses of each of its issue types."""
        path = f"{_API}/project/{segment(project_id)}"
        project = self._session.ask(_read(path))
        return ProjectOffer(
            id=str(project.get("id") or ""),
            key=str(project.get("key") or ""),
            issue_types=tuple(map(_issue_type, self._list(f"{path}/statuses"))),
        )

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As the port says."""
        return read_create_screen(self._session, project_id=project_id, issue_type_id=issue_type_id)

    def priorities(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/priority"))

    def resolutions(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/resolution"))

    def fields(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/field"))

    def has_user(self, name: str) -> bool:
        """As the port says."""
        path = f"{_API}/user"
        call = Call(method="GET", path=path, repeatable=True, query=(("username", name),))
        try:
            return is_active(self._session.ask(call))
        except NotFound:
            return False

    def keeps_properties(self, project_id: str) -> bool | None:
        """As the port says: one search, and one look at the property."""
        asked = {
            "jql": made_there(project_id),
            "maxResults": LATEST,
            "fields": [*MADE_FIELDS],
        }
        made = latest_marked(own_page(search(self._session, asked), start=0))
        return None if made is None else JiraOwnIssues(self._session).mark_of(made) is not None

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """As the port says."""
        return read_offered(self._session, project_id, kind)

    def _list(self, path: str) -> list[object]:
        call = _read(path)
        answer = self._session.send(call)
        self._session.check(answer, call)
        return listed(answer, call)


def made_there(project_id: str) -> str:
    """The JQL for what our account created in a project, the latest first."""
    return f"creator = currentUser() AND project = {quote(project_id)} ORDER BY created DESC"


def latest_marked(page: OwnIssuePage) -> str | None:
    """The id of the first issue whose description names an incident."""
    return next((one.ref.id for one in page.issues if named_by_line(one.last_line)), None)


def is_active(user: abc.Mapping[str, object]) -> bool:
    """Whether an account, as Jira describes it, may be given something."""
    return user.get("active") is not False


def _read(path: str) -> Call:
    return Call(method="GET", path=path, repeatable=True)


def _issue_type(row: object) -> IssueTypeOffer:
    found = row if isinstance(row, abc.Mapping) else {}
    return IssueTypeOffer(
        id=str(found.get("id") or ""),
        name=str(found.get("name") or ""),
        statuses=_references(found.get("statuses")),
    )


def _references(listed: object) -> tuple[Reference, ...]:
    rows = listed if isinstance(listed, list) else []
    return tuple(
        Reference(id=str(row["id"]), name=str(row.get("name") or row["id"]))
        for row in rows
        if isinstance(row, abc.Mapping) and row.get("id")
    )
