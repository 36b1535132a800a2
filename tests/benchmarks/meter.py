"""Watches a DynamoDB client and tells what each of its calls consumes."""

from collections import abc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.aws import LINKS_TABLE, MAPPINGS_TABLE, resources
from tests.benchmarks.capacity import Item, Table, item_bytes, read_table, read_units, write_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOGICAL_IDS = {LINKS_TABLE: "LinksTable", MAPPINGS_TABLE: "MappingsTable"}
_READS = {"GetItem", "Query", "Scan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """One call: units by formula, index writes among them, and what the AWS in memory says."""

    operation: str
    about: str
    size: int
    write: float = 0
    read: float = 0
    index: float = 0
    said: float = 0

    def line(self) -> str:
        """The call on one line."""
        units = f"{self.write:g} WRU" if self.write else f"{self.read:g} RRU"
        index = f", {self.index:g} of them in the index" if self.index else ""
        return (
            f"  {units:<7}{self.operation:<19}{self.about:<34}{self.size:>5} B{index} "
            f"(in-memory AWS: {self.said:g})"
        )


@dataclass(slots=True)
class _Write:
    table: str
    key: dict[str, Any]
    old: Item


@dataclass(slots=True)
class Meter:
    """`calls` are those of `watched` since it was last cleared; `aside` looks at items freely."""

    watched: "DynamoDBClient"
    aside: "DynamoDBClient"
    calls: list[Consumed] = field(default_factory=list)
    _asked: dict[str, Any] = field(default_factory=dict)
    _writes: list[_Write] = field(default_factory=list)
    _tables: dict[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to watch."""
        for name, logical_id in _LOGICAL_IDS.items():
            self._tables[name] = read_table(resources()[logical_id]["Properties"])
        self.watched.meta.events.register("before-parameter-build.dynamodb.*", self._before)
        self.watched.meta.events.register("after-call.dynamodb.*", self._after)

    @property
    def write_units(self) -> float:
        """Units written, indexes included."""
        return sum(call.write for call in self.calls)

    @property
    def read_units(self) -> float:
        """Units read."""
        return sum(call.read for call in self.calls)

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"
        self._asked = params
        if model.name not in _READS:
            self._writes = [self._write_of(part) for part in _parts(params)]

    def _after(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        said = _said(parsed)
        if model.name in _READS:
            self.calls.append(self._read(model.name, parsed, said))
            return
        in_transaction = model.name == "TransactWriteItems"
        for write in self._writes:
            share = said / len(self._writes)
            self.calls.append(
                self._written(model.name, write, said=share, in_transaction=in_transaction)
            )

    def _read(self, operation: str, parsed: dict[str, Any], said: float) -> Consumed:
        assert "FilterExpression" not in self._asked, "What is filtered out costs, and is not seen."
        items = [parsed["Item"]] if "Item" in parsed else parsed.get("Items", [])
        is_consistent = bool(self._asked.get("ConsistentRead"))
        return Consumed(
            operation=operation,
            about=f"{self._asked['TableName']}, items: {len(items)}",
            size=sum(map(item_bytes, items)),
            read=read_units(items, is_consistent=is_consistent),
            said=said,
        )

    def _written(
        self, operation: str, write: _Write, *, said: float, in_transaction: bool
    ) -> Consumed:
        new = self._look(write.table, write.key)
        index = self._tables[write.table].index_units(write.old, new)
        return Consumed(
            operation=operation,
            about=" ".join(str(value["S"]).split("#")[0] for value in write.key.values()),
            size=max(item_bytes(write.old), item_bytes(new)),
            write=write_units(write.old, new, in_transaction=in_transaction) + index,
            index=index,
            said=said,
        )

    def _write_of(self, part: abc.Mapping[str, Any]) -> _Write:
        table = part["TableName"]
        key = part.get("Key") or self._tables[table].key_of(part["Item"])
        return _Write(table, key, self._look(table, key))

    def _look(self, table: str, key: dict[str, Any]) -> Item:
        answer = self.aside.get_item(TableName=table, Key=key, ConsistentRead=True)
        return answer.get("Item", {})


def _parts(params: abc.Mapping[str, Any]) -> list[abc.Mapping[str, Any]]:
    transaction = params.get("TransactItems")
    if transaction is None:
        return [params]
    return [part for each in transaction for part in each.values()]


def _said(parsed: abc.Mapping[str, Any]) -> float:
    told = parsed.get("ConsumedCapacity", [])
    rows = told if isinstance(told, list) else [told]
    return sum(float(row.get("CapacityUnits", 0)) for row in rows)
