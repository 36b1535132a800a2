"""A mapping as it lies in `MappingsTable`, made to be typed by a person."""

from collections.abc import Mapping as MappingABC
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pdjira.adapters.aws.mapping_form import form_problem, unknown_keys
from pdjira.adapters.aws.stored_values import Count, Several, StackTime, Stored, Text, plain
from pdjira.domain.candidate import Candidate, NotesUser, Reading
from pdjira.domain.incident import IncidentStatus, Reference
from pdjira.domain.mapping import (
    Conditions,
    CreateMode,
    FieldRule,
    JqlAppliesTo,
    Mapping,
    PriorityRow,
    Reopen,
    RuleType,
    SyncNotes,
)

Urgency = Literal["high", "low"]


class Unreadable(Exception):  # noqa: N818 - never leaves the adapter
    """An item that is no mapping: `says` names each key and what it must be."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class StoredNamed(Stored):
    """Something with an id and a name; the name is for people and may be left out."""

    id: Text
    name: Text = ""

    def to_domain(self) -> Reference:
        """The reference; what has no name goes by its id."""
        return Reference(id=self.id, name=self.name or self.id)


class StoredProject(Stored):
    """A Jira project; the key is for people and may be left out."""

    id: Text
    key: Text = ""

    def to_domain(self) -> Reference:
        """The reference; what has no key goes by its id."""
        return Reference(id=self.id, name=self.key or self.id)


class StoredConditions(Stored):
    """Which incidents the mapping is for."""

    urgency: Several[Urgency] = ()
    priority_ids: Several[Text] = ()
    title_matches: Text | None = None

    def to_domain(self) -> Conditions:
        """The conditions."""
        return Conditions(
            urgency=tuple(self.urgency),
            priority_ids=tuple(self.priority_ids),
            title_matches=self.title_matches,
        )


class StoredStatuses(Stored):
    """The Jira status of each state of an incident."""

    triggered: StoredNamed | None = None
    acknowledged: StoredNamed | None = None
    resolved: StoredNamed | None = None

    def to_domain(self) -> dict[IncidentStatus, Reference]:
        """The statuses that are mapped."""
        mapped = {status: getattr(self, status.value) for status in IncidentStatus}
        return {status: named.to_domain() for status, named in mapped.items() if named}


class StoredReopen(Stored):
    """Whether what was closed may be opened again."""

    issue: bool = True
    incident: bool = True
    not_after_days: Count | None = None
    not_with_resolutions: Several[StoredNamed] = ()

    def to_domain(self) -> Reopen:
        """The rules."""
        return Reopen(
            issue=self.issue,
            incident=self.incident,
            not_after_days=self.not_after_days,
            not_with=tuple(one.id for one in self.not_with_resolutions),
        )


class StoredPriority(Stored):
    """One row of the priority map; None stands for no priority."""

    pagerduty_id: Text | None = None
    jira_id: Text | None = None

    def to_domain(self) -> PriorityRow:
        """The row; one without a priority of Jira says nothing, and is left out of mappings."""
        return PriorityRow(pagerduty_id=self.pagerduty_id, jira_id=self.jira_id or "")


class StoredUser(Stored):
    """The PagerDuty user who writes notes."""

    id: Text
    email: Text | None = None


class StoredPeople(Stored):
    """Which people are carried over."""

    assignee: bool = False
    watchers: bool = False


class StoredFieldRule(Stored):
    """How one field of the issue gets its value."""

    target_issue_field: Text
    type: Literal["const", "attribute", "jira_value", "template"]
    value: Any = None
    source_incident_field: Text | None = None
    direction: Literal["to_jira", "to_pagerduty", "both"] = "to_jira"

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> Self:
        match self.type:
            case "attribute" if self.source_incident_field is None:
                raise PydanticCustomError("rule", "source_incident_field|the name of an attribute")
            case "jira_value" if self.value is None:
                raise PydanticCustomError("rule", "value|what Jira takes for this field")
            case "const" | "template" if isinstance(self.value, bool | list | dict):
                raise PydanticCustomError("rule", "value|text")
        return self

    def to_domain(self) -> FieldRule:
        """The rule; a blank constant is an empty text."""
        is_text = self.type in {"const", "template"}
        value = str("" if self.value is None else self.value) if is_text else self.value
        return FieldRule(
            target=self.target_issue_field,
            type=RuleType(self.type),
            value=value,
            source=self.source_incident_field,
        )


class StoredMapping(Stored):
    """Every key of a mapping. What the stack writes itself is taken as it is."""

    id: Text
    name: Text = ""
    enabled: bool = True
    service: StoredNamed
    service_id: Any = None
    project: StoredProject
    issue_type: StoredNamed
    create_issue: Literal["automatic", "manual", "never"]
    manual_workflow_ids: Several[Text] = ()
    conditions: StoredConditions = StoredConditions()
    jql: Text | None = None
    jql_applies_to: Literal["new", "existing"] = "new"
    jql_settle_seconds: Count = 0
    max_incidents_per_hour: Count = 10
    incident_urgency: Urgency | None = None
    status_mapping: StoredStatuses = StoredStatuses()
    resolved_statuses: Several[StoredNamed] = ()
    acknowledge_on_status: bool = False
    reopen: StoredReopen = StoredReopen()
    priorities: Several[StoredPriority] = ()
    sync_notes: Literal["both", "to_jira", "to_pagerduty", "off"] = "both"
    sync_notes_user: StoredUser | None = None
    internal_comments: bool = False
    sync_people: StoredPeople = StoredPeople()
    custom_fields: Several[StoredFieldRule] = ()
    enabled_since: StackTime = None
    jql_paused: Any = None
    check: Any = None
    written_by_stack: Any = None

    def to_domain(self) -> Mapping:
        """The part of the mapping that the rules use so far."""
        return Mapping(
            id=self.id,
            name=self.name or self.id,
            enabled=self.enabled,
            service=self.service.to_domain(),
            project=self.project.to_domain(),
            issue_type=self.issue_type.to_domain(),
            create_issue=CreateMode(self.create_issue),
            manual_workflow_ids=self.manual_workflow_ids,
            conditions=self.conditions.to_domain(),
            field_rules=tuple(
                rule.to_domain() for rule in self.custom_fields if rule.direction != "to_pagerduty"
            ),
            enabled_since=self.enabled_since,
            statuses=self.status_mapping.to_domain(),
            resolved_statuses=tuple(status.to_domain() for status in self.resolved_statuses),
            priorities=tuple(row.to_domain() for row in self.priorities if row.jira_id),
            sync_notes=SyncNotes(self.sync_notes),
            sync_notes_email=self.sync_notes_user.email if self.sync_notes_user else None,
            internal_comments=self.internal_comments,
            jql=self.jql,
            jql_applies_to=JqlAppliesTo(self.jql_applies_to),
            jql_settle_seconds=self.jql_settle_seconds,
            max_incidents_per_hour=self.max_incidents_per_hour,
            incident_urgency=self.incident_urgency,
            reopen=self.reopen.to_domain(),
            acknowledge_on_status=self.acknowledge_on_status,
        )

    def to_candidate(self) -> Candidate:
        """The mapping with everything that its judge looks at."""
        user = self.sync_notes_user
        return Candidate(
            mapping=self.to_domain(),
            rules=tuple(
                (place, rule.to_domain())
                for place, rule in enumerate(self.custom_fields)
                if rule.direction != "to_pagerduty"
            ),
            rows=tuple((place, row.to_domain()) for place, row in enumerate(self.priorities)),
            kept_resolutions=tuple(one.to_domain() for one in self.reopen.not_with_resolutions),
            notes_user=NotesUser(id=user.id, email=user.email) if user else None,
        )


def read_item(item: MappingABC[str, Any]) -> Reading:
    """What an item says, and everything that is wrong with its form."""
    values = plain(item)
    unknown = tuple(unknown_keys(values, StoredMapping))
    try:
        stored = StoredMapping.model_validate(values)
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        return Reading(candidate=None, problems=(*found, *unknown))
    return Reading(candidate=stored.to_candidate(), problems=unknown)


def read_mapping(item: MappingABC[str, Any]) -> StoredMapping:
    """The mapping of a stored item. Raises `Unreadable`."""
    try:
        return StoredMapping.model_validate(plain(item))
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        raise Unreadable(" ".join(problem.says for problem in found)) from None
