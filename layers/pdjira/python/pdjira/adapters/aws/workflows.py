"""What was learned of workflows, in `LinksTable`: one item for each status of an issue type."""

from collections import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import clean, key_id, translated, typed, untyped
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes, ItemReader
from pdjira.model.issue import FieldSchema, Status
from pdjira.model.workflow import Transition, Workflow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PREFIX = "STATUS#"


class DynamoWorkflows:
    """`Workflows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def of(self, project_id: str, issue_type_id: str) -> Workflow:
        """As the port says; eventually consistent, since what is outdated is found out anyway."""
        values = {":pk": _pk(project_id, issue_type_id), ":prefix": _PREFIX}
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
            "pk": _pk(project_id, issue_type_id),
            "sk": f"{_PREFIX}{key_id(status_id)}",
            "schema_version": SCHEMA_VERSION,
            "status": clean(status_id),
            "transitions": [_written(transition) for transition in transitions],
        }
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(item))


def _pk(project_id: str, issue_type_id: str) -> str:
    return f"WORKFLOW#{key_id(project_id)}#{key_id(issue_type_id)}"


def _written(transition: Transition) -> dict[str, Any]:
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
        to=Status(id=to.text("id"), name=to.text("name"), done=to.flag("done")),
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
