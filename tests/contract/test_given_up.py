"""The promises of `GivenUps` and `DeadLetters`, kept by AWS and by the fakes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from pdjira.adapters.aws.given_up import MOST, DynamoGivenUps, SqsDeadLetters
from pdjira.adapters.aws.queue import SqsSignalQueue, decode, encode
from pdjira.errors import Temporary
from pdjira.model.signal import DeadLetters, GivenUp, GivenUps, Message, QueueDepth, SignalQueue
from tests.aws import LINKS_TABLE, Aws, Wire, create_queues
from tests.builders import NOW, FakeClock, a_signal
from tests.fakes.given_up import FakeDeadLetters, FakeGivenUps
from tests.fakes.queue import FakeSignalQueue

GIVEN_UP = GivenUp(
    message_id="0a1b2c3d-0000-4000-8000-000000000000",
    at=NOW,
    sent_at=NOW - timedelta(days=4),
    why="Given up after four days. Jira answered 500.",
    incident_id="QINCIDENT1",
    event="incident.triggered",
    is_readable=True,
)


@pytest.fixture(params=["table", "fake"])
def given_ups(request: pytest.FixtureRequest) -> GivenUps:
    if request.param == "fake":
        return FakeGivenUps()
    return DynamoGivenUps(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def another(number: int) -> GivenUp:
    return replace(
        GIVEN_UP,
        message_id=f"message-{number}",
        sent_at=GIVEN_UP.sent_at + timedelta(seconds=number),
        incident_id=None,
        issue_id="10042",
    )


def test_what_was_given_up_is_told_the_last_first(given_ups: GivenUps) -> None:
    given_ups.put(GIVEN_UP)
    given_ups.put(another(1))
    given_ups.put(GIVEN_UP)

    assert given_ups.latest() == [another(1), GIVEN_UP]


def test_what_was_sent_back_is_forgotten(given_ups: GivenUps) -> None:
    for number in range(3):
        given_ups.put(another(number))

    given_ups.forget(["message-0", "message-2", "message-9"])
    given_ups.forget([])

    assert given_ups.latest() == [another(1)]


def test_a_storm_is_told_by_its_last_hundred(given_ups: GivenUps) -> None:
    for number in range(MOST + 5):
        given_ups.put(another(number))

    told = given_ups.latest()

    assert len(told) == MOST
    assert told[0] == another(MOST + 4)


def test_long_reasons_and_hostile_ids_are_kept_as_far_as_they_fit(given_ups: GivenUps) -> None:
    given_ups.put(replace(GIVEN_UP, message_id="x" * 500, why="ü" * 5_000, incident_id="\ud800"))

    (told,) = given_ups.latest()
    given_ups.forget(["x" * 500])

    assert len(told.why.encode()) <= 1_000
    assert given_ups.latest() == []


def test_a_record_expires_with_its_message(aws: Aws) -> None:
    DynamoGivenUps(aws.dynamodb, LINKS_TABLE).put(GIVEN_UP)

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=14)).timestamp()))}


def test_p31_throttling_is_temporary_and_never_nothing(aws: Aws) -> None:
    given_ups = DynamoGivenUps(aws.dynamodb, LINKS_TABLE)
    Wire(aws.dynamodb).answer("Query", "ThrottlingException")

    with pytest.raises(Temporary):
        given_ups.latest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The dead letters, the queue, how a letter gets there, and how SQS itself moves one."""

    letters: DeadLetters
    queue: SignalQueue
    give_up: Callable[[str], Message]
    move: Callable[[str], None]


def the_message(name: str) -> Message:
    return Message(
        id=f"id-of-{name}",
        receipt="",
        group=f"incident:{name}",
        body=encode(a_signal(id=name)),
        receives=5,
        sent_at=NOW,
    )


def in_memory() -> Bench:
    queue = FakeSignalQueue(FakeClock(datetime.now(tz=UTC)))
    letters = FakeDeadLetters(queue)

    def give_up(name: str) -> Message:
        queue.dead_letter(the_message(name), "Why.")
        return the_message(name)

    return Bench(
        letters=letters,
        queue=queue,
        give_up=give_up,
        move=lambda name: letters.moved.append(the_message(name).body),
    )


def on_sqs(aws: Aws) -> Bench:
    url, dead_url = create_queues(aws.sqs)
    queue = SqsSignalQueue(aws.sqs, url, dead_letter_url=dead_url)

    def give_up(name: str) -> Message:
        queue.dead_letter(the_message(name), "Why.")
        return the_message(name)

    def move(name: str) -> None:
        aws.sqs.send_message(
            QueueUrl=dead_url,
            MessageBody=the_message(name).body,
            MessageGroupId=f"incident:{name}",
            MessageDeduplicationId=name,
        )

    letters = SqsDeadLetters(aws.sqs, dead_url, queue_url=url)
    return Bench(letters=letters, queue=queue, give_up=give_up, move=move)


@pytest.fixture(params=["sqs", "fake"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return in_memory() if request.param == "fake" else on_sqs(request.getfixturevalue("aws"))


def test_a_dead_letter_is_had_once_with_the_id_that_its_message_had(bench: Bench) -> None:
    message = bench.give_up("first")

    (letter,) = bench.letters.receive()

    assert (letter.message_id, letter.body) == (message.id, message.body)
    assert list(bench.letters.receive()) == []


def test_what_sqs_has_moved_has_no_former_id(bench: Bench) -> None:
    bench.move("moved")

    (letter,) = bench.letters.receive()

    assert letter.message_id is None
    assert decode(letter.body).id == "moved"


def test_a_letter_that_is_left_can_be_had_again_and_one_that_was_sent_back_cannot(
    bench: Bench,
) -> None:
    bench.give_up("first")
    bench.move("second")
    first, second = bench.letters.receive()

    bench.letters.send_back(second, a_signal(id="second"))
    bench.letters.leave(first)
    (again,) = bench.letters.receive()
    bench.letters.send_back(again, a_signal(id="first"))

    assert again.body == first.body
    assert list(bench.letters.receive()) == []
    assert bench.queue.depth() == QueueDepth(waiting=2, dead=0)


def test_p19_what_was_stored_a_minute_ago_is_stored_again(bench: Bench) -> None:
    bench.queue.send(a_signal(id="first"))
    bench.give_up("first")
    (letter,) = bench.letters.receive()

    bench.letters.send_back(letter, a_signal(id="first"))

    assert bench.queue.depth() == QueueDepth(waiting=2, dead=0)
