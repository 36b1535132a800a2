"""Which notes of an incident are ours: by their ids, and without an answer by what was attempted.

No wording decides it, except for notes that an earlier version wrote, before ids were kept.
"""

import hashlib
import re
from datetime import datetime, timedelta

from pdjira.errors import CURE
from pdjira.model.comment import NoteAttempt
from pdjira.model.incident import Note
from pdjira.model.times import CLOCKS
from pdjira.text.markup import ELLIPSIS

_EARLIER_RUN = timedelta(minutes=2)
"""A worker of the earlier version that was at work during an upgrade has ended after this time."""

_FORMER_NOTICE = re.compile(
    r"Jira issue \S+: \S+|(?:No Jira issue|Whether Jira has an issue for this incident is not known"
    r" yet) \(mapping .+"
    r"|The JQL of mapping .+ opens nothing more.+"
    r"|[A-Z][A-Z0-9_]*-\d+ (?:stays in|was not changed|did not get|cannot be read).+"
)

_FORMER_START = "[Jira] "

_FORMER_ORIGIN = re.compile(r"https?://\S{1,500}\?focusedCommentId=\d{1,20}")


def digest_of(text: str) -> str:
    """What a text is known by, apart from white space at its ends."""
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:32]


def may_be_of(note: Note, attempt: NoteAttempt) -> bool:
    """Whether an attempt without an answer may have added the note: by its text and its time.

    A note without a time counts as young.
    """
    if attempt.at is None or note.trimmed or digest_of(note.content) != attempt.text:
        return False
    return note.created_at is None or note.created_at >= attempt.at - CLOCKS


def is_former(note: Note, *, kept_since: datetime) -> bool:
    """Whether an earlier version told the note: by its form, and only before ids were kept."""
    if note.created_at is None or note.created_at >= kept_since + _EARLIER_RUN:
        return False
    return has_former_form(note.content)


def has_former_form(content: str) -> bool:
    """Whether a text has the form by which earlier versions knew their own notes."""
    text = content.strip()
    if text.startswith(_FORMER_START):
        _, _, last = text.rpartition("\n")
        return bool(_FORMER_ORIGIN.fullmatch(last.strip()))
    is_whole = CURE in text or text.startswith("Jira issue ") or text.endswith(ELLIPSIS)
    return is_whole and bool(_FORMER_NOTICE.fullmatch(text))
