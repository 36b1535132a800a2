"""How PagerDuty behaves, in memory and without HTTP: each change leaves its log entry and event.

What may differ from the vendor, and where each behaviour is from, stands in `FACTS.md`.
"""

import json
import random
from collections import abc
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tests.sandbox.pagerduty import events
from tests.sandbox.pagerduty.records import (
    ApiError,
    Details,
    Incident,
    Json,
    Note,
    References,
    Service,
    StatusUpdate,
    arguments_error,
    invalid,
    utc_now,
)
from tests.sandbox.pagerduty.store import Store

P = ParamSpec("P")
R = TypeVar("R")

OPEN_STATUSES = ("triggered", "acknowledged")
URGENCIES = ("high", "low")
MAX_NOTES = 2_000
MAX_NOTE_BYTES = 65_535


def locked(
    method: Callable[Concatenate["PagerDutyModel", P], R],
) -> Callable[Concatenate["PagerDutyModel", P], R]:
    """One change at a time."""

    @wraps(method)
    def under_lock(self: "PagerDutyModel", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return under_lock


class PagerDutyModel(Store):
    """One account. `by` is the id of the user who acts; refusals are `ApiError`.

    `rng` makes the ids repeatable; without it no two models share an id.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
        api_base: str = "https://api.pagerduty.com",
        web_base: str = "https://sandbox.pagerduty.com",
    ) -> None:
        super().__init__(
            clock=clock,
            rng=rng or random.SystemRandom(),
            refs=References(api=api_base, web=web_base),
        )

    @locked
    def trigger(
        self,
        service_id: str,
        title: str,
        *,
        by: str,
        urgency: str = "high",
        priority_id: str | None = None,
        details: Details = None,
        incident_key: str | None = None,
        assignee_ids: Sequence[str] = (),
        policy_id: str | None = None,
        incident_type: str = "incident_default",
        conference_bridge: Json | None = None,
        channel_type: str = "web_trigger",
    ) -> Incident:
        """Open an incident as a person does, on the page or by REST (`channel_type` `api`)."""
        self._refuse_second(service_id, incident_key)
        it = self._open(service_id, title, urgency=urgency, agent=self.user_ref(by))
        it.incident_key = incident_key or self.ids.key()
        it.details = details
        it.priority_id = self._priority(priority_id)
        it.policy_id = self.policy(policy_id or it.policy_id).id
        it.incident_type = incident_type
        it.conference_bridge = conference_bridge
        self._assign(it, assignee_ids or self.policy(it.policy_id).user_ids[:1])
        self._triggered(it, it.changed_by, {"type": channel_type, "details": details})
        if list(assignee_ids) == [by]:
            self.acknowledge(it.id, by=by)
        return it

    @locked
    def trigger_event(
        self,
        service_id: str,
        title: str,
        *,
        details: Details = None,
        dedup_key: str | None = None,
        client: Json | None = None,
        urgency: str = "high",
    ) -> Incident:
        """Open an incident as an Events API integration does, or find the open one of the key."""
        key = dedup_key or self.ids.key()
        known = self._open_with_alert(service_id, key)
        if known is not None:
            return known
        integration = self.refs.make("inbound_integration", f"{service_id}I", "Events API V2")
        it = self._open(service_id, title, urgency=urgency, agent=self.service_ref(service_id))
        it.alert_keys.append(key)
        self._assign(it, self.policy(it.policy_id).user_ids[:1])
        channel = {"type": "api", "details": details, "cef_details": {"dedup_key": key}}
        self._triggered(it, integration, channel, client=client)
        return it

    def _open(self, service_id: str, title: str, *, urgency: str, agent: Json) -> Incident:
        service = self.service(service_id)
        if not title.strip():
            raise invalid("Title can't be blank")
        now = self.clock()
        it = Incident(
            id=self.ids.incident(),
            number=len(self.incidents) + 1,
            title=title,
            status="triggered",
            urgency=_urgency(urgency),
            service_id=service_id,
            policy_id=service.policy_id,
            created_at=now,
            updated_at=now,
            changed_at=now,
            changed_by=agent,
        )
        service.last_incident_at = now
        return it

    def _triggered(
        self, it: Incident, agent: Json, channel: Json, *, client: Json | None = None
    ) -> None:
        self.incidents[it.id] = it
        self.log(
            it,
            "trigger",
            f"Triggered through the {'website' if channel['type'] == 'web_trigger' else 'API'}.",
            agent=it.changed_by,
            channel={"summary": it.title, **channel},
        )
        self.emit(
            "incident.triggered", events.incident(self, it), about=it, agent=agent, client=client
        )

    def _refuse_second(self, service_id: str, key: str | None) -> None:
        if key and any(
            it.is_open and it.service_id == service_id and it.incident_key == key
            for it in self.incidents.values()
        ):
            raise arguments_error(
                "Open incident with matching dedup key already exists on this service"
            )

    def _open_with_alert(self, service_id: str, key: str) -> Incident | None:
        return next(
            (
                it
                for it in self.incidents.values()
                if it.is_open and it.service_id == service_id and key in it.alert_keys
            ),
            None,
        )

    def _priority(self, priority_id: str | None) -> str | None:
        if priority_id is not None and priority_id not in self.priorities:
            raise ApiError(400, 1020, "Priority is invalid")
        return priority_id

    def _assign(self, it: Incident, user_ids: Sequence[str]) -> None:
        now = self.clock()
        it.assignments = [(self.user(user_id).id, now) for user_id in user_ids]

    def _move(self, it: Incident, status: str, agent: Json) -> None:
        it.status = status
        it.changed_at = self.clock()
        it.changed_by = agent

    def _tell(self, event_type: str, it: Incident, by: str) -> None:
        self.emit(event_type, events.incident(self, it), about=it, agent=self.user_ref(by))

    @locked
    def acknowledge(self, incident_id: str, *, by: str) -> Incident:
        """Take an open incident on; it is then assigned to the one who took it."""
        it = self.incident(incident_id)
        if it.status == "resolved":
            raise ApiError(400, 1001, "Incident Already Resolved")
        if it.status == "acknowledged":
            raise ApiError(400, 1002, "Incident Already Acknowledged")
        self._take_on(it, by)
        self.log(it, "acknowledge", f"Acknowledged by {self._name(by)}.", agent=it.changed_by)
        self._tell("incident.acknowledged", it, by)
        return it

    def _take_on(self, it: Incident, by: str) -> None:
        self._move(it, "acknowledged", self.user_ref(by))
        it.acknowledgements = [(by, it.changed_at)]
        self._assign(it, [by])

    @locked
    def unacknowledge(self, incident_id: str, *, by: str) -> Incident:
        """Let go of an incident; the same event comes when an acknowledgement times out."""
        it = self.incident(incident_id)
        if it.status != "acknowledged":
            raise invalid("Incident is not acknowledged")
        self._move(it, "triggered", self.user_ref(by))
        it.acknowledgements = []
        self.log(it, "unacknowledge", f"Unacknowledged by {self._name(by)}.", agent=it.changed_by)
        self._tell("incident.unacknowledged", it, by)
        return it

    @locked
    def resolve(
        self, incident_id: str, *, by: str, note: str | None = None, resolution: str | None = None
    ) -> Incident:
        """Resolve.

        `note` is what the Resolve dialog takes: an event of its own follows. `resolution` is
        REST's, which stands in the log entry alone.
        """
        it = self.incident(incident_id)
        self._end(it, by=by, reason=None, resolution=resolution)
        if note:
            self.add_note(it.id, f"Resolution Note: {note}", by=by)
        return it

    def _end(self, it: Incident, *, by: str, reason: Json | None, resolution: str | None) -> None:
        if not it.is_open:
            raise ApiError(400, 1001, "Incident Already Resolved")
        self._move(it, "resolved", self.user_ref(by))
        it.resolve_reason = reason
        it.resolved_at = it.changed_at
        it.assignments = []
        it.acknowledgements = []
        summary = f"Resolved by {self._name(by)}."
        self.log(it, "resolve", summary, agent=it.changed_by, note=resolution)
        self._tell("incident.resolved", it, by)

    @locked
    def reopen(self, incident_id: str, *, by: str, status: str = "triggered") -> Incident:
        """Open a resolved incident again; `acknowledged` assigns it to the one who acts."""
        it = self.incident(incident_id)
        if it.is_open:
            raise invalid("Incident is not resolved")
        self._move(it, "triggered", self.user_ref(by))
        it.reopened_at = it.changed_at
        it.resolved_at = it.resolve_reason = None
        if status == "acknowledged":
            self._take_on(it, by)
        else:
            self._assign(it, self.policy(it.policy_id).user_ids[:1])
        self.log(it, "reopen", f"Reopened by {self._name(by)}.", agent=it.changed_by)
        self._tell("incident.reopened", it, by)
        return it

    @locked
    def set_status(
        self, incident_id: str, status: str, *, by: str, resolution: str | None = None
    ) -> Incident:
        """What REST's `status` does: resolve, acknowledge, let go of, or reopen."""
        it = self.incident(incident_id)
        if status == "resolved":
            return self.resolve(it.id, by=by, resolution=resolution)
        if status not in OPEN_STATUSES:
            raise invalid("Status is invalid")
        if not it.is_open:
            return self.reopen(it.id, by=by, status=status)
        if status == "acknowledged":
            return self.acknowledge(it.id, by=by)
        return self.unacknowledge(it.id, by=by) if it.status == "acknowledged" else it

    @locked
    def set_title(self, incident_id: str, title: str, *, by: str) -> Incident:
        """Rename. There is no event for it."""
        it = self.incident(incident_id)
        if not title.strip():
            raise invalid("Title can't be blank")
        it.title = title
        self.log(it, "field_value_change", "Title changed.", agent=self.user_ref(by))
        return it

    @locked
    def set_urgency(self, incident_id: str, urgency: str, *, by: str) -> Incident:
        """Change the urgency. There is no event for it."""
        it = self.incident(incident_id)
        it.urgency = _urgency(urgency)
        self.log(it, "urgency_change", f"Urgency is now {urgency}.", agent=self.user_ref(by))
        return it

    @locked
    def set_priority(self, incident_id: str, priority_id: str | None, *, by: str) -> Incident:
        """Change or remove the priority; the event names the new one only."""
        it = self.incident(incident_id)
        if it.priority_id == self._priority(priority_id):
            return it
        it.priority_id = priority_id
        self.log(it, "priority_change", "Priority changed.", agent=self.user_ref(by))
        self._tell("incident.priority_updated", it, by)
        return it

    @locked
    def set_service(self, incident_id: str, service_id: str, *, by: str) -> Incident:
        """Move the incident to another service."""
        it = self.incident(incident_id)
        it.service_id = self.service(service_id).id
        self.log(it, "field_value_change", "Service changed.", agent=self.user_ref(by))
        self._tell("incident.service_updated", it, by)
        return it

    @locked
    def set_incident_type(self, incident_id: str, name: str, *, by: str) -> Incident:
        """Make it a major incident, for instance."""
        it = self.incident(incident_id)
        it.incident_type = name
        self.log(it, "field_value_change", "Incident type changed.", agent=self.user_ref(by))
        self._tell("incident.incident_type.changed", it, by)
        return it

    @locked
    def reassign(self, incident_id: str, user_ids: Sequence[str], *, by: str) -> Incident:
        """Give it to other users."""
        return self._hand_over("reassigned", incident_id, user_ids, by=by)

    @locked
    def escalate(self, incident_id: str, user_ids: Sequence[str], *, by: str) -> Incident:
        """Give it to another user of the same escalation level."""
        return self._hand_over("escalated", incident_id, user_ids, by=by)

    @locked
    def delegate(self, incident_id: str, policy_id: str, *, by: str) -> Incident:
        """Give it to another escalation policy."""
        policy = self.policy(policy_id)
        self.incident(incident_id).policy_id = policy.id
        return self._hand_over("delegated", incident_id, policy.user_ids[:1], by=by)

    def _hand_over(self, how: str, incident_id: str, users: Sequence[str], *, by: str) -> Incident:
        it = self.incident(incident_id)
        if not it.is_open:
            raise ApiError(400, 1001, "Incident Already Resolved")
        self._assign(it, users)
        names = ", ".join(self._name(user_id) for user_id in users)
        kind = {"reassigned": "assign", "escalated": "escalate", "delegated": "delegate"}[how]
        self.log(it, kind, f"Now with {names}.", agent=self.user_ref(by))
        self._tell(f"incident.{how}", it, by)
        return it

    @locked
    def add_note(self, incident_id: str, content: str, *, by: str) -> Note:
        """Write a note."""
        it = self.incident(incident_id)
        _check_note(content)
        if len(it.notes) >= MAX_NOTES:
            raise invalid(f"An incident has at most {MAX_NOTES} notes")
        now = self.clock()
        agent = self.user_ref(by)
        note = Note(
            id=self.ids.short(), content=content, user=agent, created_at=now, updated_at=now
        )
        it.notes.append(note)
        channel = {"type": "note", "summary": content}
        self.log(it, "annotate", f"Note added by {self._name(by)}.", agent=agent, channel=channel)
        self.emit("incident.annotated", events.note(self, it, note), about=it, agent=agent)
        return note

    @locked
    def edit_note(self, incident_id: str, note_id: str, content: str) -> Note:
        """Change a note. There is no event for it."""
        note = self._note(incident_id, note_id)
        _check_note(content)
        note.content = content
        note.updated_at = self.clock()
        return note

    @locked
    def delete_note(self, incident_id: str, note_id: str) -> None:
        """Remove a note. There is no event for it."""
        note = self._note(incident_id, note_id)
        self.incident(incident_id).notes.remove(note)

    def _note(self, incident_id: str, note_id: str) -> Note:
        for note in self.incident(incident_id).notes:
            if note.id == note_id:
                return note
        raise ApiError(404, 2100, "Not Found")

    @locked
    def merge(self, source_ids: Sequence[str], into: str, *, by: str) -> Incident:
        """Merge incidents into an open one: they resolve and name it; their alerts move there."""
        target = self.incident(into)
        sources = [self.incident(one) for one in source_ids]
        if not target.is_open or target in sources:
            raise invalid("Incidents can only be merged into another open incident")
        for source in sources:
            target.alert_keys += source.alert_keys
            source.alert_keys = []
            if source.is_open:
                reason = {"type": "merge_resolve_reason", "incident": self.incident_ref(target)}
                self._end(source, by=by, reason=reason, resolution=None)
        return target

    @locked
    def publish_status_update(self, incident_id: str, message: str, *, by: str) -> StatusUpdate:
        """Tell stakeholders."""
        it = self.incident(incident_id)
        if not message.strip():
            raise invalid("Message can't be blank")
        agent = self.user_ref(by)
        update = StatusUpdate(
            id=self.ids.short(), message=message, sender=agent, created_at=self.clock()
        )
        it.status_updates.append(update)
        data = events.status_update(self, it, update)
        self.emit("incident.status_update_published", data, about=it, agent=agent)
        return update

    @locked
    def rename_service(self, service_id: str, name: str, *, by: str) -> Service:
        """Give a service another name."""
        service = self.service(service_id)
        service.name = name
        data = events.service(self, service)
        self.emit("service.updated", data, about=service, agent=self.user_ref(by))
        return service

    def _name(self, user_id: str) -> str:
        return self.user(user_id).name


def _urgency(urgency: str) -> str:
    if urgency not in URGENCIES:
        raise invalid("Urgency is invalid")
    return urgency


def _check_note(content: str) -> None:
    if not content.strip():
        raise invalid("Content can't be blank")
    if len(content.encode("utf-8", "surrogatepass")) > MAX_NOTE_BYTES:
        raise invalid("Content is too long")


def details_text(details: Details) -> str | None:
    """Details as a person reads them: an object becomes `key: value` lines."""
    if isinstance(details, abc.Mapping):
        details = "\n".join(f"{key}: {_plain(value)}" for key, value in details.items())
    return (details or "").strip() or None


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
