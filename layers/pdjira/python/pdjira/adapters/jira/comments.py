"""Comments on issues: marked when they are added, told by their mark afterwards."""

from collections import deque
from collections.abc import Iterator, Mapping

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.accounts import Account, account_in
from pdjira.adapters.jira.answers import check_stored
from pdjira.adapters.jira.lists import is_last, rows
from pdjira.adapters.jira.session import Session
from pdjira.domain.comments import Comment
from pdjira.errors import NotFound

PROPERTY = "pagerduty.note"
INTERNAL = "sd.public.comment"
"""Service Desk's property of a comment that its customers do not see."""

_API = "/rest/api/2"
_PAGE = 100
_ASKED_SINGLY = 50
_Object = Mapping[str, object]


class JiraComments:
    """`Comments` of the Jira that the session leads to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_comment(self, issue_id: str, comment: Comment) -> str:
        """As the port says: one call, the mark in it."""
        call = Call(
            method="POST",
            path=f"{_API}/issue/{segment(issue_id)}/comment",
            repeatable=False,
            body=comment_body(comment),
        )
        answer = self._session.send(call)
        check_stored(answer, call)
        comment_id = self._session.read(answer, call, anonymous=answer.ok).get("id")
        if comment_id is None:
            raise call.lost("Jira took the comment, but its answer names none.")
        return str(comment_id)

    def find_comment(self, issue_id: str, comment: Comment) -> str | None:
        """As the port says; comments are no matter of the index, so what is there is found.

        Where Jira does not show marks with the comments, the latest ones of our account are asked
        for theirs, one by one.
        """
        wanted = property_value(comment)
        unshown: deque[_Object] = deque(maxlen=_ASKED_SINGLY)
        for row, account in self._comments(issue_id):
            properties = row.get("properties")
            if not isinstance(properties, list):
                unshown.extend([row] if _may_be_of(account, row) else [])
            elif _shown_mark(properties) == wanted:
                return str(row.get("id"))
        found = (row for row in reversed(unshown) if self._mark(row) == wanted)
        return next((str(row.get("id")) for row in found), None)

    def _comments(self, issue_id: str) -> Iterator[tuple[_Object, Account | None]]:
        """The comments, oldest first, each with our account where Jira names it."""
        path = f"{_API}/issue/{segment(issue_id)}/comment"
        read = 0
        while True:
            query = (("startAt", str(read)), ("maxResults", str(_PAGE)), ("expand", "properties"))
            call = Call(method="GET", path=path, repeatable=True, query=query)
            answer = self._session.send(call)
            page = self._session.read(answer, call)
            comments = rows(page, "comments")
            yield from ((row, account_in(answer)) for row in comments)
            read += len(comments)
            if is_last(page, read=read, new=len(comments)):
                return

    def _mark(self, row: _Object) -> object:
        """The mark of a comment, asked for by itself."""
        path = f"{_API}/comment/{segment(str(row.get('id')))}/properties/{PROPERTY}"
        try:
            return self._session.ask(Call(method="GET", path=path, repeatable=True)).get("value")
        except NotFound:
            return None


def _shown_mark(properties: list[object]) -> object:
    held = (one for one in properties if isinstance(one, Mapping))
    return next((one.get("value") for one in held if one.get("key") == PROPERTY), None)


def _may_be_of(account: Account | None, row: _Object) -> bool:
    """Whether the account may have written the comment."""
    author = row.get("author")
    name = author.get("name") if isinstance(author, Mapping) else None
    return account is None or name is None or account.is_named(name)


def comment_body(comment: Comment) -> dict[str, object]:
    """What Jira takes as a comment: the text with its mark, so that neither is without the other.

    Internal: https://developer.atlassian.com/server/jira/platform/ (`sd.public.comment`).
    """
    marks: list[dict[str, object]] = [{"key": PROPERTY, "value": property_value(comment)}]
    if comment.internal:
        marks.append({"key": INTERNAL, "value": {"internal": True}})
    return {"body": comment.body, "properties": marks}


def property_value(comment: Comment) -> dict[str, str]:
    """The mark of a comment."""
    return {"id": comment.id, "incident": comment.incident_id}
