"""What the last sweep came to and what it has asked for, in `LinksTable`."""

from contextlib import suppress
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    key_id,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.adapters.aws.queue import decode, encode
from pdjira.errors import Conflict, Misconfigured, UnreadableItem
from pdjira.model.times import MESSAGE_PATIENCE
from pdjira.sweep.ports import Day, Resync, SweepResult

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROBLEMS, PROBLEM_BYTES = 20, 1_000

OWING, ID_BYTES = 1_000, 100

_KEY = {"pk": "SWEEP#", "sk": "RESULT"}


class DynamoSweepResults:
    """`SweepResults` on the table `table`.

    Of the problems the first `PROBLEMS` are kept, each within `PROBLEM_BYTES`, and the first
    `OWING` incidents that lack something: they are for people, and an item holds 400 KB.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def put(self, result: SweepResult) -> None:
        """As the port says."""
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_KEY | _written(result)))

    def last(self) -> SweepResult | None:
        """As the port says; None also where it cannot be read."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_KEY), ConsistentRead=True
            )
        item = answer.get("Item")
        return self._reader.maybe(untyped(item), read_result) if item else None


def _written(result: SweepResult) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "at": stamp(result.at),
        "since": stamp(result.since) if result.since else None,
        "compared": result.compared,
        "resynced": result.resynced,
        "enabled": result.enabled,
        "owing": [cut(each, ID_BYTES) for each in result.owing[:OWING]],
        "owed_since": stamp(result.owed_since) if result.owed_since else None,
        "problems": [cut(each, PROBLEM_BYTES) for each in result.problems[:PROBLEMS]],
    }


def read_result(item: Attributes) -> SweepResult:
    """The result of a stored item."""
    return SweepResult(
        at=item.time("at"),
        since=item.maybe_time("since"),
        compared=item.number("compared"),
        resynced=item.number("resynced"),
        enabled=item.number("enabled"),
        problems=tuple(item.texts("problems")),
        owing=tuple(item.texts("owing")),
        owed_since=item.maybe_time("owed_since"),
    )


_DAY = {"pk": "SWEEP#", "sk": "DAY"}


class DynamoDays:
    """`Days` on the table `table`: one item, overwritten once a day."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, day: Day) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "at": stamp(day.at),
            "held": [cut(each, PROBLEM_BYTES) for each in sorted(day.held)],
            "lost": [cut(each, PROBLEM_BYTES) for each in day.lost],
            "soon": [cut(each, PROBLEM_BYTES) for each in day.soon],
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_DAY | item))

    def last(self) -> Day | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(TableName=self._table, Key=typed(_DAY))
        item = answer.get("Item")
        with suppress(UnreadableItem):
            return read_item(untyped(item), read_day, table=self._table) if item else None
        return None


def read_day(item: Attributes) -> Day:
    """The day of a stored item."""
    return Day(
        at=item.time("at"),
        held=frozenset(item.texts("held")),
        lost=tuple(item.texts("lost")),
        soon=tuple(item.texts("soon")),
    )


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
            "expires_at": int((resync.at + MESSAGE_PATIENCE).timestamp()),
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
