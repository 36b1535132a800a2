r"""A signal as the body of a queue message: JSON in ASCII, so that any character survives SQS.

SQS takes what XML 1.0 takes; NUL and lone surrogates are among what it refuses, and as `\u0000`
and `\ud800` they pass: https://docs.aws.amazon.com/AWSSimpleQueueService (SendMessage).
"""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from pdjira.domain.incident import Note
from pdjira.domain.signals import Signal, SignalKind
from pdjira.errors import Misconfigured

SCHEMA_VERSION = 1
MESSAGE_BYTES = 1_000_000
"""SQS takes 1 MiB with the attributes, which a copy in the dead-letter queue needs."""

_WORDS = 1_000
_TIMES = ("occurred_at", "notes_since", "tried_since")
_OTHERS = {"kind", "note", *_TIMES}
_TEXTS = tuple(each.name for each in fields(Signal) if each.name not in _OTHERS)
_REDRIVE = "Deploy the version of the stack that wrote it, or delete it from the queue."


def encode(signal: Signal) -> str:
    """The body of the message, at most `MESSAGE_BYTES` for any delivery of up to 256 KB.

    Long words are cut, ids never. Of an unreadable delivery that does not fit the reason is kept.
    """
    values: dict[str, Any] = {name: getattr(signal, name) for name in _TEXTS}
    for words in ("event_type", "agent", "reason"):
        values[words] = values[words] and values[words][:_WORDS]
    values["kind"] = signal.kind.value
    for name in _TIMES:
        values[name] = _written_time(getattr(signal, name))
    values["note"] = signal.note and _written(signal.note)
    text = _to_json(values)
    return text if len(text) <= MESSAGE_BYTES else _to_json(values | {"body": None})


def _written_time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()


def _written(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "content": note.content,
        "author": note.author and note.author[:_WORDS],
        "author_id": note.author_id,
        "trimmed": note.trimmed,
    }


def _note(item: object) -> Note | None:
    if item is None:
        return None
    if not isinstance(item, dict):
        raise TypeError("a note is expected")
    return Note(
        id=str(item["id"]),
        content=str(item["content"]),
        author=item["author"],
        author_id=item.get("author_id"),
        trimmed=bool(item["trimmed"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _to_json(values: dict[str, Any]) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return json.dumps({"schema_version": SCHEMA_VERSION} | given, ensure_ascii=True)


def decode(body: str) -> Signal:
    """The signal of a message. Raises `Misconfigured` for a message that we did not write."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _foreign("it is not JSON") from error
    if not isinstance(values, dict) or "schema_version" not in values:
        raise _foreign("it has no schema_version")
    if values.pop("schema_version") != SCHEMA_VERSION:
        raise _foreign("its schema_version is not the one that this version of the stack knows")
    try:
        return _signal(values)
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign("its content is not that of a signal") from error


def _foreign(why: str) -> Misconfigured:
    return Misconfigured(f"A message in the queue cannot be read: {why}.", cure=_REDRIVE)


def _signal(values: dict[str, Any]) -> Signal:
    texts = {name: values.get(name) for name in _TEXTS}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        raise TypeError("a text is expected")
    return Signal(
        kind=SignalKind(values["kind"]),
        id=values["id"],
        event_type=texts["event_type"] or "",
        incident_id=texts["incident_id"],
        service_id=texts["service_id"],
        issue_id=texts["issue_id"],
        occurred_at=_time(values.get("occurred_at")),
        agent=texts["agent"],
        mapping_id=texts["mapping_id"],
        workflow_id=texts["workflow_id"],
        note=_note(values.get("note")),
        notes_since=_time(values.get("notes_since")),
        tried_since=_time(values.get("tried_since")),
        body=texts["body"],
        reason=texts["reason"],
    )
