"""What the use cases need of the world. Each promise stands here, once.

Every method may raise `Temporary` (or `Unauthenticated`): nothing was written, try again later.
A method that writes may raise `Ambiguous`, unless its docstring says that it may be repeated.
"""

from collections import abc
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from pdjira.model.comment import Comment, CommentRecord, NoteAttempt
from pdjira.model.incident import Incident, IncidentChange, IncidentField, IncidentStatus, Note
from pdjira.model.issue import (
    AllowedValue,
    CommentPage,
    CreateScreen,
    Issue,
    IssueDraft,
    IssueHistory,
    IssueRef,
    Place,
    RemoteLink,
    ServerInfo,
)
from pdjira.model.link import Link, LinkCounts, TimelineEntry
from pdjira.model.mapping import Listed, Mapping, Problem
from pdjira.model.rights import ProjectRights
from pdjira.model.times import TimeLeft
from pdjira.model.workflow import Filling, Transition, Workflow

Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""


ServiceDesk = Callable[[str, str], Sequence[AllowedValue] | None]
"""The request types or organizations of a project's service desk, by project and kind of field.

The id of a request type is `portal/key`, empty where Jira does not tell it. None: Jira shows us no
service desk of that project. May be remembered for some minutes.
"""


class Jira(Protocol):
    """The Jira that the connection secret names."""

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """As `ServiceDesk` says."""

    def server_info(self) -> ServerInfo:
        """Which Jira this is. May be remembered for some minutes."""

    def who_am_i(self) -> str:
        """The name of the account that we are signed in as. Raises `Unauthenticated`."""

    def known_as(self) -> str:
        """The same, as far as it is known without a call; else "". Raises nothing."""

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """The fields of the create screen.

        May be remembered for some minutes, until `forget_screens`. Raises `Refused` or `NotFound`
        where the project or the type does not exist or our user may not create issues in it.
        """

    def forget_screens(self) -> None:
        """Read create screens afresh from now on."""

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        """Create the issue together with its mark.

        Not idempotent. Raises `Refused` where Jira says no: nothing was created. `Ambiguous`:
        it may have been, perhaps later. `Temporary`: surely not.
        """

    def find_issue(self, draft: IssueDraft, *, since: datetime) -> IssueRef | None:
        """The issue of our own account, of that project and type, that has the draft's mark.

        Looks at issues created at or after `since` (a margin for clocks that differ is added). None
        where the index knows none: the index may lag. Raises `Unauthenticated` where Jira treated
        us as not signed in.
        """

    def find_moved_issue(
        self, draft: IssueDraft, *, since: datetime, taken: Collection[Place]
    ) -> tuple[IssueRef, Place] | None:
        """As `find_issue`, but wherever a rule in Jira may have moved the issue; and where it is.

        A `taken` place has another issue of the incident, with the same last line: there only the
        property tells ours.
        """

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """Show `link` on the issue. Idempotent. Raises `Refused` where links are switched off."""


class Issues(Protocol):
    """The issues of that Jira. What does not exist, or is not shown to us, is `NotFound`."""

    def read_issue(
        self,
        issue_id: str,
        *,
        with_comments: bool = False,
        with_history: bool = False,
        fields: Iterable[str] = (),
        with_screen: bool = False,
    ) -> Issue:
        """The issue as it is now. Raises `NotFound`, and only where Jira knows who we are.

        If asked, with its comments and its history (unless they are long), the values of `fields`
        and its edit screen.
        """

    def find_key(self, key: str) -> IssueRef:
        """The issue that has this key, or had it before it was moved."""

    def read_history(self, issue_id: str) -> IssueHistory:
        """What the issue was created with, and who moved it. Raises `TooLarge`."""

    def transitions(self, issue_id: str) -> Sequence[Transition]:
        """The transitions that our user may take from the status in which the issue is."""

    def transition(self, issue_id: str, transition_id: str, filling: Filling) -> None:
        """Take a transition. Not idempotent. Raises `Refused` also where none has that id."""

    def update_issue(self, issue_id: str, fields: abc.Mapping[str, object]) -> None:
        """Write fields. Idempotent. Raises `Refused`, and nothing was written."""

    def delete_issue(self, issue_id: str) -> None:
        """Delete the issue. Done again it is `NotFound`. Raises `Refused` where we may not."""

    def issue_in(self, *, project_id: str, issue_type_id: str, status_id: str) -> IssueRef | None:
        """Any issue of that project and type that is in that status, as the index knows it."""


