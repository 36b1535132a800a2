"""Issues that exist: reading them, moving them through their workflow, changing them."""

from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from pdjira.adapters.http.messages import Answer, Call, segment
from pdjira.adapters.jira.answers import check_stored, is_jira_error, rows
from pdjira.adapters.jira.catalogue import create_screen, screen_field
from pdjira.adapters.jira.comments import comment_body, comment_of
from pdjira.adapters.jira.people import AccountNames, account_of, email_of
from pdjira.adapters.jira.searches import PROPERTY, named_in, reference, search
from pdjira.adapters.jira.session import JiraSession
from pdjira.errors import Refused, TooLarge
from pdjira.jql.opening_rules import PagingIssue
from pdjira.jql.query import quote
from pdjira.model.issue import (
    CommentPage,
    FieldSchema,
    HistoryEntry,
    Issue,
    IssueHistory,
    IssueRef,
    IssueStatus,
)
from pdjira.model.times import read_second, read_time
from pdjira.model.workflow import Filling, Transition

ALONG = 512 * 1024
"""Comments and history come along with an issue while the answer has no more bytes; else apart."""

LONGEST_HISTORY = 10 * 1024 * 1024
"""The most bytes of an issue's history that are read: 160 edits of the longest description."""

_API = "/rest/api/2"

_DONE = "done"

_Object = abc.Mapping[str, object]


