"""From the bytes of a proven Jira delivery to a signal: total, whatever they hold."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pdjira.model.signal import Signal, SignalKind
from pdjira.webhooks.envelope import LONGEST_ID, digest, get, text, unreadable, what_is_wrong

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
        return _signal_of(json.loads(body), body)
    except (ValueError, RecursionError) as error:
        says = f"Jira sent a webhook that cannot be read: {what_is_wrong(error)}."
        return unreadable(body, says)


def _signal_of(sent: object, body: bytes) -> Signal:
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
