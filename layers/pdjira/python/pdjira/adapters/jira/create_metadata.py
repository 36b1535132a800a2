"""Asks Jira for the create screen of an issue type, in the way that its version knows."""

from collections import abc

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.capabilities import Capabilities
from pdjira.adapters.jira.lists import is_last, pages_of, rows
from pdjira.adapters.jira.screens import create_screen
from pdjira.adapters.jira.session import Session
from pdjira.domain.issue import CreateScreen
from pdjira.errors import NotFound

_PATH = "/rest/api/2/issue/createmeta"
_PAGE = 100

_Object = abc.Mapping[str, object]


def read_create_screen(session: Session, *, project_id: str, issue_type_id: str) -> CreateScreen:
    """The fields of the create screen.

    Raises `Refused` or `NotFound` where project or type do not exist or we may not create there.
    """
    project, issue_type = segment(project_id), segment(issue_type_id)

    def read(can: Capabilities) -> CreateScreen:
        if can.create_metadata_by_type:
            return create_screen(_by_type(session, project, issue_type))
        return create_screen(_filtered(session, project, issue_type))

    return session.by_version(read)


def _by_type(session: Session, project: str, issue_type: str) -> list[_Object]:
    path = f"{_PATH}/{project}/issuetypes/{issue_type}"
    fields: list[_Object] = []
    for _ in pages_of("fields"):
        query = (("startAt", str(len(fields))), ("maxResults", str(_PAGE)))
        page = session.ask(Call(method="GET", path=path, repeatable=True, query=query))
        new = rows(page, "values", "fields")
        fields += new
        if is_last(page, read=len(fields), new=len(new)):
            break
    return fields


def _filtered(session: Session, project: str, issue_type: str) -> list[_Object]:
    """Before 8.4: one resource for everything, so large that both filters are a must.

    Without them it can take minutes and all of Jira's memory (JRASERVER-42282).
    """
    query = (
        ("projectIds", project),
        ("issuetypeIds", issue_type),
        ("expand", "projects.issuetypes.fields"),
    )
    said = session.ask(Call(method="GET", path=_PATH, repeatable=True, query=query))
    for found in rows(said, "projects"):
        for kind in rows(found, "issuetypes"):
            if str(found.get("id")) == project and str(kind.get("id")) == issue_type:
                return rows(kind, "fields")
    raise NotFound(
        "Jira has no such project and issue type, or does not let our account create issues there.",
        cure="Check the mapping's project and issue type, and that our Jira account has the right "
        "Create Issues and application access.",
    )
