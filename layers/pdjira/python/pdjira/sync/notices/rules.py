"""Which notice is told next, and which notes are ours: by id, or by what was attempted."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import CURE, Side
from pdjira.model.comment import NoteAttempt
from pdjira.model.incident import Note
from pdjira.model.link import Extra, Link, Notice, NoticeState
from pdjira.model.mapping import Mapping
from pdjira.model.notices import ISSUE
from pdjira.model.times import BELIEVED_AFTER, CLOCKS
from pdjira.sync.extras import is_refused_lately
from pdjira.sync.situation import Situation
from pdjira.sync.step import Action, Step, Wait
from pdjira.text.markup import ELLIPSIS


def name_issue(situation: Situation, link: Link, _mapping: Mapping | None) -> Action | None:
    """Tell the incident which issue it has before telling it anything else."""
    return _tell_if_untold(situation, link, ISSUE) if ISSUE in link.notices else None


def tell(situation: Situation, link: Link, _mapping: Mapping | None = None) -> Action | None:
    """Tell the first notice that is due and not told yet."""
    if Extra.NOTICES in situation.extras.put_off:
        return None
    telling = (_tell_if_untold(situation, link, key) for key in link.notices)
    return next((action for action in telling if action), None)


def _tell_if_untold(situation: Situation, link: Link, key: str) -> Action | None:
    notice = link.notices[key]
    if notice.state is NoticeState.TOLD or key in situation.notices.unheard:
        return None
    if key not in situation.notices.fresh and is_refused_lately(situation, link, Extra.NOTICES):
        return None
    return _tell_one(situation, key, notice)


def _tell_one(situation: Situation, key: str, notice: Notice) -> Action:
    if key in situation.notices.fresh:
        return TellPeople(notice=key, look_first=False)
    if key not in situation.notices.listed:
        return TellPeople(notice=key, look_first=True)
    if notice.sent_at and situation.now < notice.sent_at + BELIEVED_AFTER:
        return Wait(
            why="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
            extra=Extra.NOTICES,
        )
    return TellPeople(notice=key, look_first=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople(Step):
    """Put a notice onto the incident as a note.

    `look_first`: an earlier attempt may have put it there already.
    """

    side = Side.PAGERDUTY
    most_calls = 2
    extra = Extra.NOTICES
    writes = True

    notice: str
    look_first: bool


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


_ADDRESS = re.compile(r"\nMore: https?://\S+/(?:why\?[qt]|paused\?id)=\S+$")


def with_address(text: str, address: str) -> str:
    """A note that ends with where the page tells more; an empty address is none."""
    return f"{text}\nMore: {address}" if address else text


def without_address(content: str) -> str:
    """What a note says before that: its address may be another when it is told once more."""
    return _ADDRESS.sub("", content.strip())


def digest_of(text: str) -> str:
    """What a text is known by, apart from white space at its ends."""
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:32]


def may_be_of(note: Note, attempt: NoteAttempt) -> bool:
    """Whether an attempt without an answer may have added the note: by its text and its time.

    A note without a time counts as young.
    """
    if (
        attempt.at is None
        or note.trimmed
        or digest_of(without_address(note.content)) != attempt.text
    ):
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
