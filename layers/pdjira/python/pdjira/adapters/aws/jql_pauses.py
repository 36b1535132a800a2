"""What people see of a pause: `jql_paused` on the mapping's item."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from pdjira.adapters.aws.attributes import typed
from pdjira.adapters.aws.errors import translated
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoPauses:
    """`Pauses` on the mappings table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def show(self, mapping_id: str, *, since: datetime | None, waiting: int) -> None:
        """As the port says."""
        shown = (
            {"since": since.isoformat(timespec="seconds"), "waiting": waiting} if since else None
        )
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed({"id": mapping_id}),
                UpdateExpression="SET jql_paused = :shown",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues=typed({":shown": shown}),
            )
