"""From the bytes of a proven PagerDuty delivery to a signal: total, whatever they hold."""

import base64
import hashlib
import json
from typing import Any

from pdjira.model.incident import STATUS_UPDATE, Note
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import read_time

LONGEST_NOTE = 65_535
"""Characters: PagerDuty takes no longer note (https://support.pagerduty.com/docs/incident-notes)."""

_WORKFLOW_STARTED = "incident.workflow.started"

_WRITTEN = {"incident_note": ("", "content"), "incident_status_update": (STATUS_UPDATE, "message")}
"""By `data.type`: how the id of what was written begins, and the key that holds the text."""


def read_delivery(body: bytes) -> Signal:
    """The signal of a delivery; an unreadable one becomes a signal that says why.

    Envelope: `{"event": {"id", "event_type", "occurred_at", "agent", "data", ...}}`. The
    incident's id is `data.id` where `data.type` is `incident`, else that of `data.incident`
    (https://developer.pagerduty.com/docs/webhooks-overview).
    """
    try:
        event = get(json.loads(body), "event")
        return _signal_of(event, body)
    except (ValueError, RecursionError) as error:
        return unreadable(
            body,
            f"The delivery is signed, but it is no event that can be read: {what_is_wrong(error)}.",
        )


def read_action(body: bytes, *, mapping_id: str) -> Signal:
    """The signal of a pressed Custom Incident Action: a request for an issue under a mapping.

    A token proves less than a signature does, so nothing is taken but the ids of event and
    incident, and who pressed: no note, no time, no text.

    PagerDuty sends the envelope of its V2 webhooks, `{"messages": [{"id", "event", "created_on",
    "incident", "log_entries": [{"agent"}]}]}`, one message for one press; a V3 `event` is taken as
    well (https://support.pagerduty.com/docs/custom-incident-actions). An event about no incident
    asks for nothing.
    """
    if len(mapping_id) > LONGEST_ID:
        return unreadable(body, "An action was sent, but the id of its mapping is too long.")
    try:
        sent = json.loads(body)
        message = _first(get(sent, "messages"))
        event = get(sent, "event") if message is None else _as_event(message)
        return _request(_signal_of(event, body), mapping_id, is_v3=message is None)
    except (ValueError, RecursionError) as error:
        return unreadable(
            body, f"An action was sent, but it cannot be read: {what_is_wrong(error)}."
        )


def _request(signal: Signal, mapping_id: str, *, is_v3: bool) -> Signal:
    incident_id = signal.incident_id
    if incident_id is None and is_v3:
        return Signal(kind=signal.kind, id=signal.id)
    if incident_id is None:
        raise ValueError("it names no incident")
    if not (incident_id.isascii() and incident_id.isalnum()):
        raise ValueError("its incident's id holds more than letters and digits")
    return Signal(
        kind=SignalKind.CREATE_REQUESTED,
        id=f"{signal.id}:{mapping_id}",
        incident_id=incident_id,
        agent=signal.agent,
        mapping_id=mapping_id,
    )


def _as_event(message: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON of a vendor
    """A message of V2 in the form of a V3 event; its first log entry tells who pressed."""
    incident = get(message, "incident")
    return {
        "id": get(message, "id"),
        "event_type": get(message, "event"),
        "occurred_at": get(message, "created_on"),
        "agent": get(_first(get(message, "log_entries")), "agent"),
        "data": {**incident, "type": "incident"} if isinstance(incident, dict) else None,
    }


def _first(values: object) -> Any:  # noqa: ANN401 - likewise
    return values[0] if isinstance(values, list) and values else None


def _signal_of(event: object, body: bytes) -> Signal:
    if not isinstance(event, dict):
        raise ValueError("it has no event")  # noqa: TRY004 - what was sent is wrong, not our call
    if any(len(str(value)) > LONGEST_ID for value in _ids(event)):
        raise ValueError("one of its ids is too long")
    data = event.get("data")
    incident_id = _incident_id(data)
    agent = text(get(event.get("agent"), "summary"))
    return Signal(
        kind=SignalKind.NO_INCIDENT if incident_id is None else SignalKind.INCIDENT_CHANGED,
        id=text(event.get("id")) or digest(body),
        event_type=_required_text(event, "event_type"),
        incident_id=incident_id,
        service_id=_service_id(data),
        occurred_at=read_time(event.get("occurred_at")),
        agent=agent,
        workflow_id=_workflow_id(event),
        note=_note(data, author=agent, author_id=text(get(event.get("agent"), "id"))),
    )


def _ids(event: dict[str, Any]) -> tuple[object, ...]:
    data = event.get("data")
    agent = event.get("agent")
    named = event.get("id"), event.get("event_type"), get(agent, "summary"), get(agent, "id")
    note_id = get(data, "id")
    return *named, note_id, _incident_id(data), _service_id(data), _workflow_id(event)


def _incident_id(data: object) -> str | None:
    """Role assignments come as a list, with the incident inside each of its elements."""
    if get(data, "type") == "incident":
        return text(get(data, "id"))
    assignments = get(data, "incident_role_assignments")
    inner = _first(assignments) or data
    return text(get(get(inner, "incident"), "id"))


def _service_id(data: object) -> str | None:
    if get(data, "type") == "service":
        return text(get(data, "id"))
    return text(get(get(data, "service"), "id"))


def _workflow_id(event: dict[str, Any]) -> str | None:
    """The incident workflow that was started; its later steps ask for nothing."""
    if event.get("event_type") != _WORKFLOW_STARTED:
        return None
    return text(get(get(event.get("data"), "incident_workflow"), "id"))


def _note(data: object, *, author: str | None, author_id: str | None) -> Note | None:
    """What was written, where the event is about a note or a status update."""
    kind = get(data, "type")
    start, key = _WRITTEN.get(kind if isinstance(kind, str) else "", ("", ""))
    note_id, content = text(get(data, "id")), text(get(data, key))
    if note_id is None or content is None:
        return None
    return Note(
        id=f"{start}{note_id}",
        content=content[:LONGEST_NOTE],
        author=author,
        author_id=author_id,
        trimmed=get(data, "trimmed") is True,
    )


def _required_text(event: dict[str, Any], key: str) -> str:
    value = text(event.get(key))
    if value is None:
        raise ValueError(f"its event has no {key}")
    return value


LONGEST_ID = 1_000
"""Characters: whatever is longer is no id, and might not fit into the queue."""


def get(value: object, key: str) -> Any:  # noqa: ANN401 - JSON of a vendor, any value may be there
    """The value of a key; None where there is none, or nothing that has keys."""
    return value.get(key) if isinstance(value, dict) else None


def text(value: object) -> str | None:
    """A text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def digest(body: bytes) -> str:
    """The name of a delivery that has no id of its own: the same bytes, the same name."""
    return hashlib.sha256(body).hexdigest()


def unreadable(body: bytes, reason: str) -> Signal:
    """The signal of a delivery that cannot be read; it is kept whole."""
    return Signal(
        kind=SignalKind.UNREADABLE,
        id=digest(body),
        body=base64.b64encode(body).decode("ascii"),
        reason=reason,
    )


def what_is_wrong(error: Exception) -> str:
    """What an error while reading a delivery says of it, as the end of a sentence."""
    match error:
        case json.JSONDecodeError() | UnicodeDecodeError():
            return "it is not JSON"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)
