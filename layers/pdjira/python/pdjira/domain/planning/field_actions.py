"""What the planner can ask for about custom fields and rules that go to PagerDuty."""

from dataclasses import dataclass

from pdjira.domain.incident import IncidentChange
from pdjira.domain.link import Agreement
from pdjira.domain.mapping import FieldRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIncidentFields:
    """Read the custom fields of the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeField:
    """Write onto the incident what a field of its issue holds now, as a rule says.

    `change` is of the incident itself; else its custom field of the name `field` gets `value`.
    """

    rule: FieldRule
    change: IncidentChange
    field: str | None
    value: object
    agreed: Agreement


FieldStep = ReadIncidentFields | ChangeField
"""What brings to an incident what fields of its issue hold."""
