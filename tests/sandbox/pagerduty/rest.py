"""How REST shows things: `incident_number` and `assignments`, where events say otherwise."""

from collections.abc import Collection

from tests.sandbox.pagerduty.records import (
    EscalationPolicy,
    Incident,
    Json,
    LogEntry,
    Note,
    Priority,
    Service,
    StatusUpdate,
    User,
    seconds,
)
from tests.sandbox.pagerduty.store import Store

_OF_SERVICES = (
    "escalation_policies",
    "teams",
    "integrations",
    "auto_pause_notifications_parameters",
)
_OF_USERS = ("contact_methods", "notification_rules", "teams", "subdomains")
_OF_INCIDENTS = (
    "acknowledgers",
    "agents",
    "assignees",
    "body",
    "conference_bridge",
    "escalation_policies",
    "external_references",
    "first_trigger_log_entries",
    "priorities",
    "services",
    "teams",
    "users",
)
_OF_LOG_ENTRIES = ("incidents", "services", "channels", "teams")
INCLUDABLE = {
    "services": _OF_SERVICES,
    "service": _OF_SERVICES,
    "users": _OF_USERS,
    "users_me": (*_OF_USERS, "calendar_urls"),
    "user": (*_OF_USERS, "calendar_urls"),
    "incidents": _OF_INCIDENTS,
    "incident": (*_OF_INCIDENTS, "custom_fields"),
    "custom_fields": ("field_options",),
    "extensions": ("extension_objects", "extension_schemas"),
    "incident_log": _OF_LOG_ENTRIES,
    "log_entries": _OF_LOG_ENTRIES,
    "log_entry": _OF_LOG_ENTRIES,
}
"""By route, what `include[]` may name. Routes that are missing here take no notice of it."""


def incident(store: Store, it: Incident, include: Collection[str] = ()) -> Json:
    """An incident; `include` expands references, and adds `body`."""
    reference = store.incident_ref(it)
    shown: Json = {
        "id": it.id,
        "type": "incident",
        "summary": f"[#{it.number}] {it.title}",
        "self": reference["self"],
        "html_url": reference["html_url"],
        "incident_number": it.number,
        "title": it.title,
        "description": it.title,
        "created_at": seconds(it.created_at),
        "updated_at": seconds(it.updated_at),
        "status": it.status,
        "incident_key": it.incident_key,
        "urgency": it.urgency,
        "incident_type": {"name": it.incident_type},
        **_people(store, it),
        **_surroundings(store, it),
        **_history(store, it),
    }
    return {**shown, **_included(store, it, include)}


def _people(store: Store, it: Incident) -> Json:
    return {
        "assignments": [
            {"at": seconds(at), "assignee": store.user_ref(user_id)}
            for user_id, at in it.assignments
        ],
        "acknowledgements": [
            {"at": seconds(at), "acknowledger": store.user_ref(user_id)}
            for user_id, at in it.acknowledgements
        ],
        "assigned_via": "escalation_policy",
        "last_status_change_at": seconds(it.changed_at),
        "last_status_change_by": it.changed_by,
        "incidents_responders": it.responders,
        "responder_requests": [],
    }


def _surroundings(store: Store, it: Incident) -> Json:
    priority = store.priorities.get(it.priority_id or "")
    return {
        "service": store.service_ref(it.service_id),
        "impacted_services": [store.service_ref(it.service_id)],
        "escalation_policy": store.policy_ref(it.policy_id),
        "teams": [],
        "priority": None if priority is None else show_priority(store, priority),
        "conference_bridge": it.conference_bridge,
    }


def _history(store: Store, it: Incident) -> Json:
    alerts = len(it.alert_keys)
    return {
        "resolved_at": seconds(it.resolved_at),
        "resolve_reason": it.resolve_reason,
        "first_trigger_log_entry": _log_entry_ref(store, it.log[0]),
        "alert_counts": {
            "all": alerts,
            "triggered": alerts if it.is_open else 0,
            "resolved": 0 if it.is_open else alerts,
        },
        "is_mergeable": True,
        "pending_actions": [],
    }


def _included(store: Store, it: Incident, include: Collection[str]) -> Json:
    more: Json = {}
    if "body" in include:
        more["body"] = {"type": "incident_body", "details": it.details}
    if "first_trigger_log_entries" in include:
        more["first_trigger_log_entry"] = log_entry(store, it.log[0])
    if "services" in include:
        more["service"] = service(store, store.service(it.service_id))
    if "escalation_policies" in include:
        more["escalation_policy"] = policy(store, store.policy(it.policy_id))
    if "assignees" in include or "users" in include:
        more["assignments"] = [
            {"at": seconds(at), "assignee": user(store, store.user(user_id))}
            for user_id, at in it.assignments
        ]
    if "acknowledgers" in include or "users" in include:
        more["acknowledgements"] = [
            {"at": seconds(at), "acknowledger": user(store, store.user(user_id))}
            for user_id, at in it.acknowledgements
        ]
    return more


