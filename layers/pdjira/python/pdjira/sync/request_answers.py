"""People who ask for an issue are answered: who asked is remembered, why there is none is told.

Where the answer to that note was lost, the message comes again in five minutes: by then PagerDuty
would show it.
"""

from dataclasses import dataclass

from pdjira.errors import Ambiguous, NotFound, Refused, Temporary, sentence_of
from pdjira.model.ports import Links
from pdjira.model.times import BELIEVED_AFTER
from pdjira.sync.manual_request import Request, who_asked
from pdjira.sync.notices.own import digest_of
from pdjira.sync.notices.steps import OwnNotes

MOST_DENIALS = 10
"""The most notes that say why an incident has no issue: a button's URL may name any mapping."""

_PLACES = tuple(digest_of(f"denial {number}") for number in range(MOST_DENIALS))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswers:
    """Answers requests for issues, after the planner had its turn."""

    own: OwnNotes
    links: Links

    def deny(self, request: Request) -> tuple[str, ...]:
        """Tell the incident why it gets no issue, in sentences for the timeline as well.

        There is no link that could remember a notice, so the records of our notes do: what was told
        is not told again, and at most `MOST_DENIALS` are told. Raises `Temporary` where it could
        not be told.
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
            if not self.own.has_told(incident_id, digest_of(text)):
                return self._add(incident_id, text)
        except Ambiguous as error:
            later = BELIEVED_AFTER.total_seconds()
            raise Temporary(error.says, cure=error.cure, retry_after=later) from error
        except (Refused, NotFound) as error:
            return f"{text} The incident could not be told: {sentence_of(error)}"
        return text

    def _add(self, incident_id: str, text: str) -> str:
        taken = self.own.records.attempts(incident_id, _PLACES)
        free = next((place for place in _PLACES if place not in taken), None)
        if free is None:
            return f"{text} The incident was not told: it has {MOST_DENIALS} such notes."
        note = self.own.add(incident_id, text)
        self.own.keep(incident_id, note.id, text=free)
        return text
