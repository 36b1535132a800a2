"""People are told once: a notice becomes exactly one note on the incident."""

from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.application.ports import Clock, Links, PagerDuty
from pdjira.application.round import Round
from pdjira.domain import notices
from pdjira.domain.link import Link, NoticeState
from pdjira.errors import Ambiguous, Misconfigured, NotFound, Permanent, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Puts notices onto incidents."""

    pagerduty: PagerDuty
    clock: Clock

    def look(self, current: Round, key: str) -> None:
        """See whether an earlier attempt has put the notice onto the incident already."""
        text = current.link.notices[key].text
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound, Misconfigured) as error:
            _unheard(current, key, error)
            return
        if any(note.content.strip() == text.strip() for note in notes):
            _mark(current, key, NoticeState.TOLD)
        else:
            listed = current.situation.listed | {key}
            current.learn(replace(current.situation, listed=listed))

    def tell(self, current: Round, key: str) -> None:
        """Add the note. Raises `Ambiguous`, which the notice then remembers."""
        try:
            self.pagerduty.add_note(current.incident.id, current.link.notices[key].text)
        except Ambiguous:
            _mark(current, key, NoticeState.SENT, sent_at=self.clock())
            raise
        except (Refused, NotFound, Misconfigured) as error:
            _unheard(current, key, error)
        else:
            _mark(current, key, NoticeState.TOLD)


def fall_due(links: Links, current: Round, link: Link, key: str, text: str) -> None:
    """Store the link with a notice that is due, before it is told, so that nothing is told twice.

    A notice that was there already is not fresh, and one cause is told once.
    """
    text = notices.bounded(text)
    due = notices.with_due(link.notices, key, text)
    is_new = key in due and key not in link.notices
    current.stored(links.save(replace(link, notices=due)), fresh=key if is_new else None)
    current.says.append(text)


def _mark(current: Round, key: str, state: NoticeState, *, sent_at: datetime | None = None) -> None:
    link = current.link
    current.refusals += state is NoticeState.TOLD and key != notices.ISSUE
    notice = replace(link.notices[key], state=state, sent_at=sent_at)
    current.keep(replace(link, notices={**link.notices, key: notice}))


def _unheard(current: Round, key: str, error: Permanent) -> None:
    unheard = current.situation.unheard | {key}
    current.learn(replace(current.situation, unheard=unheard))
    if key in current.situation.fresh:
        current.says.append(f"The incident could not be told: {error.says}")
    if isinstance(error, Misconfigured):
        current.error = error
