"""What was written about an incident comes onto its issue as a comment, exactly once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports.core import Comments, KeptComments, Links, PagerDuty
from pdjira.application.sync.at_most_once import AtMostOnce, not_listed, refused
from pdjira.application.sync.notifying import fall_due
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.application.sync.round import Round
from pdjira.application.sync.unstorable import stored
from pdjira.application.sync.visibility import Visibility
from pdjira.domain import notices
from pdjira.domain.comments import Comment, CommentRecord, Survivor, comment_record_id
from pdjira.domain.extras import Extra, Owed
from pdjira.domain.incident import Note
from pdjira.domain.issue import IssueRef
from pdjira.domain.planning.actions import AddComment
from pdjira.domain.planning.commenting import ALL_NOTES, due_notes, is_done
from pdjira.domain.planning.noting import LOOK_BACK
from pdjira.domain.refusals import COMMENTING, COMMENTING_INTERNALLY, explain_change
from pdjira.domain.text.cures import told
from pdjira.domain.text.supplementary import has_supplementary
from pdjira.errors import NotFound, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Commenting:
    """Adds comments, or finds those that an earlier attempt added."""

    comments: Comments
    kept: KeptComments
    once: AtMostOnce
    own: OwnNotes
    pagerduty: PagerDuty
    links: Links
    visibility: Visibility

    def read_notes(self, current: Round) -> None:
        """Read all notes of the incident, and which of those that may be missing are ours."""
        notes: Sequence[Note] = ()
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            current.says.append(f"The incident's notes cannot be read: {told(error)}")
            refused(current, ALL_NOTES)
        issue_note = current.link.issue_note
        ours = current.situation.ours | ({issue_note} if issue_note else set())
        known = replace(current.situation, notes=tuple(notes), ours=ours)
        current.learn(known)
        due = [note for note in due_notes(known, current.link) if note.id not in ours]
        self.once.look_up(current, [note.id for note in due])
        unknown = [note for note in due if not is_done(current.situation, note.id)]
        if unknown:
            links = (*self.links.of_incident(current.incident.id), current.link)
            ours |= self.own.among(current.incident.id, unknown, links=links)
            current.learn(replace(current.situation, ours=ours))

    def read_survivor(self, current: Round) -> None:
        """Read the incident that goes on after a merge, and which issue it has."""
        survivor_id = current.incident.merged_into or ""
        incident = None
        with suppress(Refused, NotFound):
            incident = self.pagerduty.get_incident(survivor_id)
        survivor = Survivor(incident=incident, issue=self._issue_of(survivor_id, current))
        current.learn(replace(current.situation, survivor=survivor))

    def read_kept(self, current: Round) -> None:
        """Read the comments that are on record with their text."""
        current.learn(replace(current.situation, kept=self._kept(current)))

    def keep(self, current: Round, comment: Comment) -> None:
        """Put the comment on record with its text, and then on the link that it is owed."""
        link, before = current.link, self._kept(current)
        self.kept.keep(link, comment)
        if Extra.COMMENTS not in link.owed:
            owed = Owed(since=current.situation.now.replace(microsecond=0))
            owing = replace(link, owed={**link.owed, Extra.COMMENTS: owed})
            current.stored(self.links.save(owing))
        current.learn(replace(current.situation, kept={**before, comment.id: comment}))

    def _kept(self, current: Round) -> dict[str, Comment]:
        """Those on record; none where the link owes no comment."""
        if current.situation.kept is not None:
            return dict(current.situation.kept)
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
            _say(current, comment)
        self._drop(current, comment)

    def find(self, current: Round, comment: Comment) -> None:
        """See whether an earlier attempt has added the comment already."""
        try:
            comment_id = self._find(current, comment)
        except (Refused, NotFound) as error:
            self._refuse(current, comment, error)
            return
        if comment_id is None:
            not_listed(current, comment.id)
            return
        self.once.found(current, comment.id, comment_id)
        _say(current, comment)
        self._drop(current, comment)

    def _drop(self, current: Round, comment: Comment) -> None:
        """Once it is there, its text is needed no more."""
        record, kept = current.situation.records[comment.id], current.situation.kept or {}
        if record.comment_id is not None and comment.id in kept:
            self.kept.drop(current.link, comment.id)
            left = {key: one for key, one in kept.items() if key != comment.id}
            current.learn(replace(current.situation, kept=left))

    def _find(self, current: Round, comment: Comment) -> str | None:
        """The comment that an earlier attempt has added, and none that is on record already.

        Two notes may say the same, so what one became is not taken for the other.
        """
        situation = current.situation
        record = situation.records.get(comment.id)
        attempt = record.attempt_at if record else None
        since = min(at for at in (attempt, situation.tried_since, situation.now) if at)
        found = self.comments.find_comments(current.issue.id, comment, since=since - LOOK_BACK)
        self.once.look_up(current, [comment_record_id(one) for one in found])
        others = current.situation.records
        ours = CommentRecord(comment_id=comment.id)
        free = (one for one in found if others.get(comment_record_id(one), ours) == ours)
        return next(free, None)

    def _added(self, current: Round, comment: Comment) -> str:
        """Add it, after looking where Jira may have said that it failed at storing it."""

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
        return there or stored(current, write, comment.body, look=look, since=since)

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


def _say(current: Round, comment: Comment) -> None:
    current.says.append(f"Added a comment to {current.issue.key}: {comment.about}.")
