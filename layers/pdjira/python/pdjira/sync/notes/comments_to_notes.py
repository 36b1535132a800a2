"""Which comments of an issue its incident still lacks as notes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import Side, with_cure
from pdjira.model.comment import (
    MOST_AT_ONCE,
    CommentRecord,
    EarlierComments,
    NoteDraft,
    comment_record_id,
)
from pdjira.model.issue import CommentPage, Issue, IssueComment
from pdjira.model.link import Extra, Link
from pdjira.model.mapping import Mapping
from pdjira.sync.extras import MOST_REFUSALS, is_refused_lately
from pdjira.sync.issue.rules import hears_jira
from pdjira.sync.notes.notes_to_comments import next_attempt
from pdjira.sync.situation import Situation
from pdjira.sync.step import Skip, Step, Wait
from pdjira.text.markup import cut, one_line
from pdjira.text.plain_text import to_plain

ALL_COMMENTS = "all comments"
"""Stands for the comments of the issue as a whole, where Jira does not show them."""

LOOK_BACK = timedelta(hours=1)
"""How much older than the newest one seen a comment may be that nobody has looked at yet.

The clocks of a cluster's nodes differ, one may be corrected, and a late commit has the time at
which it began. What became of each comment is on record, so a long time costs little.
"""

_AHEAD = timedelta(minutes=15)
"""How far ahead of our own clock a time of Jira's is still believed."""

_FORMER_MARGIN = timedelta(seconds=10)

_FORMER_SKEW = timedelta(minutes=15)
"""By this an older version told new comments from old ones, by their time alone."""

_NAME_LIMIT = 100

_TEXT_LIMIT = 20_000


def next_note(situation: Situation, link: Link, mapping: Mapping | None) -> Step | Wait | None:
    """What brings the next comment onto the incident; None where it lacks none that is known.

    Comments restricted to a role or a group stay in Jira, and each is told once.
    """
    issue = situation.issue
    is_hopeless = len(situation.notes.refused) >= MOST_REFUSALS
    is_full = is_hopeless or situation.notes.carried >= MOST_AT_ONCE
    if mapping is None or issue is None or is_full:
        return None
    if further := _further_comments(situation, issue, link):
        return further
    for comment in lacking_notes(situation, link):
        if step := _step_for(comment, situation, link, mapping):
            return step
    return None


def _step_for(
    comment: IssueComment, situation: Situation, link: Link, mapping: Mapping
) -> Step | Wait | None:
    issue, note_id = situation.issue, record_id(comment)
    is_left = note_id in situation.notes.refused or _is_held(situation, link, comment)
    if issue is None or is_left:
        return None
    if not mapping.notes_to_pagerduty or _is_from_before(comment, link):
        return Skip(item_id=note_id)
    if comment.is_restricted:
        return Skip(item_id=note_id, says=_restricted(comment, issue))
    return _step(situation, draft(comment, issue, mapping, base_url=situation.notes.base_url))


