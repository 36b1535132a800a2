"""People are told once: a notice becomes exactly one note on the incident."""

from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.application.ports.core import Clock, Links, PagerDuty
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.application.sync.round import Round
from pdjira.domain import notices
from pdjira.domain.link import Link, NoticeState
from pdjira.domain.retries import BELIEVED_AFTER
from pdjira.domain.text.cures import told
from pdjira.errors import Ambiguous, Misconfigured, NotFound, Permanent, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifying:
    """Puts notices onto incidents."""

    own: OwnNotes
    pagerduty: PagerDuty
    links: Links
    clock: Clock

    def look(self, current: Round, key: str) -> None:
        """See whether an earlier attempt has put the notice onto the incident already."""
        attempt = self.own.attempt_at(current.link.notices[key])
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            _unheard(current, key, error, is_first=key in current.situation.fresh)
            return
        found = self.own.find(attempt, notes)
        if found is not None:
            self._told(current, key, found.id)
        else:
            listed = current.situation.listed | {key}
            current.learn(replace(current.situation, listed=listed))

    def tell(self, current: Round, key: str) -> None:
        """Add the note; the attempt is on record before. Raises `Ambiguous`, which is kept."""
        is_first = key in current.situation.fresh
        if not is_first:
            self._attempt(current, key)
        try:
            text = current.link.notices[key].text
            note = self.pagerduty.add_note(current.incident.id, text)
            self._told(current, key, note.id)
        except Ambiguous:
            _mark(current, key, NoticeState.SENT, sent_at=self.clock())
            raise
        except (Refused, NotFound) as error:
            _unheard(current, key, error, is_first=is_first)
        except Misconfigured as error:
            _say_unheard(current, error, is_first=is_first)
            raise

    def _told(self, current: Round, key: str, note_id: str) -> None:
        """Keep the note's id: the one that names the issue on the link, which costs no write."""
        if key == notices.ISSUE:
            current.keep(replace(current.link, issue_note=note_id))
        else:
            self.own.keep(current.incident.id, note_id)
        _mark(current, key, NoticeState.TOLD)

    def _attempt(self, current: Round, key: str) -> None:
        link = current.link
        notice = replace(link.notices[key], state=NoticeState.DUE, sent_at=self.clock())
        tried = replace(link, notices={**link.notices, key: notice})
        current.stored(self.links.save(tried), fresh=key)


def fall_due(links: Links, current: Round, link: Link, key: str, text: str) -> None:
    """Store the link with a notice that is due, before it is told, so that nothing is told twice.

    A notice that was there already is not fresh, and one cause is told once, on the timeline too;
    there a person who asks is told again.
    """
    text = notices.bounded(text)
    due = notices.with_due(link.notices, key, text, at=current.situation.now)
    is_new = key in due and key not in link.notices
    current.stored(links.save(replace(link, notices=due)), fresh=key if is_new else None)
    if key not in link.notices or current.situation.signal.is_asked_by_person:
        current.says.append(text)


def _mark(current: Round, key: str, state: NoticeState, *, sent_at: datetime | None = None) -> None:
    link = current.link
    current.refusals += state is NoticeState.TOLD and key != notices.ISSUE
    notice = replace(link.notices[key], state=state, sent_at=sent_at)
    current.keep(replace(link, notices={**link.notices, key: notice}))


def end_attempts(current: Round) -> None:
    """At the end of a round, what fell due in it and is due still is not waited for."""
    link, fresh = current.situation.link, current.situation.fresh
    if link is None:
        return
    untried = {
        key: replace(notice, sent_at=notice.sent_at - BELIEVED_AFTER)
        for key, notice in link.notices.items()
        if key in fresh and notice.state is NoticeState.DUE and notice.sent_at
    }
    if untried:
        current.keep(replace(link, notices={**link.notices, **untried}))


def _unheard(current: Round, key: str, error: Refused | NotFound, *, is_first: bool) -> None:
    unheard = current.situation.unheard | {key}
    current.learn(replace(current.situation, unheard=unheard))
    _say_unheard(current, error, is_first=is_first)


def _say_unheard(current: Round, error: Permanent, *, is_first: bool) -> None:
    if is_first:
        current.says.append(f"The incident could not be told: {told(error)}")
