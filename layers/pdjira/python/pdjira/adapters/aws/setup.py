"""What was set up and seen to work, and which token is pending: two items in `LinksTable`."""

from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    find_item,
    put_item,
    stamp,
    translated,
    typed,
)
from pdjira.connection.checklist import NOTHING_REACHED, Milestones
from pdjira.connection.ports import Pending

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
        return find_item(self._client, self._table, _TOKEN, _pending)

    def put(self, pending: Pending) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "token_version": pending.version,
            "looked_at": stamp(pending.looked_at),
        }
        put_item(self._client, self._table, _TOKEN | item)

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
        found = find_item(self._client, self._table, _REACHED, _milestones, is_fresh=False)
        return found or NOTHING_REACHED

    def reach(self, milestones: Milestones) -> None:
        """As the port says."""
        times = {
            "webhook": milestones.webhook,
            "test": milestones.test,
            "incident": milestones.incident,
        }
        given = {name: stamp(at) for name, at in times.items() if at}
        item = {"schema_version": SCHEMA_VERSION, **given}
        put_item(self._client, self._table, _REACHED | item)


def _pending(item: Attributes) -> Pending:
    return Pending(version=item.text("token_version"), looked_at=item.time("looked_at"))


def _milestones(item: Attributes) -> Milestones:
    return Milestones(
        webhook=item.maybe_time("webhook"),
        test=item.maybe_time("test"),
        incident=item.maybe_time("incident"),
    )
