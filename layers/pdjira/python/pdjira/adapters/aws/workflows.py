"""What was learned of workflows, in `LinksTable`: one item for each status of an issue type."""

from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import typed, untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.keys import clean, key_id
from pdjira.domain.issue import FieldSchema, Status
from pdjira.domain.planning.workflow import Transition, Workflow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA_VERSION = 1
_PREFIX = "STATUS#"


class DynamoWorkflows:
    """`Workflows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

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
        return {
            item["status"]: tuple(_read(one) for one in item["transitions"])
            for item in items
            if item["schema_version"] == SCHEMA_VERSION
        }

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
        "operations": {
            clean(field.id): [clean(one) for one in field.operations]
            for field in transition.fields
            if field.required and "set" not in field.operations
        },
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


def _read(item: MappingABC[str, Any]) -> Transition:
    return Transition(
        id=item["id"],
        name=item["name"],
        to=Status(id=item["to"]["id"], name=item["to"]["name"], done=item["to"]["done"]),
        fields=tuple(_read_field(field, item.get("operations", {})) for field in item["requires"]),
    )


def _read_field(item: MappingABC[str, Any], operations: MappingABC[str, Any]) -> FieldSchema:
    """What takes values by `set` has no operations of its own: no earlier version wrote any."""
    return FieldSchema(
        required=True, operations=tuple(operations.get(item["id"], ("set",))), **item
    )
