"""What is written about an incident becomes comments on its issues, each of them exactly once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pdjira.model.incident import STATUS_UPDATE, Incident, Note
from pdjira.model.issue import IssueRef
from pdjira.text.markup import (
    LINE_LIMIT,
    TEXT_LIMIT,
    cut,
    escape,
    escape_with_code,
    one_line,
    units,
    whole_escapes,
)

MOST_AT_ONCE = 50
"""How many notes and comments one delivery carries; the next one goes on with the rest."""

_MERGE, _NOTICE = "merge:", "notice:"

_CUT = " (cut by PagerDuty)"

_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment to be added to an issue.

    `id` tells what it carries: a note's id, or `<kind>:<id>`. `body` is wiki markup, `about` says
    in a few words what it is, and `internal` keeps it from the customers of a service desk.
    """

    id: str
    incident_id: str
    about: str
    body: str
    internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDraft:
    """A note to be added to an incident.

    `id` tells which comment it carries, `origin` is its last line, by which it is found again.
    `writers` are e-mail addresses of PagerDuty users, tried in this order; after them comes the
    one that the secret names.
    """

    id: str
    name: str
    content: str
    origin: str
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRecord:
    """How far a comment has come: it is there (`comment_id`), or an attempt is in flight.

    Neither: an earlier attempt surely added nothing. `text` is the digest of what the attempt was
    to add, where that is a note.
    """

    comment_id: str | None = None
    attempt_at: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierComments:
    """What stood on an issue before it was linked: the newest comment's time, and recent ids."""

    seen: datetime | None
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """The incident that goes on after a merge, and its issue; None where it is not known."""

    incident: Incident | None
    issue: IssueRef | None


def comment_record_id(comment_id: str) -> str:
    """What the record of a comment in Jira is known by: what became of it, or that it is ours."""
    return f"comment:{comment_id}"


def of_note(note: Note, incident: Incident, *, internal: bool) -> Comment:
    """The comment that carries a note or a status update, and names who wrote it."""
    name = one_line(note.author or "", limit=_NAME_LIMIT) or "somebody"
    is_update = note.id.startswith(STATUS_UPDATE)
    text = note.content.strip() + (_CUT if note.trimmed else "")
    start = f"[PagerDuty] {escape(name)}: {'Status update: ' if is_update else ''}"
    return Comment(
        id=note.id,
        incident_id=incident.id,
        about=f"{'status update' if is_update else 'note'} of {name}",
        body=whole_escapes(start + _fitted(text, room=TEXT_LIMIT - units(start))),
        internal=internal,
    )


def of_merge(incident: Incident, survivor: Survivor, *, internal: bool) -> Comment:
    """The comment that names the incident which goes on, and its issue."""
    goes_on, issue = survivor.incident, survivor.issue
    name = incident.merged_into or ""
    if goes_on:
        title = escape(one_line(goes_on.title, limit=LINE_LIMIT))
        name = f"{goes_on.number}: {title} ({goes_on.html_url})"
    follow = f"Its issue is {issue.key}." if issue else "It has no issue yet."
    return Comment(
        id=f"{_MERGE}{incident.merged_into}",
        incident_id=incident.id,
        about="merge",
        body=f"[PagerDuty] This incident was merged into incident {name}, which goes on. {follow}",
        internal=internal,
    )


def of_notice(key: str, text: str, incident: Incident, *, internal: bool) -> Comment:
    """The comment that says on the issue what a notice says on the incident, once per cause."""
    return Comment(
        id=f"{_NOTICE}{key}",
        incident_id=incident.id,
        about="why it does not follow its incident",
        body=f"[PagerDuty] {escape(text)}",
        internal=internal,
    )


def of_transition(text: str, incident: Incident, *, issue: IssueRef, internal: bool) -> Comment:
    """The comment that a transition asks for, and that a rule fills with wiki markup."""
    return Comment(
        id=f"{_NOTICE}transition",
        incident_id=incident.id,
        about=f"comment of a transition of {issue.key}",
        body=text,
        internal=internal,
    )


def written_since(notes: Iterable[Note], since: datetime) -> list[Note]:
    """The notes written at or after a time, oldest first."""
    found = [note for note in notes if note.created_at is None or note.created_at >= since]
    return sorted(found, key=lambda note: note.created_at or since)


def _fitted(text: str, *, room: int) -> str:
    """The text as markup of at most so many units; cut text ends with an ellipsis."""
    text = cut(text, limit=room)
    markup = escape_with_code(text)
    while units(markup) > room:
        text = cut(text, limit=units(text) * 9 // 10)
        markup = escape_with_code(text)
    return markup


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAttempt:
    """An attempt to add a note whose text has the digest `text`.

    `at`: when it began; None: it has ended, or there was none. `note_id`: the note that came of it.
    `writers` are e-mail addresses: the note is in the name of one of them.
    """

    text: str
    at: datetime | None = None
    writers: tuple[str, ...] = ()
    note_id: str | None = None
