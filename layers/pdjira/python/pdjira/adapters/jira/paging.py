"""Issues that may page: who created them, what they say, and the mark of their incident."""

from collections import abc

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.accounts import Account, account_of
from pdjira.adapters.jira.issue_values import ISSUE_FIELDS
from pdjira.adapters.jira.issues import asked_for, issue_of
from pdjira.adapters.jira.marks import PROPERTY
from pdjira.adapters.jira.session import Session
from pdjira.domain.jql.opening import PagingIssue

_API = "/rest/api/2"
PAGING_FIELDS = (*ISSUE_FIELDS, "creator")


class JiraPagingIssues:
    """`PagingIssues` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, issue_id: str) -> PagingIssue:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}"
        query = (("fields", ",".join(PAGING_FIELDS)),)
        call = Call(method="GET", path=path, repeatable=True, query=query)
        answer = self._session.send(call)
        said = self._session.read_shown(answer, call)
        asked_for(issue_of(said, call), issue_id, call)
        return paging_issue(said, call, account=account_of(self._session, answer))

    def mark(self, issue_id: str, *, incident_id: str, mapping_id: str) -> None:
        """As the port says, by the entity property that an issue of ours has from its creation."""
        path = f"{_API}/issue/{segment(issue_id)}/properties/{PROPERTY}"
        body: dict[str, object] = {"id": incident_id, "mapping": mapping_id}
        call = Call(method="PUT", path=path, repeatable=True, body=body)
        self._session.check(self._session.send(call), call)


def paging_issue(said: abc.Mapping[str, object], call: Call, *, account: Account) -> PagingIssue:
    """The issue that Jira describes. Raises `Temporary` where it does not."""
    issue, found = issue_of(said, call), said.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    creator, description = fields.get("creator"), fields.get("description")
    name = creator.get("name") if isinstance(creator, abc.Mapping) else None
    return PagingIssue(
        issue=issue,
        description=description if isinstance(description, str) else "",
        is_ours=account.is_named(name),
    )
