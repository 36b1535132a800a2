"""Links between issues.

Jira answers 401 where our account lacks the right Link Issues on the issue that the link starts
from, and 404 for a link type that it does not know and where linking is switched off (Atlassian's
REST document and its functional tests). The same link once more is one link.
"""

from pdjira.adapters.http.messages import Call
from pdjira.adapters.jira.people import check_right
from pdjira.adapters.jira.session import Session
from pdjira.domain.issue import IssueRef

DUPLICATE = "Duplicate"
"""The link type that every Jira has until its administrator renames or deletes it."""


class JiraIssueLinks:
    """`IssueLinks` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def show_duplicate(self, duplicate: IssueRef, *, of: IssueRef) -> None:
        """As the port says."""
        body = duplicate_body(duplicate, of=of)
        call = Call(method="POST", path="/rest/api/2/issueLink", repeatable=True, body=body)
        check_right(self._session, self._session.send(call), call)


def duplicate_body(duplicate: IssueRef, *, of: IssueRef) -> dict[str, object]:
    """What Jira takes: the link starts from the issue that it calls the inward one."""
    return {
        "type": {"name": DUPLICATE},
        "inwardIssue": {"key": duplicate.key},
        "outwardIssue": {"key": of.key},
    }
