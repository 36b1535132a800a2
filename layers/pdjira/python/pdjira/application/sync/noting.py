"""What was written on an issue comes onto its incident as a note, exactly once."""

from dataclasses import dataclass, replace

from pdjira.application.ports.core import Clock, CommentRecords, Comments
from pdjira.application.sync.at_most_once import SKIPPED, AtMostOnce, not_listed
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.application.sync.round import Round
from pdjira.application.sync.visibility import Visibility
from pdjira.domain.comments import (
    MOST_AT_ONCE,
    CommentRecord,
    EarlierComments,
    NoteDraft,
    comment_record_id,
)
from pdjira.domain.issue import Issue
from pdjira.domain.link import Link
from pdjira.domain.own_notes import digest_of
from pdjira.domain.planning.actions import AddNote, ReadComments, Skip
from pdjira.domain.planning.noting import (
    ALL_COMMENTS,
    earlier_comments,
    lacking_notes,
    recent_comments,
    record_id,
)
from pdjira.domain.text.cures import told
from pdjira.errors import NotFound, Refused, TooLarge

_MOST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """Adds notes, or finds those that an earlier attempt added."""

    own: OwnNotes
    comments: Comments
    once: AtMostOnce
    visibility: Visibility

    def look_up(self, current: Round) -> None:
        """See what is on record of the comments that may be new, as far as they were read."""
        page = _read(current).comments
        recent = recent_comments(page, current.link) if page else ()
        self.once.look_up(current, [record_id(one) for one in recent if not one.is_marked])

    def read(self, current: Round, step: ReadComments) -> None:
        """Read comments, and of those that nobody has dealt with yet whether they are ours."""
        issue = _read(current)
        try:
            page = self.comments.read_comments(issue.ref.id, before=step.before)
            later = issue.comments
            is_further = later is not None and step.before == later.start
            page = later.after(page) if later and is_further else page
            current.learn(replace(current.situation, issue=replace(issue, comments=page)))
            self.look_up(current)
            self._ask_for_marks(current)
        except (Refused, NotFound, TooLarge) as error:
            if isinstance(error, TooLarge) or not self.visibility.is_lost(current, error):
                says = f"The comments of {issue.ref.key} cannot be read: {told(error)}"
                current.says.append(says)
                self._give_up(current, ALL_COMMENTS)

    def _ask_for_marks(self, current: Round) -> None:
        """Of comments with which Jira shows no marks, one by one."""
        issue, page = _read(current), _read(current).comments
        unknown = [one.id for one in lacking_notes(current.situation, current.link)]
        if page is None or all(one.is_marked is not None for one in page.comments):
            return
        marked = {one: self.comments.is_marked(one) for one in unknown[:MOST_AT_ONCE]}
        comments = (
            replace(one, is_marked=marked.get(one.id, one.is_marked)) for one in page.comments
        )
        page = replace(page, comments=tuple(comments))
        current.learn(replace(current.situation, issue=replace(issue, comments=page)))

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
        self._give_up(current, note.id)

    def _give_up(self, current: Round, item_id: str) -> None:
        so_far = current.situation.notes_refused | {item_id}
        current.learn(replace(current.situation, notes_refused=so_far))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingBack:
    """What stands on an issue before it opens an incident never becomes a note."""

    comments: Comments
    records: CommentRecords
    clock: Clock

    def look(self, issue_id: str) -> EarlierComments | None:
        """What stands there now, as far as later looks go back; None where that is too much."""
        page = self.comments.read_comments(issue_id)
        for _ in range(_MOST_PAGES):
            earlier = earlier_comments(page, now=self.clock())
            if page.start == 0 or len(earlier.ids) < len(page.comments):
                return earlier
            page = page.after(self.comments.read_comments(issue_id, before=page.start))
        return None

    def keep(self, link: Link, earlier: EarlierComments | None) -> Link:
        """The link under which that is on record; without it, times tell comments apart."""
        if earlier is None:
            return link
        for comment_id in earlier.ids:
            record = CommentRecord(comment_id=SKIPPED)
            self.records.begin(link, comment_record_id(comment_id), record, known=None)
        return replace(link, comments_seen=earlier.seen, comments_on_record=True)


def _read(current: Round) -> Issue:
    if current.situation.issue is None:
        raise LookupError("The planner asked for a step that needs the issue.")
    return current.situation.issue


def _say(current: Round, note: NoteDraft) -> None:
    current.says.append(f"Added a note: comment of {note.name} on {current.issue.key}.")
