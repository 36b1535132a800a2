"""The `data` of each V3 event: thin, with `number` and `assignees`, unlike REST."""

from collections import abc
from collections.abc import Sequence
from datetime import datetime

from tests.sandbox.pagerduty.records import (
    Event,
    Incident,
    Json,
    Note,
    Service,
    StatusUpdate,
    milliseconds,
    seconds,
)
from tests.sandbox.pagerduty.store import Store

SUBSCRIBABLE = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.escalated",
    "incident.delegated",
    "incident.reassigned",
    "incident.resolved",
    "incident.reopened",
    "incident.priority_updated",
    "incident.service_updated",
    "incident.incident_type.changed",
    "incident.annotated",
    "incident.status_update_published",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.task.created",
    "incident.task.updated",
    "incident.task.completed",
    "incident.action_invocation.created",
    "incident.action_invocation.updated",
    "incident.action_invocation.terminated",
    "incident.workflow.started",
    "incident.workflow.completed",
    "service.created",
    "service.updated",
    "service.deleted",
    "service.custom_field_values.updated",
)


def incident(store: Store, it: Incident) -> Json:
    """An incident: nobody is assigned once it is resolved; neither body nor alerts are here."""
    reference = store.incident_ref(it)
    return {
        "id": it.id,
        "type": "incident",
        "self": reference["self"],
        "html_url": reference["html_url"],
        "number": it.number,
        "status": it.status,
        "incident_key": it.incident_key,
        "created_at": seconds(it.created_at),
        "reopened_at": seconds(it.reopened_at),
        "title": it.title,
        "incident_type": {"name": it.incident_type},
        "service": store.service_ref(it.service_id),
        "assignees": [store.user_ref(user) for user, _ in it.assignments] if it.is_open else [],
        "escalation_policy": store.policy_ref(it.policy_id),
        "teams": [],
        "priority": store.priority_ref(it.priority_id),
        "urgency": it.urgency,
        "conference_bridge": it.conference_bridge,
        "resolve_reason": it.resolve_reason,
    }


def note(store: Store, it: Incident, written: Note) -> Json:
    """A note; `trimmed` becomes true where a delivery has to shorten it."""
    return {
        "incident": store.incident_ref(it),
        "id": written.id,
        "content": written.content,
        "trimmed": False,
        "type": "incident_note",
    }


def status_update(store: Store, it: Incident, update: StatusUpdate) -> Json:
    """A message to stakeholders."""
    return {
        "incident": store.incident_ref(it),
        "id": update.id,
        "message": update.message,
        "trimmed": False,
        "type": "incident_status_update",
    }


def responder(store: Store, it: Incident, *, user_id: str, message: str, state: str) -> Json:
    """Somebody who was asked to help, and what they answered."""
    return {
        "incident": store.incident_ref(it),
        "user": store.user_ref(user_id),
        "escalation_policy": None,
        "message": message,
        "state": state,
        "type": "incident_responder",
    }


def conference_bridge(store: Store, it: Incident, *, number: str | None, url: str) -> Json:
    """Where responders talk."""
    numbers = None if number is None else [{"label": "", "number": number}]
    return {
        "incident": store.incident_ref(it),
        "conference_numbers": numbers,
        "conference_url": url,
        "type": "incident_conference_bridge",
    }


def field_values(
    store: Store, it: Incident, *, now: Sequence[Json], before: Sequence[Json]
) -> Json:
    """Custom fields of an incident as they are, and the changed ones as they were."""
    return {
        "incident": store.incident_ref(it, summary=False),
        "custom_fields": list(now),
        "changed_custom_fields": list(before),
        "type": "incident_field_values",
    }


def field_value(id_: str, name: str, value: object, *, namespace: str | None = "incidents") -> Json:
    """One custom field; those of services have no namespace."""
    kept: abc.Mapping[str, object] = {} if namespace is None else {"namespace": namespace}
    return {
        "data_type": "string",
        "field_type": "multi_value" if isinstance(value, list) else "single_value",
        "id": id_,
        "name": name,
        **kept,
        "type": "field_value",
        "value": value,
    }


