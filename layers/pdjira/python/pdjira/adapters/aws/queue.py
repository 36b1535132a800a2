"""Signals on the SQS FIFO queue and its dead-letter queue; in `LinksTable`, what became of them.

Imported by the functions that answer webhooks: nothing but botocore's errors is imported here.
"""

import json
import re
from collections import abc
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import SCHEMA_VERSION as ITEM_VERSION
from pdjira.adapters.aws.items import (
    Attributes,
    clean,
    code_of,
    cut,
    find_item,
    key_id,
    put_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.errors import Conflict, Misconfigured
from pdjira.model.incident import Note
from pdjira.model.signal import (
    Asked,
    Message,
    Progress,
    QueueDepth,
    Signal,
    SignalKind,
    message_group,
    queue_safe,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

LONGEST_DEFERRAL = 43_200
"""Seconds: https://docs.aws.amazon.com/AWSSimpleQueueService (ChangeMessageVisibility)."""

_LONGEST_RUN = 900  # seconds: SQS counts the twelve hours from the delivery, not from the call

_REASON_CHARACTERS = 1_000

_NOT_FOR_SQS = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""Compiled at its first use: it is costly, and a webhook never needs it."""

_GONE = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"})

CountName = Literal[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]

_COUNTS: tuple[CountName, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsSignalQueue:
    """`SignalQueue` on two FIFO queues; who only sends needs no dead-letter queue."""

    def __init__(
        self, client: "SQSClient", queue_url: str, *, dead_letter_url: str | None = None
    ) -> None:
        self._client = client
        self._url = queue_url
        self._dead_letter_url = dead_letter_url

    def send(self, signal: Signal) -> None:
        """Store the signal by one call."""
        with translated("sqs:SendMessage", _name(self._url)):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=encode(signal),
                MessageGroupId=message_group(signal),
                MessageDeduplicationId=f"{signal.kind}:{queue_safe(signal.id)}",
            )

    def defer(self, message: Message, seconds: int) -> None:
        """Deliver the message again in so many seconds (0 to 43,200, at most 42,300 in effect).

        Raises `Conflict` where it was delivered to another worker meanwhile.
        """
        if not 0 <= seconds <= LONGEST_DEFERRAL:
            raise ValueError(seconds)
        with translated("sqs:ChangeMessageVisibility", _name(self._url)):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url,
                    ReceiptHandle=message.receipt,
                    VisibilityTimeout=min(seconds, LONGEST_DEFERRAL - _LONGEST_RUN),
                )
            except ClientError as error:
                if code_of(error) not in _GONE:
                    raise
                says = f"The message {message.id} is delivered to another worker by now."
                raise Conflict(says) from error

    def dead_letter(self, message: Message, reason: str) -> None:
        """Put a copy into the dead-letter queue: once within five minutes, however often called."""
        url = self._dead_letters()
        with translated("sqs:SendMessage", _name(url)):
            self._client.send_message(
                QueueUrl=url,
                MessageBody=message.body,
                MessageGroupId=message.group,
                MessageDeduplicationId=message.id,
                MessageAttributes={
                    "reason": _text(reason),
                    "message_id": _text(message.id),
                    "receives": {"DataType": "Number", "StringValue": str(message.receives)},
                    "sent_at": _text(message.sent_at.astimezone(UTC).isoformat()),
                },
            )

    def depth(self) -> QueueDepth:
        """How many messages wait, are being worked on or put off, and how many are dead."""
        dead = self._dead_letters()
        return QueueDepth(waiting=self._count(self._url), dead=self._count(dead))

    def is_idle(self) -> bool:
        """Whether nothing is waiting, put off or being worked on."""
        return self._count(self._url) == 0

    def _count(self, url: str) -> int:
        with translated("sqs:GetQueueAttributes", _name(url)):
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        return sum(int(answer["Attributes"].get(name, 0)) for name in _COUNTS)

    def _dead_letters(self) -> str:
        if self._dead_letter_url is None:
            raise Misconfigured("This function was given no dead-letter queue.")
        return self._dead_letter_url


def decode_record(record: abc.Mapping[str, Any]) -> Message:
    """The message of a record in the event that Lambda hands to a queue's function.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    attributes = record["attributes"]
    first = attributes.get("ApproximateFirstReceiveTimestamp")
    return Message(
        id=record["messageId"],
        receipt=record["receiptHandle"],
        group=attributes["MessageGroupId"],
        body=record["body"],
        receives=int(attributes["ApproximateReceiveCount"]),
        sent_at=_time_of(attributes["SentTimestamp"]),
        first_received_at=_time_of(first) if first else None,
    )


def _time_of(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


def _text(value: str) -> "MessageAttributeValueTypeDef":
    text = re.sub(_NOT_FOR_SQS, "�", value)[:_REASON_CHARACTERS]
    return {"DataType": "String", "StringValue": text or "unknown"}


def _name(url: str) -> str:
    return url.rpartition("/")[2]


SCHEMA_VERSION = 1

MESSAGE_BYTES = 1_000_000
"""SQS takes 1 MiB with the attributes, which a copy in the dead-letter queue needs."""

_WORDS = 1_000

_TIMES = ("occurred_at", "notes_since", "tried_since")

_OTHERS = {"kind", "note", "lacks_issue", *_TIMES}

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
    is_implied = signal.lacks_issue == _lacked_before(signal.kind)
    values["lacks_issue"] = None if is_implied else signal.lacks_issue
    text = _to_json(values)
    return text if len(text) <= MESSAGE_BYTES else _to_json(values | {"body": None})


def _lacked_before(kind: SignalKind) -> bool:
    """What an earlier version meant, which did not say it: each resync made what was lacking."""
    return kind is SignalKind.RESYNC


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
    kind = SignalKind(values["kind"])
    return Signal(
        kind=kind,
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
        lacks_issue=bool(values.get("lacks_issue", _lacked_before(kind))),
        tried_since=_time(values.get("tried_since")),
        body=texts["body"],
        reason=texts["reason"],
    )


_IS_NUMBER = "attribute_not_exists(unended) OR attribute_type(unended, :number)"

_ATTEMPT_KEPT = timedelta(days=15)  # a day longer than the queue keeps a message


class DynamoAttempts:
    """`Attempts` on the table `table`. `clock` tells the time, aware."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def begin(self, message_id: str) -> int:
        """As the port says, in one write; without an item, the first delivery has not ended.

        A count that cannot be read begins anew.
        """
        more = "unended = if_not_exists(unended, :one) + :one"
        try:
            stored = self._update(message_id, more, only_if=_IS_NUMBER, one=1, number="N")
        except Conflict:
            stored = self._update(message_id, "unended = :one", one=1)
        return int(stored["unended"]) - 1

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        """As the port says, in one write."""
        row_ends = "unended = :none"
        if not is_named:
            self._update(message_id, row_ends, none=0)
            return 0
        one_more = "named = if_not_exists(named, :none) + :one"
        return int(self._update(message_id, f"{row_ends}, {one_more}", none=0, one=1)["named"])

    def _update(
        self, message_id: str, change: str, *, only_if: str | None = None, **given: int | str
    ) -> dict[str, Any]:
        condition: Any = {"ConditionExpression": only_if} if only_if else {}
        values = {
            ":schema_version": ITEM_VERSION,
            ":expires_at": int((self._clock() + _ATTEMPT_KEPT).timestamp()),
            **{f":{name}": value for name, value in given.items()},
        }
        with translated("dynamodb:UpdateItem", self._table):
            answer = self._client.update_item(
                TableName=self._table,
                Key=typed({"pk": f"MESSAGE#{key_id(message_id)}", "sk": "ATTEMPTS"}),
                UpdateExpression=(
                    f"SET {change}, expires_at = :expires_at, schema_version = :schema_version"
                ),
                ExpressionAttributeValues=typed(values),
                ReturnValues="UPDATED_NEW",
                **condition,
            )
        return untyped(answer["Attributes"])


_REQUEST_KEPT = timedelta(days=7)

_SENTENCES, _SENTENCE_BYTES = 20, 1_000


class DynamoRequests:
    """`Requests` on the table `table`; a write unit for each of the news."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, asked: Asked) -> None:
        """As the port says; of long news the beginning."""
        item = {
            "schema_version": ITEM_VERSION,
            "action": asked.action,
            "progress": asked.progress.value,
            "at": stamp(asked.at),
            "says": [cut(one, _SENTENCE_BYTES) for one in asked.says[:_SENTENCES]],
            "incident": None if asked.incident_id is None else clean(asked.incident_id),
            "expires_at": int((asked.at + _REQUEST_KEPT).timestamp()),
        }
        put_item(self._client, self._table, _request_key(asked.id) | item)

    def find(self, request_id: str) -> Asked | None:
        """As the port says."""
        read = partial(_asked, request_id=request_id)
        return find_item(self._client, self._table, _request_key(request_id), read)


def _request_key(request_id: str) -> dict[str, str]:
    return {"pk": f"REQUEST#{key_id(request_id)}", "sk": "REQUEST"}


def _asked(item: Attributes, request_id: str) -> Asked:
    return Asked(
        id=request_id,
        action=item.text("action"),
        progress=item.one_of("progress", Progress),
        at=item.time("at"),
        says=tuple(item.texts("says")),
        incident_id=item.maybe_text("incident"),
    )
