"""What is one small item in `LinksTable`: circuits, leases, attempts, requests and workflows."""

from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    key_id,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.circuits.rules import Circuit
from pdjira.errors import Conflict, Side, UnreadableItem
from pdjira.model.issue import FieldSchema, IssueStatus
from pdjira.model.signal import Asked, Progress
from pdjira.model.workflow import Transition, Workflow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


REMEMBERED_SECONDS = 5.0

_CIRCUIT_KEPT = timedelta(days=1)  # whoever waits tries at least every fifteen minutes

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
                TableName=self._table,
                Key=typed(_circuit_key(side, project_id)),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        found = self._reader.maybe(untyped(item), read_circuit) if item else None
        return found or Circuit(side=side, project_id=project_id)

    def put(self, circuit: Circuit) -> Circuit:
        """As the port says."""
        self._quiet_until.pop(circuit.side, None)
        stored = replace(circuit, version=circuit.version + 1)
        expires_at = int((self._clock() + _CIRCUIT_KEPT).timestamp())
        values = typed({":known": circuit.version})
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed({**written_circuit(stored), "expires_at": expires_at}),
                ConditionExpression="attribute_not_exists(pk) OR version = :known",
                ExpressionAttributeValues=values,
            )
        return stored


def _circuit_key(side: Side, project_id: str | None) -> dict[str, str]:
    project = "" if project_id is None else f"#{key_id(project_id)}"
    return {"pk": _PK, "sk": f"{side.value}{project}"}


def written_circuit(circuit: Circuit) -> dict[str, Any]:
    """The circuit as it is stored."""
    times = {name: getattr(circuit, name) for name in _TIMES}
    texts = {"project": circuit.project_id, "cure": circuit.cure}
    return {
        **_circuit_key(circuit.side, circuit.project_id),
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


_CLOCKS = timedelta(days=1)
"""An end that is later than this is not believed: no two of our clocks differ by so much."""

_IS_OVER = "NOT attribute_type(#until, :text) OR #until <= :now OR #until > :never"

_OURS = "#owner = :owner"

_NAMES = {"#owner": "owner"}


class DynamoLeases:
    """`Leases` on the table `table`; two write units for a round."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
        """As the port says; an attempt of ours whose answer was lost is ours as well.

        A lease whose end cannot be read is over.
        """
        values = {
            ":now": stamp(now),
            ":never": stamp(until + _CLOCKS),
            ":text": "S",
            ":owner": owner,
        }
        lease = {
            "schema_version": SCHEMA_VERSION,
            "owner": owner,
            "until": stamp(until),
            "at": stamp(now),
        }
        try:
            with translated("dynamodb:PutItem", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item=typed(_lease_key(name) | lease),
                    ConditionExpression=f"attribute_not_exists(pk) OR {_IS_OVER} OR {_OURS}",
                    ExpressionAttributeNames={"#until": "until", **_NAMES},
                    ExpressionAttributeValues=typed(values),
                )
        except Conflict:
            return False
        return True

    def give_back(self, name: str, *, owner: str, now: datetime) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(_lease_key(name)),
                UpdateExpression="SET #until = :now, #at = :now",
                ConditionExpression=_OURS,
                ExpressionAttributeNames={"#until": "until", "#at": "at", **_NAMES},
                ExpressionAttributeValues=typed({":owner": owner, ":now": stamp(now)}),
            )

    def latest(self, name: str) -> datetime | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(TableName=self._table, Key=typed(_lease_key(name)))
        item = answer.get("Item")
        with suppress(UnreadableItem):
            return read_item(untyped(item), read_latest, table=self._table) if item else None
        return None


def read_latest(item: Attributes) -> datetime | None:
    """When the latest round of a stored lease was at work; earlier versions do not tell."""
    return item.maybe_time("at")


def _lease_key(name: str) -> dict[str, str]:
    return {"pk": f"LEASE#{name}", "sk": "LEASE"}


_IS_NUMBER = "attribute_not_exists(unended) OR attribute_type(unended, :number)"

_ATTEMPT_KEPT = timedelta(days=15)  # a day longer than the queue keeps a message


class DynamoAttempts:
    """`Attempts` on the table `table`. `clock` tells the time, aware."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def begin(self, message_id: str) -> int:
        """As the port says, in one write; without an item, the first delivery has not ended.

        A count that cannot be read begins anew.
        """
        more = "unended = if_not_exists(unended, :one) + :one"
        try:
            stored = self._update(message_id, more, only_if=_IS_NUMBER, one=1, number="N")
        except Conflict:
            stored = self._update(message_id, "unended = :one", one=1)
        return int(stored["unended"]) - 1

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        """As the port says, in one write."""
        row_ends = "unended = :none"
        if not is_named:
            self._update(message_id, row_ends, none=0)
            return 0
        one_more = "named = if_not_exists(named, :none) + :one"
        return int(self._update(message_id, f"{row_ends}, {one_more}", none=0, one=1)["named"])

    def _update(
        self, message_id: str, change: str, *, only_if: str | None = None, **given: int | str
    ) -> dict[str, Any]:
        condition: Any = {"ConditionExpression": only_if} if only_if else {}
        values = {
            ":schema_version": SCHEMA_VERSION,
            ":expires_at": int((self._clock() + _ATTEMPT_KEPT).timestamp()),
            **{f":{name}": value for name, value in given.items()},
        }
        with translated("dynamodb:UpdateItem", self._table):
            answer = self._client.update_item(
                TableName=self._table,
                Key=typed({"pk": f"MESSAGE#{key_id(message_id)}", "sk": "ATTEMPTS"}),
                UpdateExpression=(
                    f"SET {change}, expires_at = :expires_at, schema_version = :schema_version"
                ),
                ExpressionAttributeValues=typed(values),
                ReturnValues="UPDATED_NEW",
                **condition,
            )
        return untyped(answer["Attributes"])


_REQUEST_KEPT = timedelta(days=7)

_SENTENCES, _SENTENCE_BYTES = 20, 1_000


class DynamoRequests:
    """`Requests` on the table `table`; a write unit for each of the news."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, asked: Asked) -> None:
        """As the port says; of long news the beginning."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "action": asked.action,
            "progress": asked.progress.value,
            "at": stamp(asked.at),
            "says": [cut(one, _SENTENCE_BYTES) for one in asked.says[:_SENTENCES]],
            "incident": None if asked.incident_id is None else clean(asked.incident_id),
            "expires_at": int((asked.at + _REQUEST_KEPT).timestamp()),
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(_request_key(asked.id) | item))

    def find(self, request_id: str) -> Asked | None:
        """As the port says."""
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed(_request_key(request_id)), ConsistentRead=True
            )
        item = answer.get("Item")
        if not item:
            return None
        try:
            return read_item(
                untyped(item), lambda read: _asked(read, request_id), table=self._table
            )
        except UnreadableItem:
            return None


