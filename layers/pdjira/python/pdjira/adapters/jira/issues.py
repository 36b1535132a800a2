"""Issues that exist: reading them, moving them through their workflow, changing their fields."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from pdjira.adapters.http.messages import Answer, Call, segment
from pdjira.adapters.jira.answers import is_jira_error
from pdjira.adapters.jira.marks import reference
from pdjira.adapters.jira.screens import screen_field
from pdjira.adapters.jira.session import Session
from pdjira.domain.issue import Issue, IssueRef, Status
from pdjira.domain.jql import quote
from pdjira.domain.workflow import Transition
from pdjira.errors import Refused

_API = "/rest/api/2"
_DONE = "done"

_Object = Mapping[str, object]


class JiraIssues:
    """`Issues` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read_issue(self, issue_id: str) -> Issue:
        """As the port says, with nothing but what is needed."""
        path = f"{_API}/issue/{segment(issue_id)}"
        call = Call(method="GET", path=path, repeatable=True, query=(("fields", "status"),))
        return issue_of(self._session.ask(call), call)

    def transitions(self, issue_id: str) -> Sequence[Transition]:
        """As the port says; each with the fields of its screen."""
        path = f"{_API}/issue/{segment(issue_id)}/transitions"
        query = (("expand", "transitions.fields"),)
        said = self._session.ask(Call(method="GET", path=path, repeatable=True, query=query))
        return transitions_of(said)

    def transition(self, issue_id: str, transition_id: str, *, fields: _Object) -> None:
        """As the port says. Jira answers 500 where it knows no such transition."""
        path = f"{_API}/issue/{segment(issue_id)}/transitions"
        body: dict[str, object] = {"transition": {"id": transition_id}}
        if fields:
            body["fields"] = dict(fields)
        call = Call(method="POST", path=path, repeatable=False, body=body)
        answer = self._session.send(call)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and is_jira_error(answer):
            raise _unknown_transition(answer, call)
        self._session.check(answer, call)

    def update_issue(self, issue_id: str, fields: _Object) -> None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}"
        call = Call(method="PUT", path=path, repeatable=True, body={"fields": dict(fields)})
        self._session.check(self._session.send(call), call)

    def issue_in(self, *, project_id: str, issue_type_id: str, status_id: str) -> IssueRef | None:
        """As the port says: the one that was changed last."""
        jql = (
            f"project = {quote(project_id)} AND issuetype = {quote(issue_type_id)}"
            f" AND status = {quote(status_id)} ORDER BY updated DESC"
        )
        body = {"jql": jql, "maxResults": 1, "fields": ["status"]}
        said = self._session.ask(
            Call(method="POST", path=f"{_API}/search", repeatable=True, body=body)
        )
        found = said.get("issues")
        rows = found if isinstance(found, list) else []
        return next((one for row in rows if (one := reference(row))), None)


def issue_of(said: _Object, call: Call) -> Issue:
    """The issue that Jira describes. Raises `Temporary` where it does not."""
    ref, fields = reference(said), said.get("fields")
    status = status_of(fields.get("status") if isinstance(fields, Mapping) else None)
    if ref is None or status is None:
        raise call.lost("Jira did not describe the issue.")
    return Issue(ref=ref, status=status)


def transitions_of(said: _Object) -> tuple[Transition, ...]:
    """The transitions that Jira offers; one that leads nowhere is left out."""
    found = said.get("transitions")
    rows = found if isinstance(found, list) else []
    return tuple(one for row in rows if (one := _transition(row)))


def status_of(said: object) -> Status | None:
    """A status as Jira describes it."""
    if not isinstance(said, Mapping) or not said.get("id"):
        return None
    category = said.get("statusCategory")
    key = category.get("key") if isinstance(category, Mapping) else None
    return Status(id=str(said["id"]), name=str(said.get("name")), done=key == _DONE)


def _transition(row: object) -> Transition | None:
    if not isinstance(row, Mapping):
        return None
    to = status_of(row.get("to"))
    fields = row.get("fields")
    screen = fields if isinstance(fields, Mapping) else {}
    if to is None:
        return None
    return Transition(
        id=str(row.get("id")),
        name=str(row.get("name")),
        to=to,
        fields=tuple(screen_field({"fieldId": key, **said}) for key, said in screen.items()),
    )


def _unknown_transition(answer: Answer, call: Call) -> Refused:
    return Refused(f"Jira does not know the transition of {call.where}.", status=answer.status)
