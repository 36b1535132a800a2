"""Which comments an issue still lacks: notes, status updates, and the end by a merge.

A signal brings its note along, so nothing is read for it; only a note that PagerDuty has trimmed,
or notes that may be missing (`notes_since` of the link), are read from the incident. A new link has
`notes_since` at the beginning of an incident that is old enough to have notes, a refused comment
sets it as well, and it is cleared once no note is missing.

After a merge the issue is not moved: it gets one comment, and nothing more is done under the link
until somebody reopens the incident. Then what both sides agree on is that it was resolved.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pdjira.errors import Side
from pdjira.model.comment import (
    MOST_AT_ONCE,
    Comment,
    CommentRecord,
    of_merge,
    of_note,
    of_notice,
    written_since,
)
from pdjira.model.incident import STATUS_UPDATE, Incident, IncidentStatus, Note
from pdjira.model.issue import Issue
from pdjira.model.link import Extra, Link, NoticeState
from pdjira.model.mapping import Mapping, fillable, status_meaning
from pdjira.model.notices import is_for_issue
from pdjira.model.times import BELIEVED_AFTER
from pdjira.sync.extras import MOST_REFUSALS, comes_again, is_refused_lately, is_turn
from pdjira.sync.fields.mapped_fields import DueWrite, Wanted, due_fields, wanted_of
from pdjira.sync.fields.mapped_fields import is_overwritten as is_overwritten_in_jira
from pdjira.sync.fields.mapped_fields import is_overwritten_there as is_overwritten_in_pagerduty
from pdjira.sync.fields.rules import UNREAD, attribute, known_of, priority_row, summary
from pdjira.sync.fields.values import texts_of
from pdjira.sync.situation import Situation
from pdjira.sync.status.rules import is_unfinished
from pdjira.sync.step import ReadHistory, Skip, Step, Wait
from pdjira.text.markup import LINE_LIMIT, cut, escape, one_line
from pdjira.text.plain_text import may_be_left_of, text_digest

ALL_NOTES = "all notes"
"""Stands for the incident's notes as a whole, where PagerDuty does not show them."""

_MARGIN = timedelta(hours=1)
"""PagerDuty cuts the time of a note to seconds, and its clock is not ours and may be corrected.

What became of each note is on record, so notes that were carried cost nothing.
"""


def next_comment(situation: Situation, link: Link, mapping: Mapping | None) -> Step | Wait | None:
    """What brings the next comment onto the issue; None where it lacks none.

    A note that is held back now is not carried later either, so that goes on record.
    """
    if mapping is None:
        return None
    if held := _held_note(situation, mapping):
        return Skip(item_id=held.id)
    if Extra.COMMENTS in link.owed and situation.notes.kept is None:
        return ReadKept()
    is_hopeless = len(situation.notes.comments_refused) >= MOST_REFUSALS
    if is_hopeless or situation.notes.carried >= MOST_AT_ONCE:
        return None
    lacking = _lacking_kept(situation, link)
    return _step(situation, lacking[0]) if lacking else _of_notes(situation, link, mapping)


def _of_notes(situation: Situation, link: Link, mapping: Mapping) -> Step | Wait | None:
    """What brings the next note, or the end by a merge, onto the issue."""
    if ALL_NOTES in situation.notes.comments_refused:
        return None
    if _must_read_notes(situation, link, mapping):
        return ReadNotes()
    for note in _notes(situation, link, mapping):
        if not is_done(situation, note.id):
            comment = of_note(note, situation.incident, internal=mapping.internal_comments)
            return _step(situation, comment)
    return _merge_step(situation, mapping) if situation.incident.merged_into else None


