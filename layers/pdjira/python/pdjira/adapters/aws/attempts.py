"""How the work on a message ended, counted in `LinksTable`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import key_id
from pdjira.adapters.aws.reading import SCHEMA_VERSION
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_IS_NUMBER = "attribute_not_exists(unended) OR attribute_type(unended, :number)"
_KEPT = timedelta(days=15)  # a day longer than the queue keeps a message


class DynamoAttempts:
    """`Attempts` on the table `table`. `clock` tells the time, aware."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def begin(self, message_id: str) -> int:
        """As the port says, in one write; a message without an item has one end to its name.

        A count that cannot be read begins anew.
        """
        more = "unended = if_not_exists(unended, :one) + :one"
        try:
            stored = self._update(message_id, more, only_if=_IS_NUMBER, one=1, number="N")
        except Conflict:
            stored = self._update(message_id, "unended = :one", one=1)
        return int(stored["unended"]) - 1

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        """As the port says, in one write."""
        row_ends = "unended = :none"
        if not is_named:
            self._update(message_id, row_ends, none=0)
            return 0
        one_more = "named = if_not_exists(named, :none) + :one"
        return int(self._update(message_id, f"{row_ends}, {one_more}", none=0, one=1)["named"])

    def _update(
        self, message_id: str, change: str, *, only_if: str | None = None, **given: int | str
    ) -> dict[str, Any]:
        condition: Any = {"ConditionExpression": only_if} if only_if else {}
        values = {
            ":schema_version": SCHEMA_VERSION,
            ":expires_at": int((self._clock() + _KEPT).timestamp()),
            **{f":{name}": value for name, value in given.items()},
        }
        with translated("dynamodb:UpdateItem", self._table):
            answer = self._client.update_item(
                TableName=self._table,
                Key=typed({"pk": f"MESSAGE#{key_id(message_id)}", "sk": "ATTEMPTS"}),
                UpdateExpression=(
                    f"SET {change}, expires_at = :expires_at, schema_version = :schema_version"
                ),
                ExpressionAttributeValues=typed(values),
                ReturnValues="UPDATED_NEW",
                **condition,
            )
        return untyped(answer["Attributes"])
