"""Items of a table that are written on the condition of their version."""

from collections import abc
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    SWEEP_INDEX,
    Attributes,
    ItemReader,
    items_under,
    put_item,
    translated,
    typed,
    untyped,
)
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


class VersionedItems:
    """Items of the table `table`; `version` is 0 for one that was never stored."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.reader = ItemReader(client, table)

    def find(self, pk: str, sk: str, read: Callable[[Attributes], T]) -> T | None:
        """What `read` makes of the item, strongly consistent; None where there is none.

        Raises `UnreadableItem`.
        """
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed({"pk": pk, "sk": sk}), ConsistentRead=True
            )
        return self.reader.read(untyped(answer["Item"]), read) if "Item" in answer else None

    def under(self, pk: str) -> list[dict[str, Any]]:
        """The items of one partition, strongly consistent, as they are stored."""
        return [*items_under(self._client, self._table, pk)]

    def swept(self, value: str) -> frozenset[str]:
        """The partition keys of what the sparse index has under that value of `sweep`."""
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep",
                ExpressionAttributeValues=typed({":sweep": value}),
            )
            return frozenset(untyped(item)["pk"] for page in pages for item in page["Items"])

    def put(self, pk: str, sk: str, attributes: abc.Mapping[str, object], *, known: int) -> int:
        """Store in place of the version `known`, and return the new one. Raises `Conflict`."""
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed(_item(pk, sk, attributes, version=known + 1)),
                ConditionExpression="attribute_not_exists(pk) OR #version = :known",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=typed({":known": known}),
            )
        return known + 1

    def begin_anew(self, pk: str, sk: str, attributes: abc.Mapping[str, object]) -> int:
        """Store in place of what cannot be read, and return the version."""
        item = _item(pk, sk, attributes, version=1)
        put_item(self._client, self._table, item)
        return 1

    def drop(self, pk: str, sk: str) -> None:
        """Delete the item, whatever it holds."""
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(TableName=self._table, Key=typed({"pk": pk, "sk": sk}))

    def forget(self, pk: str, sk: str, *, known: int) -> None:
        """Delete the version `known`; any other stays."""
        with suppress(Conflict), translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table,
                Key=typed({"pk": pk, "sk": sk}),
                ConditionExpression="#version = :known",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=typed({":known": known}),
            )


def _item(
    pk: str, sk: str, attributes: abc.Mapping[str, object], *, version: int
) -> dict[str, object]:
    given = {name: value for name, value in attributes.items() if value is not None}
    return {"pk": pk, "sk": sk, "schema_version": SCHEMA_VERSION, **given, "version": version}
