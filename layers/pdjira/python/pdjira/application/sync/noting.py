"""What was written on an issue comes onto its incident as a note, exactly once."""

from dataclasses import dataclass, replace

from pdjira.application.ports.core import PagerDuty
from pdjira.application.sync.at_most_once import AtMostOnce, not_listed
from pdjira.application.sync.round import Round
from pdjira.domain.comments import NoteDraft
from pdjira.domain.incident import Note
from pdjira.domain.planning.actions import AddNote, Skip
from pdjira.domain.text.cures import told
from pdjira.errors import Misconfigured, NotFound, Refused, Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """Adds notes, or finds those that an earlier attempt added."""

    pagerduty: PagerDuty
    once: AtMostOnce

    def add(self, current: Round, step: AddNote) -> None:
        """Add the note, at most once; see `AtMostOnce.write` for what it raises."""
        note = step.note
        try:
            note_id = self.once.write(
                current,
                note.id,
                known=step.known,
                write=lambda: self._write(current, note).id,
            )
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        if note_id is not None:
            _say(current, note)

    def find(self, current: Round, note: NoteDraft) -> None:
        """See whether an earlier attempt has added the note already."""
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        found = next((one for one in notes if one.content.rstrip().endswith(note.origin)), None)
        if found is None:
            not_listed(current, note.id)
            return
        self.once.found(current, note.id, found.id)
        _say(current, note)

    def skip(self, current: Round, step: Skip) -> None:
        """Record it, and say so unless that is on record."""
        if self.once.skip(current, step.item_id) and step.says:
            current.says.append(step.says)

    def _write(self, current: Round, note: NoteDraft) -> Note:
        """As the first of the writers whom PagerDuty lets write, else as the secret's own user.

        A key that is not accepted is not accepted from that user either: no other is tried before.
        """
        for email in note.writers:
            try:
                return self.pagerduty.add_note(current.incident.id, note.content, by=email)
            except Unauthenticated:
                break
            except (Misconfigured, Refused):
                continue
        return self.pagerduty.add_note(current.incident.id, note.content)

    def _refuse(self, current: Round, note: NoteDraft, error: Refused | NotFound) -> None:
        current.says.append(f"The comment of {note.name} did not become a note: {told(error)}")
        so_far = current.situation.notes_refused | {note.id}
        current.learn(replace(current.situation, notes_refused=so_far))


def _say(current: Round, note: NoteDraft) -> None:
    current.says.append(f"Added a note: comment of {note.name} on {current.issue.key}.")