def _lacking_kept(situation: Situation, link: Link) -> list[Comment]:
    """The comments on record with their text that are tried in this round."""
    is_left = is_refused_lately(situation, link, Extra.COMMENTS)
    kept = () if is_left else (situation.notes.kept or {}).values()
    return [comment for comment in kept if not is_done(situation, comment.id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepComment(Step):
    """Put a comment that cannot be read again on record with its text, until it is added."""

    comment: Comment


def keep_update(situation: Situation, mapping: Mapping) -> KeepComment | None:
    """What keeps a status update that did not become a comment: it cannot be read again."""
    heard = situation.signal.note
    if heard is None or not heard.id.startswith(STATUS_UPDATE) or not mapping.notes_to_jira:
        return None
    record = situation.notes.records.get(heard.id)
    is_there = record is not None and record.comment_id is not None
    is_due = comes_again(situation, Extra.COMMENTS)
    if is_due or is_there or heard.id in (situation.notes.kept or {}):
        return None
    comment = of_note(heard, situation.incident, internal=mapping.internal_comments)
    return KeepComment(comment=comment)


def _held_note(situation: Situation, mapping: Mapping) -> Note | None:
    heard = situation.signal.note
    is_refused_lately = heard and not mapping.notes_to_jira and heard.id not in situation.notes.ours
    return (
        heard if heard and is_refused_lately and heard.id not in situation.notes.records else None
    )


def keep_overwritten(
    situation: Situation, link: Link, mapping: Mapping
) -> KeepComment | ReadHistory | None:
    """What puts on record what is about to be overwritten, until a comment tells it.

    Who moved the issue has to be known: our own step, whose answer was lost, is no conflict.
    """
    of_fields = lost_field(situation, link, mapping)
    if of_fields and not _is_kept(situation, of_fields):
        return KeepComment(comment=of_fields)
    comment, issue = conflict(situation, link, mapping), situation.issue
    if comment is None or issue is None or _is_kept(situation, comment):
        return None
    return ReadHistory() if issue.history is None else KeepComment(comment=comment)


def keep_notice(situation: Situation, link: Link, mapping: Mapping) -> KeepComment | None:
    """What has the issue say, too, that it cannot follow its incident: once for each cause.

    Where a crash came in between, it is kept once more, and its record tells that it is there.
    """
    for key, notice in link.notices.items():
        may_lack = key in situation.notices.fresh or situation.tried_since is not None
        if notice.state is NoticeState.TOLD or not may_lack or not is_for_issue(key):
            continue
        internal = mapping.internal_comments
        comment = of_notice(key, notice.text, situation.incident, internal=internal)
        if not _is_kept(situation, comment):
            return KeepComment(comment=comment)
    return None


def _is_kept(situation: Situation, comment: Comment) -> bool:
    return comment.id in (situation.notes.kept or {}) or is_done(situation, comment.id)


def notes_due_since(situation: Situation, link: Link, mapping: Mapping) -> datetime | None:
    """From when on notes may be missing on the issue once this round ends; None: none is."""
    extra = Extra.COMMENTS
    is_left = not is_turn(situation, link, extra) or is_refused_lately(situation, link, extra)
    held = link.notes_since if is_left and mapping.notes_to_jira else None
    is_owed = is_left and not comes_again(situation, extra) and not _is_heard(situation)
    if is_owed or situation.notes.comments_refused:
        held = notes_held_since(situation, link, mapping)
    left = [note.created_at for note in lacking_comments(situation, link, mapping)]
    is_cut = situation.notes.carried >= MOST_AT_ONCE
    return min([at for at in (held, *(left if is_cut else ())) if at], default=None)


def _is_heard(situation: Situation) -> bool:
    """Whether the note that the signal tells of has become a comment."""
    heard = situation.signal.note
    record = situation.notes.records.get(heard.id) if heard else None
    return record is not None and record.comment_id is not None


def lacking_comments(situation: Situation, link: Link, mapping: Mapping) -> list[Note]:
    """The notes that belong on the issue and that this round knows to be no comments yet."""
    notes, records = _notes(situation, link, mapping), situation.notes.records
    return [note for note in notes if note.id not in records or not records[note.id].comment_id]


def notes_held_since(situation: Situation, link: Link, mapping: Mapping) -> datetime | None:
    """From when on notes are missing where the signal's own note does not come onto the issue."""
    if not mapping.notes_to_jira:
        return None
    signal, note = situation.signal, situation.signal.note
    if signal.notes_since is not None:
        return min(link.notes_since or signal.notes_since, signal.notes_since)
    at = min(signal.occurred_at or situation.now, situation.now)
    if note is None or note.id in situation.notes.ours or note.id.startswith(STATUS_UPDATE):
        return link.notes_since
    return min(link.notes_since or at, at)


def _must_read_notes(situation: Situation, link: Link, mapping: Mapping) -> bool:
    if situation.notes.all is not None or not mapping.notes_to_jira:
        return False
    heard = situation.signal.note
    if is_refused_lately(situation, link, Extra.COMMENTS) and situation.signal.notes_since is None:
        return heard is not None and heard.trimmed
    return _since(situation, link) is not None or (heard is not None and heard.trimmed)


def _since(situation: Situation, link: Link) -> datetime | None:
    """From when on notes may be missing on the issue: from an earlier round, or as a sweep saw."""
    times = [at for at in (link.notes_since, situation.signal.notes_since) if at]
    return min(times) - _MARGIN if times else None


def due_notes(situation: Situation, link: Link) -> list[Note]:
    """Those of the incident's notes, ours among them, that may be missing on the issue."""
    heard, listed, since = situation.signal.note, situation.notes.all or (), _since(situation, link)
    late = written_since(listed, since) if since else []
    whole = [note for note in listed if heard is not None and note.id == heard.id]
    return [*(note for note in late if note not in whole), *whole]


def _notes(situation: Situation, link: Link, mapping: Mapping) -> list[Note]:
    """Those that belong on the issue, as far as this round knows, oldest first."""
    if not mapping.notes_to_jira:
        return []
    heard, due = situation.signal.note, due_notes(situation, link)
    wanted = [note for note in due if note.id not in situation.notes.ours]
    if heard is None or heard.id in situation.notes.ours:
        return wanted
    whole = next((note for note in wanted if note.id == heard.id), heard)
    others = [note for note in wanted if note.id != heard.id]
    return [whole, *others] if link.refused else [*others, whole]


def _merge_step(situation: Situation, mapping: Mapping) -> Step | Wait | None:
    if situation.notes.survivor is None:
        return ReadSurvivor()
    comment = of_merge(
        situation.incident, situation.notes.survivor, internal=mapping.internal_comments
    )
    return None if is_done(situation, comment.id) else _step(situation, comment)


def _step(situation: Situation, comment: Comment) -> Step | Wait:
    """Add the comment, after looking for it where an earlier attempt may have added it."""
    return next_attempt(
        situation,
        comment.id,
        write=lambda known: AddComment(comment=comment, known=known),
        look=FindComment(comment=comment),
        lost=Wait(
            why="An earlier attempt to add a comment had no answer, and Jira does not show it.",
            extra=Extra.COMMENTS,
        ),
    )


def is_done(situation: Situation, comment_id: str) -> bool:
    """Whether this round has nothing more to do about the comment."""
    record = situation.notes.records.get(comment_id)
    is_there = record is not None and record.comment_id is not None
    return is_there or comment_id in situation.notes.comments_refused


Write = TypeVar("Write")

Look = TypeVar("Look")


def next_attempt(
    situation: Situation,
    item_id: str,
    *,
    write: Callable[[CommentRecord | None], Write],
    look: Look,
    lost: Wait,
) -> Write | Look | Wait:
    """Write, after looking for what an earlier attempt may have written.

    That nothing was found is believed once the attempt is old; until then, wait (`lost`).
    """
    known = situation.notes.records.get(item_id)
    if known is None or known.attempt_at is None:
        return write(known)
    if item_id not in situation.notes.unlisted:
        return look
    is_young = situation.now < known.attempt_at + BELIEVED_AFTER
    return lost if is_young else write(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotes(Step):
    """Read all notes of the incident."""

    side = Side.PAGERDUTY
    most_calls = 3
    extra = Extra.COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSurvivor(Step):
    """Read the incident that goes on after a merge, and which issue it has."""

    side = Side.PAGERDUTY
    extra = Extra.COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadKept(Step):
    """Read the comments that are on record with their text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(Step):
    """Add a comment to the issue; `known` is the record on which that is decided."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.COMMENTS
    is_repair = writes = True

    comment: Comment
    known: CommentRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindComment(Step):
    """Look for a comment that an earlier attempt, whose end is unknown, may have added."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.COMMENTS

    comment: Comment


_CONFLICT = "conflict:"


def conflict(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps what Jira had, before it is overwritten; None where nothing is.

    Its id stays the same until both sides agree again.
    """
    issue, incident = situation.issue, situation.incident
    if issue is None or situation.status.origin is not None or situation.status.stuck:
        return None
    lost = [*_status(situation, issue, link, mapping), *_fields(situation, issue, link, mapping)]
    if not lost:
        return None
    parts = [link.agreed, incident.status, incident.priority, incident.title, lost]
    kept = "; ".join(lost)
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(parts))}",
        incident_id=incident.id,
        about="what Jira had",
        body=f"[PagerDuty] Both sides were changed; PagerDuty's change wins. Jira had: {kept}.",
        internal=mapping.internal_comments,
    )


