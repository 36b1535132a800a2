"""Mappings in `MappingsTable`, read whole each time: what a person switches off is off at once."""

import base64
import json
from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import LOST_CONDITION, clean, code_of, translated, typed, untyped
from pdjira.adapters.aws.stored_mapping import (
    StoredMapping,
    Unreadable,
    plain,
    read_mapping,
    read_problems,
)
from pdjira.errors import Conflict, Misconfigured
from pdjira.mappings.changes import (
    DELETED,
    LEDGER,
    STACK_KEYS,
    Changed,
    Item,
    MappingChange,
    StoredItem,
    written_by_people,
)
from pdjira.model.mapping import Listed, Mapping, Problem, Verdict, VerdictStatus, listed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_Read = tuple[dict[str, Any], StoredMapping | Unreadable]
"""An item, and what it says."""


class DynamoMappings:
    """`Mappings` on the table `table`; one strongly consistent scan per call, nothing cached.

    `is_kept`: one scan in all, for whoever looks at a single moment.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, is_kept: bool = False) -> None:
        self._client = client
        self._table = table
        self._is_kept = is_kept
        self._kept: Sequence[_Read] | None = None

    def in_force(self) -> Sequence[Mapping]:
        """The enabled and readable mappings, by id."""
        mappings = (
            read.to_domain()
            for _, read in self._read_all()
            if not isinstance(read, Unreadable) and read.enabled
        )
        return sorted(mappings, key=lambda mapping: mapping.id)

    def all_listed(self) -> Sequence[Listed]:
        """All of them, by id."""
        found = (_listed(item, read) for item, read in self._read())
        return sorted(found, key=lambda one: one.id)

    def find(self, mapping_id: str) -> Mapping | None:
        """As `Mappings` says."""
        read = next((read for found, read in self._read_all() if found == mapping_id), None)
        if isinstance(read, Unreadable):
            raise Misconfigured(
                f"The mapping {mapping_id} cannot be read. {read.says}",
                cure="Correct the item in the mappings table.",
            )
        return read.to_domain() if read else None

    def problems(self) -> Sequence[tuple[str, str]]:
        """(mapping id, sentences) for each stored item that cannot be read, by id."""
        unreadable = (
            (mapping_id, read.says)
            for mapping_id, read in self._read_all()
            if isinstance(read, Unreadable)
        )
        return sorted(unreadable)

    def verdicts(self) -> Sequence[tuple[str, Sequence[Problem]]]:
        """(mapping id, problems) for each mapping in force whose verdict names any, by id."""
        found = [
            (mapping_id, read_problems(read.check))
            for mapping_id, read in self._read_all()
            if not isinstance(read, Unreadable) and read.enabled
        ]
        return sorted((each for each in found if each[1]), key=lambda each: each[0])

    def check_unchecked_again(self) -> None:
        """As `Mappings` says: the stream has an item judged whose verdict was taken off."""
        for item in self._scan():
            check = item.get("check")
            status = check.get("status") if isinstance(check, abc.Mapping) else None
            if status == VerdictStatus.UNCHECKED:
                _take_verdict_off(self._client, self._table, str(item["id"]))

    def _read_all(self) -> Iterator[tuple[str, StoredMapping | Unreadable]]:
        return ((str(item["id"]), read) for item, read in self._read())

    def _read(self) -> Iterable[_Read]:
        if not self._is_kept:
            return map(_judged, self._scan())
        if self._kept is None:
            self._kept = [*map(_judged, self._scan())]
        return self._kept

    def _scan(self) -> Iterator[dict[str, Any]]:
        return _scanned(self._client, self._table)


def _judged(item: dict[str, Any]) -> _Read:
    try:
        return item, read_mapping(item)
    except Unreadable as error:
        return item, error


def _listed(item: dict[str, Any], read: StoredMapping | Unreadable) -> Listed:
    if not isinstance(read, Unreadable):
        return listed(read.to_domain())
    name, identity = item.get("name"), str(item["id"])
    return Listed(
        id=identity,
        name=name if isinstance(name, str) else identity,
        service_id=_service_id(item),
        mapping=None,
        says=read.says,
    )


def _take_verdict_off(client: "DynamoDBClient", table: str, mapping_id: str) -> None:
    with suppress(Conflict), translated("dynamodb:UpdateItem", table):
        client.update_item(
            TableName=table,
            Key=typed({"id": mapping_id}),
            UpdateExpression="REMOVE #check",
            ConditionExpression="attribute_exists(#check)",
            ExpressionAttributeNames={"#check": "check"},
        )


def _scanned(client: "DynamoDBClient", table: str) -> Iterator[dict[str, Any]]:
    with translated("dynamodb:Scan", table):
        for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from map(untyped, page["Items"])


_HELD = tuple(sorted(StoredMapping.model_fields.keys() - STACK_KEYS - {"id"}))


class DynamoJudgedMappings:
    """`JudgedMappings` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def note(
        self,
        item: abc.Mapping[str, object],
        *,
        enabled_since: datetime | None,
        changed: Changed | None,
    ) -> bool:
        """As the port says: on the condition that every key that people write is as it was."""
        noted = {
            "service_id": _service_id(item),
            "enabled_since": _stamp(enabled_since),
            "changed": changed.shown() if changed else None,
        }
        ledger = {name: value for name, value in noted.items() if value is not None}
        return self._write(item, {**noted, LEDGER: ledger})

    def judge(self, item: abc.Mapping[str, object], verdict: Verdict) -> bool:
        """As the port says: on the same condition."""
        return self._write(item, {"check": verdict.shown()})

    def judge_again(self, mapping_id: str) -> None:
        """As the port says: the stream has an item judged whose verdict was taken off."""
        _take_verdict_off(self._client, self._table, mapping_id)

    def _write(self, item: abc.Mapping[str, object], wanted: abc.Mapping[str, object]) -> bool:
        written = {name: value for name, value in wanted.items() if value is not None}
        held = {name: item[name] for name in _HELD if name in item}
        conditions = ["attribute_exists(id)", *(_condition(name, held) for name in _HELD)]
        with translated("dynamodb:UpdateItem", self._table):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=typed({"id": item["id"]}),
                    UpdateExpression=_update(wanted),
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames={f"#{name}": name for name in (*wanted, *_HELD)},
                    ExpressionAttributeValues=typed(
                        {f":{name}": value for name, value in (written | held).items()}
                    ),
                )
            except ClientError as error:
                if code_of(error) != LOST_CONDITION:
                    raise
                return False
        return True


