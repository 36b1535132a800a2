"""The promises of `KeptLists`, kept by the table and by its fake."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.lists import DynamoLists
from pdjira.errors import Side
from pdjira.mappings.lists import SHAPES, KeptList, KeptLists, ListKey, ListKind
from pdjira.mappings.offers import FieldOffer, IssueTypeOffer, ProjectOffer
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from tests.aws import LINKS_TABLE, Aws
from tests.builders import NOW
from tests.fakes.lists import FakeLists

SERVICES = ListKey(side=Side.PAGERDUTY, host="api.pagerduty.com", kind=ListKind.SERVICES)
NAMED = (Reference(id="P1", name="Ä"), Reference(id="P2", name="B"))
PROJECT = ProjectOffer(
    id="1",
    key="OPS",
    name="Operations",
    issue_types=(IssueTypeOffer(id="2", name="Bug", statuses=NAMED),),
)
SCREEN = CreateScreen(
    fields={
        "customfield_1": FieldSchema(
            id="customfield_1",
            name="Place",
            type="option",
            required=True,
            allowed=(AllowedValue(id="3", name="Hall", children=("A", "B")),),
            operations=("set",),
        )
    }
)
VALUES: dict[ListKind, Any] = {
    ListKind.PROJECT: PROJECT,
    ListKind.PROJECTS: (PROJECT, replace(PROJECT, issue_types=())),
    ListKind.SCREEN: SCREEN,
    ListKind.INCIDENT_FIELDS: (FieldOffer(name="region", options=("eu", "us")),),
}


@pytest.fixture(params=["table", "fake"])
def lists(request: pytest.FixtureRequest) -> KeptLists:
    if request.param == "fake":
        return FakeLists()
    return DynamoLists(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_list_of_every_kind_is_had_back_as_it_was_kept(lists: KeptLists, kind: ListKind) -> None:
    key = replace(SERVICES, kind=kind, about="1 2")
    kept = KeptList(value=VALUES.get(kind, NAMED), at=NOW)
    before = lists.find(key)
    lists.keep(key, replace(kept, at=NOW - timedelta(minutes=20)))
    lists.keep(key, kept)

    assert (before, lists.find(key)) == (None, kept)


@pytest.mark.parametrize(
    "other", [{"host": "x" * 2_000}, {"side": Side.JIRA}, {"about": "7"}, {"kind": "priorities"}]
)
def test_each_side_and_host_has_its_own(lists: KeptLists, other: dict[str, Any]) -> None:
    lists.keep(SERVICES, KeptList(value=NAMED, at=NOW))
    key = replace(SERVICES, **other | ({"kind": ListKind.PRIORITIES} if "kind" in other else {}))

    assert lists.find(key) is None


def test_a_list_is_compressed_and_ends_after_a_week(aws: Aws) -> None:
    many = tuple(Reference(id=f"P{number}", name=f"Service {number}") for number in range(3_000))
    DynamoLists(aws.dynamodb, LINKS_TABLE).keep(SERVICES, KeptList(value=many, at=NOW))

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]
    assert len(item["rows"]["B"]) < 20_000
    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=7)).timestamp()))}


@pytest.mark.parametrize("rows", [{"B": b"?"}, {"B": b"x\x9c\xabV\x02\x00\x00"}, {"S": "?"}])
def test_what_is_not_as_we_write_it_is_read_anew(aws: Aws, rows: Any) -> None:
    lists = DynamoLists(aws.dynamodb, LINKS_TABLE)
    lists.keep(SERVICES, KeptList(value=NAMED, at=NOW))
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "rows": rows})

    assert lists.find(SERVICES) is None
