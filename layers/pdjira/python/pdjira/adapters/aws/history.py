"""Versions and drafts of mappings in `LinksTable`; what people wrote is kept there as JSON."""

import json
from collections import abc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    clean,
    key_id,
    put_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.adapters.aws.mappings import in_json
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.errors import UnreadableItem
from pdjira.mappings.changes import Changed, Item
from pdjira.mappings.history import KEPT, Draft, Version

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_VERSION = "VERSION#"

_DRAFT, _DELETED = "DRAFT", "DELETED"

_DRAFTS, _GONE = "mapping-draft", "mapping-deleted"
"""The values of `sweep` by which drafts and deleted mappings are found."""


class DynamoVersions:
    """`Versions` on the table `table`: an item for each, and one that marks what is deleted."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._items = VersionedItems(client, table)

    def has_any(self, mapping_id: str) -> bool:
        """As the port says."""
        return bool(self._keys(mapping_id, limit=1))

    def keep(self, version: Version) -> None:
        """As the port says."""
        self._put(_pk(version.mapping_id), f"{_VERSION}{version.id}", _attributes(version))
        if version.written is None:
            about = {"mapping": clean(version.mapping_id), "sweep": _GONE}
            self._put(_pk(version.mapping_id), _DELETED, about)
        else:
            self._drop(version.mapping_id, _DELETED)
        for sort_key in self._keys(version.mapping_id)[:-KEPT]:
            self._drop(version.mapping_id, sort_key)

    def _put(self, pk: str, sk: str, attributes: abc.Mapping[str, object]) -> None:
        item = {"pk": pk, "sk": sk, "schema_version": SCHEMA_VERSION, **attributes}
        put_item(self._client, self._table, item)

    def _drop(self, mapping_id: str, sk: str) -> None:
        key = typed({"pk": _pk(mapping_id), "sk": sk})
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(TableName=self._table, Key=key)

    def _keys(self, mapping_id: str, *, limit: int = 2 * KEPT) -> list[str]:
        """The sort keys of its versions, the earliest first."""
        with translated("dynamodb:Query", self._table):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :version)",
                ExpressionAttributeValues=typed({":pk": _pk(mapping_id), ":version": _VERSION}),
                ProjectionExpression="sk",
                ConsistentRead=True,
                Limit=limit,
            )
        return [untyped(item)["sk"] for item in answer["Items"]]

    def of_mapping(self, mapping_id: str) -> Sequence[Version]:
        """As the port says."""
        return self._under(_pk(mapping_id))

    def _under(self, pk: str) -> Sequence[Version]:
        found = [
            version
            for item in self._items.under(pk)
            if item["sk"].startswith(_VERSION)
            and (version := self._items.reader.maybe(item, _version)) is not None
        ]
        return sorted(found, key=lambda version: version.id, reverse=True)

    def deleted(self) -> Sequence[Version]:
        """As the port says."""
        found = []
        for pk in sorted(self._items.swept(_GONE)):
            versions = self._under(pk)
            last = next((one for one in versions if one.written is not None), None)
            if last is not None and versions[0].written is None:
                found.append(replace(last, changed=versions[0].changed))
        return found


class DynamoDrafts:
    """`Drafts` on these items."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, mapping_id: str) -> Draft | None:
        """As the port says; one that cannot be read is none."""
        return self._find(_pk(mapping_id))

    def _find(self, pk: str) -> Draft | None:
        with suppress(UnreadableItem):
            return self._items.find(pk, _DRAFT, _draft)
        return None

    def all_drafts(self) -> Sequence[Draft]:
        """As the port says."""
        found = map(self._find, self._items.swept(_DRAFTS))
        return sorted((one for one in found if one is not None), key=lambda one: one.mapping_id)

    def save(self, draft: Draft) -> Draft:
        """As the port says."""
        attributes = _attributes(draft) | {"sweep": _DRAFTS}
        version = self._items.put(_pk(draft.mapping_id), _DRAFT, attributes, known=draft.version)
        return replace(draft, version=version)

    def drop(self, mapping_id: str) -> None:
        """As the port says."""
        self._items.drop(_pk(mapping_id), _DRAFT)


def _pk(mapping_id: str) -> str:
    return f"MAPPING#{key_id(mapping_id)}"


def _attributes(kept: Version | Draft) -> dict[str, object]:
    written = kept.written
    found: dict[str, object] = {
        "mapping": clean(kept.mapping_id),
        "at": stamp(kept.changed.at),
        "by": clean(kept.changed.by),
    }
    if written is not None:
        found["written"] = json.dumps(in_json(written))
    return found


def _version(item: Attributes) -> Version:
    text = item.maybe_text("written")
    return Version(
        id=item.text("sk").removeprefix(_VERSION),
        mapping_id=item.text("mapping"),
        changed=_changed(item),
        written=None if text is None else item.parsed("written", _written),
    )


def _draft(item: Attributes) -> Draft:
    return Draft(
        mapping_id=item.text("mapping"),
        written=item.parsed("written", _written),
        changed=_changed(item),
        version=item.number("version"),
    )


def _changed(item: Attributes) -> Changed:
    return Changed(at=item.time("at"), by=item.text("by"))


def _written(text: str) -> Item:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)  # noqa: TRY004 - one kind for all
    return found
