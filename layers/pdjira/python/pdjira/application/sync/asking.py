"""People who ask for an issue are answered: who asked is remembered, why there is none is told."""

from dataclasses import dataclass

from pdjira.application.ports.core import Links, PagerDuty
from pdjira.domain.planning.asking import Request, who_asked
from pdjira.domain.retries import BELIEVED_AFTER
from pdjira.domain.text.cures import told
from pdjira.errors import Ambiguous, NotFound, Refused, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Answers requests for issues, after the planner had its turn."""

    pagerduty: PagerDuty
    links: Links

    def deny(self, request: Request) -> tuple[str, ...]:
        """Tell the incident why it gets no issue, in sentences for the timeline as well.

        There is no link that could remember a notice, so the incident's notes do: a note that is
        there already is not added again. Raises `Temporary` where it could not be told.
        """
        return tuple(self._tell(request.incident.id, text) for text in request.denials())

    def who(self, request: Request) -> tuple[str, ...]:
        """Who asked, unless an earlier delivery of the signal has put it onto the timeline."""
        if not request.is_one():
            return ()
        signal, says = request.signal, who_asked(request.signal)
        timeline = self.links.timeline(request.incident.id)
        if any(entry.signal_id == signal.id and says in entry.says for entry in timeline):
            return ()
        return (says,)

    def _tell(self, incident_id: str, text: str) -> str:
        try:
            notes = self.pagerduty.list_notes(incident_id)
            if not any(note.content.strip() == text for note in notes):
                self.pagerduty.add_note(incident_id, text)
        except Ambiguous as error:
            later = BELIEVED_AFTER.total_seconds()
            raise Temporary(error.says, cure=error.cure, retry_after=later) from error
        except (Refused, NotFound) as error:
            return f"{text} The incident could not be told: {told(error)}"
        return text