def _request_key(request_id: str) -> dict[str, str]:
    return {"pk": f"REQUEST#{key_id(request_id)}", "sk": "REQUEST"}


def _asked(item: Attributes, request_id: str) -> Asked:
    return Asked(
        id=request_id,
        action=item.text("action"),
        progress=item.one_of("progress", Progress),
        at=item.time("at"),
        says=tuple(item.texts("says")),
        incident_id=item.maybe_text("incident"),
    )


_PREFIX = "STATUS#"


class DynamoWorkflows:
    """`Workflows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def of(self, project_id: str, issue_type_id: str) -> Workflow:
        """As the port says; eventually consistent, since what is outdated is found out anyway."""
        values = {":pk": workflow_pk(project_id, issue_type_id), ":prefix": _PREFIX}
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=typed(values),
            )
            items = [untyped(item) for page in pages for item in page["Items"]]
        return dict(self._reader.readable(items, read_status))

    def put(
        self,
        project_id: str,
        issue_type_id: str,
        *,
        status_id: str,
        transitions: Sequence[Transition],
    ) -> None:
        """As the port says."""
        item = {
            "pk": workflow_pk(project_id, issue_type_id),
            "sk": f"{_PREFIX}{key_id(status_id)}",
            "schema_version": SCHEMA_VERSION,
            "status": clean(status_id),
            "transitions": [written_transition(transition) for transition in transitions],
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(item))


def workflow_pk(project_id: str, issue_type_id: str) -> str:
    """The partition of what is known of a workflow."""
    return f"WORKFLOW#{key_id(project_id)}#{key_id(issue_type_id)}"


def written_transition(transition: Transition) -> dict[str, Any]:
    """Of the screen only what is required: the rest is never filled."""
    return {
        "id": clean(transition.id),
        "name": clean(transition.name),
        "to": {
            "id": clean(transition.to.id),
            "name": clean(transition.to.name),
            "done": transition.to.done,
        },
        "requires": [_written_field(field) for field in transition.fields if field.required],
        "operations": [
            {"field": clean(field.id), "verbs": [clean(one) for one in field.operations]}
            for field in transition.fields
            if field.required and "set" not in field.operations
        ],
    }


def _written_field(field: FieldSchema) -> dict[str, Any]:
    values = {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "items": field.items,
        "custom": field.custom,
        "system": field.system,
    }
    texts = {name: clean(value) for name, value in values.items() if value is not None}
    return {**texts, "has_default": field.has_default}


def read_status(item: Attributes) -> tuple[str, tuple[Transition, ...]]:
    """The status of a stored item, and its transitions."""
    return item.text("status"), tuple(map(_read, item.parts("transitions")))


def _read(item: Attributes) -> Transition:
    to = item.part("to")
    operations = {one.text("field"): one.texts("verbs") for one in item.parts("operations")}
    return Transition(
        id=item.text("id"),
        name=item.text("name"),
        to=IssueStatus(id=to.text("id"), name=to.text("name"), done=to.flag("done")),
        fields=tuple(_read_field(field, operations) for field in item.parts("requires")),
    )


def _read_field(item: Attributes, operations: abc.Mapping[str, Sequence[str]]) -> FieldSchema:
    """What takes values by `set` has no operations of its own: no earlier version wrote any."""
    return FieldSchema(
        id=item.text("id"),
        name=item.text("name"),
        type=item.text("type"),
        items=item.maybe_text("items"),
        custom=item.maybe_text("custom"),
        system=item.maybe_text("system"),
        has_default=item.flag("has_default"),
        required=True,
        operations=tuple(operations.get(item.text("id"), ("set",))),
    )