def _is_held(situation: Situation, link: Link, comment: IssueComment) -> bool:
    """Whether PagerDuty may have refused it within the last hour."""
    owed = link.owed.get(Extra.NOTES)
    is_older = owed is not None and owed.tried is not None and comment.created_at < owed.tried
    return is_older and is_refused_lately(situation, link, Extra.NOTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadComments(Step):
    """Read the newest comments of the issue, with their marks, or those before so many."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.NOTES

    before: int | None = None


def _further_comments(situation: Situation, issue: Issue, link: Link) -> ReadComments | None:
    """What is still to be read: comments that did not come with the issue, marks, older pages."""
    page = issue.comments
    if ALL_COMMENTS in situation.notes.refused:
        return None
    if page is None:
        return ReadComments() if hears_jira(situation, link) else None
    if any(comment.is_marked is None for comment in lacking_notes(situation, link)):
        return ReadComments()
    start = earlier_start(page, link)
    return None if start is None else ReadComments(before=start)


def earlier_start(page: CommentPage, link: Link) -> int | None:
    """Before which comment older ones are still to be read; None: none of them may be new."""
    since = looked_at_since(link)
    is_far = since is not None and any(one.created_at < since for one in page.comments)
    return None if is_far or not page.start else page.start


def _restricted(comment: IssueComment, issue: Issue) -> str:
    says = (
        f"The comment of {_author(comment)} on {issue.ref.key} did not become a note: only a role "
        "or a group may see it."
    )
    return with_cure(says, "Let everybody see the comment in Jira, if it is to become a note.")


def lacking_notes(situation: Situation, link: Link) -> list[IssueComment]:
    """The comments that this round knows and nobody has dealt with yet, oldest first.

    A comment of ours is known by its mark or its record, whichever account wrote it. Our account
    alone tells nothing: people may use it.
    """
    page = situation.issue.comments if situation.issue else None
    recent = recent_comments(page, link) if page else ()
    return [comment for comment in recent if not _is_dealt_with(situation, comment)]


def recent_comments(page: CommentPage, link: Link) -> list[IssueComment]:
    """The comments that may be new, oldest first."""
    since = looked_at_since(link)
    found = [one for one in page.comments if since is None or one.created_at >= since]
    return sorted(found, key=lambda comment: comment.created_at)


def looked_at_since(link: Link) -> datetime | None:
    """The time before which all comments were looked at; None: not known of any."""
    seen = link.comments_seen
    if seen is None:
        return None if link.comments_on_record else link.claimed_at - LOOK_BACK
    return seen - LOOK_BACK


def are_on_record(situation: Situation, link: Link) -> bool:
    """Whether it is on record what became of each comment that may be new."""
    has_looked = _read_comments(situation, link) is not None
    return link.comments_on_record or (has_looked and not lacking_notes(situation, link))


def _is_from_before(comment: IssueComment, link: Link) -> bool:
    """Whether an older version, which kept no record of that, has looked at the comment."""
    if link.comments_on_record:
        return False
    seen = link.comments_seen
    since = seen - _FORMER_MARGIN if seen else link.claimed_at - _FORMER_SKEW
    return comment.by_us or comment.created_at < since


def _is_dealt_with(situation: Situation, comment: IssueComment) -> bool:
    record = situation.notes.records.get(record_id(comment))
    is_done = record is not None and (comment.is_restricted or record.comment_id is not None)
    return is_done or bool(comment.is_marked)


def seen_after(situation: Situation, link: Link) -> datetime | None:
    """Up to when comments were looked at once this round ends; None: none was ever.

    It moves up to the first one that nobody has dealt with, so that a later round takes that up.
    """
    page = _read_comments(situation, link)
    if page is None:
        return link.comments_seen
    lacking = lacking_notes(situation, link)
    if lacking:
        until = lacking[0].created_at
        done = tuple(one for one in page.comments if one.created_at <= until)
        page = replace(page, comments=done)
    times = [comment.created_at for comment in page.comments]
    return _latest(
        [*times, *([link.comments_seen] if link.comments_seen else [])], now=situation.now
    )


def earlier_comments(page: CommentPage, *, now: datetime) -> EarlierComments:
    """What is on an issue before it is linked, as far as later looks go back."""
    seen = _latest([comment.created_at for comment in page.comments], now=now)
    recent = (one.id for one in page.comments if seen and one.created_at >= seen - LOOK_BACK)
    return EarlierComments(seen=seen, ids=tuple(recent))


def _latest(times: list[datetime], *, now: datetime) -> datetime | None:
    """The latest of these times, as far as Jira's clock is believed."""
    return min(max(times), now + _AHEAD) if times else None


def _read_comments(situation: Situation, link: Link) -> CommentPage | None:
    """The comments, where all that may be new were read."""
    issue = situation.issue
    if issue is None or ALL_COMMENTS in situation.notes.refused:
        return None
    return None if _further_comments(situation, issue, link) else issue.comments


def record_id(comment: IssueComment) -> str:
    """What the record of a comment is known by, whether it is carried, kept back or ours."""
    return comment_record_id(comment.id)


def draft(comment: IssueComment, issue: Issue, mapping: Mapping, *, base_url: str) -> NoteDraft:
    """The note that carries a comment: who wrote it, its text, and where it stands."""
    name = _author(comment)
    origin = f"{base_url.rstrip('/')}/browse/{issue.ref.key}?focusedCommentId={comment.id}"
    text = cut(to_plain(comment.body), limit=_TEXT_LIMIT)
    writers = (comment.author_email, mapping.sync_notes_email)
    return NoteDraft(
        id=record_id(comment),
        name=name,
        content=f"[Jira] {name}: {text}\n{origin}",
        origin=origin,
        writers=tuple(dict.fromkeys(email for email in writers if email)),
    )


def _author(comment: IssueComment) -> str:
    return one_line(comment.author or "", limit=_NAME_LIMIT) or "somebody"


def _step(situation: Situation, note: NoteDraft) -> Step | Wait:
    """Add the note, after looking for it where an earlier attempt may have added it."""
    return next_attempt(
        situation,
        note.id,
        write=lambda known: AddNote(note=note, known=known),
        look=FindNote(note=note),
        lost=Wait(
            why="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
            extra=Extra.NOTES,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote(Step):
    """Add a note to the incident; `known` is the record on which that is decided."""

    side = Side.PAGERDUTY
    most_calls = 4
    extra = Extra.NOTES
    is_repair = writes = True

    note: NoteDraft
    known: CommentRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindNote(Step):
    """Look for a note that an earlier attempt, whose end is unknown, may have added."""

    side = Side.PAGERDUTY
    most_calls = 2
    extra = Extra.NOTES

    note: NoteDraft
