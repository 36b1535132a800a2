"""The circuits of both sides, in `LinksTable`: one item for a side or for a project there."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import cut, key_id, translated, typed, untyped
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, ItemReader
from pdjira.circuits.rules import Circuit
from pdjira.errors import Side

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REMEMBERED_SECONDS = 5.0

_KEPT = timedelta(days=1)  # whoever waits tries at least every fifteen minutes
_LONGEST_TEXT = 500
_PK = "CIRCUIT#"
_TIMES = ("opened_at", "probe_at", "probed_at")


class DynamoCircuits:
    """`Circuits` on the table `table`.

    Both sides are in one partition: while they are well, they cost half a read unit in five seconds
    and process, and no write. `clock` tells the time, aware; `monotonic` is in seconds.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._monotonic = monotonic
        self._quiet_until: dict[Side, float] = {}
        self._reader = ItemReader(client, table)

    def known(self, side: Side) -> Sequence[Circuit]:
        """As the port says. Eventually consistent: a change reads the circuit again first."""
        if self._monotonic() < self._quiet_until.get(side, 0.0):
            return ()
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=typed({":pk": _PK}),
            )
            items = [untyped(item) for page in pages for item in page["Items"]]
        found = self._reader.readable(items, read_circuit)
        circuits = [circuit for circuit in found if not circuit.is_quiet]
        quiet = set(Side) - {circuit.side for circuit in circuits}
        until = self._monotonic() + REMEMBERED_SECONDS
        self._quiet_until = dict.fromkeys(quiet, until)
        return [circuit for circuit in circuits if circuit.side is side]

    def find(self, side: Side, project_id: str | None) -> Circuit:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_key(side, project_id)), ConsistentRead=True
            )
        item = answer.get("Item")
        found = self._reader.maybe(untyped(item), read_circuit) if item else None
        return found or Circuit(side=side, project_id=project_id)

    def put(self, circuit: Circuit) -> Circuit:
        """As the port says."""
        self._quiet_until.pop(circuit.side, None)
        stored = replace(circuit, version=circuit.version + 1)
        expires_at = int((self._clock() + _KEPT).timestamp())
        values = typed({":known": circuit.version})
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed({**_written(stored), "expires_at": expires_at}),
                ConditionExpression="attribute_not_exists(pk) OR version = :known",
                ExpressionAttributeValues=values,
            )
        return stored


def _key(side: Side, project_id: str | None) -> dict[str, str]:
    project = "" if project_id is None else f"#{key_id(project_id)}"
    return {"pk": _PK, "sk": f"{side.value}{project}"}


def _written(circuit: Circuit) -> dict[str, Any]:
    times = {name: getattr(circuit, name) for name in _TIMES}
    texts = {"project": circuit.project_id, "cure": circuit.cure}
    return {
        **_key(circuit.side, circuit.project_id),
        "schema_version": SCHEMA_VERSION,
        "side": circuit.side.value,
        "failures": circuit.failures,
        "probes": circuit.probes,
        "why": cut(circuit.why, _LONGEST_TEXT),
        "secret": circuit.secret,
        "version": circuit.version,
        **{name: time.isoformat() for name, time in times.items() if time is not None},
        **{name: cut(text, _LONGEST_TEXT) for name, text in texts.items() if text is not None},
    }


def read_circuit(item: Attributes) -> Circuit:
    """The circuit of a stored item."""
    return Circuit(
        side=item.one_of("side", Side),
        project_id=item.maybe_text("project"),
        failures=item.number("failures"),
        probes=item.number("probes"),
        why=item.text("why"),
        cure=item.maybe_text("cure"),
        secret=item.text("secret"),
        version=item.number("version"),
        opened_at=item.maybe_time("opened_at"),
        probe_at=item.maybe_time("probe_at"),
        probed_at=item.maybe_time("probed_at"),
    )
