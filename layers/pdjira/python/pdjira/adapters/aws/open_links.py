"""The links about which something may be to be done: from the sparse index, then from the table."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.reading import ItemReader
from pdjira.adapters.aws.stored.link import (
    FAILED,
    LINK_PREFIX,
    OPEN,
    SWEEP_INDEX,
    incident_pk,
    read_link,
)
from pdjira.application.ports.sweeps import BATCH
from pdjira.domain.link import Link
from pdjira.errors import Temporary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Key = tuple[str, str]


class DynamoOpenLinks:
    """`OpenLinks` on the table `table` and its index.

    A batch is one BatchGetItem, which takes up to 100 keys:
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def batches(self, *, start: str = "") -> Iterator[Sequence[Link]]:
        """As the port says: strongly consistent once the index, in its order, tells of a link."""
        keys = merge(*(self._keys(sweep, start) for sweep in (OPEN, FAILED)), key=itemgetter(0))
        while batch := list(dict.fromkeys(islice(keys, BATCH))):
            items = self._items(batch)
            links = [items[key] for key in batch if key in items and key[1].startswith(LINK_PREFIX)]
            yield tuple(self._reader.readable(links, read_link))

    def _keys(self, sweep: str, start: str) -> Iterator[_Key]:
        condition, values = "sweep = :sweep", {":sweep": sweep}
        if start:
            condition, values = f"{condition} AND pk >= :pk", values | {":pk": incident_pk(start)}
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=typed(values),
            )
            for page in pages:
                yield from map(_key, map(untyped, page["Items"]))

    def _items(self, keys: Sequence[_Key]) -> dict[_Key, dict[str, Any]]:
        """The items of these keys; what AWS leaves out is asked for again, as long as some come."""
        found: dict[_Key, dict[str, Any]] = {}
        wanted: Any = [typed({"pk": pk, "sk": sk}) for pk, sk in keys]
        while wanted:
            asked = len(wanted)
            with translated("dynamodb:BatchGetItem", self._table):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                )
            items = map(untyped, answer["Responses"].get(self._table, []))
            found |= {_key(item): item for item in items}
            left = answer.get("UnprocessedKeys", {}).get(self._table)
            wanted = left["Keys"] if left else []
            if len(wanted) == asked:
                raise Temporary(
                    f"dynamodb:BatchGetItem on {self._table} does not work at the moment "
                    "(UnprocessedKeys)."
                )
        return found


def _key(item: dict[str, Any]) -> _Key:
    return str(item["pk"]), str(item["sk"])