class Comments(Protocol):
    """The comments on the issues of that Jira."""

    def add_comment(self, issue_id: str, comment: Comment) -> str:
        """Add the comment together with its mark, and return its id.

        Not idempotent. Raises `Refused`, `NotFound`, as `Jira.create_issue` does.
        """

    def read_comments(self, issue_id: str, *, before: int | None = None) -> CommentPage:
        """The newest comments, oldest first; with `before`, the newest of so many in Jira's order.

        No more than fifty; fewer, and even none, where they are long or hidden from us. Raises
        `TooLarge` where even the oldest one is too long to be read.
        """

    def is_marked(self, comment_id: str) -> bool:
        """Whether a comment has a mark of ours, whichever account wrote it."""

    def find_comments(self, issue_id: str, comment: Comment, *, since: datetime) -> Sequence[str]:
        """The ids of the comments on the issue that may be this one, written since a time.

        The one that has its mark. Where none does, those without any mark that our account wrote
        with exactly its text, oldest first: Jira may have dropped the mark.
        """


class CommentRecords(Protocol):
    """How far comments have come, by link and comment id. Every method may be repeated."""

    def begin(
        self, link: Link, comment_id: str, attempt: CommentRecord, *, known: CommentRecord | None
    ) -> CommentRecord | None:
        """Record an attempt in place of what is known; None: it is recorded.

        Where something else is on record than what is `known` (None: nothing), that is returned;
        what cannot be read counts as carried.
        """

    def end(self, link: Link, comment_id: str, record: CommentRecord) -> None:
        """Record how an attempt ended."""

    def of(self, link: Link, comment_ids: Collection[str]) -> abc.Mapping[str, CommentRecord]:
        """What is on record of these, by id. What was written a second ago may be missing."""


class KeptComments(Protocol):
    """Comments that cannot be read again, with their text, until they are added to the issue."""

    def keep(self, link: Link, comment: Comment) -> None:
        """Put one on record. May be repeated."""

    def of(self, link: Link) -> Sequence[Comment]:
        """Those of the link's issue that are on record, by id; what cannot be read is left out."""

    def drop(self, link: Link, comment_id: str) -> None:
        """Forget one. May be repeated."""


class NoteRecords(Protocol):
    """Which notes of an incident are ours, whatever links it has. Every method may be repeated.

    The note that names an issue is not among them: its link has its id. Texts are digests.
    """

    def kept_since(self) -> datetime:
        """Since when this stack keeps the ids of its notes: the first call ever sets the time."""

    def known(self, incident_id: str, note_ids: Sequence[str]) -> AbstractSet[str]:
        """Those of the ids that are on record as ours; the cost does not grow with what is kept."""

    def record_ours(self, incident_id: str, note_id: str) -> None:
        """Record that a note is ours."""

    def attempts(self, incident_id: str, texts: Sequence[str]) -> abc.Mapping[str, NoteAttempt]:
        """The latest attempt at each of the texts, by text, also one that has added its note."""

    def begin(self, incident_id: str, attempt: NoteAttempt) -> None:
        """Record an attempt in place of earlier ones at its text."""

    def end(self, incident_id: str, text: str, *, note_id: str) -> None:
        """Record the note that came of the attempt at a text, and so the attempt's end."""


