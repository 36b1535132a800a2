"""What became of each note and comment, in `LinksTable`; and which notes are ours."""

from collections import abc
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import (
    LOST_CONDITION,
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    code_of,
    get_item,
    incident_pk,
    items_under,
    key_id,
    put_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.errors import Conflict
from pdjira.model.comment import Comment, CommentRecord, NoteAttempt
from pdjira.model.link import Link
from pdjira.model.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_UNREADABLE = CommentRecord(comment_id="unreadable")
"""Stands for what cannot be read: it may have been carried, so it is not carried again."""


class DynamoCommentRecords:
    """`CommentRecords` on the table `table`; `writer` names this process."""

    def __init__(self, client: "DynamoDBClient", table: str, *, writer: str) -> None:
        self._client = client
        self._table = table
        self._writer = writer
        self._reader = ItemReader(client, table)

    def begin(
        self, link: Link, comment_id: str, attempt: CommentRecord, *, known: CommentRecord | None
    ) -> CommentRecord | None:
        """As the port says: one conditional write."""
        item = self._item(link, comment_id, attempt)
        given: Any = _unchanged(known)  # fits one call of the client
        with translated("dynamodb:PutItem", self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(item),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **given,
                )
            except ClientError as error:
                if code_of(error) != LOST_CONDITION:
                    raise
                return self._other(error.response.get("Item"), item)
        return None

    def end(self, link: Link, comment_id: str, record: CommentRecord) -> None:
        """As the port says."""
        item = typed(self._item(link, comment_id, record))
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=item)

    def of(self, link: Link, comment_ids: Collection[str]) -> abc.Mapping[str, CommentRecord]:
        """As the port says: one query over the keys between the first and the last of them.

        A record has about 130 bytes, so thirty of them cost half a unit.
        """
        keys = {_sort_key(link, one): one for one in comment_ids}
        if not keys:
            return {}
        values = {":pk": incident_pk(link.incident_id), ":first": min(keys), ":last": max(keys)}
        asked: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": typed(values),
        }
        found: dict[str, CommentRecord] = {}
        with translated("dynamodb:Query", self._table):
            for page in self._client.get_paginator("query").paginate(**asked):
                items = (untyped(item) for item in page["Items"])
                found |= {keys[one["sk"]]: self._record(one) for one in items if one["sk"] in keys}
        return found

    def _item(self, link: Link, comment_id: str, record: CommentRecord) -> dict[str, Any]:
        values = {
            "pk": incident_pk(link.incident_id),
            "sk": _sort_key(link, comment_id),
            "schema_version": SCHEMA_VERSION,
            "carried_as": record.comment_id,
            "attempt_at": stamp(record.attempt_at) if record.attempt_at else None,
            "text": record.text,
            "writer": self._writer,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _other(self, stored: object, wanted: abc.Mapping[str, Any]) -> CommentRecord | None:
        """What is on record instead; None where it is this write, whose answer was lost below."""
        if not isinstance(stored, abc.Mapping):
            raise Conflict("The record of a comment was deleted by somebody else.")
        item = untyped(stored)
        return None if item == wanted else self._record(item)

    def _record(self, item: abc.Mapping[str, Any]) -> CommentRecord:
        return self._reader.maybe(item, read_record) or _UNREADABLE


def _sort_key(link: Link, comment_id: str) -> str:
    return f"NOTE#{key_id(comment_id)}#{key_id(link.mapping_id)}"


def _unchanged(known: CommentRecord | None) -> dict[str, Any]:
    """The condition that the record is still the one that is known."""
    if known is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    if known.attempt_at is None:
        nothing = "attribute_not_exists(attempt_at) AND attribute_not_exists(carried_as)"
        return {"ConditionExpression": nothing}
    values = typed({":attempt": stamp(known.attempt_at)})
    return {"ConditionExpression": "attempt_at = :attempt", "ExpressionAttributeValues": values}


def read_record(item: Attributes) -> CommentRecord:
    """The record of a stored item."""
    return CommentRecord(
        comment_id=item.maybe_text("carried_as"),
        attempt_at=item.maybe_time("attempt_at"),
        text=item.maybe_text("text"),
    )


class DynamoKeptComments:
    """`KeptComments` on the table `table`: `OWED#<mapping>#<comment id>`, beside the link.

    A record that is dropped keeps no text, and DynamoDB deletes it some time after.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._reader = ItemReader(client, table)

    def keep(self, link: Link, comment: Comment) -> None:
        """As the port says."""
        self._put(self.item(link, comment))

    def of(self, link: Link) -> Sequence[Comment]:
        """As the port says; strongly consistent."""
        found = items_under(
            self._client, self._table, incident_pk(link.incident_id), _kept_prefix(link)
        )
        read = partial(read_kept, incident_id=link.incident_id)
        return [*self._reader.readable((one for one in found if "body" in one), read)]

    def drop(self, link: Link, comment_id: str) -> None:
        """As the port says."""
        self._put({**_kept_key(link, comment_id), "expires_at": int(self._clock().timestamp())})

    def item(self, link: Link, comment: Comment) -> dict[str, Any]:
        """The record of a comment."""
        return {
            **_kept_key(link, comment.id),
            "comment": clean(comment.id),
            "about": clean(comment.about),
            "body": clean(comment.body),
            "internal": comment.internal,
        }

    def _put(self, item: abc.Mapping[str, Any]) -> None:
        put_item(self._client, self._table, item)


def _kept_key(link: Link, comment_id: str) -> dict[str, Any]:
    return {
        "pk": incident_pk(link.incident_id),
        "sk": f"{_kept_prefix(link)}{key_id(comment_id)}",
        "schema_version": SCHEMA_VERSION,
    }


def _kept_prefix(link: Link) -> str:
    return f"OWED#{key_id(link.mapping_id)}#"


def read_kept(item: Attributes, *, incident_id: str) -> Comment:
    """The comment of a stored record."""
    return Comment(
        id=item.text("comment"),
        incident_id=incident_id,
        about=item.text("about"),
        body=item.text("body"),
        internal=item.flag("internal"),
    )


_NOTE, _TEXT = "OURS#", "TEXT#"

_UNREADABLE_ATTEMPT = NoteAttempt(text="", note_id="unreadable")

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

    def record_ours(self, incident_id: str, note_id: str) -> None:
        """As the port says."""
        self._put(incident_id, _NOTE + key_id(note_id), {})

    def attempts(self, incident_id: str, texts: Sequence[str]) -> abc.Mapping[str, NoteAttempt]:
        """As the port says: one item for one text, else all texts of the incident.

        What cannot be read may have been written, so it counts as told.
        """
        keys = {_TEXT + text: text for text in texts}
        read = partial(read_attempt, text="")
        found = {
            keys[item["sk"]]: self._reader.maybe(item, read) or _UNREADABLE_ATTEMPT
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
        found = items_under(self._client, self._table, incident_pk(incident_id), start)
        yield from (item for item in found if item["sk"] in keys)

    def _put(self, incident_id: str, sk: str, values: abc.Mapping[str, Any]) -> None:
        item = {"pk": incident_pk(incident_id), "sk": sk, "schema_version": SCHEMA_VERSION}
        given = {name: value for name, value in values.items() if value is not None}
        put_item(self._client, self._table, item | given)

    def _read_since(self) -> datetime | None:
        item = get_item(self._client, self._table, _SINCE)
        return self._reader.maybe(item, read_since) if item else None

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
