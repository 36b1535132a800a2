"""Lists of both sides in `LinksTable`, compressed, each with the time it was read."""

import zlib
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    clean,
    key_id,
    put_item,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.errors import UnreadableItem
from pdjira.mappings.lists import SHAPES, KeptList, ListKey, ListKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=7)


class DynamoLists:
    """`KeptLists` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, key: ListKey) -> KeptList | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(TableName=self._table, Key=typed(_key(key)))
        if "Item" not in answer:
            return None

        def read(item: Attributes) -> KeptList:
            return KeptList(value=_unpacked(item.binary("rows"), key.kind), at=item.time("at"))

        try:
            return read_item(untyped(answer["Item"]), read, table=self._table)
        except UnreadableItem:
            return None

    def keep(self, key: ListKey, kept: KeptList) -> None:
        """As the port says."""
        rows = zlib.compress(_shape(key.kind).dump_json(kept.value))
        item = {
            "schema_version": SCHEMA_VERSION,
            "at": stamp(kept.at),
            "rows": rows,
            "expires_at": int((kept.at + _KEPT).timestamp()),
        }
        put_item(self._client, self._table, _key(key) | item)


@cache
def _shape(kind: ListKind) -> TypeAdapter[Any]:
    return TypeAdapter(SHAPES[kind])


def _unpacked(rows: object, kind: ListKind) -> object:
    """Raises `ValueError`, as pydantic's own errors are."""
    try:
        return _shape(kind).validate_json(zlib.decompress(bytes(rows)))  # type: ignore[call-overload]
    except zlib.error as error:
        raise ValueError("`rows` is not what was compressed") from error


def _key(key: ListKey) -> dict[str, str]:
    where = key_id(clean(f"{key.side.value}#{key.host}"))
    return {"pk": f"LIST#{where}", "sk": key_id(clean(f"{key.kind.value} {key.about}".strip()))}
