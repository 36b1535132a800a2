"""The rarer things that happen in PagerDuty, so that every V3 event type can be had."""

from tests.sandbox.pagerduty import events
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import Event, Service, seconds


def add_responder(
    model: PagerDutyModel, incident_id: str, user_id: str, *, by: str, message: str = "Please help"
) -> Event:
    """Ask somebody to help."""
    with model.lock:
        it = model.incident(incident_id)
        now = seconds(model.clock())
        asked = {
            "state": "pending",
            "user": model.user_ref(user_id),
            "incident": model.incident_ref(it),
            "updated_at": now,
            "message": message,
            "requester": model.user_ref(by),
            "requested_at": now,
        }
        it.responders = [one for one in it.responders if one["user"]["id"] != user_id] + [asked]
        data = events.responder(model, it, user_id=user_id, message=message, state="pending")
        return model.emit("incident.responder.added", data, about=it, agent=model.user_ref(by))


def reply_as_responder(
    model: PagerDutyModel, incident_id: str, *, by: str, state: str = "joined", message: str = ""
) -> Event:
    """Answer to having been asked."""
    with model.lock:
        it = model.incident(incident_id)
        for one in it.responders:
            if one["user"]["id"] == by:
                one.update(state=state, updated_at=seconds(model.clock()))
        data = events.responder(model, it, user_id=by, message=message, state=state)
        return model.emit("incident.responder.replied", data, about=it, agent=model.user_ref(by))


def assign_role(
    model: PagerDutyModel, incident_id: str, user_id: str, *, by: str, role: str
) -> Event:
    """Make somebody incident commander, for instance."""
    with model.lock:
        it = model.incident(incident_id)
        meant = {"id": model.ids.short(), "summary": role, "type": "role_reference"}
        data = events.role_assignment(model, it, id_=model.ids.uuid(), role=meant, user_id=user_id)
        return model.emit("incident.role.assigned", data, about=it, agent=model.user_ref(by))


def set_conference_bridge(
    model: PagerDutyModel, incident_id: str, *, by: str, number: str | None, url: str
) -> Event:
    """Say where responders talk."""
    with model.lock:
        it = model.incident(incident_id)
        it.conference_bridge = {"conference_number": number, "conference_url": url}
        data = events.conference_bridge(model, it, number=number, url=url)
        agent = model.user_ref(by)
        return model.emit("incident.conference_bridge.updated", data, about=it, agent=agent)


def task(
    model: PagerDutyModel, incident_id: str, name: str, *, by: str, change: str = "created"
) -> Event:
    """A task is `created`, `updated` or `completed`."""
    with model.lock:
        it = model.incident(incident_id)
        status = "done" if change == "completed" else "todo"
        data = events.task(model, it, id_=model.ids.short(), name=name, status=status)
        return model.emit(f"incident.task.{change}", data, about=it, agent=model.user_ref(by))


def invoke_action(
    model: PagerDutyModel, incident_id: str, name: str, *, by: str, change: str = "created"
) -> Event:
    """An automation action is `created`, `updated` or `terminated`."""
    with model.lock:
        it = model.incident(incident_id)
        state = {"updated": "running", "terminated": "completed"}.get(change, change)
        data = events.action_invocation(model, it, id_=model.ids.event(), name=name, state=state)
        kind = f"incident.action_invocation.{change}"
        return model.emit(kind, data, about=it, agent=model.user_ref(by))


def run_workflow(
    model: PagerDutyModel, incident_id: str, workflow_id: str, name: str, *, by: str
) -> list[Event]:
    """Somebody starts an incident workflow by hand, and it completes."""
    with model.lock:
        it = model.incident(incident_id)
        data = events.workflow_instance(
            model, it, id_=model.ids.short(), workflow_id=workflow_id, name=name
        )
        agent = model.user_ref(by)
        return [
            model.emit(f"incident.workflow.{change}", data, about=it, agent=agent)
            for change in ("started", "completed")
        ]


def create_service(model: PagerDutyModel, name: str, *, policy_id: str, by: str) -> Service:
    """Add a service."""
    with model.lock:
        service = Service(
            id=model.ids.short(), name=name, policy_id=policy_id, created_at=model.clock()
        )
        model.services[service.id] = service
        data = events.service(model, service)
        model.emit("service.created", data, about=service, agent=model.user_ref(by))
        return service


def delete_service(model: PagerDutyModel, service_id: str, *, by: str) -> Event:
    """Remove a service that has no incidents."""
    with model.lock:
        service = model.service(service_id)
        data = events.service(model, service)
        event = model.emit("service.deleted", data, about=service, agent=model.user_ref(by))
        del model.services[service_id]
        return event


def set_service_field(
    model: PagerDutyModel, service_id: str, name: str, *, before: object, after: object, by: str
) -> Event:
    """Give a custom field of a service a value."""
    with model.lock:
        service = model.service(service_id)
        id_ = model.ids.short()
        old = events.field_value(id_, name, before, namespace=None)
        new = events.field_value(id_, name, after, namespace=None)
        data = events.service_field_values(model, service, now=[new], before=[old])
        agent = model.user_ref(by)
        return model.emit("service.custom_field_values.updated", data, about=service, agent=agent)


def unknown_event(
    model: PagerDutyModel, incident_id: str, *, by: str, event_type: str = "incident.unheard_of"
) -> Event:
    """An event type that PagerDuty may add one day."""
    with model.lock:
        it = model.incident(incident_id)
        data = events.incident(model, it)
        return model.emit(event_type, data, about=it, agent=model.user_ref(by))
