"""The issues that match a mapping's JQL, in `LinksTable`: those that wait stand in its index."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import cut, key_id
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, ItemReader
from pdjira.adapters.aws.stored.link import SWEEP_INDEX, stamp
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.domain.jql.matches import MatchRefusal, MatchRow, MatchState
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ISSUE = "ISSUE#"
_WAITING = "waiting"
_FEW = 25
_LONGEST_TEXT = 1000
_NAMES = {"#state": "state", "#reads": "reads"}
_IS_THAT = "#state = :state AND #reads = :reads"
_IS_FORMER = "#state = :state AND (attribute_not_exists(#reads) OR #reads = :reads)"
_GIVES_WAY = (
    "attribute_not_exists(pk) OR ((attribute_not_exists(#reads) OR #reads <> :reads)"
    " AND #state <> :opened AND seen_at <= :seen_at)"
)
_OR_HAS_OPENED_FOR_ANOTHER = (
    " OR (attribute_exists(issue_created_at) AND issue_created_at <> :created"
    " AND #state = :opened AND seen_at <= :seen_at)"
)


class DynamoMatchRows:
    """`MatchRows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def add(self, row: MatchRow) -> bool:
        """As the port says."""
        given = {
            ":reads": row.reads,
            ":opened": MatchState.OPENED.value,
            ":seen_at": stamp(row.seen_at),
        }
        condition = _GIVES_WAY
        if row.issue_created_at:
            condition += _OR_HAS_OPENED_FOR_ANOTHER
            given[":created"] = stamp(row.issue_created_at)
        try:
            self._put(row, condition, given)
        except Conflict:
            return False
        return True

    def add_new(self, rows: Sequence[MatchRow]) -> Sequence[MatchRow]:
        """As the port says: a write that is refused costs as much as one that is not."""
        known = {}
        if len(rows) > _FEW:
            known = {row.issue_id: row for row in self.all(rows[0].mapping_id)}
        return [row for row in rows if not _stays(known.get(row.issue_id), row) and self.add(row)]

    def find(self, mapping_id: str, issue_id: str) -> MatchRow | None:
        """As the port says; strongly consistent."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table,
                Key=typed(_key(mapping_id, issue_id)),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        read = partial(read_row, mapping_id=mapping_id)
        return self._reader.maybe(untyped(item), read) if item else None

    def put(self, row: MatchRow, *, after: MatchState) -> None:
        """As the port says."""
        with suppress(Conflict):
            self._put(row, _is_that(row), {":state": after.value, ":reads": row.reads})

    def refuse(self, row: MatchRow, refusal: MatchRefusal) -> None:
        """As the port says."""
        waiting = replace(row, state=MatchState.WAITING)
        self._update(waiting, "SET refusal = :new", {":new": _written_refusal(refusal)})

    def miss(self, row: MatchRow, *, since: datetime | None) -> None:
        """As the port says."""
        if since:
            self._update(row, "SET missed_at = :new", {":new": stamp(since)})
        else:
            self._update(row, "REMOVE missed_at", {})

    def forget(self, row: MatchRow) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table,
                Key=typed(_key(row.mapping_id, row.issue_id)),
                ConditionExpression=_is_that(row),
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed({":state": row.state.value, ":reads": row.reads}),
            )

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says; strongly consistent."""
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=typed({":pk": _pk(mapping_id)}),
                ConsistentRead=True,
            )
            items = [untyped(item) for page in pages for item in page["Items"]]
        return [*self._reader.readable(items, partial(read_row, mapping_id=mapping_id))]

    def waiting(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says: the index tells which, the table what is so now.

        Few are read one by one, many with all of the mapping's rows: 20 of them cost what one does.
        """
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep AND pk = :pk",
                ExpressionAttributeValues=typed({":sweep": _WAITING, ":pk": _pk(mapping_id)}),
            )
            keys = [untyped(item)["sk"] for page in pages for item in page["Items"]]
        if len(keys) > _FEW:
            found: Iterable[MatchRow | None] = self.all(mapping_id)
        else:
            found = [self.find(mapping_id, str(key).removeprefix(_ISSUE)) for key in sorted(keys)]
        return [row for row in found if row and row.state is MatchState.WAITING]

    def count_waiting(self, mapping_id: str, *, reads: str) -> int:
        """As the port says; strongly consistent."""
        values = {":pk": _pk(mapping_id), ":state": MatchState.WAITING.value, ":reads": reads}
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                FilterExpression=_IS_THAT,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(values),
                Select="COUNT",
                ConsistentRead=True,
            )
            return sum(page["Count"] for page in pages)

    def waiting_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """As the port says; half a read unit where nothing waits."""
        found = VersionedItems(self._client, self._table).swept(_WAITING)
        return {one for one in mapping_ids if _pk(one) in found}

    def _update(self, row: MatchRow, change: str, values: dict[str, object]) -> None:
        """Change a row that is in this state and reads this; any other stays."""
        given = {":state": row.state.value, ":reads": row.reads, **values}
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(_key(row.mapping_id, row.issue_id)),
                UpdateExpression=change,
                ConditionExpression=_is_that(row),
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(given),
            )

    def _put(self, row: MatchRow, condition: str, values: dict[str, str]) -> None:
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed(_written(row)),
                ConditionExpression=condition,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(values),
            )


def _is_that(row: MatchRow) -> str:
    """The condition for a row that reads the same; those of earlier versions name nothing."""
    return _IS_THAT if row.reads else _IS_FORMER


def _key(mapping_id: str, issue_id: str) -> dict[str, str]:
    return {"pk": _pk(mapping_id), "sk": f"{_ISSUE}{key_id(issue_id)}"}


def _pk(mapping_id: str) -> str:
    return f"MATCH#{key_id(mapping_id)}"


def _stays(stored: MatchRow | None, row: MatchRow) -> bool:
    """Whether the stored row surely does not give way."""
    if stored is None or stored.has_opened_for_another(row.issue_created_at):
        return False
    return stored.reads == row.reads or stored.state is MatchState.OPENED


def _written_refusal(refusal: MatchRefusal) -> dict[str, object]:
    return {
        "at": stamp(refusal.at),
        "says": cut(refusal.says, _LONGEST_TEXT),
        "cure": cut(refusal.cure, _LONGEST_TEXT) if refusal.cure else None,
    }


def _read_refusal(stored: Attributes | None) -> MatchRefusal | None:
    if stored is None:
        return None
    return MatchRefusal(
        at=stored.time("at"), says=stored.text("says"), cure=stored.maybe_text("cure")
    )


def _written(row: MatchRow) -> dict[str, object]:
    item: dict[str, object] = {
        **_key(row.mapping_id, row.issue_id),
        "schema_version": SCHEMA_VERSION,
        "issue": row.issue_id,
        "state": row.state.value,
        "seen_at": stamp(row.seen_at),
        "reads": row.reads,
        "released": row.released,
    }
    if row.state is MatchState.WAITING:
        item["sweep"] = _WAITING
    if row.missed_at:
        item["missed_at"] = stamp(row.missed_at)
    if row.issue_created_at:
        item["issue_created_at"] = stamp(row.issue_created_at)
    if row.refusal:
        item["refusal"] = _written_refusal(row.refusal)
    return item


def read_row(item: Attributes, *, mapping_id: str) -> MatchRow:
    """The row of a stored item; `mapping_id` as the caller knows it."""
    return MatchRow(
        mapping_id=mapping_id,
        issue_id=item.text("issue"),
        state=item.one_of("state", MatchState),
        seen_at=item.time("seen_at"),
        reads=item.maybe_text("reads") or "",
        released=item.flag("released"),
        missed_at=item.maybe_time("missed_at"),
        issue_created_at=item.maybe_time("issue_created_at"),
        refusal=_read_refusal(item.maybe_part("refusal")),
    )
