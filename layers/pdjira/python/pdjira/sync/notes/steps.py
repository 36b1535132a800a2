"""Notes become comments and comments notes, each exactly once: its record is there before it is.

An attempt without an end is looked for before it is made again: a comment by its property, else by
our account and its text, a note by its text.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.errors import (
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Temporary,
    TooLarge,
    sentence_of,
)
from pdjira.model import notices
from pdjira.model.comment import (
    MOST_AT_ONCE,
    Comment,
    CommentRecord,
    EarlierComments,
    NoteDraft,
    Survivor,
    comment_record_id,
)
from pdjira.model.incident import Note
from pdjira.model.issue import IssueRef
from pdjira.model.link import Extra, Link, Owed
from pdjira.model.ports import Clock, CommentRecords, Comments, Jira, KeptComments, Links, PagerDuty
from pdjira.model.refusal import COMMENTING, COMMENTING_INTERNALLY, explain_change
from pdjira.sync.fields.steps import write_or_replace_emoji
from pdjira.sync.issue.steps import Visibility
from pdjira.sync.notes.comments_to_notes import (
    ALL_COMMENTS,
    LOOK_BACK,
    AddNote,
    FindNote,
    ReadComments,
    earlier_comments,
    lacking_notes,
    recent_comments,
    record_id,
)
from pdjira.sync.notes.notes_to_comments import (
    ALL_NOTES,
    AddComment,
    FindComment,
    KeepComment,
    ReadKept,
    ReadNotes,
    ReadSurvivor,
    due_notes,
    is_done,
)
from pdjira.sync.notices.rules import digest_of
from pdjira.sync.notices.steps import OwnNotes
from pdjira.sync.round import Performs, Round, fall_due
from pdjira.sync.step import Skip
from pdjira.text.plain_text import has_supplementary

_MOST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMostOnce:
    """Writes comments or notes by their records.

    `back_as` turns the id of what was written into the one by which it comes back, where a record
    is to tell that it is ours.
    """

    records: CommentRecords
    clock: Clock
    back_as: Callable[[str], str] | None = None

    def write(
        self,
        current: Round,
        item_id: str,
        *,
        known: CommentRecord | None,
        write: Callable[[], str],
        text: str | None = None,
    ) -> str | None:
        """Record the attempt (at a `text`, its digest), write, record what was made; its id.

        None: something other than `known` is on record, and nothing was written. Raises what
        `write` raises; then `known` is on record again, unless nobody knows what was written.
        """
        attempt = CommentRecord(attempt_at=self.clock(), text=text)
        other = self.records.begin(current.link, item_id, attempt, known=known)
        if other is not None:
            _not_written(current, item_id, other)
            return None
        try:
            made = write()
        except (Refused, NotFound):
            self.records.end(current.link, item_id, known or CommentRecord())
            raise
        except (Temporary, Misconfigured):
            with suppress(PdjiraError):
                self.records.end(current.link, item_id, known or CommentRecord())
            raise
        self.found(current, item_id, made)
        return made

    def look_up(self, current: Round, item_ids: Collection[str]) -> None:
        """Look up what is on record of those that this round does not know yet."""
        unknown = [one for one in item_ids if one not in current.situation.notes.records]
        found = self.records.of(current.link, unknown) if unknown else {}
        records = {**found, **current.situation.notes.records}
        current.learn(replace(current.situation.notes, records=records))

    def skip(self, current: Round, item_id: str) -> bool:
        """Record that it is never to be written; True where nothing was on record before."""
        record = CommentRecord(comment_id=SKIPPED, attempt_at=self.clock())
        other = self.records.begin(current.link, item_id, record, known=None)
        _learn(current, item_id, other or record)
        return other is None

    def found(self, current: Round, item_id: str, made: str) -> None:
        """Record what is there, but first that it is ours, by the id by which it comes back."""
        if self.back_as:
            self.records.end(current.link, self.back_as(made), CommentRecord(comment_id=item_id))
        record = CommentRecord(comment_id=made)
        self.records.end(current.link, item_id, record)
        _learn(current, item_id, record)
        current.learn(replace(current.situation.notes, carried=current.situation.notes.carried + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSteps:
    """Adds notes, or finds those that an earlier attempt added."""

    jira: Jira
    own: OwnNotes
    comments: Comments
    once: AtMostOnce
    visibility: Visibility

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            ReadComments: self.read,
            AddNote: self.add,
            FindNote: self.find,
            Skip: self.skip,
        }

    def look_up(self, current: Round) -> None:
        """See what is on record of the comments that may be new, as far as they were read.

        Notes name the comments that they carry by the address that people use for Jira.
        """
        base_url = self.jira.server_info().base_url
        current.learn(replace(current.situation.notes, base_url=base_url))
        page = current.read_issue.comments
        recent = recent_comments(page, current.link) if page else ()
        self.once.look_up(current, [record_id(one) for one in recent if not one.is_marked])

    def read(self, current: Round, step: ReadComments) -> None:
        """Read comments, and find out which of those that nobody has dealt with yet are ours."""
        issue = current.read_issue
        try:
            page = self.comments.read_comments(issue.ref.id, before=step.before)
            later = issue.comments
            is_further = later is not None and step.before == later.start
            page = later.after(page) if later and is_further else page
            current.set_issue(replace(issue, comments=page))
            self.look_up(current)
            self._ask_for_marks(current)
        except (Refused, NotFound, TooLarge) as error:
            if isinstance(error, TooLarge) or not self.visibility.is_lost(current, error):
                says = f"The comments of {issue.ref.key} cannot be read: {sentence_of(error)}"
                current.says.append(says)
                self._give_up(current, ALL_COMMENTS)

    def _ask_for_marks(self, current: Round) -> None:
        """Ask for the marks of comments one by one where Jira does not show them along."""
        issue, page = current.read_issue, current.read_issue.comments
        unknown = [one.id for one in lacking_notes(current.situation, current.link)]
        if page is None or all(one.is_marked is not None for one in page.comments):
            return
        marked = {one: self.comments.is_marked(one) for one in unknown[:MOST_AT_ONCE]}
        comments = (
            replace(one, is_marked=marked.get(one.id, one.is_marked)) for one in page.comments
        )
        page = replace(page, comments=tuple(comments))
        current.set_issue(replace(issue, comments=page))

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
            _say_note(current, note)

    def find(self, current: Round, step: FindNote) -> None:
        """See whether an earlier attempt has added the note already."""
        note = step.note
        try:
            found = self._look(current, note)
        except (Refused, NotFound) as error:
            self._refuse(current, note, error)
            return
        if found is None:
            not_listed(current, note.id)
            return
        self.once.found(current, note.id, found)
        _say_note(current, note)

    def skip(self, current: Round, step: Skip) -> None:
        """Record it, and say so unless that was on record."""
        if self.once.skip(current, step.item_id) and step.says:
            current.says.append(step.says)

    def _write(self, current: Round, note: NoteDraft) -> str:
        return self.own.add(current.incident.id, note.content, writers=note.writers).id

    def _look(self, current: Round, note: NoteDraft) -> str | None:
        """The id of the note; an attempt of an earlier version is known by its last line alone."""
        incident_id, text = current.incident.id, current.situation.notes.records[note.id].text
        if text is not None:
            return self.own.look(incident_id, text)
        notes = self.own.pagerduty.list_notes(incident_id)
        return next((one.id for one in notes if one.content.rstrip().endswith(note.origin)), None)

    def _refuse(self, current: Round, note: NoteDraft, error: Refused | NotFound) -> None:
        current.says.append(
            f"The comment of {note.name} did not become a note: {sentence_of(error)}"
        )
        self._give_up(current, note.id)

    def _give_up(self, current: Round, item_id: str) -> None:
        so_far = current.situation.notes.refused | {item_id}
        current.learn(replace(current.situation.notes, refused=so_far))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingBack:
    """What is on an issue before it opens an incident never becomes a note."""

    comments: Comments
    records: CommentRecords
    clock: Clock

    def look(self, issue_id: str) -> EarlierComments | None:
        """What is there now, as far as later looks go back; None where that is too much."""
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


def _say_note(current: Round, note: NoteDraft) -> None:
    current.says.append(f"Added a note: comment of {note.name} on {current.issue.key}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentSteps:
    """Adds comments, or finds those that an earlier attempt added."""

    comments: Comments
    kept: KeptComments
    once: AtMostOnce
    own: OwnNotes
    pagerduty: PagerDuty
    links: Links
    visibility: Visibility

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            ReadNotes: self.read_notes,
            ReadSurvivor: self.read_survivor,
            AddComment: self.add,
            FindComment: self.find,
            KeepComment: self.keep,
            ReadKept: self.read_kept,
        }

    def read_notes(self, current: Round, _step: ReadNotes) -> None:
        """Read all notes of the incident, and which of those that may be missing are ours."""
        notes: Sequence[Note] = ()
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            current.says.append(f"The incident's notes cannot be read: {sentence_of(error)}")
            refused(current, ALL_NOTES)
        issue_note = current.link.issue_note
        ours = current.situation.notes.ours | ({issue_note} if issue_note else set())
        current.learn(replace(current.situation.notes, all=tuple(notes), ours=ours))
        due = [note for note in due_notes(current.situation, current.link) if note.id not in ours]
        self.once.look_up(current, [note.id for note in due])
        unknown = [note for note in due if not is_done(current.situation, note.id)]
        if unknown:
            links = (*self.links.of_incident(current.incident.id), current.link)
            ours |= self.own.among(current.incident.id, unknown, links=links)
            current.learn(replace(current.situation.notes, ours=ours))

    def read_survivor(self, current: Round, _step: ReadSurvivor) -> None:
        """Read the incident that goes on after a merge, and which issue it has."""
        survivor_id = current.incident.merged_into or ""
        incident = None
        with suppress(Refused, NotFound):
            incident = self.pagerduty.get_incident(survivor_id)
        survivor = Survivor(incident=incident, issue=self._issue_of(survivor_id, current))
        current.learn(replace(current.situation.notes, survivor=survivor))

    def read_kept(self, current: Round, _step: ReadKept) -> None:
        """Read the comments that are on record with their text."""
        current.learn(replace(current.situation.notes, kept=self._kept(current)))

    def keep(self, current: Round, step: KeepComment) -> None:
        """Put the comment on record with its text, and then on the link that it is owed."""
        link, before, comment = current.link, self._kept(current), step.comment
        self.kept.keep(link, comment)
        if Extra.COMMENTS not in link.owed:
            owed = Owed(since=current.situation.now.replace(microsecond=0))
            owing = replace(link, owed={**link.owed, Extra.COMMENTS: owed})
            current.saved(self.links.save(owing))
        current.learn(replace(current.situation.notes, kept={**before, comment.id: comment}))

    def _kept(self, current: Round) -> dict[str, Comment]:
        """Those on record; none where the link owes no comment."""
        if current.situation.notes.kept is not None:
            return dict(current.situation.notes.kept)
        is_owed = Extra.COMMENTS in current.link.owed
        found = self.kept.of(current.link) if is_owed else ()
        return {comment.id: comment for comment in found}

    def add(self, current: Round, step: AddComment) -> None:
        """Add the comment, at most once; see `AtMostOnce.write` for what it raises."""
        comment = step.comment
        try:
            comment_id = self.once.write(
                current,
                comment.id,
                known=step.known,
                write=lambda: self._added(current, comment),
            )
        except (Refused, NotFound) as error:
            self._refuse(current, comment, error)
            return
        if comment_id is not None:
            _say_comment(current, comment)
        self._drop(current, comment)

    def find(self, current: Round, step: FindComment) -> None:
        """See whether an earlier attempt has added the comment already."""
        comment = step.comment
        try:
            comment_id = self._find(current, comment)
        except (Refused, NotFound) as error:
            self._refuse(current, comment, error)
            return
        if comment_id is None:
            not_listed(current, comment.id)
            return
        self.once.found(current, comment.id, comment_id)
        _say_comment(current, comment)
        self._drop(current, comment)

    def _drop(self, current: Round, comment: Comment) -> None:
        """Once it is there, its text is no longer needed."""
        record, kept = (
            current.situation.notes.records[comment.id],
            current.situation.notes.kept or {},
        )
        if record.comment_id is not None and comment.id in kept:
            self.kept.drop(current.link, comment.id)
            left = {key: one for key, one in kept.items() if key != comment.id}
            current.learn(replace(current.situation.notes, kept=left))

    def _find(self, current: Round, comment: Comment) -> str | None:
        """The comment that an earlier attempt has added, and none that is on record already.

        Two notes may say the same, so what one became is not taken for the other.
        """
        situation = current.situation
        record = situation.notes.records.get(comment.id)
        attempt = record.attempt_at if record else None
        since = min(at for at in (attempt, situation.tried_since, situation.now) if at)
        found = self.comments.find_comments(current.issue.id, comment, since=since - LOOK_BACK)
        self.once.look_up(current, [comment_record_id(one) for one in found])
        others = current.situation.notes.records
        ours = CommentRecord(comment_id=comment.id)
        free = (one for one in found if others.get(comment_record_id(one), ours) == ours)
        return next(free, None)

    def _added(self, current: Round, comment: Comment) -> str:
        """Add it; look for it first where Jira may have stored it and yet failed."""

        def look() -> str | None:
            return self._find(current, comment)

        def write(body: str) -> str:
            return self.comments.add_comment(current.issue.id, replace(comment, body=body))

        is_known = Extra.COMMENTS in current.link.owed
        is_again = current.situation.tried_since is not None or is_known
        may_be_there = is_again and has_supplementary(comment.body)
        there = look() if may_be_there else None
        owed = current.link.owed.get(Extra.COMMENTS)
        since = owed.since if owed else None
        return there or write_or_replace_emoji(current, write, comment.body, look=look, since=since)

    def _issue_of(self, incident_id: str, current: Round) -> IssueRef | None:
        """The issue of another incident: under the same mapping, else under any."""
        links = [link for link in self.links.of_incident(incident_id) if link.issue]
        links.sort(key=lambda link: link.mapping_id != current.link.mapping_id)
        return links[0].issue if links else None

    def _refuse(self, current: Round, comment: Comment, error: Refused | NotFound) -> None:
        if self.visibility.is_lost(current, error):
            return
        rights = COMMENTING_INTERNALLY if comment.internal else COMMENTING
        refusal = explain_change(error, mapping=current.mapping, rights=rights)
        text = notices.comment_text(refusal, issue=current.issue, about=comment.about)
        fall_due(self.links, current, current.link, notices.comment_key(refusal), text)
        refused(current, comment.id)


def _say_comment(current: Round, comment: Comment) -> None:
    current.says.append(f"Added a comment to {current.issue.key}: {comment.about}.")


SKIPPED = "kept back"
"""Stands on record in the place of the id of what was written."""


def not_listed(current: Round, item_id: str) -> None:
    """Remember that an earlier attempt cannot be seen."""
    unlisted = current.situation.notes.unlisted | {item_id}
    current.learn(replace(current.situation.notes, unlisted=unlisted))


def refused(current: Round, item_id: str) -> None:
    """Remember that Jira refused this comment in this round."""
    so_far = current.situation.notes.comments_refused | {item_id}
    current.learn(replace(current.situation.notes, comments_refused=so_far))


def _not_written(current: Round, item_id: str, other: CommentRecord) -> None:
    """Remember what is on record instead; no side was called."""
    _learn(current, item_id, other)
    current.has_called = False


def _learn(current: Round, item_id: str, record: CommentRecord) -> None:
    records = {**current.situation.notes.records, item_id: record}
    current.learn(replace(current.situation.notes, records=records))
