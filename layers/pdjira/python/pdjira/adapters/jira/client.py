"""Speaks with Jira's REST API v2 for the use cases."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from pdjira.adapters.connection_secret import JiraConnection
from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.jira.answers import is_anonymous
from pdjira.adapters.jira.capabilities import Capabilities
from pdjira.adapters.jira.issues import JiraIssues
from pdjira.adapters.jira.marks import (
    PROPERTY,
    created_by_us,
    creation_body,
    first_marked,
    reference,
    remote_link_body,
)
from pdjira.adapters.jira.memory import Memory
from pdjira.adapters.jira.screens import create_screen, is_last, rows
from pdjira.adapters.jira.session import Session
from pdjira.application.ports import Clock
from pdjira.domain.issue import CreateScreen, IssueDraft, IssueRef, RemoteLink, ServerInfo
from pdjira.errors import Misconfigured, NotFound, Temporary

_API = "/rest/api/2"
_REMEMBERED_SECONDS = 600.0
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
        self._session = Session(
            connection,
            allow_insecure=allow_insecure,
            open_transport=open_transport,
            forget=self._forget,
        )

    def issues(self) -> JiraIssues:
        """The issues of the same Jira, over the same session."""
        return JiraIssues(self._session)

    def server_info(self) -> ServerInfo:
        """As the port says; remembered for ten minutes."""
        self._session.refresh()
        return self._info.get("server", self._read_server_info)

    def who_am_i(self) -> str:
        """As the port says."""
        call = Call(method="GET", path=f"{_API}/myself", repeatable=True)
        name = self._session.ask(call).get("name")
        if not isinstance(name, str):
            raise Temporary("Jira did not name the account that we are signed in as.")
        return name

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As the port says; remembered for ten minutes."""
        self._session.refresh()
        return self._screens.get(
            (project_id, issue_type_id), lambda: self._read_screen(project_id, issue_type_id)
        )

    def forget_screens(self) -> None:
        """As the port says."""
        self._screens.clear()

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        """As the port says: one call, the mark in it."""
        body = creation_body(draft)
        call = Call(method="POST", path=f"{_API}/issue", repeatable=False, body=body)
        answer = self._session.send(call)
        # What Jira has taken is there, even where it took us for nobody.
        issue = reference(self._session.read(answer, call, anonymous=answer.ok))
        if issue is None:
            raise call.lost("Jira took the issue, but its answer names none.")
        return issue

    def find_issue(self, draft: IssueDraft, *, since: datetime) -> IssueRef | None:
        """As the port says; `first_marked` tells how."""
        created = self._created(draft, since)
        return first_marked(created, draft.mark, read_property=self._property)

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """As the port says: Jira updates a link of the same global id."""
        path = f"{_API}/issue/{segment(issue_id)}/remotelink"
        self._session.ask(
            Call(method="POST", path=path, repeatable=True, body=remote_link_body(link))
        )

    def _read_server_info(self) -> ServerInfo:
        call = Call(method="GET", path=f"{_API}/serverInfo", repeatable=True)
        said = self._session.ask(call, anonymous=True)
        numbers = said.get("versionNumbers")
        parts = numbers if isinstance(numbers, list) else ()
        version = tuple(part for part in parts if isinstance(part, int))
        if not version:
            raise Temporary("Jira did not tell its version.")
        return ServerInfo(
            base_url=str(said.get("baseUrl") or self._session.refresh().url).rstrip("/"),
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
            page = self._session.ask(Call(method="GET", path=path, repeatable=True, query=query))
            new = rows(page, "values", "fields")
            fields += new
            if is_last(page, read=len(fields), new=len(new)):
                return create_screen(fields)

    def _created(self, draft: IssueDraft, since: datetime) -> Iterator[_Object]:
        jql = created_by_us(draft, within=self._clock() - since)
        read = 0
        while True:
            body = {"jql": jql, "startAt": read, "maxResults": _PAGE, "fields": ["description"]}
            call = Call(method="POST", path=f"{_API}/search", repeatable=True, body=body)
            answer = self._session.send(call)
            page = self._session.read(answer, call)
            issues = rows(page, "issues")
            if not issues and is_anonymous(answer) is None:
                self.who_am_i()
            yield from issues
            read += len(issues)
            if is_last(page, read=read, new=len(issues)):
                return

    def _property(self, issue: IssueRef) -> _Object | None:
        path = f"{_API}/issue/{segment(issue.id)}/properties/{PROPERTY}"
        try:
            return self._session.ask(Call(method="GET", path=path, repeatable=True))
        except NotFound:
            return None

    def _forget(self) -> None:
        self._info.clear()
        self._screens.clear()
