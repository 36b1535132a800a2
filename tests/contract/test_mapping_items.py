"""M23: the items that are exported and imported, as the fake and as the table have them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import pytest

from pdjira.adapters.aws.items import typed, untyped
from pdjira.adapters.aws.mappings import DynamoMappingItems
from pdjira.errors import Misconfigured, Temporary
from pdjira.mappings.changes import STACK_KEYS, Changed
from pdjira.mappings.ports import MappingItems
from tests.aws import MAPPINGS_TABLE, Aws, Wire
from tests.builders import MAPPING_ITEM, NOW, WHOLE_MAPPING_ITEM
from tests.fakes.mappings import FakeMappingItems

BY_STACK = {
    "service_id": "PABC123",
    "enabled_since": "2026-11-24T03:00:00Z",
    "check": {"status": "ok", "problems": []},
    "written_by_stack": {"service_id": "PABC123"},
    "jql_paused": None,
}
ANA = Changed(at=NOW, by="Ana")
ITEM = MAPPING_ITEM | {
    "name": "First",
    "jql_settle_seconds": 3,
    "some key of mine!": [1.5, {"a": "b"}],
}


ITEM_READ = ITEM | {"some key of mine!": [Decimal("1.5"), {"a": "b"}]}


class Store(Protocol):
    items: MappingItems

    def put(self, item: dict[str, Any]) -> None: ...
    def get(self, item_id: str = "ops-bug") -> dict[str, Any] | None: ...
    def meanwhile(self, act: Callable[[], object]) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self._fake = FakeMappingItems()
        self.items: MappingItems = self._fake

    def put(self, item: dict[str, Any]) -> None:
        self._fake.store[item["id"]] = dict(item)

    def get(self, item_id: str = "ops-bug") -> dict[str, Any] | None:
        return self._fake.store.get(item_id)

    def meanwhile(self, act: Callable[[], object]) -> None:
        self._fake.meanwhile.append(act)


class InDynamo:
    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.items: MappingItems = DynamoMappingItems(aws.dynamodb, MAPPINGS_TABLE)

    def put(self, item: dict[str, Any]) -> None:
        given = json.loads(json.dumps(item), parse_float=Decimal)
        self._aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(given))

    def get(self, item_id: str = "ops-bug") -> dict[str, Any] | None:
        found = self._aws.dynamodb.get_item(TableName=MAPPINGS_TABLE, Key=typed({"id": item_id}))
        return untyped(found["Item"]) if "Item" in found else None

    def meanwhile(self, act: Callable[[], object]) -> None:
        Wire(self._aws.dynamodb).meanwhile("UpdateItem", act)


@pytest.fixture(params=["fake", "adapter"])
def store(request: pytest.FixtureRequest) -> Store:
    return InMemory() if request.param == "fake" else InDynamo(request.getfixturevalue("aws"))


def test_every_item_is_told_by_id_without_what_the_stack_writes(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    store.put({"id": "half"})

    half, whole = store.items.stored_items()

    assert (half.id, half.written) == ("half", {"id": "half"})
    assert (whole.id, whole.written) == ("ops-bug", ITEM)
    assert json.loads(json.dumps(whole.written)) == ITEM


def test_a_new_item_is_written_as_it_stands(store: Store) -> None:
    assert store.items.replace_item(WHOLE_MAPPING_ITEM, before=None)

    (stored,) = store.items.stored_items()
    wanted = {key: value for key, value in WHOLE_MAPPING_ITEM.items() if key not in STACK_KEYS}
    assert json.loads(json.dumps(wanted)) == stored.written
    assert set(store.get() or {}) == set(wanted)


def test_what_the_stack_wrote_stays_and_what_people_took_away_goes(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()
    wanted = MAPPING_ITEM | {"name": "Second", "enabled": False}

    assert store.items.replace_item(wanted | {"check": "typed by a person"}, before=before)

    assert store.get() == wanted | BY_STACK


def test_a_write_may_be_repeated(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()
    wanted = MAPPING_ITEM | {"name": "Second", "more": 2.5}

    assert store.items.replace_item(wanted, before=before)
    assert store.items.replace_item(wanted, before=before)
    assert store.items.replace_item(MAPPING_ITEM | {"id": "new"}, before=None)
    assert store.items.replace_item(MAPPING_ITEM | {"id": "new"}, before=None)


@pytest.mark.parametrize(
    "change", [{"name": "Edited"}, {"some key of mine!": 7}, {"jql": "a = b"}, {"enabled": False}]
)
def test_an_item_that_was_edited_meanwhile_is_left_alone(
    store: Store, change: dict[str, Any]
) -> None:
    store.put(ITEM)
    (before,) = store.items.stored_items()
    store.meanwhile(lambda: store.put(ITEM | change))

    assert not store.items.replace_item(MAPPING_ITEM | {"name": "Second"}, before=before)
    assert (store.get() or {}).items() >= change.items()
    assert (store.get() or {})["name"] != "Second"


def test_a_verdict_that_came_meanwhile_is_no_edit(store: Store) -> None:
    store.put(ITEM)
    (before,) = store.items.stored_items()
    store.meanwhile(lambda: store.put(ITEM | BY_STACK))

    assert store.items.replace_item(MAPPING_ITEM | {"name": "Second"}, before=before)
    assert store.get() == MAPPING_ITEM | {"name": "Second"} | BY_STACK


def test_an_item_that_was_made_or_deleted_meanwhile_is_left_alone(store: Store) -> None:
    store.put(ITEM)

    assert not store.items.replace_item(MAPPING_ITEM, before=None)
    (before,) = store.items.stored_items()
    assert not store.items.replace_item(MAPPING_ITEM | {"id": "other"}, before=before)
    assert store.get("other") is None


def test_a_change_of_the_page_bears_its_name_and_keeps_what_the_stack_noted(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()
    wanted = MAPPING_ITEM | {"name": "Second"}

    assert store.items.replace_item(wanted, before=before, changed=ANA)

    stored = store.get() or {}
    assert stored.pop("written_by_stack") == {"service_id": "PABC123", "changed": ANA.shown()}
    rest = {key: value for key, value in BY_STACK.items() if key != "written_by_stack"}
    assert stored == wanted | rest | {"changed": ANA.shown()}


def test_a_new_item_of_the_page_bears_its_name(store: Store) -> None:
    assert store.items.replace_item(MAPPING_ITEM, before=None, changed=ANA)

    stored = store.get() or {}
    assert stored["changed"] == stored["written_by_stack"]["changed"] == ANA.shown()


def test_what_comes_back_is_in_force_anew(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()
    since = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)

    assert store.items.replace_item(MAPPING_ITEM, before=before, changed=ANA, since=since)

    stored = store.get() or {}
    noted = {"enabled_since": "2026-11-25T04:00:00Z", "changed": ANA.shown()}
    assert stored.items() >= noted.items()
    assert stored["written_by_stack"] == {"service_id": "PABC123", **noted}


def test_a_mapping_is_deleted_once_and_for_all(store: Store) -> None:
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()

    assert store.items.delete_item(before, changed=ANA)
    assert store.items.delete_item(before, changed=ANA)
    assert store.get() is None


def test_an_item_that_was_edited_meanwhile_is_not_deleted(store: Store) -> None:
    store.put(ITEM)
    (before,) = store.items.stored_items()
    store.put(ITEM | {"some key of mine!": 7})

    assert not store.items.delete_item(before, changed=ANA)
    assert (store.get() or {})["some key of mine!"] == 7


# ---- as DynamoDB has it


def test_who_deletes_an_item_stands_in_its_last_image(aws: Aws) -> None:
    store = InDynamo(aws)
    store.put(ITEM | BY_STACK)
    (before,) = store.items.stored_items()
    seen: list[Any] = []
    Wire(aws.dynamodb).meanwhile("DeleteItem", lambda: seen.append(store.get()))
    store.items.delete_item(before, changed=ANA)

    ledger = {"service_id": "PABC123", "deleted": ANA.shown()}
    assert seen == [ITEM_READ | BY_STACK | {"written_by_stack": ledger}]


def test_an_item_that_was_edited_between_name_and_deletion_stays(aws: Aws) -> None:
    store = InDynamo(aws)
    store.put(ITEM)
    (before,) = store.items.stored_items()
    Wire(aws.dynamodb).meanwhile("DeleteItem", lambda: store.put(MAPPING_ITEM))

    assert not store.items.delete_item(before, changed=ANA)
    assert store.get() == MAPPING_ITEM


def test_what_json_does_not_know_is_exported_and_does_not_hinder_a_write(aws: Aws) -> None:
    item = ITEM | {
        "some key of mine!": b"\x00x",
        "jql_settle_seconds": Decimal(3),
        "conditions": {"urgency": {"low", "high"}, "priority_ids": {b"y"}},
    }
    aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(item))
    items = DynamoMappingItems(aws.dynamodb, MAPPINGS_TABLE)

    (before,) = items.stored_items()

    assert before.written == ITEM | {
        "some key of mine!": "AHg=",
        "conditions": {"urgency": ["high", "low"], "priority_ids": ["eQ=="]},
    }
    assert items.replace_item(MAPPING_ITEM, before=before)


def test_text_that_no_utf8_holds_is_spelled_out(aws: Aws) -> None:
    items = DynamoMappingItems(aws.dynamodb, MAPPINGS_TABLE)

    assert items.replace_item(MAPPING_ITEM | {"name": "a\ud800", "k\ud800": 1}, before=None)
    (stored,) = items.stored_items()
    assert stored.written == MAPPING_ITEM | {"name": "a\\ud800", "k\\ud800": 1}


def test_p31_throttling_is_temporary_and_a_missing_table_is_named(aws: Aws) -> None:
    with pytest.raises(Misconfigured, match="elsewhere"):
        DynamoMappingItems(aws.dynamodb, "elsewhere").stored_items()

    Wire(aws.dynamodb).answer("UpdateItem", "ProvisionedThroughputExceededException")
    with pytest.raises(Temporary):
        DynamoMappingItems(aws.dynamodb, MAPPINGS_TABLE).replace_item(MAPPING_ITEM, before=None)
