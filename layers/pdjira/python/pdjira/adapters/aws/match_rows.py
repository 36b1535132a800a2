"""The issues that match a mapping's JQL, in `LinksTable`: those that wait stand in its index."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import key_id
from pdjira.adapters.aws.stored_link import SWEEP_INDEX, stamp
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.domain.matches import MatchRow, MatchState
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA_VERSION = 1

_ISSUE = "ISSUE#"
_WAITING = "waiting"


class DynamoMatchRows:
    """`MatchRows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, row: MatchRow) -> bool:
        """As the port says."""
        try:
            self._put(row, "attribute_not_exists(pk)", {})
        except Conflict:
            return False
        return True

    def find(self, mapping_id: str, issue_id: str) -> MatchRow | None:
        """As the port says; strongly consistent."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table,
                Key=typed(_key(mapping_id, issue_id)),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return _read(untyped(item), mapping_id) if item else None

    def put(self, row: MatchRow, *, after: MatchState) -> None:
        """As the port says."""
        with suppress(Conflict):
            self._put(row, "#state = :after", {":after": after.value})

    def forget(self, mapping_id: str, issue_id: str) -> None:
        """As the port says."""
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(TableName=self._table, Key=typed(_key(mapping_id, issue_id)))

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says; strongly consistent."""
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=typed({":pk": _pk(mapping_id)}),
                ConsistentRead=True,
            )
            return [_read(untyped(item), mapping_id) for page in pages for item in page["Items"]]

    def waiting(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says: the index tells which, the table what is so now."""
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep AND pk = :pk",
                ExpressionAttributeValues=typed({":sweep": _WAITING, ":pk": _pk(mapping_id)}),
            )
            keys = [untyped(item)["sk"] for page in pages for item in page["Items"]]
        found = [self.find(mapping_id, str(key).removeprefix(_ISSUE)) for key in sorted(keys)]
        return [row for row in found if row and row.state is MatchState.WAITING]

    def waiting_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """As the port says; half a read unit where nothing waits."""
        found = VersionedItems(self._client, self._table).swept(_WAITING)
        return {one for one in mapping_ids if _pk(one) in found}

    def _put(self, row: MatchRow, condition: str, values: dict[str, str]) -> None:
        names = {"#state": "state"} if values else None
        extra: Any = {"ExpressionAttributeNames": names} if names else {}
        if values:
            extra["ExpressionAttributeValues"] = typed(values)
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed(_written(row)),
                ConditionExpression=condition,
                **extra,
            )


def _key(mapping_id: str, issue_id: str) -> dict[str, str]:
    return {"pk": _pk(mapping_id), "sk": f"{_ISSUE}{key_id(issue_id)}"}


def _pk(mapping_id: str) -> str:
    return f"MATCH#{key_id(mapping_id)}"


def _written(row: MatchRow) -> dict[str, object]:
    item: dict[str, object] = {
        **_key(row.mapping_id, row.issue_id),
        "schema_version": SCHEMA_VERSION,
        "issue": row.issue_id,
        "state": row.state.value,
        "seen_at": stamp(row.seen_at),
        "released": row.released,
    }
    is_waiting = row.state is MatchState.WAITING
    return item | ({"sweep": _WAITING} if is_waiting else {})


def _read(item: dict[str, Any], mapping_id: str) -> MatchRow:
    return MatchRow(
        mapping_id=mapping_id,
        issue_id=item["issue"],
        state=MatchState(item["state"]),
        seen_at=datetime.fromisoformat(item["seen_at"]),
        released=bool(item["released"]),
    )
