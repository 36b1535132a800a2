"""The account's records by id, and the log and the events that every change leaves behind."""

import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.records import (
    ApiError,
    CustomField,
    EscalationPolicy,
    Event,
    Ids,
    Incident,
    Json,
    LogEntry,
    Priority,
    References,
    Service,
    StatusUpdate,
    Token,
    User,
    milliseconds,
)

Listener = Callable[[Event], None]
T = TypeVar("T")


class Store:
    """Everything an account holds. `lock` guards it; listeners are called while it is held."""

    def __init__(
        self, *, clock: Callable[[], datetime], rng: random.Random, refs: References
    ) -> None:
        self.clock = clock
        self.ids = Ids(rng)
        self.refs = refs
        self.lock = threading.RLock()
        self._listeners: list[Listener] = []
        self.reset()

    def reset(self) -> None:
        """Back to the seed. Ids of before are not used again."""
        with self.lock:
            self.users: dict[str, User] = {one.id: one for one in seed.users()}
            self.policies: dict[str, EscalationPolicy] = {one.id: one for one in seed.policies()}
            self.services: dict[str, Service] = {one.id: one for one in seed.services(self.clock())}
            self.priorities: dict[str, Priority] = {one.id: one for one in seed.priorities()}
            self.tokens: dict[str, Token] = {one.value: one for one in seed.tokens()}
            self.custom_fields: dict[str, CustomField] = {
                one.name: one for one in seed.custom_fields()
            }
            self.has_custom_fields = True
            self.incident_workflows: list[Json] = seed.incident_workflows()
            self.extensions: list[Json] = []
            self.incidents: dict[str, Incident] = {}
            self.events: list[Event] = []
            self._journal: dict[str, LogEntry] = {}

    def listen(self, listener: Listener) -> None:
        """Call `listener` for each event from now on, in order; it must not block."""
        self._listeners.append(listener)

    def incident(self, incident_id: str) -> Incident:
        """By id, or by number written as text."""
        found = self.incidents.get(incident_id)
        if found is None and incident_id.isdecimal():
            number = int(incident_id)
            found = next((one for one in self.incidents.values() if one.number == number), None)
        if found is None:
            raise ApiError(404, 5001, "Incident Not Found")
        return found

    def service(self, service_id: str) -> Service:
        """By id."""
        return _known(self.services, service_id)

    def user(self, user_id: str) -> User:
        """By id."""
        return _known(self.users, user_id)

    def policy(self, policy_id: str) -> EscalationPolicy:
        """By id."""
        return _known(self.policies, policy_id)

    def user_by_email(self, email: str) -> User | None:
        """By address, case ignored."""
        return next(
            (one for one in self.users.values() if one.email.lower() == email.lower()), None
        )

    def log_entry(self, entry_id: str) -> LogEntry:
        """By id, of any incident."""
        return _known(self._journal, entry_id)

    def log_entries(self) -> list[LogEntry]:
        """Of all incidents, newest first."""
        return list(reversed(self._journal.values()))

    def user_ref(self, user_id: str) -> Json:
        """A reference to a user."""
        return self.refs.make("user", user_id, self.user(user_id).name)

    def service_ref(self, service_id: str) -> Json:
        """A reference to a service."""
        return self.refs.make("service", service_id, self.service(service_id).name)

    def policy_ref(self, policy_id: str) -> Json:
        """A reference to an escalation policy."""
        return self.refs.make("escalation_policy", policy_id, self.policy(policy_id).name)

    def priority_ref(self, priority_id: str | None) -> Json | None:
        """A reference to a priority, without its description."""
        if priority_id is None:
            return None
        return self.refs.make("priority", priority_id, self.priorities[priority_id].name)

    def incident_ref(self, incident: Incident, *, summary: bool = True) -> Json:
        """A reference to an incident; some events leave its summary out."""
        return self.refs.make("incident", incident.id, incident.title if summary else None)

    def emit(
        self,
        event_type: str,
        data: Json,
        *,
        about: Incident | Service,
        agent: Json | None,
        client: Json | None = None,
    ) -> Event:
        """Store a V3 event and tell the listeners."""
        now = self.clock()
        workflow = event_type.startswith("incident.workflow.")
        event = Event(
            id=self.ids.workflow_event() if workflow else self.ids.event(),
            type=event_type,
            occurred_at=now,
            resource_id=about.id,
            service_id=about.service_id if isinstance(about, Incident) else about.id,
            body={},
        )
        event.body["event"] = {
            "id": event.id,
            "event_type": event_type,
            "resource_type": event_type.split(".", 1)[0],
            "occurred_at": milliseconds(now),
            "agent": agent,
            "client": client,
            "data": data,
        }
        self.events.append(event)
        for listener in self._listeners:
            listener(event)
        return event

    def log(
        self,
        incident: Incident,
        kind: str,
        summary: str,
        *,
        agent: Json,
        channel: Json | None = None,
        note: str | None = None,
    ) -> LogEntry:
        """Add a line to the incident's log."""
        entry = LogEntry(
            id=self.ids.log_entry(),
            type=f"{kind}_log_entry",
            created_at=self.clock(),
            summary=summary,
            agent=agent,
            channel=channel or {"type": "website", "summary": "The PagerDuty website or APIs"},
            incident_id=incident.id,
            service_id=incident.service_id,
            note=note,
        )
        incident.log.append(entry)
        self._journal[entry.id] = entry
        incident.updated_at = entry.created_at
        return entry

    def status_updates(self, incident_id: str) -> list[StatusUpdate]:
        """Of one incident, oldest first."""
        return self.incident(incident_id).status_updates


def _known(table: dict[str, T], id_: str) -> T:
    found = table.get(id_)
    if found is None:
        raise ApiError(404, 2100, "Not Found")
    return found
