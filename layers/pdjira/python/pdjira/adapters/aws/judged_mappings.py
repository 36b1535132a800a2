"""Writes what is the stack's own onto the items of `MappingsTable`."""

from collections import abc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pdjira.adapters.aws.attributes import typed
from pdjira.adapters.aws.errors import LOST_CONDITION, code_of, translated
from pdjira.adapters.aws.stored.mapping import StoredMapping
from pdjira.domain.mapping_check.mapping_change import LEDGER, STACK_KEYS
from pdjira.domain.problem import Verdict

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