def _status(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> Iterator[str]:
    agreed, now = link.agreed, situation.incident.status
    ours = agreed.status not in {None, now} and now in mapping.statuses and not link.paused
    theirs = agreed.issue_status_id not in {None, issue.status.id}
    theirs = theirs and not is_unfinished(situation, link, mapping)
    says: IncidentStatus | None = status_meaning(mapping, issue.status.id, now=now)
    if ours and theirs and says not in {None, now}:
        yield f"the status {escape(issue.status.name)}"


def _fields(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> Iterator[str]:
    agreed, incident, ruled = link.agreed, situation.incident, fillable(mapping)
    row = priority_row(mapping, incident)
    ours = agreed.priority_id != (incident.priority.id if incident.priority else None)
    theirs = link.initial_status_id is not None and agreed.issue_priority_id != issue.priority_id
    if row and row.jira_id != issue.priority_id and ours and theirs and "priority" not in ruled:
        name = issue.priority_name or issue.priority_id or "none"
        yield f"the priority {escape(one_line(name, limit=LINE_LIMIT))}"
    title = summary(incident)
    ours = agreed.title not in {None, text_digest(title)}
    theirs = agreed.issue_title not in {None, UNREAD, text_digest(issue.summary)}
    is_other = issue.summary != title and not may_be_left_of(title, issue.summary)
    if is_other and ours and theirs and "summary" not in ruled:
        yield f'the summary "{escape(one_line(issue.summary, limit=LINE_LIMIT))}"'


_KEPT_LIMIT = 2_000

_Lost = tuple[list[str], str]


def lost_field(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps a field's value before it is overwritten; None where none is lost.

    Its id stays the same until both sides agree again on that field.
    """
    lost = _in_jira(situation, link, mapping) or _in_pagerduty(situation, link, mapping)
    if lost is None:
        return None
    targets, said = lost
    parts = [[(target, known_of(link.agreed, target)) for target in targets], said]
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(parts))}",
        incident_id=situation.incident.id,
        about="overwritten value of a field",
        body=f"[PagerDuty] Both sides were changed; {said}",
        internal=mapping.internal_comments,
    )


def _in_jira(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    if situation.fields.refused:
        return None
    dues = due_fields(situation, link, mapping)
    lost = [due for due in dues if is_overwritten_in_jira(due, link.agreed)]
    kept = "; ".join(map(_of_issue, lost))
    says = f"PagerDuty's change wins. Jira had: {kept}."
    return ([due.schema.id for due in lost], says) if lost else None


def _in_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    incident, agreed = situation.incident, link.agreed
    wanted = next(wanted_of(situation, link, mapping), None)
    if wanted is None or not wanted.is_write:
        return None
    if not is_overwritten_in_pagerduty(wanted.rule, incident, agreed):
        return None
    says = f"Jira's change wins. PagerDuty had: {_of_incident(wanted, incident)}."
    return [wanted.rule.target], says


def _of_issue(due: DueWrite) -> str:
    return f'{escape(due.schema.name)} "{_shown(", ".join(texts_of(due.held)))}"'


def _of_incident(wanted: Wanted, incident: Incident) -> str:
    source = wanted.rule.source or ""
    value = attribute(incident, source) or ""
    return f'{escape(source)} "{_shown(value if isinstance(value, str) else ", ".join(value))}"'


def _shown(text: str) -> str:
    return escape(cut(text, limit=_KEPT_LIMIT))
