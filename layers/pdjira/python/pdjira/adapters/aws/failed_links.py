"""Which incidents have no issue under a mapping because Jira refused it: from the sparse index."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import key_id
from pdjira.adapters.aws.reading import Attributes, read_item
from pdjira.adapters.aws.stored.link import FAILED, LINK_PREFIX, SWEEP_INDEX
from pdjira.errors import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INCIDENT = "INCIDENT#"


class DynamoFailedLinks:
    """`FailedLinks` on the index of the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def incidents_of(self, mapping_id: str) -> Sequence[str]:
        """As the port says; a link that is gone by now is passed over."""
        found = [self._incident_of(key) for key in self._keys(f"{LINK_PREFIX}{key_id(mapping_id)}")]
        return [incident_id for incident_id in found if incident_id is not None]

    def _keys(self, sort_key: str) -> Iterator[dict[str, Any]]:
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep",
                FilterExpression="sk = :sk",
                ExpressionAttributeValues=typed({":sweep": FAILED, ":sk": sort_key}),
            )
            for page in pages:
                yield from map(untyped, page["Items"])

    def _incident_of(self, key: dict[str, Any]) -> str | None:
        """The id within the key; where it stands there as a hash, the link itself has it."""
        incident_id = str(key["pk"]).removeprefix(_INCIDENT)
        if key_id(incident_id) == incident_id:
            return incident_id
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed({"pk": key["pk"], "sk": key["sk"]})
            )
        item = answer.get("Item")
        if item is None:
            return None
        with suppress(UnreadableItem):  # the sweep reads it as well, and records it
            return read_item(untyped(item), _incident, table=self._table)
        return None


def _incident(item: Attributes) -> str:
    return item.text("incident")
