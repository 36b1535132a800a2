"""Each event type of PagerDuty: what its payload holds, and what it does to an issue.

The table stands in `docs/reference/event-types.md` as well.
"""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sandbox.pagerduty import happenings
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.seed import PAYMENTS, POLICY, RESPONDER, SYNC_USER

Act = Callable[[PagerDutyModel, str], object]
DATA, INSIDE = "data.id", "data.incident.id"
ASSIGNED = "data.incident_role_assignments.0.incident.id"
IGNORED = "nothing that is kept in step"
PEOPLE = "nothing that is kept in step, unless the mapping has `sync_people`: then people follow"
NO_INCIDENT = "nothing: it is about no incident"
MOVES = "moves the issue to the status that `status_mapping` names"
by = RESPONDER


def nothing(_model: PagerDutyModel, _incident: str) -> None:
    """Where the payload alone tells what happened, or nothing happens to the incident."""


def merge(model: PagerDutyModel, incident: str) -> None:
    model.merge([incident], model.trigger(PAYMENTS, "The cause", by=by).id, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event type.

    `incident`, `service` and `text` are where the payload has the incident's id, the service's
    and what was written. `act` is what happens in PagerDuty, `before` what happened earlier.
    `changes` is what is different in Jira afterwards, and `does` how the documents put it.
    """

    event: str
    does: str
    incident: str | None = DATA
    service: str | None = None
    text: str | None = None
    before: tuple[Act, ...] = ()
    act: Act = nothing
    changes: abc.Mapping[str, object] = field(default_factory=dict)


EVENT_TYPES = (
    Row(
        event="incident.triggered",
        does="makes the issue of each mapping whose conditions hold",
        service="data.service.id",
        changes={"issues": 1},
    ),
    Row(
        event="incident.acknowledged",
        does=MOVES,
        service="data.service.id",
        act=lambda model, it: model.acknowledge(it, by=by),
        changes={"status": "In Progress"},
    ),
    Row(
        event="incident.unacknowledged",
        does=MOVES,
        service="data.service.id",
        before=(lambda model, it: model.acknowledge(it, by=by),),
        act=lambda model, it: model.unacknowledge(it, by=by),
        changes={"status": "Open"},
    ),
    Row(
        event="incident.resolved",
        does=MOVES,
        service="data.service.id",
        act=lambda model, it: model.resolve(it, by=by),
        changes={"status": "Resolved"},
    ),
    Row(
        event="incident.reopened",
        does=MOVES,
        service="data.service.id",
        before=(lambda model, it: model.resolve(it, by=by),),
        act=lambda model, it: model.reopen(it, by=by),
        changes={"status": "Open"},
    ),
    Row(
        event="incident.resolved",
        does="by a merge: adds a comment that names the incident which goes on; the issue stays "
        "in its status, and nothing follows any more",
        service="data.service.id",
        act=merge,
        changes={"comments": 1},
    ),
    Row(
        event="incident.priority_updated",
        does="gives the issue the priority that `priorities` names; makes the issue of a mapping "
        "whose conditions hold only now",
        service="data.service.id",
        act=lambda model, it: model.set_priority(it, "PP1", by=by),
        changes={"priority": "1"},
    ),
    Row(
        event="incident.service_updated",
        does="makes the issue of each mapping of the new service; issues that are there follow "
        "as before",
        service="data.service.id",
        act=lambda model, it: model.set_service(it, PAYMENTS, by=by),
        changes={"issues": 2},
    ),
    Row(
        event="incident.annotated",
        does="adds the note to the issue, as a comment",
        incident=INSIDE,
        text="data.content",
        changes={"comments": 1},
    ),
    Row(
        event="incident.status_update_published",
        does="adds the status update to the issue, as a comment",
        incident=INSIDE,
        text="data.message",
        changes={"comments": 1},
    ),
    Row(
        event="incident.workflow.started",
        does="makes the issue of each mapping that has the workflow in `manual_workflow_ids`",
        incident=INSIDE,
        service="data.service.id",
        changes={"issues": 2},
    ),
    Row(
        event="incident.workflow.completed",
        does=IGNORED,
        incident=INSIDE,
        service="data.service.id",
    ),
    Row(
        event="incident.escalated",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.escalate(it, [SYNC_USER], by=by),
    ),
    Row(
        event="incident.delegated",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.delegate(it, POLICY, by=by),
    ),
    Row(
        event="incident.reassigned",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.reassign(it, [SYNC_USER], by=by),
    ),
    Row(
        event="incident.incident_type.changed",
        does=IGNORED,
        service="data.service.id",
        act=lambda model, it: model.set_incident_type(it, "major_incident", by=by),
    ),
    Row(
        event="incident.responder.added",
        does=PEOPLE,
        incident=INSIDE,
        act=lambda model, it: happenings.add_responder(model, it, SYNC_USER, by=by),
    ),
    Row(event="incident.responder.replied", does=PEOPLE, incident=INSIDE),
    Row(event="incident.role.assigned", does=IGNORED, incident=ASSIGNED),
    Row(event="incident.conference_bridge.updated", does=IGNORED, incident=INSIDE),
    Row(
        event="incident.custom_field_values.updated",
        does="changes the fields whose rules name a custom field of PagerDuty",
        incident=INSIDE,
    ),
    Row(event="incident.task.created", does=IGNORED, incident=INSIDE),
    Row(event="incident.task.updated", does=IGNORED, incident=INSIDE),
    Row(event="incident.task.completed", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.created", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.updated", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.terminated", does=IGNORED, incident=INSIDE),
    Row(event="service.created", does=NO_INCIDENT, incident=None, service=DATA),
    Row(event="service.updated", does=NO_INCIDENT, incident=None, service=DATA),
    Row(event="service.deleted", does=NO_INCIDENT, incident=None, service=DATA),
    Row(
        event="service.custom_field_values.updated",
        does=NO_INCIDENT,
        incident=None,
        service="data.service.id",
    ),
    Row(event="pagey.ping", does=NO_INCIDENT, incident=None),
)
