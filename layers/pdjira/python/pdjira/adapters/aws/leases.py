"""Who works on what, in `LinksTable`: leases of rounds, and the crashes of messages."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import key_id, translated, typed, untyped
from pdjira.adapters.aws.reading import SCHEMA_VERSION
from pdjira.adapters.aws.stored_link import stamp
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
        lease = {"schema_version": SCHEMA_VERSION, "owner": owner, "until": stamp(until)}
        try:
            with translated("dynamodb:PutItem", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(_key(name) | lease),
                    ConditionExpression=f"attribute_not_exists(pk) OR {_IS_OVER} OR {_OURS}",
                    ExpressionAttributeNames={"#until": "until", **_NAMES},
                    ExpressionAttributeValues=typed(values),
                )
        except Conflict:
            return False
        return True

    def give_back(self, name: str, *, owner: str) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table,
                Key=typed(_key(name)),
                ConditionExpression=_OURS,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed({":owner": owner}),
            )


def _key(name: str) -> dict[str, str]:
    return {"pk": f"LEASE#{name}", "sk": "LEASE"}


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
        """As the port says, in one write; without an item, the first delivery has not ended.

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
