"""DynamoDB's price list as code: what a call consumes, from the items that it touches.

The in-memory AWS gives flat numbers and counts no index, so its answers cannot be believed. Rules:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html (Write capacity units)
"""

import math
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

WRITE_BYTES = 1024
READ_BYTES = 4096

Item = abc.Mapping[str, Any]
"""In DynamoDB's own protocol: `{"id": {"S": "..."}}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A global secondary index: its keys, and whether it holds whole items or keys alone."""

    keys: Sequence[str]
    holds_all: bool

    def entry(self, item: Item, table_keys: Sequence[str]) -> Item | None:
        """What the index holds of an item; None where the item lacks a key of the index."""
        if not all(key in item for key in self.keys):
            return None
        return item if self.holds_all else {key: item[key] for key in (*self.keys, *table_keys)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The keys of a table and its indexes."""

    keys: Sequence[str]
    indexes: abc.Mapping[str, Index]

    def key_of(self, item: Item) -> dict[str, Any]:
        """The key of an item."""
        return {name: item[name] for name in self.keys}

    def index_units(self, old: Item, new: Item) -> int:
        """Write units of all indexes when an item changes; an empty item is none."""
        return sum(
            _index_units(index.entry(old, self.keys), index.entry(new, self.keys), index)
            for index in self.indexes.values()
        )


def read_table(definition: abc.Mapping[str, Any]) -> Table:
    """The table of the `Properties` that a template gives it."""
    indexes = {
        each["IndexName"]: Index(
            keys=[key["AttributeName"] for key in each["KeySchema"]],
            holds_all=each["Projection"]["ProjectionType"] != "KEYS_ONLY",
        )
        for each in definition.get("GlobalSecondaryIndexes", ())
    }
    return Table(
        keys=[key["AttributeName"] for key in definition["KeySchema"]],
        indexes=indexes,
    )


def write_units(old: Item, new: Item, *, in_transaction: bool = False) -> int:
    """Units of one write: by the larger of both versions, twice in a transaction."""
    units = max(1, math.ceil(max(item_bytes(old), item_bytes(new)) / WRITE_BYTES))
    return 2 * units if in_transaction else units


def read_units(items: Sequence[Item], *, is_consistent: bool) -> float:
    """Units of one get, query or scan that read these items; finding nothing costs as well."""
    units = max(1, math.ceil(sum(map(item_bytes, items)) / READ_BYTES))
    return units if is_consistent else units / 2


def item_bytes(item: Item) -> int:
    """The size of an item: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _index_units(old: Item | None, new: Item | None, index: Index) -> int:
    if old == new:
        return 0
    moves = old and new and any(old[key] != new[key] for key in index.keys)
    if moves:
        return write_units(old or {}, {}) + write_units({}, new or {})
    return write_units(old or {}, new or {})


def _value_bytes(value: abc.Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.strip("-0.").replace(".", "")) / 2) + 1
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L" | "M":
            return 3 + sum(1 + size for size in _inner(content))
    return sum(_value_bytes({kind[0]: each}) for each in content)


def _inner(content: Any) -> Iterator[int]:
    if isinstance(content, abc.Mapping):
        yield from (len(name.encode()) + _value_bytes(value) for name, value in content.items())
    else:
        yield from map(_value_bytes, content)
