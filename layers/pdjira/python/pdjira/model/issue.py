"""An issue of Jira: how it is created, what marks it as ours, what its screens take."""

from collections import abc
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRef:
    """An issue: the id never changes, the key does when the issue moves."""

    id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an issue is: its project and its type, both by id."""

    project_id: str
    issue_type_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus:
    """A status of a workflow; `done` where it belongs to Jira's category Done."""

    id: str
    name: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """An entry of an issue's history. `status_id` is where it moved the issue; None: nowhere."""

    id: str
    status_id: str | None = None
    by_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueHistory:
    """What an issue was created with, and who moved it.

    What is None was never changed, and a priority of "" was none. `entries` are oldest first. Not
    `is_known`: Jira did not tell it, so the last move counts as a person's.
    """

    initial_status_id: str | None = None
    initial_priority_id: str | None = None
    initial_summary: str | None = None
    entries: tuple[HistoryEntry, ...] = ()
    is_known: bool = True

    @property
    def newest_id(self) -> str | None:
        """The id of the newest entry: "" where there is none yet, None where it is not known."""
        if not self.is_known:
            return None
        return self.entries[-1].id if self.entries else ""

    @property
    def moved_by_us(self) -> bool:
        """Whether our own account moved the issue last, or nobody yet."""
        moves = self.moves_since("")
        return self.is_known and (not moves or moves[-1].by_us)

    def moves_since(self, entry_id: str | None) -> tuple[HistoryEntry, ...]:
        """The moves after an entry, oldest first: after "" all, and none where it is not known."""
        ids = ["", *(entry.id for entry in self.entries)]
        since = self.entries[ids.index(entry_id) :] if entry_id in ids else ()
        return tuple(entry for entry in since if entry.status_id is not None)


NO_HISTORY = IssueHistory()
"""The history of an issue that nobody has changed since it was created."""

UNKNOWN_HISTORY = IssueHistory(is_known=False)
"""The history of an issue of which it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueComment:
    """A comment on an issue; `body` is wiki markup.

    `is_marked`: it has a mark of ours, whichever account wrote it (None: Jira did not show that).
    `by_us`: our own account wrote it, which people may use as well. `is_restricted`: only a role or
    a group sees it.
    """

    id: str
    body: str
    created_at: datetime
    author: str | None = None
    author_email: str | None = None
    is_marked: bool | None = None
    by_us: bool = False
    is_restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPage:
    """Comments of an issue as far as they were read, oldest first: the newest ones.

    `start` is how many are before them, `end` how many there are up to their end.
    """

    comments: tuple[IssueComment, ...]
    start: int
    end: int

    def after(self, earlier: "CommentPage") -> "CommentPage":
        """These, with an earlier page before them."""
        known = {comment.id for comment in earlier.comments}
        rest = (comment for comment in self.comments if comment.id not in known)
        comments = (*earlier.comments, *rest)
        return CommentPage(comments=comments, start=earlier.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as Jira shows it now, by GET: searches lag behind.

    `assignee` is the name of an account. `history` is None where it was not read, `comments` where
    they were not asked for, or are too many to come with the issue.
    `fields` holds, of those fields that were `asked` for, the ones that Jira shows on the issue, by
    id, as Jira's JSON, and `screen` the edit screen. A field that is hidden, or that the project
    does not have, is none of them; one that is empty is there and holds None. `schemas` tell their
    kinds. `is_untouched`: nothing was changed since it was created. `stale`: something was written
    since, of which it is not known what Jira holds. `created_at` is in whole seconds, `naming` is
    what its mark names.
    """

    ref: IssueRef
    status: IssueStatus
    project_id: str
    issue_type_id: str
    summary: str = ""
    priority_id: str | None = None
    priority_name: str | None = None
    resolution_id: str | None = None
    resolved_at: datetime | None = None
    assignee: str | None = None
    assignee_email: str | None = None
    history: IssueHistory | None = None
    comments: CommentPage | None = None
    asked: frozenset[str] = frozenset()
    fields: abc.Mapping[str, object] = field(default_factory=dict)
    screen: "CreateScreen | None" = None
    schemas: abc.Mapping[str, "FieldSchema"] = field(default_factory=dict)
    is_untouched: bool = False
    stale: bool = False
    created_at: datetime | None = None
    naming: "Naming | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Which incident a mark names, and under which mapping; the line alone names no mapping."""

    incident_id: str
    mapping_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What tells an issue of ours: the entity property and the description's last line.

    A test issue has no incident (`incident_id` is None), and a property of its own.
    """

    incident_id: str | None
    mapping_id: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDraft:
    """An issue to be created.

    `fields` is what Jira's create call takes (field id to JSON value), without project and type.
    """

    project_id: str
    issue_type_id: str
    fields: abc.Mapping[str, object]
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLink:
    """A link from an issue to a page elsewhere; the same `global_id` updates it."""

    global_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedValue:
    """A value that a field offers; `children` are those of a cascading select's second level."""

    id: str
    name: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """What a field of a Jira screen takes: `schema` of the create metadata.

    `type` and `items` are Jira's words (`string`, `array` of `string`, `option`, ...), `custom` is
    the key of a custom field's type and `system` the name of a field of Jira's own. `allowed` is
    None where Jira lists no values. `operations` are those by which a value gets into the field:
    `worklog` and `comment` take `add` only, and a field without any cannot be filled at all
    (OpenAPI document of Jira, `FieldMeta`).
    """

    id: str
    name: str
    required: bool
    type: str
    items: str | None = None
    custom: str | None = None
    system: str | None = None
    has_default: bool = False
    allowed: tuple[AllowedValue, ...] | None = None
    operations: tuple[str, ...] = ("set",)

    @property
    def is_fillable(self) -> bool:
        """Whether a value may be given."""
        return "set" in self.operations or self.is_added_to

    @property
    def is_added_to(self) -> bool:
        """Whether values can only be added."""
        return "add" in self.operations and "set" not in self.operations


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScreen:
    """The fields that may be given when an issue of one type is created, by field id."""

    fields: abc.Mapping[str, FieldSchema]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """Which Jira this is. `base_url` is for people: it is shown, never called."""

    base_url: str
    version: tuple[int, ...]
    title: str
