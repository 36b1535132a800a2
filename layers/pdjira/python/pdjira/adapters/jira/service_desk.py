"""Reads what a service desk offers, where Jira has Service Management.

https://developer.atlassian.com/server/jira-servicedesk/rest/: what version 3 has is experimental
and wants one to opt in.
"""

from collections import abc
from collections.abc import Iterator
from http import HTTPStatus

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.lists import pages_of, rows
from pdjira.adapters.jira.session import Session
from pdjira.domain.fields.desk_values import ORGANIZATION, REQUEST_TYPE, SEPARATOR
from pdjira.domain.issue import AllowedValue

_DESKS = "/rest/servicedeskapi/servicedesk"
_PATHS = {REQUEST_TYPE: "requesttype", ORGANIZATION: "organization"}
_OPT_IN = {"X-ExperimentalApi": "opt-in"}
_PAGE = 100
_NOT_FOR_US = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED)

Offered = tuple[AllowedValue, ...] | None

_Object = abc.Mapping[str, object]


def read_offered(session: Session, project_id: str, kind: str) -> Offered:
    """As the port says."""
    desk = next((row for row in _rows(session, _DESKS) if is_of(row, project_id)), None)
    if desk is None:
        return None
    path = f"{_DESKS}/{segment(str(desk.get('id')))}/{_PATHS[kind]}"
    return tuple(offer(row, desk, kind) for row in _rows(session, path))


def is_of(desk: _Object, project_id: str) -> bool:
    """Whether a service desk is that of a project."""
    return str(desk.get("projectId")) == project_id


def offer(row: _Object, desk: _Object, kind: str) -> AllowedValue:
    """What Jira's row stands for.

    A request type has no key in any documented version; one that is told is taken. A portal is
    named by its project's key.
    """
    name = str(row.get("name") or "")
    if kind == ORGANIZATION:
        return AllowedValue(id=str(row.get("id") or ""), name=name)
    key = str(row.get("key") or "")
    portal = str(desk.get("projectKey") or "").lower()
    is_whole = not key or SEPARATOR in key
    return AllowedValue(id=key if is_whole else f"{portal}{SEPARATOR}{key}", name=name)


def _rows(session: Session, path: str) -> Iterator[_Object]:
    """All rows; none where this Jira has no such resource, or not for our account."""
    read = 0
    for _ in pages_of("what a service desk offers"):
        query = (("start", str(read)), ("limit", str(_PAGE)))
        call = Call(method="GET", path=path, repeatable=True, query=query, headers=_OPT_IN)
        answer = session.send(call)
        if answer.status in _NOT_FOR_US:
            return
        page = session.read(answer, call)
        found = rows(page, "values")
        yield from found
        read += len(found)
        if not found or page.get("isLastPage") is not False:
            return
