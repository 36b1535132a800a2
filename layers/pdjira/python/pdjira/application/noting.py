"""What was written on an issue comes onto its incident as a note, exactly once."""

from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports import Clock, CommentRecords, PagerDuty
from pdjira.application.round import Round
from pdjira.domain.actions import AddNote
from pdjira.domain.comments import CommentRecord, NoteDraft
from pdjira.domain.incident import Note
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """Adds notes, or finds those that an earlier attempt added."""

    pagerduty: PagerDuty
    records: CommentRecords
    clock: Clock

    def add(self, current: Round, step: AddNote) -> None:
        """Record the attempt, add the note, record that it is there.

        Raises `Temporary` when nothing was added and `Ambiguous` when that is unknown; the record
        then tells which.
        """
        note, attempt = step.note, CommentRecord(attempt_at=self.clock())
        other = self.records.begin(current.link, note.id, attempt, known=step.known)
        if other is not None:
            _learn(current, note, other)
            return
        try:
            added = self._write(current, note)
        except (Refused, NotFound) as error:
            self.records.end(current.link, note.id, CommentRecord())
            self._refuse(current, note, error)
        except (Temporary, Misconfigured):
            with suppress(PdjiraError):
                self.records.end(current.link, note.id, CommentRecord())
            raise
        else:
            self._is_there(current, note, added.id)

    def find(self, current: Round, note: NoteDraft) -> None:
        """See whether an earlier attempt has added the note already."""
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        found = next((one for one in notes if one.content.rstrip().endswith(note.origin)), None)
        if found is None:
            unlisted = current.situation.unlisted | {note.id}
            current.learn(replace(current.situation, unlisted=unlisted))
        else:
            self._is_there(current, note, found.id)

    def _write(self, current: Round, note: NoteDraft) -> Note:
        """As the first of the writers whom PagerDuty knows, else as the secret's own user."""
        for email in note.writers:
            with suppress(Misconfigured):
                return self.pagerduty.add_note(current.incident.id, note.content, by=email)
        return self.pagerduty.add_note(current.incident.id, note.content)

    def _is_there(self, current: Round, note: NoteDraft, note_id: str) -> None:
        record = CommentRecord(comment_id=note_id)
        self.records.end(current.link, note.id, record)
        _learn(current, note, record)
        current.says.append(f"Added a note: comment of {note.name} on {current.issue.key}.")

    def _refuse(self, current: Round, note: NoteDraft, error: Refused | NotFound) -> None:
        current.says.append(f"The comment of {note.name} did not become a note: {error.says}")
        refused = current.situation.comments_refused | {note.id}
        current.learn(replace(current.situation, comments_refused=refused))


def _learn(current: Round, note: NoteDraft, record: CommentRecord) -> None:
    records = {**current.situation.records, note.id: record}
    current.learn(replace(current.situation, records=records))
