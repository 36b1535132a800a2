"""What was met in `LinksTable` and is not as we write it, for `health`: each item with its cure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.comment_records import read_attempt, read_record, read_since
from pdjira.adapters.aws.items import (
    UNREADABLE_PK,
    Attributes,
    read_item,
    translated,
    typed,
    untyped,
)
from pdjira.adapters.aws.links import read_entry, read_way_back
from pdjira.adapters.aws.openings import read_brake, read_claim, read_row
from pdjira.adapters.aws.sides import read_circuit, read_status
from pdjira.adapters.aws.stored_link import read_link
from pdjira.adapters.aws.sweeps import read_cursor, read_result
from pdjira.errors import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How items with such a key are read; `cure` is what to do about one that cannot be read."""

    pk: str
    sk: str = ""
    read: Callable[[Attributes], object]
    cure: str


def _read_back(item: Attributes) -> object:
    """The way back of an issue, or the claim that is there before."""
    return read_claim(item, issue_id="") or read_way_back(item)


SHAPES = (
    Shape(
        pk="INCIDENT#",
        sk="LINK#",
        read=read_link,
        cure="Correct it; do not delete it, or its mapping makes a second issue. Until then "
        "nothing is done under this link.",
    ),
    Shape(
        pk="INCIDENT#",
        sk="NOTE#",
        read=read_record,
        cure="Correct it: its note or comment counts as carried. Deleted, it may be carried twice.",
    ),
    Shape(
        pk="INCIDENT#",
        sk="EVENT#",
        read=partial(read_entry, incident_id=""),
        cure="Delete it: this entry is missing from the timeline, nothing else.",
    ),
    Shape(
        pk="INCIDENT#",
        sk="TEXT#",
        read=partial(read_attempt, text=""),
        cure="Correct it: this note of ours counts as written. Deleted, it may be written twice.",
    ),
    Shape(
        pk="OURS#",
        read=read_since,
        cure="Correct `at`: since then the stack has known its own notes by their ids.",
    ),
    Shape(
        pk="ISSUE#",
        read=_read_back,
        cure="Correct it: `incident` and `mapping` are those of the link with this issue; an item "
        "with `opening_mapping` may be deleted once no open incident belongs to the issue.",
    ),
    Shape(
        pk="MATCH#",
        read=partial(read_row, mapping_id=""),
        cure="Delete it: the next sweep finds the issue anew, and opens an incident if it matches "
        "and has none.",
    ),
    Shape(
        pk="BRAKE#",
        read=partial(read_brake, mapping_id=""),
        cure="Delete it: the hour is counted anew, and a pause ends. Until then the mapping's JQL "
        "opens no incident.",
    ),
    Shape(
        pk="CURSOR#",
        read=read_cursor,
        cure="Correct `until` to the time from which to read on. Deleted, the search begins anew, "
        "and with `jql_applies_to` `new` what matches by then opens no incident.",
    ),
    Shape(
        pk="CIRCUIT#",
        read=read_circuit,
        cure="Delete it: it counts as closed, and no other can be stored in its place.",
    ),
    Shape(
        pk="WORKFLOW#",
        read=read_status,
        cure="Delete it: this part of the workflow is learned again.",
    ),
    Shape(
        pk="SWEEP#",
        read=read_result,
        cure="Nothing: the next sweep replaces it.",
    ),
)
"""What is not among them heals by itself: a lease and the attempts of a message."""


class DynamoUnreadableItems:
    """What is stored in the table `table`: what was recorded is looked at once more.

    The first `MOST_SHOWN` are shown. The record of one that is gone or readable is deleted.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def found(self) -> Sequence[UnreadableItem]:
        """As the port says."""
        with translated("dynamodb:Query", self._table):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=typed({":pk": UNREADABLE_PK}),
                Limit=MOST_SHOWN,
            )
        looked = [self._look_at(untyped(record)) for record in answer["Items"]]
        return [error for error in looked if error is not None]

    def _look_at(self, record: dict[str, Any]) -> UnreadableItem | None:
        key = str(record.get("item_pk", "")), str(record.get("item_sk", ""))
        shape = next((one for one in SHAPES if _is_of(one, key)), None)
        error = self._error_of(key, shape) if shape else None
        if error is None:
            self._forget(record)
        return error

    def _error_of(self, key: tuple[str, str], shape: Shape) -> UnreadableItem | None:
        """What is wrong with the item as it is now; None where it can be read or is gone."""
        pk, sk = key
        with translated("dynamodb:GetItem", self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=typed({"pk": pk, "sk": sk}), ConsistentRead=True
            )
        if "Item" not in answer:
            return None
        try:
            read_item(untyped(answer["Item"]), shape.read, table=self._table)
        except UnreadableItem as error:
            return UnreadableItem(table=self._table, key=key, why=error.why, cure=shape.cure)
        return None

    def _forget(self, record: dict[str, Any]) -> None:
        with translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table, Key=typed({"pk": record["pk"], "sk": record["sk"]})
            )


def _is_of(shape: Shape, key: tuple[str, str]) -> bool:
    return key[0].startswith(shape.pk) and key[1].startswith(shape.sk)