def _update(wanted: abc.Mapping[str, object]) -> str:
    """What is None is taken off the item."""
    given = [f"#{name} = :{name}" for name, value in wanted.items() if value is not None]
    taken = [f"#{name}" for name, value in wanted.items() if value is None]
    expression = f"SET {', '.join(given)}"
    return f"{expression} REMOVE {', '.join(taken)}" if taken else expression


def _condition(name: str, held: abc.Mapping[str, object]) -> str:
    return f"#{name} = :{name}" if name in held else f"attribute_not_exists(#{name})"


class DynamoMappingItems:
    """`MappingItems` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def stored_items(self) -> Sequence[StoredItem]:
        """As the port says: by one scan, nothing cached."""
        found = [
            StoredItem(id=str(item["id"]), written=in_json(written_by_people(item)), as_read=item)
            for item in _scanned(self._client, self._table)
        ]
        return sorted(found, key=lambda item: item.id)

    def replace_item(
        self,
        item: Item,
        *,
        before: StoredItem | None,
        changed: Changed | None = None,
        since: datetime | None = None,
    ) -> bool:
        """As the port says: on the condition that every key that people write is as it was."""
        wanted = _own_keys(_for_dynamodb(item))
        held = _own_keys(before.as_read if before else {})
        noted = _noted_by_page(before, changed, since)
        asked = _replacement(wanted, held, is_new=before is None, noted=noted)
        found = self._conditional("dynamodb:UpdateItem", str(item["id"]), asked)
        return found is _DONE or (found is not None and _own_keys(found) == wanted)

    def delete_item(self, before: StoredItem, *, changed: Changed) -> bool:
        """As the port says: the name is put down, then the item deleted."""
        held = _own_keys(before.as_read)
        ledger = before.as_read.get(LEDGER)
        noted = {**(ledger if isinstance(ledger, abc.Mapping) else {}), DELETED: changed.shown()}
        marking = _replacement(held, held, is_new=False, noted={LEDGER: noted})
        found = self._conditional("dynamodb:UpdateItem", before.id, marking)
        if found is _DONE:
            found = self._conditional("dynamodb:DeleteItem", before.id, _as_it_was(held))
        return found is _DONE or found is None

    def _conditional(self, action: str, mapping_id: str, asked: dict[str, Any]) -> Item | None:
        """`_DONE`; or, where the condition does not hold, the item as it is, None without one."""
        is_delete = action == "dynamodb:DeleteItem"
        write: Any = self._client.delete_item if is_delete else self._client.update_item
        with translated(action, self._table):
            try:
                write(
                    TableName=self._table,
                    Key=typed({"id": mapping_id}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **asked,
                )
            except ClientError as error:
                if code_of(error) != LOST_CONDITION:
                    raise
                found: Any = error.response.get("Item")
                return None if found is None else untyped(found)
        return _DONE


_DONE: Item = {}


def _noted_by_page(
    before: StoredItem | None, changed: Changed | None, since: datetime | None
) -> dict[str, object]:
    """The stack's keys that the page writes; in the ledger once more, so that they are believed."""
    if changed is None:
        return {}
    anew = {"enabled_since": _stamp(since)} if since else {}
    noted = {**anew, "changed": changed.shown()}
    ledger = before.as_read.get(LEDGER) if before else None
    return {**noted, LEDGER: {**(ledger if isinstance(ledger, abc.Mapping) else {}), **noted}}


def _own_keys(item: Item) -> dict[str, object]:
    return {name: value for name, value in written_by_people(item).items() if name != "id"}


