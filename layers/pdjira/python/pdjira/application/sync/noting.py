"""What was written on an issue comes onto its incident as a note, exactly once."""

from dataclasses import dataclass, replace

from pdjira.application.sync.at_most_once import AtMostOnce, not_listed
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.application.sync.round import Round
from pdjira.domain.comments import NoteDraft
from pdjira.domain.own_notes import digest_of
from pdjira.domain.planning.actions import AddNote, Skip
from pdjira.domain.text.cures import told
from pdjira.errors import NotFound, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """Adds notes, or finds those that an earlier attempt added."""

    own: OwnNotes
    once: AtMostOnce

    def add(self, current: Round, step: AddNote) -> None:
        """Add the note, at most once; see `AtMostOnce.write` for what it raises."""
        note = step.note
        try:
            note_id = self.once.write(
                current,
                note.id,
                known=step.known,
                write=lambda: self._write(current, note),
                text=digest_of(note.content),
            )
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        if note_id is not None:
            _say(current, note)

    def find(self, current: Round, note: NoteDraft) -> None:
        """See whether an earlier attempt has added the note already."""
        try:
            found = self._look(current, note)
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        if found is None:
            not_listed(current, note.id)
            return
        self.once.found(current, note.id, found)
        _say(current, note)

    def skip(self, current: Round, step: Skip) -> None:
        """Record it, and say so unless that is on record."""
        if self.once.skip(current, step.item_id) and step.says:
            current.says.append(step.says)

    def _write(self, current: Round, note: NoteDraft) -> str:
        return self.own.add(current.incident.id, note.content, writers=note.writers).id

    def _look(self, current: Round, note: NoteDraft) -> str | None:
        """The id of the note; an attempt of an earlier version is known by its last line alone."""
        incident_id, text = current.incident.id, current.situation.records[note.id].text
        if text is not None:
            return self.own.look(incident_id, text)
        notes = self.own.pagerduty.list_notes(incident_id)
        return next((one.id for one in notes if one.content.rstrip().endswith(note.origin)), None)

    def _refuse(self, current: Round, note: NoteDraft, error: Refused | NotFound) -> None:
        current.says.append(f"The comment of {note.name} did not become a note: {told(error)}")
        so_far = current.situation.notes_refused | {note.id}
        current.learn(replace(current.situation, notes_refused=so_far))


def _say(current: Round, note: NoteDraft) -> None:
    current.says.append(f"Added a note: comment of {note.name} on {current.issue.key}.")
