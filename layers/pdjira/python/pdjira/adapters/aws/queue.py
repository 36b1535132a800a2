"""Signals on the SQS FIFO queue and, with a reason, on its dead-letter queue.

Imported by the functions that answer webhooks: nothing but botocore's errors is imported here.
"""

import re
from collections import abc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from pdjira.adapters.aws.errors import code_of, translated
from pdjira.adapters.aws.messages import encode
from pdjira.application.message import Message, QueueDepth
from pdjira.domain.signals import Signal, message_group, queue_safe
from pdjira.errors import Conflict, Misconfigured

if TYPE_CHECKING:
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
        sent_at=_time(attributes["SentTimestamp"]),
        first_received_at=_time(first) if first else None,
    )


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


def _text(value: str) -> "MessageAttributeValueTypeDef":
    text = re.sub(_NOT_FOR_SQS, "�", value)[:_REASON_CHARACTERS]
    return {"DataType": "String", "StringValue": text or "unknown"}


def _name(url: str) -> str:
    return url.rpartition("/")[2]
