"""What was set up and seen, and which token is pending: the fakes, and `LinksTable`."""

from datetime import UTC, datetime

import pytest

from pdjira.adapters.aws.items import typed
from pdjira.adapters.aws.setup import DynamoPendingTokens, DynamoSetupRecord
from pdjira.connection.checklist import NOTHING_REACHED, Milestones
from pdjira.connection.ports import Pending, PendingTokens, SetupRecord
from tests.aws import LINKS_TABLE, Aws
from tests.fakes.connecting import FakePendingTokens, FakeSetupRecord

AT = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["fake", "adapter"])
def pending(request: pytest.FixtureRequest) -> PendingTokens:
    if request.param == "fake":
        return FakePendingTokens()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoPendingTokens(aws.dynamodb, LINKS_TABLE)


@pytest.fixture(params=["fake", "adapter"])
def record(request: pytest.FixtureRequest) -> SetupRecord:
    if request.param == "fake":
        return FakeSetupRecord()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoSetupRecord(aws.dynamodb, LINKS_TABLE)


def test_m2_the_pending_token_is_known_until_it_is_dropped(pending: PendingTokens) -> None:
    assert pending.find() is None

    pending.put(Pending(version="v1", looked_at=AT))
    assert pending.find() == Pending(version="v1", looked_at=AT)

    pending.drop()
    pending.drop()
    assert pending.find() is None


def test_what_the_setup_has_reached_is_kept(record: SetupRecord) -> None:
    assert record.reached() == NOTHING_REACHED

    record.reach(Milestones(webhook=AT, incident=AT))

    assert record.reached() == Milestones(webhook=AT, incident=AT)


def test_what_cannot_be_read_counts_as_not_there(aws: Aws) -> None:
    for name in ("TOKEN", "REACHED"):
        item = {"pk": "SETUP#", "sk": name, "schema_version": 1, "webhook": "soon"}
        aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=typed(item))

    assert DynamoPendingTokens(aws.dynamodb, LINKS_TABLE).find() is None
    assert DynamoSetupRecord(aws.dynamodb, LINKS_TABLE).reached() == NOTHING_REACHED
