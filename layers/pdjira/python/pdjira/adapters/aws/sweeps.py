"""How far both sides were read, what a sweep came to, keeps and has asked for: in `LinksTable`."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    find_item,
    get_item,
    is_hash,
    key_id,
    put_item,
    read_item,
    stamp,
    translated,
    typed,
)
from pdjira.adapters.aws.queue import decode, encode
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.errors import Conflict, Misconfigured, UnreadableItem
from pdjira.jql.matches import MOVED, Cursor, KnownCursors, Memo, is_of_search
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
        put_item(self._client, self._table, _KEY | _written(result))

    def last(self) -> SweepResult | None:
        """As the port says; None also where it cannot be read."""
        item = get_item(self._client, self._table, _KEY)
        return self._reader.maybe(item, read_result) if item else None


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
        put_item(self._client, self._table, _DAY | item)

    def last(self) -> Day | None:
        """As the port says."""
        return find_item(self._client, self._table, _DAY, read_day, is_fresh=False)


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
        item = get_item(self._client, self._table, _key(incident_id))
        if not item:
            return None
        with suppress(UnreadableItem, Misconfigured):
            return read_item(item, read_resync, table=self._table)
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


_CURSORS = "CURSOR#"

_LONGEST_TEXT = 1000


class DynamoCursors:
    """`Cursors`: one item for each search, all in one partition, so that one query reads them.

    Memos are items of the same form beside them, as versions stored them that knew but cursors:
    `until` is since when, `reads` what, `told` what is fresh of it.
    """

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, cursor_id: str) -> Cursor | None:
        """As the port says."""
        return self._items.find(_CURSORS, key_id(cursor_id), read_cursor)

    def known(self) -> KnownCursors:
        """As the port says."""
        read = self._items.reader.maybe
        found = [
            read(item, read_cursor) or _unreadable(item) for item in self._items.under(_CURSORS)
        ]
        moved = next((one for one in found if one.id == MOVED.id and one.is_readable), None)
        return KnownCursors(
            by_id={one.id: one for one in found if is_of_search(one.id)},
            moved=_memo(moved) if moved else MOVED,
        )

    def put(self, cursor: Cursor) -> None:
        """As the port says."""
        attributes = {
            "id": clean(cursor.id),
            "until": stamp(cursor.until),
            "reads": clean(cursor.reads),
            "told": sorted(cursor.passed_on) or None,
            "is_cut": cursor.is_cut or None,
            "problem": cut(cursor.problem, _LONGEST_TEXT) if cursor.problem else None,
            "cure": cut(cursor.cure, _LONGEST_TEXT) if cursor.cure else None,
        }
        self._items.put(_CURSORS, key_id(cursor.id), attributes, known=cursor.version)

    def forget(self, cursor: Cursor) -> None:
        """As the port says."""
        self._items.forget(_CURSORS, key_id(cursor.id), known=cursor.version)

    def drop(self, item_id: str) -> None:
        """As the port says."""
        self._items.drop(_CURSORS, key_id(item_id))

    def memo(self, memo_id: str) -> Memo | None:
        """As the port says."""
        found = self.find(memo_id)
        return _memo(found) if found else None

    def remember(self, memo: Memo) -> None:
        """As the port says."""
        self.put(
            Cursor(
                id=memo.id,
                until=memo.at,
                reads=memo.says,
                passed_on=memo.fresh,
                version=memo.version,
            )
        )


def read_cursor(item: Attributes) -> Cursor:
    """The cursor of a stored item."""
    cursor_id, key = item.text("id"), item.text("sk")
    if key != cursor_id and not is_hash(key):
        raise ValueError("`id` is not the one of its key")
    return Cursor(
        id=cursor_id,
        until=item.time("until"),
        reads=item.text("reads"),
        passed_on=frozenset(item.texts("told")),
        is_cut=item.flag("is_cut"),
        problem=item.maybe_text("problem"),
        cure=item.maybe_text("cure"),
        version=item.number("version"),
    )


def _memo(stored: Cursor) -> Memo:
    """The memo of an item, which has the form of a cursor's."""
    return Memo(
        id=stored.id,
        at=stored.until,
        says=stored.reads,
        fresh=stored.passed_on,
        version=stored.version,
    )


def _unreadable(item: dict[str, Any]) -> Cursor:
    """What stands for a cursor that cannot be read."""
    key, stored = str(item["sk"]), item.get("id")
    cursor_id = stored if is_hash(key) and isinstance(stored, str) else key
    until = datetime.min.replace(tzinfo=UTC)
    return Cursor(id=cursor_id, until=until, reads="", is_readable=False)


_CLOCKS = timedelta(days=1)
"""An end that is later than this is not believed: no two of our clocks differ by so much."""

_IS_OVER = "NOT attribute_type(#until, :text) OR #until <= :now OR #until > :never"

_OURS = "#owner = :owner"

_NAMES = {"#owner": "owner"}


class DynamoLeases:
    """`Leases` on the table `table`; two write units for a round."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
        """As the port says; an attempt of ours whose answer was lost is ours as well.

        A lease whose end cannot be read is over.
        """
        values = {
            ":now": stamp(now),
            ":never": stamp(until + _CLOCKS),
            ":text": "S",
            ":owner": owner,
        }
        lease = {
            "schema_version": SCHEMA_VERSION,
            "owner": owner,
            "until": stamp(until),
            "at": stamp(now),
        }
        try:
            with translated("dynamodb:PutItem", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(_lease_key(name) | lease),
                    ConditionExpression=f"attribute_not_exists(pk) OR {_IS_OVER} OR {_OURS}",
                    ExpressionAttributeNames={"#until": "until", **_NAMES},
                    ExpressionAttributeValues=typed(values),
                )
        except Conflict:
            return False
        return True

    def give_back(self, name: str, *, owner: str, now: datetime) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(_lease_key(name)),
                UpdateExpression="SET #until = :now, #at = :now",
                ConditionExpression=_OURS,
                ExpressionAttributeNames={"#until": "until", "#at": "at", **_NAMES},
                ExpressionAttributeValues=typed({":owner": owner, ":now": stamp(now)}),
            )

    def latest(self, name: str) -> datetime | None:
        """As the port says."""
        return find_item(self._client, self._table, _lease_key(name), read_latest, is_fresh=False)


def read_latest(item: Attributes) -> datetime | None:
    """When the latest round of a stored lease was at work; earlier versions do not tell."""
    return item.maybe_time("at")


def _lease_key(name: str) -> dict[str, str]:
    return {"pk": f"LEASE#{name}", "sk": "LEASE"}
