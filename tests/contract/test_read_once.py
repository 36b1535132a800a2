"""Each thing is read once for a page, until something is written."""

import pytest
from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import items_under, typed
from pdjira.adapters.aws.read_once import read_once
from tests.aws import LINKS_TABLE, Aws, Wire

PK = "DAY#2026-11-29"


def _put(client: object, sk: str) -> None:
    client.put_item(TableName=LINKS_TABLE, Item=typed({"pk": PK, "sk": sk}))  # type: ignore[attr-defined]


def test_an_item_and_a_partition_are_read_once_and_anew_after_a_write(aws: Aws) -> None:
    once, wire = read_once(aws.dynamodb), Wire(aws.dynamodb)
    key = typed({"pk": PK, "sk": "a"})

    for _ in range(2):
        assert "Item" not in once.get_item(TableName=LINKS_TABLE, Key=key)
        assert not [*items_under(once, LINKS_TABLE, PK)]
    _put(once, "a")

    assert "Item" in once.get_item(TableName=LINKS_TABLE, Key=key)
    assert [item["sk"] for item in items_under(once, LINKS_TABLE, PK)] == ["a"]
    assert wire.calls == ["GetItem", "Query", "PutItem", "GetItem", "Query"]


def test_what_is_asked_otherwise_is_another_thing(aws: Aws) -> None:
    once, wire = read_once(aws.dynamodb), Wire(aws.dynamodb)

    for is_fresh in (True, False):
        assert not [*items_under(once, LINKS_TABLE, PK, is_fresh=is_fresh)]

    assert wire.calls == ["Query", "Query"]


def test_a_page_is_read_when_somebody_wants_it_and_by_whoever_comes_first(aws: Aws) -> None:
    for sk in "abc":
        _put(aws.dynamodb, sk)
    once, wire = read_once(aws.dynamodb), Wire(aws.dynamodb)
    asked = {"TableName": LINKS_TABLE, "PaginationConfig": {"PageSize": 1}}
    first, second = (iter(once.get_paginator("scan").paginate(**asked)) for _ in range(2))  # type: ignore[arg-type]

    seen = [next(each)["Items"] for each in (first, second, second, first)]

    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert wire.calls == ["Scan", "Scan"]


def test_what_failed_is_asked_for_again(aws: Aws) -> None:
    once = read_once(aws.dynamodb)

    for _ in range(2):
        with pytest.raises(ClientError):
            once.get_item(TableName="nowhere", Key=typed({"pk": PK, "sk": "a"}))
