"""What comes through the queue: signals, the messages that carry them, and what people asked for.

Imported by the webhooks, so it stays small.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pdjira.model.incident import Note

_QUEUE_SAFE = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,100}")


class SignalKind(StrEnum):
    """The kinds of signal; the worker's match over them is total."""

    INCIDENT_CHANGED = "incident_changed"
    ISSUE_CHANGED = "issue_changed"
    ISSUE_MATCHED = "issue_matched"
    ISSUE_FOUND = "issue_found"  # by the sweep: with an incident's mark, or in an incident's key
    RESYNC = "resync"
    CREATE_REQUESTED = "create_requested"
    NO_INCIDENT = "no_incident"
    UNREADABLE = "unreadable"


CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the clock of whoever tells a time may be ahead of ours."""

SWEEP = "sweep"
"""The event type of a `RESYNC` that the sweep asked for."""

MAPPING_CHANGED = "mapping changed"
"""The event type of a `RESYNC` that tries again what was refused, once its mapping was edited."""

REQUEST = "request-"
"""How the id of a signal begins by which a person asked this stack for something."""

_CARRIED = frozenset({"incident.annotated", "incident.status_update_published"})
"""The event types whose content is in the event and not on the incident."""

FROM_JIRA = frozenset({SignalKind.ISSUE_CHANGED, SignalKind.RESYNC})
"""The signals at which the issue is looked at, whatever its incident says."""

_OF_CHANGES = frozenset({SignalKind.INCIDENT_CHANGED, SignalKind.ISSUE_CHANGED})

KEPT_IN_STEP = frozenset(
    {
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.resolved",
        "incident.reopened",
        "incident.priority_updated",
        "incident.service_updated",
        "incident.annotated",
        "incident.status_update_published",
        "incident.custom_field_values.updated",
        "incident.workflow.started",
    }
)
"""The event types about something that every issue follows. Any other one about an incident only
makes the worker look (all of them: https://developer.pagerduty.com/docs/webhooks-overview)."""

ABOUT_PEOPLE = frozenset(
    {
        "incident.escalated",
        "incident.delegated",
        "incident.reassigned",
        "incident.responder.added",
        "incident.responder.replied",
    }
)
"""The event types about what only issues of mappings with `sync_people` follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that happened.

    `id` names the event: the same id within the queue's deduplication window is delivered once.
    `event_type` is the vendor's word (`incident.triggered`), `agent` who did it, as shown to
    people. `incident_id` is None where the event is about no incident, or about an issue whose
    incident is not looked up yet; `service_id` or `issue_id` may then tell what it is about.
    `mapping_id` is the mapping under which `agent` asked for an issue, or whose JQL the issue
    matches, and `workflow_id` the
    incident workflow that was started. `note` is the note or status update of which the event
    tells; notes written at `notes_since` or later may have been missed. `lacks_issue`: a sweep saw
    that a mapping may still have to make one. `tried_since`: since when an earlier message with
    this signal may have been worked on.
    An unreadable delivery keeps its `body` (base64) and the `reason`.
    """

    kind: SignalKind
    id: str
    event_type: str = ""
    incident_id: str | None = None
    service_id: str | None = None
    issue_id: str | None = None
    occurred_at: datetime | None = None
    agent: str | None = None
    mapping_id: str | None = None
    workflow_id: str | None = None
    note: Note | None = None
    notes_since: datetime | None = None
    lacks_issue: bool = False
    tried_since: datetime | None = None
    body: str | None = None
    reason: str | None = None

    @property
    def is_ignored(self) -> bool:
        """Whether PagerDuty tells of something that no issue follows."""
        is_event = self.kind is SignalKind.INCIDENT_CHANGED
        return is_event and self.event_type not in KEPT_IN_STEP | {SWEEP}

    @property
    def is_asked_by_person(self) -> bool:
        """Whether a person asked to bring an incident together, and not the stack itself."""
        return self.kind is SignalKind.RESYNC and self.agent is not None

    @property
    def is_request(self) -> bool:
        """Whether a person waits for what comes of it, under its id."""
        return self.id.startswith(REQUEST)

    @property
    def is_bare(self) -> bool:
        """Whether it only says that something changed, which any later look sees as well.

        A note, a status update or a request says more; so does a person, or the stack itself, who
        wants what was refused to be tried again.
        """
        has_more = self.note or self.notes_since or self.workflow_id or self.event_type in _CARRIED
        if self.kind is SignalKind.RESYNC:
            return self.event_type == SWEEP and not has_more
        return self.kind in _OF_CHANGES and not has_more

    @property
    def content(self) -> "Signal":
        """What is left of it where a later look has seen what changed."""
        is_of_sweep = self.kind is SignalKind.RESYNC and self.event_type == SWEEP
        return replace(self, kind=SignalKind.INCIDENT_CHANGED) if is_of_sweep else self

    def is_younger(self, than: timedelta, *, now: datetime) -> bool:
        """Whether it happened so recently, as it says; a time in the future is never young."""
        return self.occurred_at is not None and -CLOCKS_DIFFER <= now - self.occurred_at < than

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        facts: dict[str, object] = {
            "incident_id": self.incident_id,
            "kind": self.kind.value,
            "event_type": self.event_type,
            "event_id": self.id,
        }
        others = {"issue_id": self.issue_id, "mapping_id": self.mapping_id}
        return facts | {name: value for name, value in others.items() if value}


def message_group(signal: Signal) -> str:
    """The message group that keeps what belongs together in order.

    Its beginning says what it is about, so that no id leads to the group of something else. At most
    128 characters that the queue admits (letters, digits, ASCII punctuation), whatever the ids
    hold: https://docs.aws.amazon.com/AWSSimpleQueueService (SendMessage).
    """
    if signal.incident_id is not None:
        return f"incident:{queue_safe(signal.incident_id)}"
    if signal.issue_id is not None:
        return f"issue:{queue_safe(signal.issue_id)}"
    if signal.service_id is not None:
        return f"service:{queue_safe(signal.service_id)}"
    return f"other:{_digest(signal.id)}"


def is_former_group(group: str, signal: Signal) -> bool:
    """Whether an earlier version put the signal there: an incident's group was its bare id."""
    return signal.incident_id is not None and group == queue_safe(signal.incident_id)


def queue_safe(text: str) -> str:
    """`text` where the queue takes it as an id, otherwise its hash."""
    return text if _QUEUE_SAFE.fullmatch(text) else _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the queue delivered it.

    `body` is the encoded signal, `receives` counts deliveries, this one included, `sent_at` is the
    time at which it was stored, and `first_received_at` that of its first delivery.
    """

    id: str
    receipt: str
    group: str
    body: str
    receives: int
    sent_at: datetime
    first_received_at: datetime | None = None

    @property
    def tried_since(self) -> datetime | None:
        """Since when an earlier delivery may have been worked on; None where this is the first."""
        return None if self.receives == 1 else self.first_received_at or self.sent_at

    def facts(self, *, now: datetime) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "message_id": self.id,
            "receives": self.receives,
            "age_seconds": round((now - self.sent_at).total_seconds()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """Approximate counts: `waiting` to be delivered or put off, `dead` in the dead-letter queue."""

    waiting: int
    dead: int


class SignalQueue(Protocol):
    """Where signals are stored until the worker has done with them."""

    def send(self, signal: Signal) -> None:
        """Store the signal; returning means that it is stored.

        May be repeated: a signal's id is stored once within five minutes.
        """

    def defer(self, message: Message, seconds: int) -> None:
        """Deliver the message again no sooner than in so many seconds (0 to 43,200)."""

    def dead_letter(self, message: Message, reason: str) -> None:
        """Put a copy of the message into the dead-letter queue, with the reason.

        May be repeated.
        """

    def depth(self) -> QueueDepth:
        """How many messages wait."""

    def is_idle(self) -> bool:
        """Whether nothing is waiting, put off or being worked on, as far as the queue knows."""


class Progress(StrEnum):
    """How far the work on a request has come."""

    QUEUED = "queued"  # nobody has worked on it yet
    WAITS = "waits"  # it was tried in vain, and is tried again by itself
    DONE = "done"  # also where there was nothing to do
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request under its id, and the latest news of it: what was done, or why it was not."""

    id: str
    action: str
    progress: Progress
    at: datetime
    says: tuple[str, ...] = ()
    incident_id: str | None = None


class Requests(Protocol):
    """The requests of people, kept for a week."""

    def put(self, asked: Asked) -> None:
        """Keep the latest news of a request in place of what was known. May be repeated."""

    def find(self, request_id: str) -> Asked | None:
        """The request as stored now; None where there is none, or none that can be read."""


NOTHING_TO_DO = "Nothing was to be done."


def done(says: tuple[str, ...], rests: tuple[str, ...]) -> tuple[str, ...]:
    """What people are told of work that has ended: what it did, or else why it did nothing."""
    return says or (NOTHING_TO_DO, *rests)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A message that lies in the dead-letter queue, and why.

    `is_readable`: it holds a signal that the worker can try once more.
    """

    message_id: str
    at: datetime
    sent_at: datetime
    why: str
    incident_id: str | None = None
    issue_id: str | None = None
    event: str = ""
    is_readable: bool = False


class GivenUps(Protocol):
    """Records of what the worker gave up, for as long as the queue keeps the messages."""

    def put(self, given_up: GivenUp) -> None:
        """Keep a record. May be repeated."""

    def latest(self) -> Sequence[GivenUp]:
        """Up to a hundred, the last one first; those of the last second may be missing."""

    def forget(self, message_ids: Collection[str]) -> None:
        """Forget what lies in the queue no longer. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message as the dead-letter queue delivered it.

    `message_id` is the one that it had before it was given up; None where SQS itself moved it.
    """

    id: str
    receipt: str
    body: str
    message_id: str | None


class DeadLetters(Protocol):
    """The dead-letter queue, to send back what lies there."""

    def receive(self) -> Sequence[DeadLetter]:
        """Up to ten, which nobody else gets for a minute; none where none can be had now."""

    def send_back(self, letter: DeadLetter, signal: Signal) -> None:
        """Store its signal in the sync queue, also one that was stored a minute ago; take it out.

        Whatever fails, it is in one of both queues at least.
        """

    def leave(self, letter: DeadLetter) -> None:
        """Let it be had again at once. May be repeated."""


Decode = Callable[[str], Signal]
"""Reads the body of a message. Raises `Misconfigured` for one that is no signal of ours."""
