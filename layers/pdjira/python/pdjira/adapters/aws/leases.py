"""Who may run a round, in `LinksTable`: one item for each kind of round under way."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.reading import SCHEMA_VERSION
from pdjira.adapters.aws.stored.link import stamp
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CLOCKS = timedelta(days=1)
"""An end that is later than ours by more is none: no two of our clocks differ by as much."""

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
