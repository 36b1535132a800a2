"""The promises of the `Requests` port, kept by the table and by its fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import DynamoRequests
from pdjira.errors import Temporary
from pdjira.model.signal import Asked, Progress, Requests
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW
from tests.fakes.requests import FakeRequests

ASKED = Asked(
    id="request-1", action="resync", progress=Progress.QUEUED, at=NOW, incident_id="QINCIDENT1"
)


@pytest.fixture(params=["table", "fake"])
def requests(request: pytest.FixtureRequest) -> Requests:
    if request.param == "fake":
        return FakeRequests()
    return DynamoRequests(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_a_request_is_known_by_its_latest_news(requests: Requests) -> None:
    later = replace(
        ASKED,
        progress=Progress.DONE,
        at=NOW + timedelta(seconds=3),
        says=("Created OPS-1.", "Made it show the incident."),
    )
    before = requests.find("request-1")
    requests.put(ASKED)
    asked = requests.find("request-1")
    requests.put(later)

    assert (before, asked, requests.find("request-1")) == (None, ASKED, later)


def test_each_request_has_its_own_news(requests: Requests) -> None:
    other = replace(ASKED, id="x" * 5_000, action="recover", incident_id=None)
    requests.put(ASKED)
    requests.put(other)

    assert (requests.find(ASKED.id), requests.find(other.id)) == (ASKED, other)


def test_an_item_that_is_not_as_we_write_it_is_no_request(aws: Aws) -> None:
    requests = DynamoRequests(aws.dynamodb, LINKS_TABLE)
    requests.put(ASKED)
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "progress": {"S": "nearly"}})

    assert requests.find(ASKED.id) is None


def test_a_request_is_kept_for_a_week_and_stays_small(aws: Aws) -> None:
    DynamoRequests(aws.dynamodb, LINKS_TABLE).put(replace(ASKED, says=("ä" * 5_000,) * 50))

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=7)).timestamp()))}
    assert len(item["says"]["L"]) == 20
    assert len(item["says"]["L"][0]["S"].encode()) <= 1_000


def test_p31_throttling_is_temporary_and_never_an_unknown_request(aws: Aws) -> None:
    requests = DynamoRequests(aws.dynamodb, LINKS_TABLE)
    Wire(aws.dynamodb).answer("GetItem", "ThrottlingException")

    with pytest.raises(Temporary):
        requests.find(ASKED.id)
