"""What the worker gave up, in `LinksTable`, and the dead-letter queue itself."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    key_id,
    put_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.model.signal import DeadLetter, GivenUp, Signal, message_group
from pdjira.model.times import KEPT_IN_QUEUE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

MOST = 100

_PK = "DEAD#"

_REASON_BYTES, _EVENT_BYTES = 1_000, 100

_HIDDEN = 60
"""Seconds that a message which was received is hidden from others."""


class DynamoGivenUps:
    """`GivenUps` on the table `table`: one item for each message, by the time."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def put(self, given_up: GivenUp) -> None:
        """As the port says."""
        put_item(self._client, self._table, given_up_item(given_up))

    def latest(self) -> Sequence[GivenUp]:
        """As the port says."""
        return [*self._reader.readable(map(untyped, self._items()), read_given_up)]

    def forget(self, message_ids: Collection[str]) -> None:
        """As the port says; of those that are listed."""
        names = {key_id(one) for one in message_ids}
        for item in self._items() if names else ():
            if item["sk"]["S"].rpartition("#")[2] in names:
                with translated("dynamodb:DeleteItem", self._table):
                    self._client.delete_item(
                        TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]}
                    )

    def _items(self) -> Sequence[Any]:
        with translated("dynamodb:Query", self._table):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=typed({":pk": _PK}),
                ScanIndexForward=False,
                Limit=MOST,
            )
        return answer["Items"]


def given_up_item(given_up: GivenUp) -> dict[str, Any]:
    """The whole item; it expires once the queue no longer keeps the message."""
    item = {
        "pk": _PK,
        "sk": f"{stamp(given_up.sent_at)}#{key_id(given_up.message_id)}",
        "schema_version": SCHEMA_VERSION,
        "message": clean(given_up.message_id),
        "at": stamp(given_up.at),
        "sent_at": stamp(given_up.sent_at),
        "why": cut(given_up.why, _REASON_BYTES),
        "incident": clean(given_up.incident_id) if given_up.incident_id else None,
        "issue": clean(given_up.issue_id) if given_up.issue_id else None,
        "event": cut(given_up.event, _EVENT_BYTES),
        "is_readable": given_up.is_readable,
        "expires_at": int((given_up.at + KEPT_IN_QUEUE).timestamp()),
    }
    return {name: value for name, value in item.items() if value is not None}


def read_given_up(item: Attributes) -> GivenUp:
    """The record of a stored item."""
    return GivenUp(
        message_id=item.text("message"),
        at=item.time("at"),
        sent_at=item.time("sent_at"),
        why=item.text("why"),
        incident_id=item.maybe_text("incident"),
        issue_id=item.maybe_text("issue"),
        event=item.maybe_text("event") or "",
        is_readable=item.flag("is_readable"),
    )


class SqsDeadLetters:
    """`DeadLetters` on two FIFO queues: that at `url`, and the one that is worked on."""

    def __init__(self, client: "SQSClient", url: str, *, queue_url: str) -> None:
        self._client = client
        self._url = url
        self._name = url.rpartition("/")[2]
        self._queue_url = queue_url

    def receive(self) -> Sequence[DeadLetter]:
        """As the port says; SQS may keep back what it has, so several empty answers are the end."""
        with translated("sqs:ReceiveMessage", self._name):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HIDDEN,
                WaitTimeSeconds=1,
                MessageAttributeNames=["message_id"],
            )
        return [_letter(message) for message in answer.get("Messages", [])]

    def send_back(self, letter: DeadLetter, signal: Signal) -> None:
        """As the port says; sent twice, by the same dead letter, it is stored once."""
        with translated("sqs:SendMessage", self._queue_url.rpartition("/")[2]):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=letter.body,
                MessageGroupId=message_group(signal),
                MessageDeduplicationId=f"again:{letter.id}",
            )
        with translated("sqs:DeleteMessage", self._name):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def leave(self, letter: DeadLetter) -> None:
        """As the port says."""
        with translated("sqs:ChangeMessageVisibility", self._name):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )


def _letter(message: Any) -> DeadLetter:  # noqa: ANN401 - as boto3 hands it over
    attributes = message.get("MessageAttributes", {})
    return DeadLetter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        message_id=attributes.get("message_id", {}).get("StringValue"),
    )
