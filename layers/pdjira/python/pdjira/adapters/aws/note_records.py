"""Which notes of an incident are ours, in `LinksTable`: an item for each note and each text."""

from collections import abc
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import LOST_CONDITION, code_of, translated
from pdjira.adapters.aws.keys import clean, key_id
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, ItemReader
from pdjira.adapters.aws.stored.link import incident_pk, stamp
from pdjira.application.ports.core import Clock
from pdjira.domain.own_notes import NoteAttempt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NOTE, _TEXT = "OURS#", "TEXT#"
_UNREADABLE = NoteAttempt(text="", note_id="unreadable")
_SINCE = {"pk": _NOTE, "sk": "SINCE"}


class DynamoNoteRecords:
    """`NoteRecords` on the table `table`. `clock` tells the time, aware."""

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._since: datetime | None = None
        self._reader = ItemReader(client, table)

    def kept_since(self) -> datetime:
        """As the port says; read once by each process."""
        if self._since is None:
            self._since = self._read_since() or self._set_since()
        return self._since

    def known(self, incident_id: str, note_ids: Sequence[str]) -> AbstractSet[str]:
        """As the port says: one item for one id, else all ids of the incident."""
        keys = {_NOTE + key_id(note_id): note_id for note_id in note_ids}
        return {keys[item["sk"]] for item in self._items(incident_id, _NOTE, keys)}

    def told(self, incident_id: str, note_id: str) -> None:
        """As the port says."""
        self._put(incident_id, _NOTE + key_id(note_id), {})

    def attempts(self, incident_id: str, texts: Sequence[str]) -> abc.Mapping[str, NoteAttempt]:
        """As the port says: one item for one text, else all texts of the incident.

        What cannot be read may have been written, so it counts as told.
        """
        keys = {_TEXT + text: text for text in texts}
        read = partial(read_attempt, text="")
        found = {
            keys[item["sk"]]: self._reader.maybe(item, read) or _UNREADABLE
            for item in self._items(incident_id, _TEXT, keys)
        }
        return {text: replace(attempt, text=text) for text, attempt in found.items()}

    def begin(self, incident_id: str, attempt: NoteAttempt) -> None:
        """As the port says."""
        values = {
            "attempt_at": stamp(attempt.at) if attempt.at else None,
            "writers": [clean(writer) for writer in attempt.writers],
        }
        self._put(incident_id, _TEXT + attempt.text, values)

    def end(self, incident_id: str, text: str, *, note_id: str) -> None:
        """As the port says."""
        self._put(incident_id, _TEXT + text, {"note": clean(note_id)})

    def _items(
        self, incident_id: str, prefix: str, keys: abc.Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """Those items of the incident that have one of the keys; the query is for one, or all."""
        start = next(iter(keys)) if len(keys) == 1 else prefix
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :start)",
                ExpressionAttributeValues=typed({":pk": incident_pk(incident_id), ":start": start}),
                ConsistentRead=True,
            )
            for page in pages:
                yield from (item for item in map(untyped, page["Items"]) if item["sk"] in keys)

    def _put(self, incident_id: str, sk: str, values: abc.Mapping[str, Any]) -> None:
        item = {"pk": incident_pk(incident_id), "sk": sk, "schema_version": SCHEMA_VERSION}
        given = {name: value for name, value in values.items() if value is not None}
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(item | given))

    def _read_since(self) -> datetime | None:
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_SINCE), ConsistentRead=True
            )
        item = answer.get("Item")
        return self._reader.maybe(untyped(item), read_since) if item else None

    def _set_since(self) -> datetime:
        """The time now, unless another process was first, or what it has written is unreadable."""
        now = self._clock()
        item = _SINCE | {"schema_version": SCHEMA_VERSION, "at": stamp(now)}
        with translated("dynamodb:PutItem", self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(item),
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError as error:
                if code_of(error) != LOST_CONDITION:
                    raise
                return self._read_since() or now
        return now


def read_since(item: Attributes) -> datetime:
    """Since when notes are known by their ids."""
    return item.time("at")


def read_attempt(item: Attributes, *, text: str) -> NoteAttempt:
    """The attempt of a stored item; `text` as the caller knows it."""
    return NoteAttempt(
        text=text,
        at=item.maybe_time("attempt_at"),
        writers=tuple(item.texts("writers")),
        note_id=item.maybe_text("note"),
    )