def _replacement(wanted: Item, held: Item, *, is_new: bool, noted: Item) -> dict[str, object]:
    """An update from what is held to what is wanted; people's own keys may have any characters."""
    asked = _as_it_was(held, is_new=is_new, others=wanted.keys() | noted.keys())
    names: abc.Mapping[str, str] = {
        key: name for name, key in asked["ExpressionAttributeNames"].items()
    }
    given = {**wanted, **noted}
    values = {f":n{names[key][1:]}": value for key, value in given.items()}
    update = "SET " + ", ".join(f"{names[key]} = :n{names[key][1:]}" for key in given)
    taken = ", ".join(names[key] for key in held.keys() - wanted.keys())
    return {
        **asked,
        "UpdateExpression": f"{update} REMOVE {taken}" if taken else update,
        "ExpressionAttributeValues": typed(values) | asked["ExpressionAttributeValues"],
    }


def _as_it_was(
    held: Item, *, is_new: bool = False, others: abc.Set[str] = frozenset()
) -> dict[str, Any]:
    """The condition that all that people write is as it was held; `others` are named as well."""
    own = sorted({*held, *_HELD, *(others - STACK_KEYS)})
    names = {key: f"#k{number}" for number, key in enumerate([*own, *sorted(others & STACK_KEYS)])}
    conditions = [f"attribute_{'not_' if is_new else ''}exists(id)"]
    values = {}
    for key in own:
        if key in held:
            values[f":o{names[key][1:]}"] = held[key]
            conditions.append(f"{names[key]} = :o{names[key][1:]}")
        else:
            conditions.append(f"attribute_not_exists({names[key]})")
    return {
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {name: key for key, name in names.items()},
        "ExpressionAttributeValues": typed(values),
    }


def in_json(item: Item) -> Item:
    """The item in JSON's types; bytes, which no key of a mapping takes, as base64."""

    def as_text(value: object) -> str:
        return base64.b64encode(bytes(value)).decode()  # type: ignore[call-overload]

    found: dict[str, object] = json.loads(json.dumps(plain(item), default=as_text))
    return found


def _for_dynamodb(value: Any) -> Any:  # noqa: ANN401 - JSON's types at any depth
    """The value as DynamoDB takes it: it knows no floating point, and UTF-8 alone."""
    match value:
        case float():
            return Decimal(str(value))
        case str():
            return clean(value)
        case abc.Mapping():
            return {clean(key): _for_dynamodb(each) for key, each in value.items()}
        case list():
            return [_for_dynamodb(each) for each in value]
    return value


def _service_id(item: abc.Mapping[str, object]) -> str | None:
    """`service.id`, for people who look for the mappings of a service; None where it has none."""
    service = item.get("service")
    found = service.get("id") if isinstance(service, abc.Mapping) else None
    return None if found is None or isinstance(found, abc.Mapping) else str(found)


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def decode_change(record: abc.Mapping[str, Any]) -> MappingChange:
    """The change that a record tells of; its time comes in whole seconds, rounded down."""
    change = record["dynamodb"]
    return MappingChange(
        id=str(change["SequenceNumber"]),
        mapping_id=str(untyped(change["Keys"])["id"]),
        before=_image(change.get("OldImage")),
        after=_image(change.get("NewImage")),
        at=datetime.fromtimestamp(int(change["ApproximateCreationDateTime"]), tz=UTC),
    )


def _image(image: abc.Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if image is None else untyped(_with_bytes(image))


def _with_bytes(value: Any) -> Any:  # noqa: ANN401 - typed attributes at any depth
    """Binary attributes come as base64 in JSON."""
    match value:
        case {"B": str(text)}:
            return {"B": base64.b64decode(text)}
        case {"BS": list(texts)}:
            return {"BS": [base64.b64decode(text) for text in texts]}
        case abc.Mapping():
            return {name: _with_bytes(each) for name, each in value.items()}
        case list():
            return [_with_bytes(each) for each in value]
    return value


class DynamoPauses:
    """`Pauses` on the mappings table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def show(self, mapping_id: str, *, since: datetime | None, waiting: int) -> None:
        """As the port says."""
        shown = (
            {"since": since.isoformat(timespec="seconds"), "waiting": waiting} if since else None
        )
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed({"id": mapping_id}),
                UpdateExpression="SET jql_paused = :shown",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues=typed({":shown": shown}),
            )

    def recount(self, mapping_id: str, *, since: datetime, waiting: int) -> None:
        """As the port says; a write that changes nothing is not made, so nothing follows it."""
        values = {":since": since.isoformat(timespec="seconds"), ":waiting": waiting}
        is_other = "jql_paused.#since = :since AND jql_paused.#waiting <> :waiting"
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed({"id": mapping_id}),
                UpdateExpression="SET jql_paused.#waiting = :waiting",
                ConditionExpression=is_other,
                ExpressionAttributeNames={"#since": "since", "#waiting": "waiting"},
                ExpressionAttributeValues=typed(values),
            )
