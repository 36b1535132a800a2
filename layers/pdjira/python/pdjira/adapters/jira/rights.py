"""Reads what our account may do in a project of Jira."""

from collections import abc

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.session import Session
from pdjira.application.health.rights import ProjectRights
from pdjira.errors import Temporary

_API = "/rest/api/2"
_SERVICE_DESK = "service_desk"


class JiraRights:
    """`Rights` over a session, signed in as it is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def in_project(self, project_id: str) -> ProjectRights:
        """As the port says: `mypermissions` for the rights, the project for its type."""
        query = (("projectId", segment(project_id)),)
        told = self._session.ask(_read("/mypermissions", query)).get("permissions")
        if not isinstance(told, abc.Mapping):
            raise Temporary("Jira did not tell the rights of our account.")
        project = self._session.ask(_read(f"/project/{segment(project_id)}"))
        return rights_of(told, project)


def rights_of(told: abc.Mapping[str, object], project: abc.Mapping[str, object]) -> ProjectRights:
    """The rights in Jira's answers of `mypermissions` and `project`.

    Versions before 8 tell the rights under their older keys as well; those do no harm.
    """
    held = {
        key
        for key, right in told.items()
        if isinstance(right, abc.Mapping) and right.get("havePermission") is True
    }
    return ProjectRights(
        named=frozenset(told),
        held=frozenset(held),
        is_service_desk=project.get("projectTypeKey") == _SERVICE_DESK,
    )


def _read(path: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    return Call(method="GET", path=f"{_API}{path}", repeatable=True, query=query)
