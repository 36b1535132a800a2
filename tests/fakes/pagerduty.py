"""The `PagerDuty` port over the sandbox's model, in process: errors as the adapter tells them.

Faults are ordered through a `FaultPlan` (methods are `pagerduty.get_incident` and so on); a write
that takes effect only after its answer was lost is ordered with `commit_late`.
"""

import random
from collections import Counter, abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from pdjira.adapters.pagerduty.catalogue import custom_fields as as_fields
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
)
from pdjira.model import incident as domain
from pdjira.model.ports import Clock
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty import custom_fields
from tests.sandbox.pagerduty.model import PagerDutyModel, details_text
from tests.sandbox.pagerduty.records import ApiError, Incident, Note, utc_now
from tests.sandbox.pagerduty.seed import SYNC_EMAIL, SYNC_USER

T = TypeVar("T")

_LOGGED_AS = {
    domain.IncidentStatus.ACKNOWLEDGED: "acknowledge_log_entry",
    domain.IncidentStatus.RESOLVED: "resolve_log_entry",
}


class FakePagerDuty:
    """PagerDuty as the worker sees it; `model` is PagerDuty as people see it.

    `authenticated` False makes every call fail as with a wrong key. `written` are the ids of the
    notes that came this way, `changes` those of the log's entries of changes that
    did, and `opened` the keys of the incidents, with the stack's time.
    """

    def __init__(
        self,
        model: PagerDutyModel | None = None,
        *,
        clock: Clock = utc_now,
        plan: FaultPlan | None = None,
        user_id: str = SYNC_USER,
    ) -> None:
        self.model = model or PagerDutyModel(clock=clock, rng=random.Random(0))
        self.plan = plan or FaultPlan()
        self.authenticated = True
        self.from_email = SYNC_EMAIL
        self._clock = clock
        self._user_id = user_id
        self.written: set[str] = set()
        self.opened: list[tuple[str, datetime]] = []
        self.changes: set[str] = set()
        self._late: dict[str, timedelta] = {}
        self._pending: list[tuple[datetime, Callable[[], object]]] = []

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called, without the port's name."""
        names = (name.split(".") for name in self.plan.calls)
        return Counter(method for port, method in names if port == "pagerduty")

    def commit_late(self, method: str, seconds: float) -> None:
        """The next call of `method` is ambiguous, and takes effect so many seconds later."""
        self._late[method] = timedelta(seconds=seconds)

    def settle(self) -> None:
        """Let everything take effect that is due by now; every call does so first."""
        now = self._clock()
        due = [action for at, action in self._pending if at <= now]
        self._pending = [(at, action) for at, action in self._pending if at > now]
        for action in due:
            action()

    def get_incident(self, incident_id: str) -> domain.Incident:
        """The incident as it is now. Raises `NotFound`."""
        return self._call("get_incident", lambda: _incident(self.model, incident_id))

    def trigger_details(self, log_entry_id: str) -> str | None:
        """The details of a trigger log entry as text; an entry that is gone has none."""

        def read() -> str | None:
            entry = next((it for it in self.model.log_entries() if it.id == log_entry_id), None)
            return None if entry is None else details_text(entry.channel.get("details"))

        return self._call("trigger_details", read)

    def writes_as(self) -> str:
        """The e-mail address of the sync's user."""
        return self.from_email

    def list_notes(self, incident_id: str) -> Sequence[domain.Note]:
        """All notes of the incident, oldest first. Raises `NotFound`."""
        return self._call(
            "list_notes",
            lambda: tuple(map(_note, self.model.incident(incident_id).notes)),
        )

    def add_note(self, incident_id: str, content: str, *, by: str | None = None) -> domain.Note:
        """Add a note, as the sync's user unless told otherwise. Raises `Refused`, `NotFound`."""

        def write() -> domain.Note:
            user_id = self._user_id if by is None else self._known(by)
            note = _note(self.model.add_note(incident_id, content, by=user_id))
            self.written.add(note.id)
            return note

        return self._call("add_note", write)

    def change_incident(self, incident_id: str, change: domain.IncidentChange) -> None:
        """Write onto the incident."""

        def write() -> None:
            by = self._user_id if change.by is None else self._known(change.by)
            log = self.model.incident(incident_id).log
            before = len(log)
            if change.status and self.model.incident(incident_id).status != change.status.value:
                self.model.set_status(incident_id, change.status.value, by=by)
            if change.title:
                self.model.set_title(incident_id, change.title, by=by)
            if change.urgency:
                self.model.set_urgency(incident_id, change.urgency, by=by)
            if change.priority:
                priority = None if change.priority == domain.NO_PRIORITY else change.priority
                self.model.set_priority(incident_id, priority, by=by)
            self.changes.update(entry.id for entry in log[before:])

        self._call("change_incident", write)

    def has_been(self, incident_id: str, status: domain.IncidentStatus, *, since: datetime) -> bool:
        """Whether its log tells of that status."""

        def look() -> bool:
            log = self.model.incident(incident_id).log
            told = {it.type for it in log if it.created_at >= since}
            return _LOGGED_AS.get(status) in told

        return self._call("has_been", look)

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, domain.IncidentField]:
        """The custom fields of the incident."""
        return self._call(
            "incident_fields",
            lambda: as_fields({"custom_fields": custom_fields.values(self.model, incident_id)}),
        )

    def set_incident_field(
        self, incident_id: str, name: str, value: object
    ) -> abc.Mapping[str, domain.IncidentField]:
        """Give a field a value, and tell all of them."""

        def write() -> abc.Mapping[str, domain.IncidentField]:
            change = {"name": name, "value": value}
            custom_fields.set_values(self.model, incident_id, [change], by=self._user_id)
            return as_fields({"custom_fields": custom_fields.values(self.model, incident_id)})

        return self._call("set_incident_field", write)

    def _known(self, email: str) -> str:
        user = self.model.user_by_email(email)
        if user is None:
            raise Misconfigured(f"PagerDuty knows no user {email}.")
        return user.id

    def _call(self, method: str, action: Callable[[], T]) -> T:
        self.settle()
        with self.plan.call(f"pagerduty.{method}"), _translated():
            if not self.authenticated:
                raise ApiError(401, 2006, "Authentication failed")
            delay = self._late.pop(method, None)
            if delay is not None:
                self._pending.append((self._clock() + delay, action))
                raise Ambiguous("PagerDuty gave no answer")
            return action()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        raise translate(error) from error


