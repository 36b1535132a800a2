"""What is asked of an issue, and its fields, comments, history and links as Jira tells them."""

from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from pdjira.adapters.http.messages import Call
from pdjira.adapters.jira.accounts import Account
from pdjira.adapters.jira.catalogue import create_screen, screen_field
from pdjira.adapters.jira.lists import rows
from pdjira.adapters.jira.marks import PROPERTY
from pdjira.adapters.jira.people import check_right
from pdjira.adapters.jira.session import Session
from pdjira.model.issue import (
    FieldSchema,
    HistoryEntry,
    Issue,
    IssueComment,
    IssueHistory,
    IssueRef,
)
from pdjira.model.times import read_time

ISSUE_FIELDS = (
    "status",
    "project",
    "issuetype",
    "summary",
    "priority",
    "resolution",
    "resolutiondate",
    "assignee",
    "created",
    "updated",
    "description",
)
"""What is asked of every issue."""

_Object = abc.Mapping[str, object]


def issue_query(
    more: Iterable[str], *, changelog: bool = False, editmeta: bool = False
) -> tuple[tuple[str, str], ...]:
    """The query of a GET: the fields that are always needed, `more`, and what is expanded.

    With more fields their kinds are asked for, too:
    https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/ (`expand` of an issue).
    """
    asked = tuple(more)
    fields = ",".join(dict.fromkeys((*ISSUE_FIELDS, *asked)))
    has_more = bool(set(asked) - {"comment", *ISSUE_FIELDS})
    wanted = {"changelog": changelog, "editmeta": editmeta, "schema": has_more}
    expand = ",".join(name for name, is_wanted in wanted.items() if is_wanted)
    query = (("fields", fields), ("properties", PROPERTY))
    return (*query, ("expand", expand)) if expand else query


def with_values(issue: Issue, said: _Object, *, fields: Iterable[str], with_screen: bool) -> Issue:
    """The issue with its screen and the values that were asked for, as far as it has the fields.

    A field that is empty holds None. Jira leaves out what it does not show on the issue: the field
    is hidden, or none of its contexts is that of the issue.
    """
    asked = frozenset(fields)
    found, meta = said.get("fields"), said.get("editmeta")
    held = found if isinstance(found, abc.Mapping) else {}
    screen = create_screen(rows(meta if isinstance(meta, abc.Mapping) else {}, "fields"))
    return replace(
        issue,
        asked=asked,
        fields={name: held[name] for name in asked if name in held},
        screen=screen if with_screen else None,
        schemas=_schemas(said, asked),
    )


def _schemas(said: _Object, asked: frozenset[str]) -> dict[str, FieldSchema]:
    found = said.get("schema")
    schemas = found if isinstance(found, abc.Mapping) else {}
    return {
        name: screen_field({"fieldId": name, "schema": schemas[name]})
        for name in asked & schemas.keys()
    }


def comment_of(
    row: _Object, account: Account | None, *, is_marked: bool | None
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


def email_of(user: object) -> str | None:
    """A user's address, as far as it can stand in a header."""
    found = user.get("emailAddress") if isinstance(user, abc.Mapping) else None
    email = found.strip() if isinstance(found, str) else ""
    is_plain = email.isascii() and email.isprintable() and " " not in email
    return email if is_plain and email.count("@") == 1 else None


_LONGEST_ID = 20


def history_of(said: _Object, account: Account) -> IssueHistory:
    """What the changelog of an issue tells, in whatever order Jira gives it."""
    changes = sorted(_changes(said), key=lambda change: (change.at, change.number))
    return IssueHistory(
        initial_status_id=_first(changes, "status", "from"),
        initial_priority_id=_first(changes, "priority", "from"),
        initial_summary=_first(changes, "summary", "fromString"),
        entries=tuple(
            HistoryEntry(
                id=change.id,
                status_id=_moved_to(change),
                by_us=account.is_named(change.author),
            )
            for change in changes
        ),
    )


class _Change(NamedTuple):
    """An entry; `number` is its id, which tells the order of those of one moment."""

    at: datetime
    number: int
    id: str
    author: object
    items: Sequence[_Object]


def _changes(said: _Object) -> Iterator[_Change]:
    changelog = said.get("changelog")
    for change in rows(changelog if isinstance(changelog, abc.Mapping) else {}, "histories"):
        at, author = read_time(change.get("created")), change.get("author")
        name = author.get("name") if isinstance(author, abc.Mapping) else None
        id_ = str(change.get("id"))
        number = int(id_) if id_.isdecimal() and len(id_) < _LONGEST_ID else 0
        if at:
            yield _Change(at, number, id_, name, rows(change, "items"))


def _moved_to(change: _Change) -> str | None:
    moves = (str(item.get("to")) for item in change.items if item.get("field") == "status")
    return next(moves, None)


def _first(changes: Sequence[_Change], field: str, key: str) -> str | None:
    """What the field held before its first change; None where it was never changed."""
    items = (item for change in changes for item in change.items if item.get("field") == field)
    first = next(items, None)
    return None if first is None else str(first.get(key) or "")


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
