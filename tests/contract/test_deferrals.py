"""The promises of the `Deferrals` port, kept by the table and by its fake."""

import pytest

from pdjira.adapters.aws.deferrals import DynamoDeferrals
from pdjira.application.ports import Deferrals
from pdjira.errors import Temporary
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, FakeClock
from tests.fakes.deferrals import FakeDeferrals


@pytest.fixture(params=["table", "fake"])
def deferrals(request: pytest.FixtureRequest) -> Deferrals:
    if request.param == "fake":
        return FakeDeferrals()
    client = request.getfixturevalue("aws").dynamodb
    return DynamoDeferrals(client, LINKS_TABLE, clock=FakeClock())


def test_a_message_that_was_never_put_off_counts_none(deferrals: Deferrals) -> None:
    assert deferrals.count("0a1b") == 0


def test_each_message_has_its_own_count(deferrals: Deferrals) -> None:
    for _ in range(3):
        deferrals.add("0a1b")
    deferrals.add("x" * 5000)

    assert deferrals.count("0a1b") == 3
    assert deferrals.count("x" * 5000) == 1
    assert deferrals.count("2c3d") == 0


def test_the_count_is_forgotten_after_the_queue_has_forgotten_the_message(aws: Aws) -> None:
    clock = FakeClock()
    deferrals = DynamoDeferrals(aws.dynamodb, LINKS_TABLE, clock=clock)
    deferrals.add("0a1b")
    clock.forward(days=1)
    deferrals.add("0a1b")

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item == {
        "pk": {"S": "MESSAGE#0a1b"},
        "sk": {"S": "DEFERRALS"},
        "schema_version": {"N": "1"},
        "deferrals": {"N": "2"},
        "expires_at": {"N": str(int(NOW.timestamp()) + 16 * 24 * 3600)},
    }


def test_throttling_is_temporary_and_never_a_count_of_none(aws: Aws) -> None:
    """P31."""
    deferrals = DynamoDeferrals(aws.dynamodb, LINKS_TABLE, clock=FakeClock())
    wire = Wire(aws.dynamodb)
    wire.answer("UpdateItem", "ThrottlingException")
    wire.answer("GetItem", "ThrottlingException")

    with pytest.raises(Temporary):
        deferrals.add("0a1b")
    with pytest.raises(Temporary):
        deferrals.count("0a1b")
