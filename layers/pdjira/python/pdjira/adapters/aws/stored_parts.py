"""The parts of a mapping as they are in `MappingsTable`."""

from collections import abc
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import (
    Conditions,
    Direction,
    FieldRule,
    PriorityRow,
    Reopen,
    RuleType,
    SyncPeople,
)
from pdjira.model.times import read_time

Urgency = Literal["high", "low"]


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


T = TypeVar("T")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Several = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A list of values of one kind."""


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


Count = Annotated[int, Field(ge=0)]
"""A whole number from 0."""


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

    def to_domain(self) -> SyncPeople:
        """The rules."""
        return SyncPeople(assignee=self.assignee, watchers=self.watchers)


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


StackTime = Annotated[datetime | None, BeforeValidator(read_time)]
"""A time that the stack writes, in UTC; whatever else people put there counts as none."""


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
