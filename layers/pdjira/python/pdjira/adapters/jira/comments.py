"""Comments on issues: marked when they are added, read page by page, told by their mark."""

from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from pdjira.adapters.http.messages import Answer, Call, segment
from pdjira.adapters.jira.answers import check_stored
from pdjira.adapters.jira.answers import rows as rows_of
from pdjira.adapters.jira.people import AccountNames, account_in, account_of, email_of
from pdjira.adapters.jira.session import JiraSession
from pdjira.errors import NotFound, TooLarge
from pdjira.model.comment import Comment
from pdjira.model.issue import CommentPage, IssueComment
from pdjira.model.times import read_time
from pdjira.text.plain_text import without_supplementary

PROPERTY = "pagerduty.note"

INTERNAL = "sd.public.comment"
"""Service Desk's property of a comment that its customers do not see."""

PAGE_SIZES = (50, 5, 1)
"""How many comments are read at once; fewer where these are too large.

Fifty of the longest that Jira takes (32,767 characters of at most six bytes) are always read.
"""

_API = "/rest/api/2"

_ASKED_SINGLY = 50

_MOST_PAGES = 100

_Object = abc.Mapping[str, object]


class _Page(NamedTuple):
    """Comments from `start` on as Jira tells them, and the answer that they were in."""

    start: int
    rows: Sequence[_Object] = ()
    answer: Answer | None = None


class JiraComments:
    """`Comments` of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
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
            raise call.lost("Jira added the comment, but its answer does not name it.")
        return str(comment_id)

    def read_comments(self, issue_id: str, *, before: int | None = None) -> CommentPage:
        """As the port says; the newest are at the end of the list, and its total tells where."""
        end = self._total(issue_id) if before is None else before
        page = self._page_before(issue_id, end)
        account = account_of(self._session, page.answer) if page.answer else None
        found = (comment_of(row, account, is_marked=_is_marked(row)) for row in page.rows)
        return CommentPage(comments=tuple(one for one in found if one), start=page.start, end=end)

    def is_marked(self, comment_id: str) -> bool:
        """As the port says."""
        return is_mark(self._mark(comment_id))

    def find_comments(self, issue_id: str, comment: Comment, *, since: datetime) -> Sequence[str]:
        """As the port says; comments do not depend on the index, so what is there is found.

        Where Jira does not show marks with the comments, the latest ones of our account are asked
        for theirs, one by one.
        """
        wanted, alike, asked = property_value(comment), [], 0
        for row, answer in self._newest(issue_id, since):
            if _shows_marks(row):
                mark = _mark_in(row)
            elif asked < _ASKED_SINGLY and _may_be_of(account_in(answer), row):
                mark, asked = self._mark(_id_of(row)), asked + 1
            else:
                continue
            if mark == wanted:
                return [_id_of(row)]
            if mark is None and is_alike(row.get("body"), comment) and self._is_by_us(row, answer):
                alike.append(_id_of(row))
        return alike[::-1]

    def _is_by_us(self, row: _Object, answer: Answer) -> bool:
        return account_of(self._session, answer).is_named(_author_of(row))

    def _newest(self, issue_id: str, since: datetime) -> Iterator[tuple[_Object, Answer]]:
        """The comments, newest first, back to a time, each with the answer that it was in."""
        end = self._total(issue_id)
        for _ in range(_MOST_PAGES):
            page = self._page_before(issue_id, end)
            for row in reversed(page.rows):
                if page.answer:
                    yield row, page.answer
            end = page.start
            oldest = read_time(page.rows[0].get("created")) if page.rows else None
            if not end or (oldest and oldest < since):
                return

    def _page_before(self, issue_id: str, end: int) -> _Page:
        """The page that ends there; an empty one where even one comment is too large to be read.

        Comments that are hidden from us leave pages short or empty, while the total counts them.
        """
        start = end
        for size in PAGE_SIZES if end else ():
            start = max(0, end - size)
            with suppress(TooLarge):
                said, answer = self._list(issue_id, start=start, size=end - start)
                return _Page(start, rows_of(said, "comments"), answer)
        return _Page(start)

    def _total(self, issue_id: str) -> int:
        """How many comments there are. Raises `TooLarge` where even one is."""
        said, _ = self._list(issue_id, start=0, size=1)
        total = said.get("total", len(rows_of(said, "comments")))
        return total if isinstance(total, int) else 0

    def _list(self, issue_id: str, *, start: int, size: int) -> tuple[_Object, Answer]:
        path = f"{_API}/issue/{segment(issue_id)}/comment"
        query = (("startAt", str(start)), ("maxResults", str(size)), ("expand", "properties"))
        call = Call(method="GET", path=path, repeatable=True, query=query)
        answer = self._session.send(call)
        return self._session.read_shown(answer, call), answer

    def _mark(self, comment_id: str) -> object:
        """The mark of a comment, by a call of its own."""
        path = f"{_API}/comment/{segment(comment_id)}/properties/{PROPERTY}"
        try:
            return self._session.ask(Call(method="GET", path=path, repeatable=True)).get("value")
        except NotFound:
            return None


def is_mark(value: object) -> bool:
    """Whether the value of a comment's property is a mark that we set, for whatever incident."""
    return isinstance(value, abc.Mapping) and isinstance(value.get("id"), str)


def is_alike(body: object, comment: Comment) -> bool:
    """Whether Jira holds exactly the comment's text; it may have changed how lines end."""
    texts = [comment.body, str(without_supplementary(comment.body))]
    return isinstance(body, str) and _lines(body) in [_lines(text) for text in texts]


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


def _shows_marks(row: _Object) -> bool:
    return isinstance(row.get("properties"), list)


def _is_marked(row: _Object) -> bool | None:
    return is_mark(_mark_in(row)) if _shows_marks(row) else None


def _mark_in(row: _Object) -> object:
    found = row.get("properties")
    held = (one for one in found if isinstance(one, abc.Mapping)) if isinstance(found, list) else ()
    return next((one.get("value") for one in held if one.get("key") == PROPERTY), None)


def _id_of(row: _Object) -> str:
    return str(row.get("id"))


def _author_of(row: _Object) -> object:
    author = row.get("author")
    return author.get("name") if isinstance(author, abc.Mapping) else None


def _may_be_of(account: AccountNames | None, row: _Object) -> bool:
    """Whether the account may have written the comment."""
    name = _author_of(row)
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


def comment_of(
    row: _Object, account: AccountNames | None, *, is_marked: bool | None
) -> IssueComment | None:
    """A comment as Jira tells it; None for one without an id or a time."""
    at, who = read_time(row.get("created")), row.get("author")
    author = who if isinstance(who, abc.Mapping) else {}
    if at is None or row.get("id") is None:
        return None
    return IssueComment(
        id=str(row["id"]),
        body=str(row.get("body") or ""),
        created_at=at,
        author=str(author.get("displayName") or author.get("name") or "") or None,
        author_email=email_of(author),
        is_marked=is_marked,
        by_us=account is not None and account.is_named(author.get("name")),
        is_restricted=bool(row.get("visibility")),
    )