class PagerDuty(Protocol):
    """The PagerDuty account that the connection secret names."""

    def writes_as(self) -> str:
        """The e-mail address of the user in whose name notes are added, unless told otherwise."""

    def get_incident(self, incident_id: str) -> Incident:
        """The incident as it is now. Raises `NotFound`."""

    def trigger_details(self, log_entry_id: str) -> str | None:
        """The details of a trigger log entry as text (`key: value` lines); None without any."""

    def list_notes(self, incident_id: str) -> Sequence[Note]:
        """All notes of the incident. Raises `NotFound`."""

    def add_note(self, incident_id: str, content: str, *, by: str | None = None) -> Note:
        """Add a note, as the user of an e-mail address. Not idempotent.

        Raises `Refused`, `NotFound`, and `Misconfigured` where there is no such user.
        """

    def change_incident(self, incident_id: str, change: IncidentChange) -> None:
        """Write onto the incident; idempotent. Raises `Refused`, `NotFound`.

        `Misconfigured`: PagerDuty does not know the user who does it.
        """

    def has_been(self, incident_id: str, status: IncidentStatus, *, since: datetime) -> bool:
        """Whether its log tells that the incident was acknowledged, or resolved, since a time.

        `since` is a time of PagerDuty's, in whole seconds. Raises `Refused`, `NotFound`.
        """

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, IncidentField]:
        """The custom fields of the incident by name, empty ones too.

        As setting one: `Refused` where the plan has none (402) or the key may not (403), `NotFound`
        for an incident that PagerDuty does not know.
        """

    def set_incident_field(
        self, incident_id: str, name: str, value: object
    ) -> abc.Mapping[str, IncidentField]:
        """Give a field a JSON value, and return what it then holds. Idempotent."""


RightsIn = Callable[[str], ProjectRights]
"""The rights of our account in a project. Raises `NotFound` where Jira does not show it to us."""


class Mappings(Protocol):
    """The mappings as people wrote them."""

    def in_force(self) -> Sequence[Mapping]:
        """The enabled and readable mappings, by id. Always as stored now."""

    def all_listed(self) -> Sequence[Listed]:
        """All of them, by id, also those that are off or cannot be read. Always as stored now."""

    def problems(self) -> Sequence[tuple[str, str]]:
        """(mapping id, sentences) for each stored item that cannot be read."""

    def verdicts(self) -> Sequence[tuple[str, Sequence[Problem]]]:
        """(mapping id, problems) for each mapping in force whose last verdict names any."""

    def find(self, mapping_id: str) -> Mapping | None:
        """The mapping, enabled or not; None where there is none.

        Raises `Misconfigured` where the stored item cannot be read.
        """

    def check_unchecked_again(self) -> None:
        """Have every item judged again of whose verdict a part is missing. May be repeated."""


class Links(Protocol):
    """Links between incidents and issues, and the incidents' timelines.

    Every write is conditional on the link's version and raises `Conflict` where it is lost. What
    a write returns is the link as stored, with its new version. Writing the same thing twice (an
    answer was lost below us) is not a conflict.
    """

    def of_incident(self, incident_id: str) -> Sequence[Link]:
        """Every link of the incident, by mapping id. Reads its own writes.

        One that cannot be read is `UNREADABLE`, so that no other is made in its place.
        """

    def save(self, link: Link) -> Link:
        """Store a link; version 0 means that there must be none yet."""

    def complete(self, link: Link) -> Link:
        """Store a link that names its issue, and the reverse item of the issue, both or neither.

        A reverse item of another incident is replaced: the issue has this incident's mark, and a
        Jira restored from a backup gives ids out again.
        """

    def incident_of(self, issue_id: str) -> str | None:
        """The id of the incident that the issue is linked to. Raises `UnreadableItem`."""

    def counts(self) -> LinkCounts:
        """How many links there are, from the index: writes of the last seconds may be missing."""

    def record(self, entry: TimelineEntry) -> None:
        """Add to the incident's timeline. Idempotent for the same time and signal."""

    def timeline(self, incident_id: str) -> Sequence[TimelineEntry]:
        """The incident's timeline, oldest first; entries that cannot be read are left out."""


IncidentNamed = Callable[[str, TimeLeft], str | None]
"""The id of an incident by its number, or by the key that its issue had when it was read.

None where no link tells it, or none that could be read in the time. Every link is read: for what
neither side can be asked about.
"""


class Workflows(Protocol):
    """What was learned of the workflows, status by status."""

    def of(self, project_id: str, issue_type_id: str) -> Workflow:
        """All that is remembered of the workflow of a project's issue type."""

    def put(
        self,
        project_id: str,
        issue_type_id: str,
        *,
        status_id: str,
        transitions: Sequence[Transition],
    ) -> None:
        """Remember the transitions of a status in place of those remembered before."""
