"""The promises of the `Attempts` port, kept by the table and by its fake."""

import pytest

from pdjira.adapters.aws.queue import DynamoAttempts
from pdjira.errors import Temporary
from pdjira.worker.consume import Attempts
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, FakeClock
from tests.fakes.attempts import FakeAttempts


@pytest.fixture(params=["table", "fake"])
def attempts(request: pytest.FixtureRequest) -> Attempts:
    if request.param == "fake":
        return FakeAttempts()
    client = request.getfixturevalue("aws").dynamodb
    return DynamoAttempts(client, LINKS_TABLE, clock=FakeClock())


def test_a_second_delivery_without_an_end_to_the_first_counts_one(attempts: Attempts) -> None:
    assert attempts.begin("0a1b") == 1


def test_what_ends_without_an_answer_is_counted_in_a_row(attempts: Attempts) -> None:
    assert [attempts.begin("0a1b") for _ in range(4)] == [1, 2, 3, 4]


def test_an_answer_ends_the_row(attempts: Attempts) -> None:
    attempts.begin("0a1b")
    attempts.begin("0a1b")
    attempts.end("0a1b")

    assert [attempts.begin("0a1b") for _ in range(2)] == [0, 1]


def test_how_often_a_side_named_the_wait_is_counted_whatever_ends_in_between(
    attempts: Attempts,
) -> None:
    named = [attempts.end("0a1b", is_named=each) for each in (True, True, False, True)]
    attempts.begin("0a1b")
    attempts.begin("0a1b")

    assert named == [1, 2, 0, 3]
    assert attempts.end("0a1b", is_named=True) == 4
    assert attempts.end("2c3d", is_named=True) == 1


def test_each_message_has_its_own_row(attempts: Attempts) -> None:
    attempts.end("0a1b")

    assert attempts.begin("x" * 5000) == 1
    assert attempts.begin("0a1b") == 0


def test_the_row_is_forgotten_after_the_queue_has_forgotten_the_message(aws: Aws) -> None:
    DynamoAttempts(aws.dynamodb, LINKS_TABLE, clock=FakeClock()).end("0a1b")

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item == {
        "pk": {"S": "MESSAGE#0a1b"},
        "sk": {"S": "ATTEMPTS"},
        "schema_version": {"N": "1"},
        "unended": {"N": "0"},
        "expires_at": {"N": str(int(NOW.timestamp()) + 15 * 24 * 3600)},
    }


def test_p31_throttling_is_temporary_and_never_a_row_of_none(aws: Aws) -> None:
    attempts = DynamoAttempts(aws.dynamodb, LINKS_TABLE, clock=FakeClock())
    Wire(aws.dynamodb).answer("UpdateItem", "ThrottlingException")

    with pytest.raises(Temporary):
        attempts.begin("0a1b")
    with pytest.raises(Temporary):
        attempts.end("0a1b")
