"""Mappings in `MappingsTable`, read whole each time: what a person switches off is off at once."""

import base64
from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import LOST_CONDITION, code_of, translated, typed, untyped
from pdjira.adapters.aws.stored_mapping import (
    StoredMapping,
    Unreadable,
    read_mapping,
    read_problems,
)
from pdjira.errors import Conflict, Misconfigured
from pdjira.mappings.changes import LEDGER, STACK_KEYS, MappingChange
from pdjira.model.mapping import Mapping
from pdjira.model.problem import Problem, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoMappings:
    """`Mappings` on the table `table`; one strongly consistent scan per call, nothing cached."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def in_force(self) -> Sequence[Mapping]:
        """The enabled and readable mappings, by id."""
        mappings = (
            read.to_domain()
            for _, read in self._read_all()
            if not isinstance(read, Unreadable) and read.enabled
        )
        return sorted(mappings, key=lambda mapping: mapping.id)

    def find(self, mapping_id: str) -> Mapping | None:
        """As `AllMappings` says."""
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

    def _read_all(self) -> Iterator[tuple[str, StoredMapping | Unreadable]]:
        for item in self._scan():
            try:
                yield str(item["id"]), read_mapping(item)
            except Unreadable as error:
                yield str(item["id"]), error

    def _scan(self) -> Iterator[dict[str, Any]]:
        with translated("dynamodb:Scan", self._table):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table, ConsistentRead=True
            )
            for page in pages:
                yield from map(untyped, page["Items"])


if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HELD = tuple(sorted(StoredMapping.model_fields.keys() - STACK_KEYS - {"id"}))


class DynamoJudgedMappings:
    """`JudgedMappings` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def note(self, item: abc.Mapping[str, object], *, enabled_since: datetime | None) -> bool:
        """As the port says: on the condition that every key that people write is as it was."""
        noted = {"service_id": _service_id(item), "enabled_since": _stamp(enabled_since)}
        ledger = {name: value for name, value in noted.items() if value is not None}
        return self._write(item, {**noted, LEDGER: ledger})

    def judge(self, item: abc.Mapping[str, object], verdict: Verdict) -> bool:
        """As the port says: on the same condition."""
        return self._write(item, {"check": verdict.shown()})

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


if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
