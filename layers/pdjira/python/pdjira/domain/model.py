"""The values that everything here is about: incidents, issues, mappings and links."""

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class IncidentStatus(StrEnum):
    """The three states that PagerDuty knows."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Something of either side by its id, with the name that people know it by."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as PagerDuty's REST API tells it now.

    `description` is None where the incident has no body; its first trigger log entry
    (`first_log_entry_id`) may then hold one. Lists hold names, in PagerDuty's order.
    """

    id: str
    number: int
    title: str
    status: IncidentStatus
    urgency: str
    html_url: str
    service: Reference
    created_at: datetime
    incident_key: str | None = None
    priority: Reference | None = None
    description: str | None = None
    first_log_entry_id: str | None = None
    escalation_policy: str | None = None
    impacted_services: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    acknowledgers: tuple[str, ...] = ()
    last_status_change_at: datetime | None = None
    last_status_change_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note of an incident; `content` is plain text."""

    id: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRef:
    """An issue: the id never changes, the key does when the issue moves."""

    id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What tells an issue of ours: the entity property and the description's last line."""

    incident_id: str
    mapping_id: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDraft:
    """An issue to be created.

    `fields` is what Jira's create call takes (field id to JSON value), without project and type.
    """

    project_id: str
    issue_type_id: str
    fields: MappingABC[str, object]
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLink:
    """A link from an issue to a page elsewhere; the same `global_id` updates it."""

    global_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """What a field of a Jira screen takes: `schema` of the create metadata.

    `type` and `items` are Jira's words (`string`, `array` of `string`, `option`, ...), `custom` is
    the key of a custom field's type and `system` the name of a field of Jira's own.
    """

    id: str
    name: str
    required: bool
    type: str
    items: str | None = None
    custom: str | None = None
    system: str | None = None
    has_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScreen:
    """The fields that may be given when an issue of one type is created, by field id."""

    fields: MappingABC[str, FieldSchema]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """Which Jira this is. `base_url` is for people: it is shown, never called."""

    base_url: str
    version: tuple[int, ...]
    title: str


class CreateMode(StrEnum):
    """When a mapping makes issues."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Which incidents a mapping is for; an empty condition admits any."""

    urgency: tuple[str, ...] = ()
    priority_ids: tuple[str, ...] = ()
    title_matches: str | None = None


class RuleType(StrEnum):
    """Where a field rule takes its value from."""

    CONST = "const"
    ATTRIBUTE = "attribute"
    JIRA_VALUE = "jira_value"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """How one field of the issue gets its value."""

    target: str
    type: RuleType
    value: object = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A PagerDuty service bound to a Jira project and issue type: the part that rules here use."""

    id: str
    name: str
    enabled: bool
    service: Reference
    project: Reference
    issue_type: Reference
    create_issue: CreateMode
    conditions: Conditions = field(default_factory=Conditions)
    field_rules: tuple[FieldRule, ...] = ()
    enabled_since: datetime | None = None


class LinkState(StrEnum):
    """How far a link between an incident and its issue has come."""

    CREATING = "creating"
    LINKED = "linked"
    FAILED = "failed"


class NoticeState(StrEnum):
    """Whether a notice has reached the incident."""

    DUE = "due"
    SENT = "sent"  # its answer was lost: it may be there
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that people must be told once, as a note on the incident, word for word `text`.

    `sent_at` is the time of an attempt whose answer was lost.
    """

    state: NoticeState
    text: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What joins an incident to its issue under one mapping, and what both last agreed on.

    `claimed_at` is the time of the first attempt to create the issue, `attempt_at` that of the
    latest one whose end is unknown (None: nothing is in flight). `project_id` and `issue_type_id`
    are where it was attempted, whatever the mapping says by now. `version` counts writes; 0 is a
    link that was never stored. Notices are keyed by what they tell.
    """

    incident_id: str
    mapping_id: str
    state: LinkState
    claimed_at: datetime
    project_id: str
    issue_type_id: str
    attempt_at: datetime | None = None
    version: int = 0
    issue: IssueRef | None = None
    remote_linked: bool = False
    notices: MappingABC[str, Notice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One signal's story for an incident: what came and, sentence by sentence, what was done."""

    incident_id: str
    at: datetime
    signal: str
    signal_id: str
    says: tuple[str, ...]
