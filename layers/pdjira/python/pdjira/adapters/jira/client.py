"""Speaks with Jira's REST API v2 for the use cases."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from pdjira.adapters.connection import JiraConnection
from pdjira.adapters.exchange import Call, segment
from pdjira.adapters.http import OpenTransport, Transport
from pdjira.adapters.jira.answers import is_anonymous
from pdjira.adapters.jira.capabilities import Capabilities
from pdjira.adapters.jira.line import Line
from pdjira.adapters.jira.marks import (
    PROPERTY,
    LastLine,
    has_property,
    last_line,
    property_value,
)
from pdjira.adapters.jira.memory import Memory
from pdjira.adapters.jira.screens import create_screen, is_last, rows
from pdjira.application.ports import Clock
from pdjira.domain.jql import quote
from pdjira.domain.model import (
    CreateScreen,
    IssueDraft,
    IssueRef,
    Mark,
    RemoteLink,
    ServerInfo,
)
from pdjira.errors import Misconfigured, NotFound, Temporary

_API = "/rest/api/2"
_REMEMBERED_SECONDS = 600.0
_MARGIN_MINUTES = 15
_PAGE = 100
_Object = Mapping[str, object]


class JiraClient:
    """The Jira that `connection` names at the time of each call.

    `clock` tells the time for search windows, `monotonic` is in seconds and ages what is
    remembered; `allow_insecure` admits http and loopback addresses.
    """

    def __init__(
        self,
        connection: Callable[[], JiraConnection],
        *,
        allow_insecure: bool,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        open_transport: OpenTransport = Transport,
    ) -> None:
        self._clock = clock
        self._info = Memory[ServerInfo](seconds=_REMEMBERED_SECONDS, clock=monotonic)
        self._screens = Memory[CreateScreen](seconds=_REMEMBERED_SECONDS, clock=monotonic)
        self._line = Line(
            connection,
            allow_insecure=allow_insecure,
            open_transport=open_transport,
            forget=self._forget,
        )

    def server_info(self) -> ServerInfo:
        """As the port says; remembered for ten minutes."""
        self._line.refresh()
        return self._info.get("server", self._read_server_info)

    def who_am_i(self) -> str:
        """As the port says."""
        name = self._line.ask(Call(method="GET", path=f"{_API}/myself", repeatable=True)).get(
            "name"
        )
        if not isinstance(name, str):
            raise Temporary("Jira did not name the account that we are signed in as.")
        return name

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As the port says; remembered for ten minutes."""
        self._line.refresh()
        return self._screens.get(
            (project_id, issue_type_id), lambda: self._read_screen(project_id, issue_type_id)
        )

    def forget_screens(self) -> None:
        """As the port says."""
        self._screens.clear()

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        """As the port says: one call, the mark in it."""
        fields = {
            **draft.fields,
            "project": {"id": draft.project_id},
            "issuetype": {"id": draft.issue_type_id},
        }
        marks = [{"key": PROPERTY, "value": property_value(draft.mark)}]
        call = Call(
            method="POST",
            path=f"{_API}/issue",
            repeatable=False,
            body={"fields": fields, "properties": marks},
        )
        answer = self._line.send(call)
        # What Jira has taken is there, even where it took us for nobody.
        issue = _reference(self._line.read(answer, call, anonymous=answer.ok))
        if issue is None:
            raise call.lost("Jira took the issue, but its answer names none.")
        return issue

    def find_issue(self, draft: IssueDraft, *, since: datetime) -> IssueRef | None:
        """As the port says: the description's last line is looked at first, then the property.

        An issue that lost its line is found by the property, one whose property Jira dropped by
        the line; a property that names another incident or mapping outweighs the line.
        """
        without_line = []
        for row in self._created(draft, since):
            issue, fields = _reference(row), row.get("fields")
            if issue is None:
                continue
            description = fields.get("description") if isinstance(fields, Mapping) else None
            line = last_line(description, draft.mark)
            if line is LastLine.OURS and self._bears(issue, draft.mark, unmarked=True):
                return issue
            if line is LastLine.NONE:
                without_line.append(issue)
        marked = (one for one in without_line if self._bears(one, draft.mark, unmarked=False))
        return next(marked, None)

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """As the port says: Jira updates a link of the same global id."""
        body = {
            "globalId": link.global_id,
            "application": {"type": "com.pagerduty", "name": "PagerDuty"},
            "relationship": "incident",
            "object": {"url": link.url, "title": link.title},
        }
        path = f"{_API}/issue/{segment(issue_id)}/remotelink"
        self._line.ask(Call(method="POST", path=path, repeatable=True, body=body))

    def _read_server_info(self) -> ServerInfo:
        call = Call(method="GET", path=f"{_API}/serverInfo", repeatable=True)
        said = self._line.ask(call, anonymous=True)
        numbers = said.get("versionNumbers")
        parts = numbers if isinstance(numbers, list) else ()
        version = tuple(part for part in parts if isinstance(part, int))
        if not version:
            raise Temporary("Jira did not tell its version.")
        return ServerInfo(
            base_url=str(said.get("baseUrl") or self._line.refresh().url).rstrip("/"),
            version=version,
            title=str(said.get("serverTitle") or "Jira"),
        )

    def _read_screen(self, project_id: str, issue_type_id: str) -> CreateScreen:
        if not Capabilities(version=self.server_info().version).create_metadata_by_type:
            raise Misconfigured(
                "This Jira is older than 8.4; such versions come with a later release.",
                cure="Use Jira 8.4 or later.",
            )
        path = f"{_API}/issue/createmeta/{segment(project_id)}/issuetypes/{segment(issue_type_id)}"
        fields: list[_Object] = []
        while True:
            query = (("startAt", str(len(fields))), ("maxResults", str(_PAGE)))
            page = self._line.ask(Call(method="GET", path=path, repeatable=True, query=query))
            new = rows(page, "values", "fields")
            fields += new
            if is_last(page, read=len(fields), new=len(new)):
                return create_screen(fields)

    def _created(self, draft: IssueDraft, since: datetime) -> Iterator[_Object]:
        minutes = max(math.ceil((self._clock() - since).total_seconds() / 60), 0) + _MARGIN_MINUTES
        jql = (
            f"project = {quote(draft.project_id)} AND issuetype = {quote(draft.issue_type_id)}"
            f" AND creator = currentUser() AND created >= -{minutes}m ORDER BY created ASC, key ASC"
        )
        read = 0
        while True:
            body = {"jql": jql, "startAt": read, "maxResults": _PAGE, "fields": ["description"]}
            call = Call(method="POST", path=f"{_API}/search", repeatable=True, body=body)
            answer = self._line.send(call)
            page = self._line.read(answer, call)
            issues = rows(page, "issues")
            if not issues and is_anonymous(answer) is None:
                self.who_am_i()
            yield from issues
            read += len(issues)
            if is_last(page, read=read, new=len(issues)):
                return

    def _bears(self, issue: IssueRef, mark: Mark, *, unmarked: bool) -> bool:
        """Whether its property is the mark's; `unmarked` is the answer where it has none."""
        path = f"{_API}/issue/{segment(issue.id)}/properties/{PROPERTY}"
        try:
            found = self._line.ask(Call(method="GET", path=path, repeatable=True))
        except NotFound:
            return unmarked
        return has_property(found.get("value"), mark)

    def _forget(self) -> None:
        self._info.clear()
        self._screens.clear()


def _reference(row: _Object) -> IssueRef | None:
    issue_id, key = row.get("id"), row.get("key")
    if not isinstance(issue_id, str | int) or not isinstance(key, str):
        return None
    return IssueRef(id=str(issue_id), key=key)
