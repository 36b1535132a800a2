"""Records of our notes in memory, with the promises of the `NoteRecords` port."""

from collections import abc
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from pdjira.model.comment import NoteAttempt
from pdjira.model.ports import Clock
from tests.fakes.faults import FaultPlan


class FakeNoteRecords:
    """`notes` and `texts` show what is stored, past the faults, by incident and id or digest.

    `since` is when ids began to be kept; None: nobody has asked yet.
    """

    def __init__(self, faults: FaultPlan | None = None, *, clock: Clock) -> None:
        self.faults = faults or FaultPlan()
        self.since: datetime | None = None
        self.notes: set[tuple[str, str]] = set()
        self.texts: dict[tuple[str, str], NoteAttempt] = {}
        self._clock = clock

    def kept_since(self) -> datetime:
        """As the port says; nothing is called once it is known."""
        if self.since is None:
            with self.faults.call("note_records.kept_since"):
                self.since = self._clock()
        return self.since

    def known(self, incident_id: str, note_ids: Sequence[str]) -> AbstractSet[str]:
        """As the port says."""
        with self.faults.call("note_records.known"):
            return {one for one in note_ids if (incident_id, one) in self.notes}

    def record_ours(self, incident_id: str, note_id: str) -> None:
        """As the port says."""
        with self.faults.call("note_records.record_ours"):
            self.notes.add((incident_id, note_id))

    def attempts(self, incident_id: str, texts: Sequence[str]) -> abc.Mapping[str, NoteAttempt]:
        """As the port says."""
        with self.faults.call("note_records.attempts"):
            keys = {text: (incident_id, text) for text in texts}
            return {text: self.texts[key] for text, key in keys.items() if key in self.texts}

    def begin(self, incident_id: str, attempt: NoteAttempt) -> None:
        """As the port says."""
        with self.faults.call("note_records.begin"):
            self.texts[incident_id, attempt.text] = attempt

    def end(self, incident_id: str, text: str, *, note_id: str) -> None:
        """As the port says."""
        with self.faults.call("note_records.end"):
            self.texts[incident_id, text] = NoteAttempt(text=text, note_id=note_id)
