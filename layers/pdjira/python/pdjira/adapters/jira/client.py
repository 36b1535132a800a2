"""Speaks with Jira's REST API v2 for the use cases."""

import time
from collections import abc
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.jira.answers import check_stored, is_last, pages_of, rows
from pdjira.adapters.jira.catalogue import (
    JiraAccessTokens,
    JiraRights,
    Offered,
    RestJiraCatalogue,
    read_create_screen,
    read_offered,
)
from pdjira.adapters.jira.comments import JiraComments
from pdjira.adapters.jira.issues import JiraIssues, JiraPagingIssues
from pdjira.adapters.jira.people import RestJiraPeople
from pdjira.adapters.jira.searches import (
    MARK_FIELDS,
    PROPERTY,
    JiraOwnIssues,
    JiraSearches,
    JiraStates,
    Marking,
    created_by_us,
    first_marked,
    placed,
    reference,
    remote_link_body,
    search,
)
from pdjira.adapters.jira.session import MYSELF, REMEMBERED_SECONDS, JiraAccess, JiraSession
from pdjira.adapters.memory import Memory
from pdjira.errors import NotFound, Refused, Temporary
from pdjira.model.issue import CreateScreen, IssueDraft, IssueRef, Place, RemoteLink, ServerInfo
from pdjira.model.ports import Clock

_API = "/rest/api/2"
_PAGE = 100
_Object = abc.Mapping[str, object]


class JiraClient:
    """The Jira that `access` names at the time of each call.

    `clock` tells the time for search windows and signed tokens, `monotonic` is in seconds and
    ages what is remembered.
    """

    def __init__(
        self,
        access: JiraAccess,
        *,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        open_transport: OpenTransport = Transport,
    ) -> None:
        self._clock = clock
        self._screens = Memory[CreateScreen](seconds=REMEMBERED_SECONDS, clock=monotonic)
        self._desks = Memory[Offered](seconds=REMEMBERED_SECONDS, clock=monotonic)
        self._marking = Marking(seconds=REMEMBERED_SECONDS, clock=monotonic)
        self._session = JiraSession(
            access,
            clock=clock,
            monotonic=monotonic,
            open_transport=open_transport,
            forget=self._forget,
        )
        self._people = RestJiraPeople(self._session, monotonic=monotonic)

    def issues(self) -> JiraIssues:
        """The issues of the same Jira, over the same session."""
        return JiraIssues(self._session)

    def comments(self) -> JiraComments:
        """The comments on them, over the same session."""
        return JiraComments(self._session)

    def people(self) -> RestJiraPeople:
        """The accounts there, over the same session."""
        return self._people

    def paging(self) -> JiraPagingIssues:
        """Issues that may page, over the same session."""
        return JiraPagingIssues(self._session)

    def rights(self) -> JiraRights:
        """The rights of our account there, over the same session."""
        return JiraRights(self._session)

    def access_tokens(self, *, is_token: Callable[[], bool]) -> JiraAccessTokens:
        """The personal access tokens of our account there, over the same session."""
        return JiraAccessTokens(self._session, is_token=is_token)

    def searches(self) -> JiraSearches:
        """Searches of the same Jira, over the same session."""
        return JiraSearches(self._session)

    def states(self) -> JiraStates:
        """What its index shows of many issues at once, over the same session."""
        return JiraStates(self._session)

    def own_issues(self) -> JiraOwnIssues:
        """The issues that our own account created, over the same session."""
        return JiraOwnIssues(self._session)

    def catalogue(self) -> RestJiraCatalogue:
        """What Jira offers to those who set up a mapping, over the same session."""
        return RestJiraCatalogue(self._session)

    def server_info(self) -> ServerInfo:
        """As the port says; remembered for ten minutes."""
        return self._session.server_info()

    def who_am_i(self) -> str:
        """As the port says."""
        name = self._session.ask(MYSELF).get("name")
        if not isinstance(name, str):
            raise Temporary("Jira did not name the account that we are signed in as.")
        return name

    def known_as(self) -> str:
        """As the port says."""
        return self._session.known_as()

    def clock_ahead(self) -> timedelta | None:
        """How far Jira's clock was ahead of ours in its last answer; None where none is known."""
        return self._session.clock_ahead()

    def clock_told(self) -> timedelta | None:
        """The same as Jira told it, whether it can be believed or not."""
        return self._session.clock_told()

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As the port says; remembered for ten minutes."""
        self._session.refresh()
        return self._screens.get(
            (project_id, issue_type_id),
            lambda: read_create_screen(
                self._session, project_id=project_id, issue_type_id=issue_type_id
            ),
        )

    def offered(self, project_id: str, kind: str) -> Offered:
        """As the port says; remembered for ten minutes."""
        self._session.refresh()
        return self._desks.get(
            (project_id, kind), lambda: read_offered(self._session, project_id, kind)
        )

    def forget_screens(self) -> None:
        """As the port says; and what service desks offer."""
        self._screens.clear()
        self._desks.clear()

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        """As the port says: one call, the mark in it; see `Marking`."""
        self._session.refresh()
        return self._marking.create(draft, self._post)

    def _post(self, body: _Object) -> IssueRef:
        call = Call(method="POST", path=f"{_API}/issue", repeatable=False, body=dict(body))
        answer = self._session.send(call)
        check_stored(answer, call)
        # What Jira has taken is there, even where it took us for nobody.
        issue = reference(self._session.read(answer, call, anonymous=answer.ok))
        if issue is None:
            raise call.lost("Jira created the issue, but its answer does not name it.")
        return issue

    def find_issue(self, draft: IssueDraft, *, since: datetime) -> IssueRef | None:
        """As the port says; `first_marked` tells how."""
        jql = created_by_us(draft, within=self._clock() - since)
        row = first_marked(self._rows(jql), draft.mark, read=self._property)
        return reference(row) if row else None

    def find_moved_issue(
        self, draft: IssueDraft, *, since: datetime, taken: Collection[Place]
    ) -> tuple[IssueRef, Place] | None:
        """As the port says."""
        jql = created_by_us(draft, within=self._clock() - since, everywhere=True)
        row = first_marked(self._rows(jql), draft.mark, read=self._property, taken=taken)
        return placed(row) if row else None

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """As the port says: Jira updates a link of the same global id."""
        path = f"{_API}/issue/{segment(issue_id)}/remotelink"
        self._session.ask(
            Call(method="POST", path=path, repeatable=True, body=remote_link_body(link))
        )

    def _forget(self) -> None:
        self.forget_screens()
        self._marking.forget()
        self._people.forget()

    def _rows(self, jql: str) -> Iterator[_Object]:
        read = 0
        for _ in pages_of("issues of ours"):
            asked = {"jql": jql, "startAt": read, "maxResults": _PAGE, "fields": [*MARK_FIELDS]}
            page = search(self._session, {**asked, "validateQuery": False})
            issues = rows(page, "issues")
            yield from issues
            read += len(issues)
            if is_last(page, read=read, new=len(issues)):
                return

    def _property(self, issue: IssueRef) -> _Object | None:
        path = f"{_API}/issue/{segment(issue.id)}/properties/{PROPERTY}"
        try:
            return self._session.ask(Call(method="GET", path=path, repeatable=True))
        except (NotFound, Refused):
            return None
