"""What a test issue is made from and moved by, and what each step of the test tells."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pdjira.model.incident import Incident, IncidentStatus, Note, Reference
from pdjira.model.mapping import Mapping

_TESTER = "the test of a mapping"

_PRIORITY = Reference(id="test", name="P1")

_HTML_URL = "https://www.pagerduty.com/"
"""No page of an account: the incident is nowhere in PagerDuty."""


class Afterwards(StrEnum):
    """What becomes of a test issue."""

    KEEP = "keep"
    CLOSE = "close"
    DELETE = "delete"


class StepStatus(StrEnum):
    """What became of a step."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """One step of a test: one sentence or the way it took, and the cure where one is needed."""

    name: str
    status: StepStatus
    says: str
    cure: str | None = None


def ok(name: str, says: str) -> StepReport:
    """The step did what it is for."""
    return StepReport(name=name, status=StepStatus.OK, says=says)


def failed(name: str, says: str, cure: str) -> StepReport:
    """The step did not do what it is for, and an incident would have met the same."""
    return StepReport(name=name, status=StepStatus.FAILED, says=says, cure=cure)


def skipped(name: str, says: str, cure: str | None = None) -> StepReport:
    """The step was not done, and the test goes on without it."""
    return StepReport(name=name, status=StepStatus.SKIPPED, says=says, cure=cure)


def sample_incident(mapping: Mapping, *, now: datetime) -> Incident:
    """An incident of the mapping's service, made up: every attribute is filled.

    So every rule of the mapping has a value.
    """
    rows = (row.pagerduty_id for row in mapping.priorities)
    mapped = next((one for one in rows if one), None)
    return Incident(
        id=f"test-{mapping.id}",
        number=1,
        title=f"Test of the mapping {mapping.id}: nothing is wrong",
        status=IncidentStatus.TRIGGERED,
        urgency=next(iter(mapping.conditions.urgency), "high"),
        html_url=_HTML_URL,
        service=mapping.service,
        created_at=now,
        priority=Reference(id=mapped, name="P1") if mapped else _PRIORITY,
        description=(
            f"This issue was made by a test of the mapping {mapping.id}. No incident is behind it, "
            "and nobody was paged.\nIt may be closed or deleted."
        ),
        escalation_policy="Test",
        impacted_services=(mapping.service.name,),
        assignees=(_TESTER,),
        acknowledgers=(_TESTER,),
        last_status_change_at=now,
        last_status_change_by=_TESTER,
    )


def sample_note(mapping: Mapping, *, now: datetime) -> Note:
    """A note on that incident."""
    return Note(
        id=f"test-{mapping.id}",
        content="Notes of an incident look like this.",
        author=_TESTER,
        created_at=now,
    )