def _log_entry_ref(store: Store, entry: LogEntry) -> Json:
    page = f"{store.refs.web}/incidents/{entry.incident_id}/log_entries/{entry.id}"
    return {
        "id": entry.id,
        "type": f"{entry.type}_reference",
        "summary": entry.summary,
        "self": f"{store.refs.api}/log_entries/{entry.id}?incident_id={entry.incident_id}",
        "html_url": page,
    }


def log_entry(store: Store, entry: LogEntry, include: Collection[str] = ()) -> Json:
    """A log entry; what came through its channel is told when `channels` are included."""
    it = store.incident(entry.incident_id)
    whole = "channels" in include
    thin = {key: entry.channel[key] for key in ("type", "summary") if key in entry.channel}
    shown = {
        **_log_entry_ref(store, entry),
        "type": entry.type,
        "created_at": seconds(entry.created_at),
        "agent": entry.agent,
        "channel": dict(entry.channel) if whole else thin,
        "service": store.service_ref(entry.service_id),
        "incident": store.incident_ref(it),
        "teams": [],
        "contexts": [],
        "event_details": {},
    }
    return {**shown, "note": entry.note} if entry.note else shown


def note(it: Note) -> Json:
    """A note."""
    return {
        "id": it.id,
        "user": it.user,
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": it.content,
        "created_at": seconds(it.created_at),
        "updated_at": seconds(it.updated_at),
    }


def status_update(it: StatusUpdate) -> Json:
    """A message to stakeholders."""
    return {
        "id": it.id,
        "message": it.message,
        "created_at": seconds(it.created_at),
        "sender": it.sender,
    }


def show_priority(store: Store, it: Priority) -> Json:
    """A priority."""
    reference = store.refs.make("priority", it.id, it.name)
    return {**reference, "type": "priority", "name": it.name, "description": it.description}


def workflow(store: Store, it: Json) -> Json:
    """An incident workflow."""
    reference = store.refs.make("incident_workflow", it["id"], it["name"])
    return {**reference, "type": "incident_workflow", "name": it["name"], "is_enabled": True}


def extension(store: Store, it: Json, include: Collection[str] = ()) -> Json:
    """An extension; `include` expands the reference to its schema."""
    schema = it["extension_schema"]
    reference = store.refs.make("extension_schema", schema["id"], schema["label"])
    whole = {**reference, **schema}
    return {
        **store.refs.make("extension", it["id"], it["name"]),
        "type": "extension",
        "name": it["name"],
        "endpoint_url": it["endpoint_url"],
        "extension_schema": whole if "extension_schemas" in include else reference,
        "extension_objects": [store.service_ref(one) for one in it["service_ids"]],
        "temporarily_disabled": False,
        "config": it["config"],
    }


def service(store: Store, it: Service) -> Json:
    """A service."""
    return {
        **store.refs.make("service", it.id, it.name),
        "type": "service",
        "name": it.name,
        "description": it.description,
        "created_at": seconds(it.created_at),
        "status": "active",
        "last_incident_timestamp": seconds(it.last_incident_at),
        "escalation_policy": store.policy_ref(it.policy_id),
        "teams": [],
        "integrations": [],
        "alert_creation": "create_alerts_and_incidents",
        "incident_urgency_rule": {"type": "constant", "urgency": "high"},
    }


def user(store: Store, it: User) -> Json:
    """A user."""
    return {
        **store.refs.make("user", it.id, it.name),
        "type": "user",
        "name": it.name,
        "email": it.email,
        "time_zone": "Etc/UTC",
        "role": it.role,
        "description": None,
        "invitation_sent": False,
        "teams": [],
    }


def policy(store: Store, it: EscalationPolicy) -> Json:
    """An escalation policy of one level."""
    targets = [store.user_ref(user_id) for user_id in it.user_ids]
    return {
        **store.refs.make("escalation_policy", it.id, it.name),
        "type": "escalation_policy",
        "name": it.name,
        "escalation_rules": [
            {"id": f"{it.id}1", "escalation_delay_in_minutes": 30, "targets": targets}
        ],
        "num_loops": 0,
        "teams": [],
    }
