"""Which resyncs of a sweep the worker has not answered yet: one item of `LinksTable` for each."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import clean, key_id
from pdjira.adapters.aws.messages import decode, encode
from pdjira.adapters.aws.reading import SCHEMA_VERSION
from pdjira.adapters.aws.stored.link import stamp
from pdjira.application.ports.sweeps import Resync
from pdjira.domain.retries import PATIENCE
from pdjira.errors import Conflict, Misconfigured

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
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_key(incident_id)), ConsistentRead=True
            )
        item = answer.get("Item")
        return _read(untyped(item)) if item else None

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


def _read(item: dict[str, Any]) -> Resync | None:
    """None for what is not as we write it: the incident is asked for once more."""
    with suppress(KeyError, TypeError, ValueError, Misconfigured):
        return Resync(signal=decode(item["signal"]), at=datetime.fromisoformat(item["at"]))
    return None