def role_assignment(store: Store, it: Incident, *, id_: str, role: Json, user_id: str) -> Json:
    """A role given to somebody; the incident stands inside the list, unlike anywhere else."""
    assignment = {
        "assignee": store.user_ref(user_id),
        "id": id_,
        "incident": store.incident_ref(it, summary=False),
        "old_assignee": None,
        "role": role,
        "status": "active",
        "type": "role_assignment_reference",
    }
    return {"type": "incident_role_assignment", "incident_role_assignments": [assignment]}


def task(store: Store, it: Incident, *, id_: str, name: str, status: str) -> Json:
    """Something to be done for an incident."""
    return {
        "name": name,
        "description": "",
        "id": id_,
        "summary": name,
        "type": "incident_task",
        "status": status,
        "assignees": [store.user_ref(user) for user, _ in it.assignments],
        "incident": store.incident_ref(it, summary=False),
    }


def action_invocation(store: Store, it: Incident, *, id_: str, name: str, state: str) -> Json:
    """An automation action that runs for an incident."""
    action = {
        "html_url": f"{store.refs.web}/rundeck-actions/actions/{id_}0",
        "id": f"{id_}0",
        "self": f"{store.refs.api}/automation/actions/{id_}0",
        "summary": name,
        "type": "action_reference",
    }
    return {
        "id": id_,
        "self": f"{store.refs.api}/automation/invocations/{id_}",
        "html_url": f"{action['html_url']}/invocations/{id_}/report",
        "incident": store.incident_ref(it),
        "action": action,
        "state": state,
        "type": "incident_action_invocation",
    }


def workflow_instance(store: Store, it: Incident, *, id_: str, workflow_id: str, name: str) -> Json:
    """A run of an incident workflow, with its manual trigger."""
    trigger = {
        "html_url": None,
        "id": f"{workflow_id}-trigger",
        "self": f"{store.refs.api}/incident_workflows/triggers/{workflow_id}-trigger",
        "summary": "Manual Incident Trigger",
        "type": "workflow_trigger_reference",
    }
    return {
        "id": id_,
        "type": "incident_workflow_instance",
        "summary": name,
        "incident_workflow": store.refs.make("incident_workflow", workflow_id, name),
        "workflow_trigger": trigger,
        "incident": store.incident_ref(it),
        "service": store.service_ref(it.service_id),
    }


def service(store: Store, it: Service) -> Json:
    """A service of the account."""
    reference = store.refs.make("service", it.id, it.name)
    return {
        "html_url": reference["html_url"],
        "id": it.id,
        "self": reference["self"],
        "summary": it.name,
        "alert_creation": "create_alerts_and_incidents",
        "teams": [],
        "type": "service",
    }


def service_field_values(
    store: Store, it: Service, *, now: Sequence[Json], before: Sequence[Json]
) -> Json:
    """Custom fields of a service as they are, and the changed ones as they were."""
    return {
        "service": store.refs.make("service", it.id, None),
        "custom_fields": list(now),
        "changed_custom_fields": list(before),
        "type": "service_field_values",
    }


def ping(*, id_: str, at: datetime, agent_id: str, about: str) -> Event:
    """The whole event that the test button sends; its agent is bare."""
    body = {
        "id": id_,
        "event_type": "pagey.ping",
        "resource_type": "pagey",
        "occurred_at": milliseconds(at),
        "agent": {"id": agent_id, "type": "user_reference"},
        "client": None,
        "data": {"message": "Hello from your friend Pagey!", "type": "ping"},
    }
    return Event(
        id=id_,
        type="pagey.ping",
        occurred_at=at,
        resource_id=about,
        service_id="",
        body={"event": body},
    )
