"""People are told once: a notice becomes exactly one note on the incident."""

from dataclasses import dataclass, replace

from pdjira.application.ports import Clock, Jira, PagerDuty
from pdjira.application.round import Round
from pdjira.domain import notices
from pdjira.domain.model import Notice, NoticeState
from pdjira.errors import Ambiguous, NotFound, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Puts notices onto incidents."""

    jira: Jira
    pagerduty: PagerDuty
    clock: Clock

    def look(self, current: Round, notice: str) -> None:
        """See whether an earlier attempt has put the notice onto the incident already."""
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            _unheard(current, notice, error)
            return
        text = self._text(current, notice)
        if any(note.content.strip() == text for note in notes):
            _mark(current, notice, Notice(state=NoticeState.TOLD))
        else:
            current.learn(listed=current.situation.listed | {notice})

    def tell(self, current: Round, notice: str) -> None:
        """Add the note. Raises `Ambiguous`, which the notice then remembers."""
        try:
            self.pagerduty.add_note(current.incident.id, self._text(current, notice))
        except Ambiguous:
            _mark(current, notice, Notice(state=NoticeState.SENT, sent_at=self.clock()))
            raise
        except (Refused, NotFound) as error:
            _unheard(current, notice, error)
        else:
            _mark(current, notice, Notice(state=NoticeState.TOLD))

    def _text(self, current: Round, notice: str) -> str:
        if notice == notices.ISSUE:
            return notices.issue_text(current.issue, base_url=self.jira.server_info().base_url)
        link = current.link
        if link.refusal is None:
            raise LookupError("A refusal is to be told that the link does not hold.")
        return notices.refusal_text(link.refusal, mapping_id=link.mapping_id)


def _mark(current: Round, notice: str, state: Notice) -> None:
    link = current.link
    current.keep(replace(link, notices={**link.notices, notice: state}))


def _unheard(current: Round, notice: str, error: Refused | NotFound) -> None:
    current.learn(unheard=current.situation.unheard | {notice})
    current.says.append(f"The incident could not be told: {error.says}")
