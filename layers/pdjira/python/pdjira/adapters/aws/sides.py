"""What was learned of both sides, in `LinksTable`: who does not answer, and Jira's workflows."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    get_item,
    items_under,
    key_id,
    put_item,
    translated,
    typed,
)
from pdjira.circuits.rules import Circuit
from pdjira.errors import Side
from pdjira.model.issue import FieldSchema, IssueStatus
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
        items = items_under(self._client, self._table, _PK, is_fresh=False)
        found = self._reader.readable(items, read_circuit)
        circuits = [circuit for circuit in found if not circuit.is_quiet]
        quiet = set(Side) - {circuit.side for circuit in circuits}
        until = self._monotonic() + REMEMBERED_SECONDS
        self._quiet_until = dict.fromkeys(quiet, until)
        return [circuit for circuit in circuits if circuit.side is side]

    def find(self, side: Side, project_id: str | None) -> Circuit:
        """As the port says."""
        item = get_item(self._client, self._table, _circuit_key(side, project_id))
        found = self._reader.maybe(item, read_circuit) if item else None
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


_PREFIX = "STATUS#"


class DynamoWorkflows:
    """`Workflows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def of(self, project_id: str, issue_type_id: str) -> Workflow:
        """As the port says; eventually consistent, since what is outdated is found out anyway."""
        pk = workflow_pk(project_id, issue_type_id)
        items = items_under(self._client, self._table, pk, _PREFIX, is_fresh=False)
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
        put_item(self._client, self._table, item)


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
