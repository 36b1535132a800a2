"""What was set up and seen to work, and which token is pending: two items in `LinksTable`."""

from contextlib import suppress
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.connection.checklist import NOTHING_REACHED, Milestones
from pdjira.connection.ports import Pending
from pdjira.errors import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PK = "SETUP#"
_TOKEN = {"pk": _PK, "sk": "TOKEN"}
_REACHED = {"pk": _PK, "sk": "REACHED"}


class DynamoPendingTokens:
    """`PendingTokens` on the table `table`. The token itself lies in Secrets Manager alone."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self) -> Pending | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_TOKEN), ConsistentRead=True
            )
        item = answer.get("Item")
        with suppress(UnreadableItem):
            return read_item(untyped(item), _pending, table=self._table) if item else None
        return None

    def put(self, pending: Pending) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "token_version": pending.version,
            "looked_at": stamp(pending.looked_at),
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_TOKEN | item))

    def drop(self) -> None:
        """As the port says."""
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(TableName=self._table, Key=typed(_TOKEN))


class DynamoSetupRecord:
    """`SetupRecord` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def reached(self) -> Milestones:
        """As the port says; nothing where it cannot be read, or was never stored."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(TableName=self._table, Key=typed(_REACHED))
        item = answer.get("Item")
        with suppress(UnreadableItem):
            if item:
                return read_item(untyped(item), _milestones, table=self._table)
        return NOTHING_REACHED

    def reach(self, milestones: Milestones) -> None:
        """As the port says."""
        times = {
            "webhook": milestones.webhook,
            "test": milestones.test,
            "incident": milestones.incident,
        }
        given = {name: stamp(at) for name, at in times.items() if at}
        item = {"schema_version": SCHEMA_VERSION, **given}
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_REACHED | item))


def _pending(item: Attributes) -> Pending:
    return Pending(version=item.text("token_version"), looked_at=item.time("looked_at"))


def _milestones(item: Attributes) -> Milestones:
    return Milestones(
        webhook=item.maybe_time("webhook"),
        test=item.maybe_time("test"),
        incident=item.maybe_time("incident"),
    )
