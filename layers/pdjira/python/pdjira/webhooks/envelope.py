"""From the bytes of a delivery to a signal: who signed it (HMAC-SHA256), then what it says.

No time is signed, so a captured delivery can be sent again at any time. That does no harm: a signal
only makes the worker look. Reading is total, whatever the bytes hold.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
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


_ISSUE_OF_COMMENT = re.compile(r"/issue/([0-9]+)/comment/[0-9]+/?$")

_NUMBER = re.compile(r"[0-9]+")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DIGEST_CHARACTERS = 16


def read_jira_delivery(body: bytes) -> Signal:
    """The signal of a delivery; an unreadable one becomes a signal that says why.

    Body: `{"timestamp", "webhookEvent", "issue": {"id"}, "comment": {"self"}, ...}`, `timestamp`
    in milliseconds since 1970. Events about a comment lack `issue` on older versions; the address
    of the comment then names it. Nothing else is believed: the worker reads the issue itself.
    (Jira Server 7 to Data Center 11, as captured and as in Atlassian's "Managing webhooks".)
    """
    try:
        return _jira_signal_of(json.loads(body), body)
    except (ValueError, RecursionError) as error:
        says = f"Jira sent a webhook that cannot be read: {what_is_wrong(error)}."
        return unreadable(body, says)


def _jira_signal_of(sent: object, body: bytes) -> Signal:
    event_type, issue_id = text(get(sent, "webhookEvent")), _issue_id(sent)
    if event_type is None:
        raise ValueError("it has no webhookEvent")
    if len(event_type) > LONGEST_ID or len(issue_id or "") > LONGEST_ID:
        raise ValueError("one of its ids is too long")
    occurred_at = _time(get(sent, "timestamp"))
    named = issue_id, occurred_at and occurred_at.isoformat(), event_type
    parts = (*(each or "none" for each in named), digest(body)[:_DIGEST_CHARACTERS])
    return Signal(
        kind=SignalKind.NO_INCIDENT if issue_id is None else SignalKind.ISSUE_CHANGED,
        id=" ".join(parts),
        event_type=event_type,
        issue_id=issue_id,
        occurred_at=occurred_at,
    )


def _issue_id(sent: object) -> str | None:
    """The issue's number; None for an event about a project, a user or a version, say."""
    issue, comment = get(sent, "issue"), get(sent, "comment")
    if issue is not None:
        return _number(get(issue, "id"))
    if comment is None:
        return None
    found = _ISSUE_OF_COMMENT.search(text(get(comment, "self")) or "")
    if found is None:
        raise ValueError("its comment does not tell of which issue it is")
    return found[1]


def _number(value: Any) -> str:  # noqa: ANN401 - JSON of a vendor, any value may be there
    found = text(value)
    if found is None or not _NUMBER.fullmatch(found):
        raise ValueError("its issue has no id that is a number")
    return found


def _time(milliseconds: object) -> datetime | None:
    """None for what is no number, or lies beyond the years that a datetime can hold."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


_VERSION = "v1="

_JIRA_METHOD = "sha256="


def is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether any of the header's `v1` signatures belongs to any of the secrets.

    `header` is the value of X-PagerDuty-Signature: `v1=<hex>[,v1=<hex>...]`, several while a
    secret is being replaced; unknown versions are passed over. A secret is used as it stands, not
    decoded. Every pair is compared, each in constant time
    (https://developer.pagerduty.com/docs/verifying-webhook-signatures).
    """
    given = [
        part.strip().removeprefix(_VERSION)
        for part in header.split(",")
        if part.strip().startswith(_VERSION)
    ]
    return _is_any(body, given, secrets)


def is_signed_by_jira(body: bytes, header: str, secret: str) -> bool:
    """Whether the header's signature belongs to the secret, compared in constant time.

    `header` is the value of X-Hub-Signature: `sha256=<hex>`. Jira signs from 10.0 on, with the
    secret as it stands (https://confluence.atlassian.com/adminjiraserver, Managing webhooks).
    """
    bare = header.strip()
    given = [bare.removeprefix(_JIRA_METHOD)] if bare.startswith(_JIRA_METHOD) else []
    return _is_any(body, given, [secret])


def _is_any(body: bytes, given: Iterable[str], secrets: Iterable[str]) -> bool:
    """Whether any signature is that of any secret; every pair is compared."""
    sent = [one.encode("utf-8", "replace") for one in given]
    expected = [
        hmac.new(secret.encode(), body, "sha256").hexdigest().encode() for secret in secrets
    ]
    matches = [hmac.compare_digest(one, other) for one in sent for other in expected]
    return any(matches)
