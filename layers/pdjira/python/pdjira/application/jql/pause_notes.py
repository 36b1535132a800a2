"""Tells people of a pause by one note, put onto the last incident of the hour.

The attempt stands on the brake before the note is written, and only the match that has begun it
goes on: others rest. One without an end is looked for among the notes before the next is made.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports.core import Clock, Links
from pdjira.application.ports.openings import Brakes
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.domain.jql.brake import (
    Brake,
    Telling,
    awaits_incident,
    has_told,
    latest,
    why_paused,
)
from pdjira.domain.notices import jql_paused_start, jql_paused_text
from pdjira.domain.own_notes import digest_of
from pdjira.errors import PdjiraError, Permanent, Temporary, UnreadableItem


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNotes:
    """Writes the note of a mapping's pause."""

    brakes: Brakes
    links: Links
    own: OwnNotes
    clock: Clock

    def tell(self, brake: Brake, issue_id: str, *, mapping_id: str, waiting: int) -> None:
        """Tell once, for the match of that issue; raises what asks it to come again.

        Where PagerDuty refuses, or no incident was opened in the hour before, no note is written;
        where one may yet turn out to have been, a later match tells.
        """
        begun = brake.telling
        incident_id = begun.incident_id if begun else self._last_incident(brake)
        if incident_id is None and awaits_incident(brake, now=self.clock()):
            return
        if incident_id is not None:
            with suppress(Permanent):
                if begun is None or not self._is_told(begun, mapping_id):
                    text = jql_paused_text(mapping_id, why=why_paused(brake), waiting=waiting)
                    attempt = Telling(
                        issue_id=issue_id,
                        incident_id=incident_id,
                        at=self.clock(),
                        text=digest_of(text),
                    )
                    brake = self.brakes.put(replace(brake, telling=attempt))
                    self._add(brake, incident_id, text)
        self.brakes.put(has_told(brake))

    def _last_incident(self, brake: Brake) -> str | None:
        """The mapping's last incident of the hour before the pause, else that of all mappings."""
        at = brake.paused_at or self.clock()
        for issue_id in latest(brake, now=at) or latest(self.brakes.find(None), now=at):
            with suppress(UnreadableItem):
                incident_id = self.links.incident_of(issue_id)
                if incident_id is not None:
                    return incident_id
        return None

    def _is_told(self, begun: Telling, mapping_id: str) -> bool:
        """Raises `Temporary` while that is unknown; an earlier version kept no text."""
        if begun.text is not None:
            return self.own.has_told(begun.incident_id, begun.text)
        notes = self.own.pagerduty.list_notes(begun.incident_id)
        return any(note.content.startswith(jql_paused_start(mapping_id)) for note in notes)

    def _add(self, brake: Brake, incident_id: str, text: str) -> None:
        """Write the note; one that surely was not written may be begun by any match."""
        try:
            self.own.add(incident_id, text)
        except Temporary:
            with suppress(PdjiraError):
                self.brakes.put(replace(brake, telling=None))
            raise
