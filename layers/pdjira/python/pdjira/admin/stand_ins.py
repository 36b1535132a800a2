"""What stands in for PagerDuty and the links while a test issue is walked: nothing is kept."""

from collections import abc
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pdjira.errors import NotFound
from pdjira.model.comment import Comment, CommentRecord, NoteAttempt
from pdjira.model.incident import (
    Accounts,
    Incident,
    IncidentChange,
    IncidentField,
    IncidentStatus,
    Note,
)
from pdjira.model.issue import IssueRef
from pdjira.model.link import Link, LinkCounts, TimelineEntry


@dataclass(frozen=True, slots=True)
class CollectedNotes:
    """A `PagerDuty` without incidents, which collects what people would be told."""

    texts: list[str] = field(default_factory=list)

    def get_incident(self, incident_id: str) -> Incident:
        """There is none. Raises `NotFound`."""
        raise NotFound(f"The incident {incident_id} is none of PagerDuty's: this is a test.")

    def trigger_details(self, log_entry_id: str) -> str | None:
        """There are none."""
        return None

    def writes_as(self) -> str:
        """Nobody reads it."""
        return ""

    def list_notes(self, incident_id: str) -> Sequence[Note]:
        """What was collected so far."""
        return [Note(id=str(number), content=text) for number, text in enumerate(self.texts)]

    def add_note(self, incident_id: str, content: str, *, by: str | None = None) -> Note:
        """Collect the text."""
        self.texts.append(content)
        return Note(id=str(len(self.texts) - 1), content=content)

    def change_incident(self, incident_id: str, change: IncidentChange) -> None:
        """A test's incident follows nothing."""

    def has_been(self, incident_id: str, status: IncidentStatus, *, since: datetime) -> bool:
        """It never changes."""
        return False

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, IncidentField]:
        """A test's incident has none."""
        return {}

    def set_incident_field(
        self, incident_id: str, name: str, value: object
    ) -> abc.Mapping[str, IncidentField]:
        """A test's incident follows nothing."""
        return {}

    def check(self) -> None:
        """There is nothing to check."""


class Nobody:
    """`JiraPeople` and `EmailOf` that know nobody: a test's incident has no people."""

    def accounts(self, email: str, *, issue: IssueRef) -> Accounts:
        """There are none."""
        return Accounts()

    def assign(self, issue_id: str, account: str) -> None:
        """Nobody is assigned."""

    def watch(self, issue_id: str, account: str) -> None:
        """Nobody watches."""

    def email_of(self, user_id: str) -> str | None:
        """There is none."""
        return None


class HeldLinks:
    """`Links` that hold nothing: whoever writes one gets back what was written."""

    def of_incident(self, incident_id: str) -> Sequence[Link]:
        """There are none."""
        return ()

    def save(self, link: Link) -> Link:
        """The link as a table would have stored it."""
        return replace(link, version=link.version + 1)

    def complete(self, link: Link) -> Link:
        """The link as a table would have stored it."""
        return self.save(link)

    def incident_of(self, issue_id: str) -> str | None:
        """There is none."""
        return None

    def counts(self) -> LinkCounts:
        """There are none."""
        return LinkCounts(open=0, failed=0)

    def record(self, entry: TimelineEntry) -> None:
        """A test has no timeline."""

    def timeline(self, incident_id: str) -> Sequence[TimelineEntry]:
        """There is none."""
        return ()


class HeldRecords:
    """`CommentRecords` that hold nothing: a test adds its comment once."""

    def begin(
        self,
        link: Link,
        comment_id: str,
        attempt: CommentRecord,
        *,
        known: CommentRecord | None,
    ) -> CommentRecord | None:
        """Nothing else is on record."""
        return None

    def end(self, link: Link, comment_id: str, record: CommentRecord) -> None:
        """Nothing is kept."""

    def of(self, link: Link, comment_ids: Collection[str]) -> abc.Mapping[str, CommentRecord]:
        """Nothing is on record."""
        return {}


class HeldComments:
    """`KeptComments` that hold nothing: a test has no conflicts, and fails where Jira does."""

    def keep(self, link: Link, comment: Comment) -> None:
        """Nothing is kept."""

    def of(self, link: Link) -> Sequence[Comment]:
        """None is kept."""
        return ()

    def drop(self, link: Link, comment_id: str) -> None:
        """Nothing is kept."""


class HeldNotes:
    """`NoteRecords` that hold nothing: nobody reads the notes of a test."""

    def kept_since(self) -> datetime:
        """There are no earlier ones."""
        return datetime.min.replace(tzinfo=UTC)

    def known(self, incident_id: str, note_ids: Sequence[str]) -> AbstractSet[str]:
        """None is."""
        return frozenset()

    def record_ours(self, incident_id: str, note_id: str) -> None:
        """Nothing is kept."""

    def attempts(self, incident_id: str, texts: Sequence[str]) -> abc.Mapping[str, NoteAttempt]:
        """There are none."""
        return {}

    def begin(self, incident_id: str, attempt: NoteAttempt) -> None:
        """Nothing is kept."""

    def end(self, incident_id: str, text: str, *, note_id: str) -> None:
        """Nothing is kept."""
