"""Sessions and presses of forms in `LinksTable`, each under the hash of what only a browser has."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    clean,
    find_item,
    put_item,
    stamp,
    translated,
    typed,
)
from pdjira.adapters.aws.sign_ins import hashed
from pdjira.errors import Conflict
from pdjira.page.forms import Press
from pdjira.page.sessions import LONGEST, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

_PRESSES_KEPT = timedelta(days=1)


class _Items:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def _find(self, key: dict[str, object], read: "Callable[[Attributes], T]") -> T | None:
        return find_item(self._client, self._table, key, read)

    def _delete(self, key: dict[str, object]) -> None:
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(TableName=self._table, Key=typed(key))


class DynamoSessions(_Items):
    """`Sessions` on the table `table`; a read unit for a request, a write unit a minute."""

    def put(self, session_id: str, session: Session) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "name": None if session.name is None else clean(session.name),
            "begun_at": stamp(session.begun_at),
            "used_at": stamp(session.used_at),
            "expires_at": int((session.begun_at + LONGEST).timestamp()),
        }
        key = hashed("SESSION", session_id)
        put_item(self._client, self._table, key | item)

    def find(self, session_id: str) -> Session | None:
        """As the port says."""
        return self._find(hashed("SESSION", session_id), _session)

    def use(self, session_id: str, *, at: datetime) -> None:
        """As the port says."""
        try:
            with translated("dynamodb:UpdateItem", self._table):
                self._client.update_item(
                    TableName=self._table,
                    Key=typed(hashed("SESSION", session_id)),
                    UpdateExpression="SET used_at = :at",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=typed({":at": stamp(at)}),
                )
        except Conflict:
            return

    def end(self, session_id: str) -> None:
        """As the port says."""
        self._delete(hashed("SESSION", session_id))


class DynamoPresses(_Items):
    """`Presses` on the table `table`; two write units for a press."""

    def begin(self, key: str, *, by: str, at: datetime, void: datetime) -> Press | None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "by": clean(by),
            "at": stamp(at),
            "expires_at": int((at + _PRESSES_KEPT).timestamp()),
        }
        is_over = "attribute_not_exists(outcome) AND #at < :void"
        try:
            with translated("dynamodb:PutItem", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(hashed("PRESS", key) | item),
                    ConditionExpression=f"attribute_not_exists(pk) OR #by = :by OR ({is_over})",
                    ExpressionAttributeNames={"#by": "by", "#at": "at"},
                    ExpressionAttributeValues=typed({":by": clean(by), ":void": stamp(void)}),
                )
        except Conflict:
            return self._find(hashed("PRESS", key), _press) or Press(at=at, outcome=None)
        return None

    def end(self, key: str, *, outcome: str) -> None:
        """As the port says."""
        with translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(hashed("PRESS", key)),
                UpdateExpression="SET outcome = :outcome",
                ExpressionAttributeValues=typed({":outcome": clean(outcome)}),
            )

    def forget(self, key: str) -> None:
        """As the port says."""
        self._delete(hashed("PRESS", key))


def _session(item: Attributes) -> Session:
    return Session(
        name=item.maybe_text("name"), begun_at=item.time("begun_at"), used_at=item.time("used_at")
    )


def _press(item: Attributes) -> Press:
    return Press(at=item.time("at"), outcome=item.maybe_text("outcome"))
