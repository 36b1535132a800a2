"""Which resyncs of a sweep the worker has not answered yet: one item of `LinksTable` for each."""

from contextlib import suppress
from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import clean, key_id
from pdjira.adapters.aws.messages import decode, encode
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, read_item
from pdjira.adapters.aws.stored.link import stamp
from pdjira.application.ports.sweeps import Resync
from pdjira.domain.retries import PATIENCE
from pdjira.errors import Conflict, Misconfigured, UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoResyncs:
    """`Resyncs` on the table `table`; a write unit to ask, one to answer."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def asked(self, resync: Resync) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "signal": encode(resync.signal),
            "signal_id": clean(resync.signal.id),
            "at": stamp(resync.at),
            "expires_at": int((resync.at + PATIENCE).timestamp()),
        }
        with translated("dynamodb:PutItem", self._table):
            key = _key(resync.signal.incident_id or "")
            self._client.put_item(TableName=self._table, Item=typed(key | item))

    def unanswered(self, incident_id: str) -> Resync | None:
        """As the port says; one that cannot be read is asked for once more."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_key(incident_id)), ConsistentRead=True
            )
        item = answer.get("Item")
        if not item:
            return None
        with suppress(UnreadableItem, Misconfigured):
            return read_item(untyped(item), read_resync, table=self._table)
        return None

    def answered(self, incident_id: str, signal_id: str) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table,
                Key=typed(_key(incident_id)),
                ConditionExpression="signal_id = :signal_id",
                ExpressionAttributeValues=typed({":signal_id": clean(signal_id)}),
            )


def _key(incident_id: str) -> dict[str, str]:
    return {"pk": f"RESYNC#{key_id(incident_id)}", "sk": "RESYNC"}


def read_resync(item: Attributes) -> Resync:
    """The resync of a stored item. Raises `Misconfigured` where its signal cannot be read."""
    return Resync(signal=decode(item.text("signal")), at=item.time("at"))
