"""A mapping and its verdict as they are in `MappingsTable`, made to be typed by a person."""

from collections import abc
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pdjira.adapters.aws.mapping_form import form_problem, unknown_keys
from pdjira.mappings.offers import Candidate, NotesUser, Reading
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import (
    Conditions,
    CreateMode,
    Direction,
    FieldRule,
    JqlAppliesTo,
    Mapping,
    PriorityRow,
    Problem,
    Reopen,
    RuleType,
    Severity,
    SyncNotes,
    SyncPeople,
    VerdictStatus,
    unchecked,
)
from pdjira.model.times import read_time


class Unreadable(Exception):  # noqa: N818 - never leaves the adapter
    """An item that is no mapping: `says` names each key, what it must be, and what to write."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


Count = Annotated[int, Field(ge=0)]
"""A whole number from 0."""

T = TypeVar("T")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Several = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A list of values of one kind."""

StackTime = Annotated[datetime | None, BeforeValidator(read_time)]
"""A time that the stack writes, in UTC; whatever else people put there counts as none."""


class Stored(BaseModel):
    """A map as it was typed: unknown keys are passed over, blank ones count as left out."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _leave_blanks_out(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if not _is_blank(value)}


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


Text = Annotated[str, BeforeValidator(_as_text)]
"""Text; a Number is taken as it is written."""

Urgency = Literal["high", "low"]


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
            direction=Direction(self.direction),
        )


class StoredNamed(Stored):
    """Something with an id and a name; the name is for people and may be left out."""

    id: Text
    name: Text = ""

    def to_domain(self) -> Reference:
        """The reference; what has no name goes by its id."""
        return Reference(id=self.id, name=self.name or self.id)


class StoredPeople(Stored):
    """Which people are carried over."""

    assignee: bool = False
    watchers: bool = False

    def to_domain(self) -> SyncPeople:
        """The rules."""
        return SyncPeople(assignee=self.assignee, watchers=self.watchers)


class StoredPriority(Stored):
    """One row of the priority map; None stands for no priority."""

    pagerduty_id: Text | None = None
    jira_id: Text | None = None

    def to_domain(self) -> PriorityRow:
        """The row; one without a priority of Jira says nothing, and is left out of mappings."""
        return PriorityRow(pagerduty_id=self.pagerduty_id, jira_id=self.jira_id or "")


class StoredProject(Stored):
    """A Jira project; the key is for people and may be left out."""

    id: Text
    key: Text = ""

    def to_domain(self) -> Reference:
        """The reference; what has no key goes by its id."""
        return Reference(id=self.id, name=self.key or self.id)


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


class StoredStatuses(Stored):
    """The Jira status of each state of an incident."""

    triggered: StoredNamed | None = None
    acknowledged: StoredNamed | None = None
    resolved: StoredNamed | None = None

    def to_domain(self) -> dict[IncidentStatus, Reference]:
        """The statuses that are mapped."""
        mapped = {status: getattr(self, status.value) for status in IncidentStatus}
        return {status: named.to_domain() for status, named in mapped.items() if named}


class StoredUser(Stored):
    """The PagerDuty user who writes notes."""

    id: Text
    email: Text | None = None


class StoredMapping(Stored):
    """Every key of a mapping. What the stack writes itself is taken as it is."""

    id: Text
    """Names the mapping in links, marks, notes and logs. Never change it: a mapping of another
    id is another mapping, and its incidents get issues of their own.
    """
    name: Text = ""
    """For people; the id where it is left out."""
    enabled: bool = True
    """false switches the mapping off; links that exist are left alone."""
    service: StoredNamed
    """The PagerDuty service: id, and name for people."""
    service_id: Any = None
    project: StoredProject
    """The Jira project: id, and key for people."""
    issue_type: StoredNamed
    """The issue type: id, and name for people."""
    create_issue: Literal["automatic", "manual", "never"]
    """automatic: an issue for each incident that meets the conditions, and for any that
    somebody asks for. manual: only for those that somebody asks for. never: none.
    """
    manual_workflow_ids: Several[Text] = ()
    """Ids of incident workflows in PagerDuty whose start asks for an issue."""
    conditions: StoredConditions = StoredConditions()
    """Which incidents the mapping is for; without any, all of the service."""
    jql: Text | None = None
    """Which issues open incidents; without it none do."""
    jql_applies_to: Literal["new", "existing"] = "new"
    """new: issues that come to match from now on. existing: those that match already as well."""
    jql_settle_seconds: Count = 0
    """How long an issue has to match before it opens an incident."""
    max_incidents_per_hour: Count = 10
    """How many incidents the jql may open within an hour; then it pauses."""
    incident_urgency: Urgency | None = None
    """The urgency of these incidents; otherwise as the service has it."""
    status_mapping: StoredStatuses = StoredStatuses()
    """To which Jira status the issue moves when the incident becomes triggered, acknowledged or
    resolved; what is left out stays where it is.
    """
    resolved_statuses: Several[StoredNamed] = ()
    """Jira statuses beside the mapped one that count as resolved."""
    acknowledge_on_status: bool = False
    """true: an issue that moves to the status of acknowledged acknowledges its incident, as its
    assignee.
    """
    reopen: StoredReopen = StoredReopen()
    """What the other side may open again: issue, incident, not_after_days,
    not_with_resolutions.
    """
    priorities: Several[StoredPriority] = ()
    """Which Jira priority (jira_id) belongs to which of PagerDuty (pagerduty_id; null: none)."""
    sync_notes: Literal["both", "to_jira", "to_pagerduty", "off"] = "both"
    """Which way notes and comments go."""
    sync_notes_user: StoredUser | None = None
    """The PagerDuty user (id, email) in whose name comments become notes where the author is no
    user of PagerDuty; otherwise pagerduty.from_email.
    """
    internal_comments: bool = False
    """true: comments that the stack writes are internal, so that customers of a service desk do
    not see them.
    """
    sync_people: StoredPeople = StoredPeople()
    """Whose incident it is (assignee), and who works on it (watchers), on the issue as well."""
    custom_fields: Several[StoredFieldRule] = ()
    """Rules that fill fields of the issue."""
    enabled_since: StackTime = None
    """Written by the stack: since when the mapping is switched on."""
    changed: Any = None
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
            field_rules=_unplaced(_rules(self.custom_fields, to_jira=True)),
            rules_to_pagerduty=_unplaced(_rules(self.custom_fields, to_jira=False)),
            enabled_since=self.enabled_since,
            statuses=self.status_mapping.to_domain(),
            resolved_statuses=tuple(status.to_domain() for status in self.resolved_statuses),
            priorities=tuple(row.to_domain() for row in self.priorities if row.jira_id),
            sync_notes=SyncNotes(self.sync_notes),
            sync_notes_email=self.sync_notes_user.email if self.sync_notes_user else None,
            internal_comments=self.internal_comments,
            sync_people=self.sync_people.to_domain(),
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
            rules=_rules(self.custom_fields, to_jira=True),
            rules_to_pagerduty=_rules(self.custom_fields, to_jira=False),
            rows=tuple((place, row.to_domain()) for place, row in enumerate(self.priorities)),
            kept_resolutions=tuple(one.to_domain() for one in self.reopen.not_with_resolutions),
            notes_user=NotesUser(id=user.id, email=user.email) if user else None,
        )


def _rules(
    stored: tuple[StoredFieldRule, ...], *, to_jira: bool
) -> tuple[tuple[int, FieldRule], ...]:
    """The field rules that fill fields of the issue, or those that never do, by their place."""
    return tuple(
        (place, rule.to_domain())
        for place, rule in enumerate(stored)
        if (rule.direction != "to_pagerduty") is to_jira
    )


def _unplaced(rules: tuple[tuple[int, FieldRule], ...]) -> tuple[FieldRule, ...]:
    return tuple(rule for _, rule in rules)


def read_item(item: abc.Mapping[str, Any]) -> Reading:
    """What an item says, and everything that is wrong with its form."""
    values = plain(item)
    unknown = tuple(unknown_keys(values, StoredMapping))
    try:
        stored = StoredMapping.model_validate(values)
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        return Reading(candidate=None, problems=(*found, *unknown))
    return Reading(candidate=stored.to_candidate(), problems=unknown)


def read_mapping(item: abc.Mapping[str, Any]) -> StoredMapping:
    """The mapping of a stored item. Raises `Unreadable`."""
    try:
        return StoredMapping.model_validate(plain(item))
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        says = " ".join(f"{problem.says} {problem.cure}" for problem in found)
        raise Unreadable(says) from None


def read_problems(check: object) -> tuple[Problem, ...]:
    """The problems of a stored `check`; what is no problem of ours is left out.

    The hints of a verdict of which a part is missing count as what was not checked.
    """
    if not isinstance(check, abc.Mapping):
        return ()
    listed = check.get("problems")
    rows = listed if isinstance(listed, list) else []
    is_whole = check.get("status") != VerdictStatus.UNCHECKED
    found = (_problem(row, is_whole=is_whole) for row in rows if isinstance(row, abc.Mapping))
    return tuple(problem for problem in found if problem is not None)


def _problem(row: abc.Mapping[str, object], *, is_whole: bool) -> Problem | None:
    texts = {name: row.get(name) for name in ("severity", "field", "says", "cure")}
    if texts.pop("severity") not in set(Severity):
        return None
    severity = Severity(str(row["severity"]))
    field, says, cure = (str(text or "") for text in texts.values())
    if severity is Severity.HINT and not is_whole:
        return unchecked(field, says, cure)
    return Problem(severity=severity, field=field, says=says, cure=cure)


def plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold has no narrower type
    """`value` with JSON's types alone: whole numbers as int, sets as sorted lists."""
    match value:
        case Decimal() | float():
            return int(value) if value == int(value) else float(value)
        case abc.Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case set() | frozenset():
            return sorted((plain(each) for each in value), key=repr)
        case list() | tuple():
            return [plain(each) for each in value]
    return value


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
