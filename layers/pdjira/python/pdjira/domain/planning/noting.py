"""Which comments of an issue its incident still lacks as notes."""

from datetime import datetime, timedelta
from itertools import takewhile

from pdjira.domain.comments import MOST_AT_ONCE, NoteDraft
from pdjira.domain.issue import Issue, IssueComment
from pdjira.domain.link import Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.actions import AddNote, FindNote, NoteStep, Skip, Wait
from pdjira.domain.planning.at_most_once import next_attempt
from pdjira.domain.planning.situation import Situation
from pdjira.domain.retries import MOST_REFUSALS
from pdjira.domain.signals import FROM_JIRA
from pdjira.domain.text.cures import with_cure
from pdjira.domain.text.markup import cut, one_line
from pdjira.domain.text.plain_text import to_plain

_MARGIN = timedelta(seconds=10)
"""The clocks of a cluster's nodes differ, and comments bear the time of the node."""

_SKEW = timedelta(minutes=15)
"""How far Jira's clock may be from ours."""

_LATER = _MARGIN + timedelta(seconds=1)

_NAME_LIMIT = 100
_TEXT_LIMIT = 20_000


def next_note(situation: Situation, link: Link, mapping: Mapping) -> NoteStep | Wait | None:
    """What brings the next comment onto the incident; None where it lacks none that is known.

    Comments restricted to a role or a group stay in Jira, and each is told once.
    """
    issue = situation.issue
    is_hopeless = len(situation.notes_refused) >= MOST_REFUSALS
    if issue is None or is_hopeless or situation.carried >= MOST_AT_ONCE:
        return None
    for comment in lacking_notes(situation, link, mapping):
        note_id = record_id(comment)
        if comment.is_restricted:
            return Skip(item_id=note_id, says=_restricted(comment, issue))
        if note_id not in situation.notes_refused:
            return _step(situation, draft(comment, issue, mapping, base_url=situation.base_url))
    return None


def _restricted(comment: IssueComment, issue: Issue) -> str:
    says = (
        f"The comment of {_author(comment)} on {issue.ref.key} did not become a note: only a role "
        "or a group may see it."
    )
    return with_cure(says, "Let all see the comment in Jira, if it shall go over.")


def lacking_notes(situation: Situation, link: Link, mapping: Mapping) -> list[IssueComment]:
    """The new comments that this round knows to be no notes yet, oldest first."""
    issue = situation.issue
    if issue is None or issue.comments is None or not mapping.notes_to_pagerduty:
        return []
    found = new_comments(issue.comments, link)
    return [comment for comment in found if not _is_dealt_with(situation, comment)]


def _is_dealt_with(situation: Situation, comment: IssueComment) -> bool:
    record = situation.records.get(record_id(comment))
    return record is not None and (comment.is_restricted or record.comment_id is not None)


def seen_after(situation: Situation, link: Link, mapping: Mapping) -> datetime | None:
    """Up to when comments were looked at once this round ends; None: none was ever.

    It moves up to the first that did not become a note, so that a later round takes it up. What is
    held back while they do not become notes counts as looked at.
    """
    if not mapping.notes_to_pagerduty:
        is_heard = situation.signal.kind in FROM_JIRA
        return situation.now + _LATER if is_heard else link.comments_seen
    issue = situation.issue
    if issue is None or issue.comments is None:
        return link.comments_seen
    times = [comment.created_at for comment in issue.comments]
    if lacking_notes(situation, link, mapping):
        done = takewhile(
            lambda comment: _is_dealt_with(situation, comment), new_comments(issue.comments, link)
        )
        times = [comment.created_at + _MARGIN for comment in done]
    return max([*times, *([link.comments_seen] if link.comments_seen else [])], default=None)


def new_comments(comments: tuple[IssueComment, ...], link: Link) -> list[IssueComment]:
    """The comments that people wrote since the last look, oldest first."""
    seen = link.comments_seen
    since = seen - _MARGIN if seen else link.claimed_at - _SKEW
    found = [comment for comment in comments if comment.created_at >= since and not comment.is_ours]
    return sorted(found, key=lambda comment: comment.created_at)


def record_id(comment: IssueComment) -> str:
    """What the record of a comment's note is known by."""
    return f"comment:{comment.id}"


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


def _step(situation: Situation, note: NoteDraft) -> NoteStep | Wait:
    """Add the note, after looking for it where an earlier attempt may have added it."""
    return next_attempt(
        situation,
        note.id,
        write=lambda known: AddNote(note=note, known=known),
        look=FindNote(note=note),
        lost="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
    )
