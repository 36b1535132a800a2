"""What Jira offers to those who set up a mapping."""

from collections.abc import Mapping, Sequence

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.create_metadata import read_create_screen
from pdjira.adapters.jira.lists import listed
from pdjira.adapters.jira.service_desk import read_offered
from pdjira.adapters.jira.session import Session
from pdjira.domain.fields.offers import IssueTypeOffer, ProjectOffer
from pdjira.domain.incident import Reference
from pdjira.domain.issue import AllowedValue, CreateScreen

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

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """As the port says."""
        return read_offered(self._session, project_id, kind)

    def _list(self, path: str) -> list[object]:
        call = _read(path)
        answer = self._session.send(call)
        self._session.check(answer, call)
        return listed(answer, call)


def _read(path: str) -> Call:
    return Call(method="GET", path=path, repeatable=True)


def _issue_type(row: object) -> IssueTypeOffer:
    found = row if isinstance(row, Mapping) else {}
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
        if isinstance(row, Mapping) and row.get("id")
    )
