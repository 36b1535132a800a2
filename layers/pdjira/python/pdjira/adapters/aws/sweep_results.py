"""What the last sweep came to: one item of `LinksTable`, readable in the AWS console."""

from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import cut
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, ItemReader
from pdjira.adapters.aws.stored.link import stamp
from pdjira.application.ports.sweeps import SweepResult

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROBLEMS, PROBLEM_BYTES = 20, 1_000
OWING, ID_BYTES = 1_000, 100

_KEY = {"pk": "SWEEP#", "sk": "RESULT"}


class DynamoSweepResults:
    """`SweepResults` on the table `table`.

    Of the problems the first `PROBLEMS` are kept, each within `PROBLEM_BYTES`, and the first
    `OWING` incidents that lack something: they are for people, and an item holds 400 KB.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def put(self, result: SweepResult) -> None:
        """As the port says."""
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_KEY | _written(result)))

    def last(self) -> SweepResult | None:
        """As the port says; None also where it cannot be read."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_KEY), ConsistentRead=True
            )
        item = answer.get("Item")
        return self._reader.maybe(untyped(item), read_result) if item else None


def _written(result: SweepResult) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "at": stamp(result.at),
        "since": stamp(result.since) if result.since else None,
        "compared": result.compared,
        "resynced": result.resynced,
        "enabled": result.enabled,
        "owing": [cut(each, ID_BYTES) for each in result.owing[:OWING]],
        "owed_since": stamp(result.owed_since) if result.owed_since else None,
        "problems": [cut(each, PROBLEM_BYTES) for each in result.problems[:PROBLEMS]],
    }


def read_result(item: Attributes) -> SweepResult:
    """The result of a stored item."""
    return SweepResult(
        at=item.time("at"),
        since=item.maybe_time("since"),
        compared=item.number("compared"),
        resynced=item.number("resynced"),
        enabled=item.number("enabled"),
        problems=tuple(item.texts("problems")),
        owing=tuple(item.texts("owing")),
        owed_since=item.maybe_time("owed_since"),
    )
