"""What PagerDuty tells of an incident."""

from collections import abc
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NO_PRIORITY = "none"
"""Stands for the priority of an incident that has none."""

STATUS_UPDATE = "status_update:"
"""How the id of a status update begins, where notes have their bare id."""


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
class Person:
    """A user of PagerDuty; `email` is None where PagerDuty did not send it along."""

    id: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentField:
    """A custom field of an incident, and its value as text; None where it is empty.

    `data_type` is PagerDuty's word (`string`, `integer`, `float`, `boolean`, `datetime`, `url`);
    `several`: it holds a list.
    """

    name: str
    data_type: str = "string"
    several: bool = False
    value: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as PagerDuty's REST API tells it now.

    `description` is None where the incident has no body; its first trigger log entry
    (`first_log_entry_id`) may then hold one. `merged_into` is the id of the incident that goes on
    in place of this one: the merge resolved this one, and nothing was fixed. Lists hold names, in
    PagerDuty's order, but for `assigned` (the assignees once more) and `involved` (assignees,
    acknowledgers, and responders who did not decline, each once). `fields` are its custom fields,
    by name; None where nobody has asked for them.
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
    assigned: tuple[Person, ...] = ()
    involved: tuple[Person, ...] = ()
    last_status_change_at: datetime | None = None
    last_status_change_by: str | None = None
    merged_into: str | None = None
    fields: abc.Mapping[str, IncidentField] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """Incidents, newest first; `next_start` is where the next page starts, None after the last."""

    incidents: tuple[Incident, ...]
    next_start: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChange:
    """What is to be written onto an incident; None leaves it as it is.

    `urgency`: `high` or `low`. `priority`: one of PagerDuty's ids, or `NO_PRIORITY` to take it
    away. `by`: the e-mail address of the user who does it; None: the user that the secret names.
    """

    status: IncidentStatus | None = None
    title: str | None = None
    urgency: str | None = None
    priority: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note of an incident, or a status update, whose id then begins with `STATUS_UPDATE`.

    `content` is plain text, and only its beginning where PagerDuty has `trimmed` it. `author` is
    the name that people know and `author_id` their id, None where PagerDuty does not tell.
    """

    id: str
    content: str
    author: str | None = None
    author_id: str | None = None
    created_at: datetime | None = None
    trimmed: bool = False