class JiraIssues:
    """`Issues` of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def read_issue(
        self,
        issue_id: str,
        *,
        with_comments: bool = False,
        with_history: bool = False,
        fields: Iterable[str] = (),
        with_screen: bool = False,
    ) -> Issue:
        """As the port says; comments and history come along while the whole answer is small."""
        asked, has_more = tuple(fields), with_comments or with_history
        named = (*asked, "comment") if with_comments else asked
        query = issue_query(named, changelog=with_history, editmeta=with_screen)
        call = _reading(issue_id, query, largest=ALONG if has_more else None)
        try:
            answer = self._session.send(call)
        except TooLarge:
            if has_more:
                return self.read_issue(issue_id, fields=asked, with_screen=with_screen)
            raise
        said = self._session.read_shown(answer, call)
        found = asked_for(issue_of(said, call), issue_id, call)
        issue = with_values(found, said, fields=asked, with_screen=with_screen)
        if not has_more:
            return issue
        account = account_of(self._session, answer)
        history = history_of(said, account) if with_history else None
        comments = comments_of(said, account) if with_comments else None
        return replace(issue, history=history, comments=comments)

    def find_key(self, key: str) -> IssueRef:
        """As the port says: Jira takes the keys that an issue had before as well."""
        call = _reading(key, (("fields", "created"),))
        found = reference(self._session.read_shown(self._session.send(call), call))
        if found is None:
            raise call.lost("Jira did not describe the issue.")
        return found

    def read_history(self, issue_id: str) -> IssueHistory:
        """As the port says: Jira Server has no pages of it, so it is asked for by itself."""
        query = (("fields", "created"), ("expand", "changelog"))
        call = _reading(issue_id, query, largest=LONGEST_HISTORY)
        answer = self._session.send(call)
        said = self._session.read_shown(answer, call)
        return history_of(said, account_of(self._session, answer))

    def transitions(self, issue_id: str) -> Sequence[Transition]:
        """As the port says; each with the fields of its screen."""
        path = f"{_API}/issue/{segment(issue_id)}/transitions"
        query = (("expand", "transitions.fields"),)
        call = Call(method="GET", path=path, repeatable=True, query=query)
        return transitions_of(self._session.read_shown(self._session.send(call), call))

    def transition(self, issue_id: str, transition_id: str, filling: Filling) -> None:
        """As the port says. Jira answers 500 where it knows no such transition."""
        path = f"{_API}/issue/{segment(issue_id)}/transitions"
        body = transition_body(transition_id, filling)
        call = Call(method="POST", path=path, repeatable=False, body=body)
        answer = self._session.send(call)
        check_stored(answer, call)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and is_jira_error(answer):
            raise _unknown_transition(answer, call)
        self._session.check(answer, call)

    def update_issue(self, issue_id: str, fields: _Object) -> None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}"
        call = Call(method="PUT", path=path, repeatable=True, body={"fields": dict(fields)})
        answer = self._session.send(call)
        check_stored(answer, call)
        self._session.check(answer, call)

    def delete_issue(self, issue_id: str) -> None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}"
        call = Call(method="DELETE", path=path, repeatable=True)
        self._session.check(self._session.send(call), call)

    def issue_in(self, *, project_id: str, issue_type_id: str, status_id: str) -> IssueRef | None:
        """As the port says: the one that was changed last."""
        jql = (
            f"project = {quote(project_id)} AND issuetype = {quote(issue_type_id)}"
            f" AND status = {quote(status_id)} ORDER BY updated DESC"
        )
        asked = {"jql": jql, "maxResults": 1, "fields": ["status"], "validateQuery": False}
        said = search(self._session, asked)
        return next((one for row in rows(said, "issues") if (one := reference(row))), None)


def _reading(
    issue_id: str, query: tuple[tuple[str, str], ...], *, largest: int | None = None
) -> Call:
    path = f"{_API}/issue/{segment(issue_id)}"
    return Call(method="GET", path=path, repeatable=True, query=query, largest=largest)


def transition_body(transition_id: str, filling: Filling) -> dict[str, object]:
    """What Jira takes as a transition, with what is given along.

    What a field takes by `add` only stands in `update`; in `fields` Jira refuses it (REST document
    of Jira, "Update an issue").
    """
    added = dict(filling.additions)
    if filling.comment:
        added["comment"] = [comment_body(filling.comment)]
    update = {name: [{"add": value} for value in values] for name, values in added.items()}
    parts = {"fields": dict(filling.fields), "update": update}
    given = {name: part for name, part in parts.items() if part}
    return {"transition": {"id": transition_id}, **given}


def issue_of(said: _Object, call: Call) -> Issue:
    """The issue that Jira describes. Raises `Temporary` where it does not."""
    found = said.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    ref, status = reference(said), status_of(fields.get("status"))
    project, issue_type = _id_of(fields.get("project")), _id_of(fields.get("issuetype"))
    if ref is None or status is None or project is None or issue_type is None:
        raise call.lost("Jira did not describe the issue.")
    assignee, summary = fields.get("assignee"), fields.get("summary")
    return Issue(
        ref=ref,
        status=status,
        project_id=project,
        issue_type_id=issue_type,
        summary=summary if isinstance(summary, str) else "",
        priority_id=_id_of(fields.get("priority")),
        priority_name=_name_of(fields.get("priority")),
        resolution_id=_id_of(fields.get("resolution")),
        resolved_at=read_time(fields.get("resolutiondate")),
        assignee=_name_of(assignee),
        assignee_email=email_of(assignee),
        is_untouched=_is_untouched(fields),
        created_at=read_second(fields.get("created")),
        naming=named_in(said),
    )


def asked_for(issue: Issue, issue_id: str, call: Call) -> Issue:
    """The issue, where it is the one that was asked for. Raises `Temporary` for another."""
    if issue.ref.id != issue_id:
        raise call.lost(f"Jira answered {call.where} with another issue ({issue.ref.key}).")
    return issue


def comments_of(said: _Object, account: AccountNames) -> CommentPage | None:
    """The comments that Jira shows with an issue, without marks; None where some are missing."""
    fields = said.get("fields")
    found = fields.get("comment") if isinstance(fields, abc.Mapping) else None
    listed = rows(found, "comments") if isinstance(found, abc.Mapping) else []
    total = found.get("total", len(listed)) if isinstance(found, abc.Mapping) else None
    if total != len(listed):
        return None
    comments = (comment_of(row, account, is_marked=None) for row in listed)
    return CommentPage(comments=tuple(one for one in comments if one), start=0, end=len(listed))


def _is_untouched(fields: _Object) -> bool:
    """Whether the issue is as it was created: Jira then gives one time for both.

    Some databases keep whole seconds, in which an automation may have changed it already.
    """
    created = read_time(fields.get("created"))
    is_same = created is not None and created == read_time(fields.get("updated"))
    return is_same and created is not None and created.microsecond > 0


def _name_of(said: object) -> str | None:
    found = said.get("name") if isinstance(said, abc.Mapping) else None
    return None if found is None else str(found)


def _id_of(said: object) -> str | None:
    found = said.get("id") if isinstance(said, abc.Mapping) else None
    return None if found is None else str(found)


def transitions_of(said: _Object) -> tuple[Transition, ...]:
    """The transitions that Jira offers; one that leads nowhere is left out."""
    return tuple(one for row in rows(said, "transitions") if (one := _transition(row)))


def status_of(said: object) -> IssueStatus | None:
    """A status as Jira describes it."""
    if not isinstance(said, abc.Mapping) or not said.get("id"):
        return None
    category = said.get("statusCategory")
    key = category.get("key") if isinstance(category, abc.Mapping) else None
    return IssueStatus(id=str(said["id"]), name=str(said.get("name")), done=key == _DONE)


def _transition(row: _Object) -> Transition | None:
    to = status_of(row.get("to"))
    if to is None:
        return None
    return Transition(
        id=str(row.get("id")),
        name=str(row.get("name")),
        to=to,
        fields=tuple(map(screen_field, rows(row, "fields"))),
    )


def _unknown_transition(answer: Answer, call: Call) -> Refused:
    return Refused(f"Jira does not know the transition of {call.where}.", status=answer.status)


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

PAGING_FIELDS = (*ISSUE_FIELDS, "creator")


class JiraPagingIssues:
    """`PagingIssues` of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
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


def paging_issue(
    said: abc.Mapping[str, object], call: Call, *, account: AccountNames
) -> PagingIssue:
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


_LONGEST_ID = 20


def history_of(said: _Object, account: AccountNames) -> IssueHistory:
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
