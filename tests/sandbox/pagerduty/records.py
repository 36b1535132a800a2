"""What an account of the sandbox's PagerDuty holds, and how its ids and references look."""

import random
import string
from collections import abc
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Details = str | abc.Mapping[str, object] | None

_UPPER = string.ascii_uppercase + string.digits
_PLURALS = {
    "escalation_policy": "escalation_policies",
    "priority": "priorities",
    "incident_workflow": "incident_workflows",
}


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


def seconds(moment: datetime | None) -> str | None:
    """A time as REST and `created_at` show it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(moment: datetime) -> str:
    """A time as an event's `occurred_at` shows it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class ApiError(Exception):
    """A refusal in PagerDuty's words: HTTP status, code, message and single errors."""

    def __init__(self, status: int, code: int, message: str, *errors: str) -> None:
        super().__init__(f"{status} {message} ({code}) {'; '.join(errors)}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        """The answer's JSON."""
        error: Json = {"message": self.message, "code": self.code}
        if self.errors:
            error["errors"] = list(self.errors)
        return {"error": error}


def invalid(*errors: str) -> ApiError:
    """What was sent is not well formed."""
    return ApiError(400, 2001, "Invalid Input Provided", *errors)


def arguments_error(*errors: str) -> ApiError:
    """What was sent cannot be done as it stands."""
    return ApiError(400, 2002, "Arguments Caused Error", *errors)


class Ids:
    """New ids in PagerDuty's shapes, from one source of randomness."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def _text(self, prefix: str, length: int, alphabet: str = _UPPER) -> str:
        return prefix + "".join(self._rng.choices(alphabet, k=length))

    def incident(self) -> str:
        """Fourteen characters, as newer incidents have."""
        return self._text("Q", 13)

    def short(self) -> str:
        """Seven characters, as notes, subscriptions and most other things have."""
        return self._text("P", 6)

    def log_entry(self) -> str:
        """Twenty-six characters."""
        return self._text("R", 25)

    def event(self) -> str:
        """Twenty-six characters, like a ULID."""
        return self._text("01", 24)

    def workflow_event(self) -> str:
        """Thirty-eight digits, as only workflow events have."""
        return self._text("1", 37, string.digits)

    def key(self) -> str:
        """An incident key that PagerDuty chose: thirty-two hexadecimal digits."""
        return self._text("", 32, "0123456789abcdef")

    def uuid(self) -> str:
        """A UUID in its usual spelling."""
        text = self.key()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def secret(self) -> str:
        """A signing secret: sixty-four characters that look like base64."""
        return self._text("", 64, string.ascii_letters + string.digits + "+/")


@dataclass(slots=True)
class References:
    """Builds `{id, type, summary, self, html_url}` for anything, below two base URLs."""

    api: str
    web: str

    def make(self, kind: str, id_: str, summary: str | None) -> Json:
        """A reference to something of `kind`, which is PagerDuty's singular word for it."""
        path = _PLURALS.get(kind, f"{kind}s")
        page = "account/incident_priorities" if kind == "priority" else f"{path}/{id_}"
        return {
            "id": id_,
            "type": f"{kind}_reference",
            "summary": summary,
            "self": f"{self.api}/{path}/{id_}",
            "html_url": f"{self.web}/{page}",
        }


@dataclass(slots=True, kw_only=True)
class User:
    """A person, or the account that an integration acts as."""

    id: str
    name: str
    email: str
    role: str = "user"


@dataclass(slots=True, kw_only=True)
class EscalationPolicy:
    """Who is paged: the first user is on call."""

    id: str
    name: str
    user_ids: list[str]


@dataclass(slots=True, kw_only=True)
class Service:
    """What incidents are about."""

    id: str
    name: str
    policy_id: str
    created_at: datetime
    description: str = ""
    last_incident_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Priority:
    """A level of the account, most severe first."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A custom field of incidents of one type, those of the base type being fields of all."""

    id: str
    name: str
    display_name: str
    data_type: str = "string"
    field_type: str = "single_value"
    options: tuple[str, ...] = ()
    incident_type: str = "incident_default"


@dataclass(slots=True, kw_only=True)
class Token:
    """A REST key: of the account, of one user, or of an app (`Bearer`).

    `forbidden` are the paths, by their beginnings, that its user or its scopes do not admit.
    """

    value: str
    user_id: str | None = None
    bearer: bool = False
    read_only: bool = False
    forbidden: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Note:
    """A note of an incident."""

    id: str
    content: str
    user: Json
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class LogEntry:
    """One line of an incident's log; `channel` says by which means it came."""

    id: str
    type: str
    created_at: datetime
    summary: str
    agent: Json
    channel: Json
    incident_id: str
    service_id: str
    note: str | None = None


@dataclass(slots=True, kw_only=True)
class StatusUpdate:
    """A message to stakeholders."""

    id: str
    message: str
    sender: Json
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Incident:
    """An incident with everything that hangs on it.

    `incident_key` is None for one that the Events API opened: its deduplication key is among the
    `alert_keys`, as are those of incidents merged into it.
    """

    id: str
    number: int
    title: str
    status: str
    urgency: str
    service_id: str
    policy_id: str
    created_at: datetime
    updated_at: datetime
    changed_at: datetime
    changed_by: Json
    incident_type: str = "incident_default"
    incident_key: str | None = None
    alert_keys: list[str] = field(default_factory=list)
    priority_id: str | None = None
    details: Details = None
    assignments: list[tuple[str, datetime]] = field(default_factory=list)
    acknowledgements: list[tuple[str, datetime]] = field(default_factory=list)
    responders: list[Json] = field(default_factory=list)
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    resolve_reason: Json | None = None
    conference_bridge: Json | None = None
    custom_fields: list[Json] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    status_updates: list[StatusUpdate] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.status != "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A V3 event: `resource_id` is what its order is kept for, `body` is what is delivered."""

    id: str
    type: str
    occurred_at: datetime
    resource_id: str
    service_id: str
    body: Json
