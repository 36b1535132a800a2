"""What people asked for, and what came of it, in `LinksTable`: one item for each request."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import clean, cut, key_id, translated, typed, untyped
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, read_item
from pdjira.adapters.aws.stored_link import stamp
from pdjira.errors import UnreadableItem
from pdjira.model.request import Asked, Progress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=7)

_SENTENCES, _SENTENCE_BYTES = 20, 1_000


class DynamoRequests:
    """`Requests` on the table `table`; a write unit for each of the news."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, asked: Asked) -> None:
        """As the port says; of long news the beginning."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "action": asked.action,
            "progress": asked.progress.value,
            "at": stamp(asked.at),
            "says": [cut(one, _SENTENCE_BYTES) for one in asked.says[:_SENTENCES]],
            "incident": None if asked.incident_id is None else clean(asked.incident_id),
            "expires_at": int((asked.at + _KEPT).timestamp()),
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_key(asked.id) | item))

    def find(self, request_id: str) -> Asked | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_key(request_id)), ConsistentRead=True
            )
        item = answer.get("Item")
        if not item:
            return None
        try:
            return read_item(
                untyped(item), lambda read: _asked(read, request_id), table=self._table
            )
        except UnreadableItem:
            return None


def _key(request_id: str) -> dict[str, str]:
    return {"pk": f"REQUEST#{key_id(request_id)}", "sk": "REQUEST"}


def _asked(item: Attributes, request_id: str) -> Asked:
    return Asked(
        id=request_id,
        action=item.text("action"),
        progress=item.one_of("progress", Progress),
        at=item.time("at"),
        says=tuple(item.texts("says")),
        incident_id=item.maybe_text("incident"),
    )
