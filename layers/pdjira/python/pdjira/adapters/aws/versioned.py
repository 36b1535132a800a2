"""Items of a table that are written on the condition of their version."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA_VERSION = 1


class VersionedItems:
    """Items of the table `table`; `version` is 0 for one that was never stored."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, pk: str, sk: str) -> dict[str, Any] | None:
        """The item, strongly consistent; None also where a later version of the stack wrote it."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed({"pk": pk, "sk": sk}), ConsistentRead=True
            )
        item = untyped(answer["Item"]) if "Item" in answer else None
        return item if item and item.get("schema_version") == SCHEMA_VERSION else None

    def put(self, pk: str, sk: str, attributes: Mapping[str, object], *, known: int) -> int:
        """Store in place of the version `known`, and answer the new one. Raises `Conflict`."""
        given = {name: value for name, value in attributes.items() if value is not None}
        item = {"pk": pk, "sk": sk, "schema_version": SCHEMA_VERSION, **given}
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed(item | {"version": known + 1}),
                ConditionExpression="attribute_not_exists(pk) OR #version = :known",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=typed({":known": known}),
            )
        return known + 1
