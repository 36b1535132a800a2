"""Tells people of a pause by one note, put onto the last incident of the hour.

The attempt stands on the brake before the note is written, and only the match that has begun it
goes on: others rest. One without an end is looked for among the notes before the next is made.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports.core import Clock, Links, PagerDuty
from pdjira.application.ports.openings import Brakes
from pdjira.domain.jql.brake import (
    Brake,
    Telling,
    awaits_incident,
    has_told,
    latest,
    why_paused,
)
from pdjira.domain.notices import jql_paused_start, jql_paused_text
from pdjira.domain.retries import BELIEVED_AFTER
from pdjira.domain.text.cures import WAIT
from pdjira.errors import PdjiraError, Permanent, Temporary, UnreadableItem


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNotes:
    """Writes the note of a mapping's pause."""

    brakes: Brakes
    links: Links
    pagerduty: PagerDuty
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
                    attempt = Telling(issue_id=issue_id, incident_id=incident_id, at=self.clock())
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
        start, notes = jql_paused_start(mapping_id), self.pagerduty.list_notes(begun.incident_id)
        if any(note.content.startswith(start) for note in notes):
            return True
        left = begun.at + BELIEVED_AFTER - self.clock()
        if left.total_seconds() > 0:
            raise Temporary(
                f"An earlier attempt to tell of the pause of mapping {mapping_id} had no answer, "
                "and PagerDuty does not show the note.",
                cure=WAIT,
                retry_after=left.total_seconds(),
            )
        return False

    def _add(self, brake: Brake, incident_id: str, text: str) -> None:
        """Write the note; one that surely was not written may be begun by any match."""
        try:
            self.pagerduty.add_note(incident_id, text)
        except Temporary:
            with suppress(PdjiraError):
                self.brakes.put(replace(brake, telling=None))
            raise
