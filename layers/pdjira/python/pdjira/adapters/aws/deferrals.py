"""How often a message was put off on purpose, counted in `LinksTable`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import key_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA_VERSION = 1

_KEPT = timedelta(days=15)  # a day longer than the queue keeps a message


class DynamoDeferrals:
    """`Deferrals` on the table `table`. `clock` tells the time, aware."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, message_id: str) -> None:
        """Count one more; forgotten 15 days after the last one."""
        values = {
            ":one": 1,
            ":schema_version": SCHEMA_VERSION,
            ":expires_at": int((self._clock() + _KEPT).timestamp()),
        }
        with translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(_key(message_id)),
                UpdateExpression=(
                    "ADD deferrals :one "
                    "SET expires_at = :expires_at, schema_version = :schema_version"
                ),
                ExpressionAttributeValues=typed(values),
            )

    def count(self, message_id: str) -> int:
        """How many were counted; strongly consistent."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_key(message_id)), ConsistentRead=True
            )
        return int(untyped(answer.get("Item", {})).get("deferrals", 0))


def _key(message_id: str) -> dict[str, str]:
    return {"pk": f"MESSAGE#{key_id(message_id)}", "sk": "DEFERRALS"}
