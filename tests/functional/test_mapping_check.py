"""`mapping_check`, cold-started from its folder: a record of the stream in, a verdict out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pdjira.adapters.aws.items import typed, untyped
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.model.link import LinkState
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.builders import MAPPING_ITEM, a_claim
from tests.functional.conftest import Account
from tests.functional.events import LateContext, a_change
from tests.functional.lambdas import Function, cold_started


@contextmanager
def warm(account: Account) -> Iterator[Function]:
    """Both sides are out of reach, so that nothing but AWS is called."""
    account.put_secret("{}")
    with cold_started("mapping_check") as function:
        yield function


def put(account: Account, item: dict[str, Any]) -> dict[str, Any]:
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(item))
    return item


def stored(account: Account) -> dict[str, Any]:
    key = {"id": {"S": MAPPING_ITEM["id"]}}
    return untyped(account.aws.dynamodb.get_item(TableName=MAPPINGS_TABLE, Key=key)["Item"])


def test_m23_an_item_that_a_person_typed_gets_its_verdict(account: Account) -> None:
    item = put(account, MAPPING_ITEM | {"colour": "red"})

    with warm(account) as function:
        answer = function.handler(a_change(None, item), None)

    after = stored(account)
    by_field = {one["field"]: one for one in after["check"]["problems"]}
    assert answer == {"batchItemFailures": []}
    assert after["check"]["status"] == "invalid"
    assert by_field["colour"]["severity"] == "error"
    assert by_field["project"]["severity"] == by_field["service"]["severity"] == "hint"
    assert (after["service_id"], after["enabled_since"]) == ("PABC123", "2026-11-24T03:00:00Z")


def test_m23_what_the_function_wrote_itself_makes_no_loop(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    item = put(account, MAPPING_ITEM)

    with warm(account) as function:
        function.handler(a_change(None, item), None)
        judged = stored(account)
        noted = {key: value for key, value in judged.items() if key != "check"}
        function.handler(a_change(item, noted), None)
        function.handler(a_change(noted, judged), None)

    logged = [record.message for record in caplog.records if record.name == "pdjira"]
    assert stored(account) == judged
    assert logged == ["mapping checked", "mapping passed over", "mapping passed over"]


def test_what_was_refused_is_in_the_queue_once_the_mapping_was_changed(account: Account) -> None:
    item = put(account, MAPPING_ITEM)
    links = DynamoLinks(account.aws.dynamodb, LINKS_TABLE, writer="w")
    links.save(a_claim(incident_id="Q1", state=LinkState.FAILED, version=0))

    with warm(account) as function:
        function.handler(a_change(item | {"name": "before"}, item), None)

    (body,) = account.bodies(account.queue_url)
    assert json.loads(body)["kind"] == "resync"
    assert json.loads(body)["incident_id"] == "Q1"


def test_a_change_whose_time_is_up_comes_again(account: Account) -> None:
    item = put(account, MAPPING_ITEM)
    links = DynamoLinks(account.aws.dynamodb, LINKS_TABLE, writer="w")
    links.save(a_claim(incident_id="Q1", state=LinkState.FAILED, version=0))

    with warm(account) as function:
        event = a_change(item | {"name": "before"}, item)
        answer = function.handler(event, LateContext())
        function.handler(event, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "111"}]}
    assert len(account.bodies(account.queue_url)) == 1


def test_a_change_that_could_not_be_judged_comes_again(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MAPPINGS_TABLE", "elsewhere")

    with warm(account) as function:
        answer = function.handler(a_change(None, MAPPING_ITEM), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "111"}]}
    assert caplog.records[-1].message == "mapping not checked"