def translate(error: ApiError, *, retry_after: float | None = None) -> PdjiraError:
    """A refusal of PagerDuty as one of our errors."""
    says = f"PagerDuty says: {error.message}"
    if error.status == 401:
        return Unauthenticated(says, side=Side.PAGERDUTY)
    if error.status == 404:
        return NotFound(says)
    if error.status == 429 or error.status >= 500:
        return Temporary(says, retry_after=retry_after)
    return Refused(says, status=error.status, messages=(error.message, *error.errors))


def _incident(model: PagerDutyModel, incident_id: str) -> domain.Incident:
    with model.lock:
        it = model.incident(incident_id)
        service = domain.Reference(id=it.service_id, name=model.service(it.service_id).name)
        return domain.Incident(
            id=it.id,
            number=it.number,
            title=it.title,
            status=domain.IncidentStatus(it.status),
            urgency=it.urgency,
            html_url=model.incident_ref(it)["html_url"],
            service=service,
            created_at=it.created_at.replace(microsecond=0),
            incident_key=it.incident_key,
            priority=_priority(model, it),
            description=details_text(it.details),
            first_log_entry_id=it.log[0].id,
            escalation_policy=model.policy(it.policy_id).name,
            impacted_services=(service.name,),
            assignees=_names(model, it.assignments),
            acknowledgers=_names(model, it.acknowledgements),
            assigned=tuple(_person(model, user_id) for user_id, _ in it.assignments),
            involved=_involved(model, it),
            last_status_change_at=it.changed_at.replace(microsecond=0),
            last_status_change_by=it.changed_by["summary"],
            merged_into=it.resolve_reason["incident"]["id"] if it.resolve_reason else None,
        )


def _note(note: Note) -> domain.Note:
    return domain.Note(
        id=note.id,
        content=note.content,
        author=note.user["summary"],
        author_id=note.user["id"],
        created_at=note.created_at.replace(microsecond=0),
    )


def _priority(model: PagerDutyModel, it: Incident) -> domain.Reference | None:
    if it.priority_id is None:
        return None
    return domain.Reference(id=it.priority_id, name=model.priorities[it.priority_id].name)


def _names(model: PagerDutyModel, since: Sequence[tuple[str, datetime]]) -> tuple[str, ...]:
    return tuple(model.user(user_id).name for user_id, _ in since)


def _person(model: PagerDutyModel, user_id: str) -> domain.Person:
    user = model.user(user_id)
    return domain.Person(id=user.id, name=user.name, email=user.email)


def _involved(model: PagerDutyModel, it: Incident) -> tuple[domain.Person, ...]:
    """Responders come as references: without their e-mail addresses."""
    known = [user_id for user_id, _ in (*it.assignments, *it.acknowledgements)]
    people = {user_id: _person(model, user_id) for user_id in known}
    for one in it.responders:
        user_id = one["user"]["id"]
        if one["state"] in {"pending", "joined"} and user_id not in people:
            people[user_id] = domain.Person(id=user_id, name=one["user"]["summary"])
    return tuple(people.values())
