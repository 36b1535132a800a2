"""A mapping, as people wrote it, and what may be wrong with it."""

from collections import abc
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from pdjira.model.incident import IncidentStatus, Reference


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Whether what was closed may be opened again, and until when.

    `issue` and `incident`: which side may be reopened by the other. An issue stays closed
    `not_after_days` days after it was resolved, or with one of the resolutions `not_with` (ids).
    """

    issue: bool = True
    incident: bool = True
    not_after_days: int | None = None
    not_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPeople:
    """Whether the incident's first assignee is assigned, and its people become watchers."""

    assignee: bool = False
    watchers: bool = False

    @property
    def any(self) -> bool:
        """Whether people are carried at all."""
        return self.assignee or self.watchers


class SyncNotes(StrEnum):
    """Which way notes and comments go."""

    BOTH = "both"
    TO_JIRA = "to_jira"
    TO_PAGERDUTY = "to_pagerduty"
    OFF = "off"


class JqlAppliesTo(StrEnum):
    """Which issues open incidents: those that come to match from now on, or all that match."""

    NEW = "new"
    EXISTING = "existing"


class RuleType(StrEnum):
    """Where a field rule takes its value from."""

    CONST = "const"
    ATTRIBUTE = "attribute"
    JIRA_VALUE = "jira_value"
    TEMPLATE = "template"


class Direction(StrEnum):
    """Which way a field follows later changes."""

    TO_JIRA = "to_jira"
    TO_PAGERDUTY = "to_pagerduty"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """How one field of the issue gets its value, and which way it goes later."""

    target: str
    type: RuleType
    value: object = None
    source: str | None = None
    direction: Direction = Direction.TO_JIRA


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRow:
    """A priority of PagerDuty (None: an incident without one) and that of Jira, by id."""

    pagerduty_id: str | None
    jira_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A PagerDuty service bound to a Jira project and issue type: the part that rules here use.

    `field_rules` fill fields of the issue; `rules_to_pagerduty` are those that never do.
    `manual_workflow_ids` are the incident workflows whose start asks for an issue. The issues that
    match `jql` open incidents of `incident_urgency` (None: as the service has it), once they have
    matched for `jql_settle_seconds`, and no more than `max_incidents_per_hour`.
    """

    id: str
    name: str
    enabled: bool
    service: Reference
    project: Reference
    issue_type: Reference
    create_issue: CreateMode
    manual_workflow_ids: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)
    field_rules: tuple[FieldRule, ...] = ()
    rules_to_pagerduty: tuple[FieldRule, ...] = ()
    enabled_since: datetime | None = None
    statuses: abc.Mapping[IncidentStatus, Reference] = field(default_factory=dict)
    resolved_statuses: tuple[Reference, ...] = ()
    priorities: tuple[PriorityRow, ...] = ()
    reopen: Reopen = Reopen()
    acknowledge_on_status: bool = False
    sync_notes: SyncNotes = SyncNotes.BOTH
    sync_notes_email: str | None = None
    internal_comments: bool = False
    sync_people: SyncPeople = SyncPeople()
    jql: str | None = None
    jql_applies_to: JqlAppliesTo = JqlAppliesTo.NEW
    jql_settle_seconds: int = 0
    max_incidents_per_hour: int = 10
    incident_urgency: str | None = None

    @property
    def notes_to_pagerduty(self) -> bool:
        """Whether comments become notes."""
        return self.sync_notes in {SyncNotes.BOTH, SyncNotes.TO_PAGERDUTY}

    @property
    def notes_to_jira(self) -> bool:
        """Whether notes become comments."""
        return self.sync_notes in {SyncNotes.BOTH, SyncNotes.TO_JIRA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item of the mappings, in force or not.

    `mapping` None: it cannot be read, and `says` why; `service_id` is then None where the item does
    not tell it.
    """

    id: str
    name: str
    service_id: str | None
    mapping: Mapping | None
    says: str = ""

    @property
    def in_force(self) -> Mapping | None:
        """The mapping, where it is enabled and readable."""
        return self.mapping if self.mapping and self.mapping.enabled else None


def listed(mapping: Mapping) -> Listed:
    """The item of a mapping that can be read."""
    return Listed(id=mapping.id, name=mapping.name, service_id=mapping.service.id, mapping=mapping)


class Severity(StrEnum):
    """An error keeps the mapping from doing what it says; a hint is worth a second look."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of one key: `field` is its path in the item, such as `custom_fields[2].value`."""

    severity: Severity
    field: str
    says: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked(Problem):
    """A hint that something could not be checked."""


def unchecked(field: str, says: str, cure: str) -> Unchecked:
    """A hint that something could not be checked."""
    return Unchecked(severity=Severity.HINT, field=field, says=says, cure=cure)


def error(field: str, says: str, cure: str) -> Problem:
    """A problem that keeps the mapping from doing what it says."""
    return Problem(severity=Severity.ERROR, field=field, says=says, cure=cure)


def hint(field: str, says: str, cure: str) -> Problem:
    """Something that may not be a problem."""
    return Problem(severity=Severity.HINT, field=field, says=says, cure=cure)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The errors among the problems."""
    return tuple(one for one in problems if one.severity is Severity.ERROR)


class VerdictStatus(StrEnum):
    """Hints alone leave a mapping at `ok`, but not the hint that something was not checked."""

    OK = "ok"
    INVALID = "invalid"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found when a mapping was checked at a time: every problem at once.

    `in_force`: whether the mapping is enabled and readable.
    """

    at: datetime
    problems: tuple[Problem, ...] = ()
    in_force: bool = False

    @property
    def status(self) -> VerdictStatus:
        """Whether the mapping can do what it says, as far as could be seen."""
        if errors_of(self.problems):
            return VerdictStatus.INVALID
        is_checked = not any(isinstance(one, Unchecked) for one in self.problems)
        return VerdictStatus.OK if is_checked else VerdictStatus.UNCHECKED

    def shown(self) -> dict[str, object]:
        """The object that stands in the item as `check`; JSON's types alone."""
        return {
            "status": self.status.value,
            "in_force": self.in_force,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "problems": [
                {**asdict(problem), "severity": problem.severity.value} for problem in self.problems
            ],
        }


def fillable(mapping: Mapping) -> frozenset[str]:
    """The fields that the mapping can fill on a transition."""
    return frozenset(rule.target for rule in mapping.field_rules)


def status_meaning(
    mapping: Mapping, status_id: str, *, now: IncidentStatus
) -> IncidentStatus | None:
    """The state of the incident for which the status stands; None where the mapping knows none.

    Two states may share a status: it then stands for the one that the incident is in, or else for
    the first.
    """
    if stands_for(mapping, status_id, now):
        return now
    return next((state for state in IncidentStatus if stands_for(mapping, status_id, state)), None)


def stands_for(mapping: Mapping, status_id: str, state: IncidentStatus) -> bool:
    """Whether the status stands for the state."""
    target = mapping.statuses.get(state)
    if target is not None and target.id == status_id:
        return True
    is_resolved = state is IncidentStatus.RESOLVED
    return is_resolved and any(other.id == status_id for other in mapping.resolved_statuses)
