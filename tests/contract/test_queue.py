"""The promises of the `SignalQueue` port, kept by SQS and by the fake, and the message's form."""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.aws.queue import MESSAGE_BYTES, SqsSignalQueue, decode, decode_record, encode
from pdjira.errors import Conflict, Misconfigured, Temporary
from pdjira.model.signal import Message, QueueDepth, Signal, SignalKind, SignalQueue
from tests.aws import Aws, Wire, create_queues
from tests.builders import FakeClock, a_signal
from tests.fakes.faults import FaultPlan
from tests.fakes.queue import FakeSignalQueue

HOSTILE_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\uffff",
    "é",
    "🔥" * 100,
    "x" * 100_000,
    'a"b\\c',
    "group with blanks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A queue, its worker's side, and (reason, message body) of each dead letter."""

    queue: SignalQueue
    receive: Callable[[], Message | None]
    delete: Callable[[Message], None]
    dead: Callable[[], list[tuple[str, str]]]


def record_of(raw: Any, *, body: str | None = None) -> dict[str, Any]:
    """A received message in the shape in which Lambda hands it over."""
    return {
        "messageId": raw["MessageId"],
        "receiptHandle": raw["ReceiptHandle"],
        "body": raw["Body"] if body is None else body,
        "attributes": raw["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def sqs_bench(aws: Aws) -> Bench:
    url, dead_url = create_queues(aws.sqs)

    def receive() -> Message | None:
        answer = aws.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, MessageSystemAttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        return decode_record(record_of(messages[0])) if messages else None

    def dead() -> list[tuple[str, str]]:
        answer = aws.sqs.receive_message(
            QueueUrl=dead_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (message["MessageAttributes"]["reason"]["StringValue"], message["Body"])
            for message in answer.get("Messages", [])
        ]

    def delete(message: Message) -> None:
        aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message.receipt)

    queue = SqsSignalQueue(aws.sqs, url, dead_letter_url=dead_url)
    return Bench(queue=queue, receive=receive, delete=delete, dead=dead)


@pytest.fixture(params=["sqs", "fake"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "sqs":
        return sqs_bench(request.getfixturevalue("aws"))
    fake = FakeSignalQueue(FakeClock(datetime.now(tz=UTC)))
    return Bench(
        queue=fake,
        receive=fake.receive,
        delete=fake.delete,
        dead=lambda: [(letter.reason, letter.message.body) for letter in fake.dead],
    )


def received(bench: Bench) -> Message:
    message = bench.receive()
    assert message is not None
    return message


def test_a_signal_arrives_as_it_was_sent(bench: Bench) -> None:
    bench.queue.send(a_signal())

    message = received(bench)

    assert decode(message.body) == a_signal()
    assert message.group == "incident:QINCIDENT00001"
    assert message.receives == 1
    assert message.id
    assert message.receipt
    assert abs(datetime.now(tz=UTC) - message.sent_at) < timedelta(minutes=1)
    assert message.tried_since is None


def test_a_message_that_comes_again_tells_when_it_came_first(bench: Bench) -> None:
    bench.queue.send(a_signal())
    first = received(bench)
    bench.queue.defer(first, 0)

    again = received(bench)

    assert again.tried_since is not None
    assert first.sent_at <= again.tried_since == first.first_received_at


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: ascii(text[:12]))
def test_whatever_characters_a_signal_holds_it_arrives(bench: Bench, text: str) -> None:
    """P2: whatever ids and characters a delivery holds, the queue takes it."""
    signal = a_signal(id=text, incident_id=text, service_id=text)

    bench.queue.send(signal)

    assert decode(received(bench).body) == signal


def test_the_same_event_is_stored_once(bench: Bench) -> None:
    for _ in range(20):
        bench.queue.send(a_signal())
    bench.queue.send(a_signal(id="02EVENT"))
    bench.queue.send(a_signal(kind=SignalKind.RESYNC))

    assert bench.queue.depth() == QueueDepth(waiting=3, dead=0)


def test_the_signals_of_an_incident_come_in_order_one_at_a_time(bench: Bench) -> None:
    for event in ("1", "2"):
        bench.queue.send(a_signal(id=event))

    first = received(bench)
    assert decode(first.body).id == "1"
    assert bench.receive() is None

    bench.delete(first)
    assert decode(received(bench).body).id == "2"


def test_an_incident_does_not_wait_for_another(bench: Bench) -> None:
    bench.queue.send(a_signal(id="1"))
    bench.queue.send(a_signal(id="2", incident_id="QINCIDENT00002"))

    assert {decode(received(bench).body).id for _ in range(2)} == {"1", "2"}


def test_a_deferred_message_holds_back_its_group_and_no_other(bench: Bench) -> None:
    bench.queue.send(a_signal(id="1"))
    bench.queue.send(a_signal(id="2"))
    bench.queue.defer(received(bench), 900)
    bench.queue.send(a_signal(id="3", incident_id="QINCIDENT00002"))

    assert decode(received(bench).body).id == "3"
    assert bench.receive() is None
    assert bench.queue.depth().waiting == 3


def test_a_message_deferred_by_nothing_comes_again_and_its_receives_count(bench: Bench) -> None:
    bench.queue.send(a_signal())
    bench.queue.defer(received(bench), 0)

    again = received(bench)

    assert again.receives == 2
    assert decode(again.body) == a_signal()


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_what_sqs_cannot_defer_is_refused(bench: Bench, seconds: int) -> None:
    bench.queue.send(a_signal())

    with pytest.raises(ValueError, match=str(seconds)):
        bench.queue.defer(received(bench), seconds)


def test_the_longest_deferral_is_taken(bench: Bench) -> None:
    bench.queue.send(a_signal())

    bench.queue.defer(received(bench), 43_200)

    assert bench.receive() is None


def test_a_buried_message_lies_in_the_dead_letter_queue_with_its_reason(bench: Bench) -> None:
    bench.queue.send(a_signal())
    message = received(bench)

    bench.queue.dead_letter(message, "Jira was down for four days.")

    assert bench.dead() == [("Jira was down for four days.", message.body)]


def test_dead_lettering_again_does_nothing(bench: Bench) -> None:
    bench.queue.send(a_signal())
    message = received(bench)
    bench.queue.dead_letter(message, "poison")
    bench.queue.defer(message, 0)

    bench.queue.dead_letter(received(bench), "poison")

    assert bench.queue.depth() == QueueDepth(waiting=1, dead=1)


# ---- the fake's clock -------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fake(clock: FakeClock) -> FakeSignalQueue:
    return FakeSignalQueue(clock)


def taken(queue: FakeSignalQueue) -> Message:
    message = queue.receive()
    assert message is not None
    return message


def test_a_message_that_nobody_deletes_comes_again_after_the_timeout(
    fake: FakeSignalQueue, clock: FakeClock
) -> None:
    fake.send(a_signal())
    first = taken(fake)
    clock.forward(seconds=329)
    assert fake.receive() is None

    clock.forward(seconds=1)
    again = taken(fake)

    assert (again.id, again.receives) == (first.id, 2)
    fake.delete(first)
    assert fake.stored == [again]
    with pytest.raises(Conflict):
        fake.defer(first, 0)


def test_a_deferred_message_comes_when_it_is_due(fake: FakeSignalQueue, clock: FakeClock) -> None:
    fake.send(a_signal())
    fake.defer(taken(fake), 90)
    assert fake.next_visible_at() == clock.now + timedelta(seconds=90)
    clock.forward(seconds=89)
    assert fake.receive() is None

    clock.forward(seconds=1)

    assert taken(fake).receives == 2


def test_an_event_is_taken_again_after_five_minutes(
    fake: FakeSignalQueue, clock: FakeClock
) -> None:
    fake.send(a_signal())
    fake.delete(taken(fake))
    fake.send(a_signal())
    assert fake.stored == []

    clock.forward(minutes=5)
    fake.send(a_signal())

    assert len(fake.stored) == 1


def test_a_send_whose_answer_is_lost_may_be_repeated(clock: FakeClock) -> None:
    faults = FaultPlan().fail_next("queue.send", Temporary("no answer"), after=True)
    fake = FakeSignalQueue(clock, faults=faults)
    with pytest.raises(Temporary):
        fake.send(a_signal())

    fake.send(a_signal())

    assert len(fake.stored) == 1


# ---- SQS --------------------------------------------------------------------------------------


def test_a_signal_is_stored_by_one_call(aws: Aws) -> None:
    """R2: one AWS call per delivery."""
    url, _ = create_queues(aws.sqs)
    wire = Wire(aws.sqs)

    SqsSignalQueue(aws.sqs, url).send(a_signal())

    assert wire.calls == ["SendMessage"]


@pytest.mark.parametrize(
    "reason", ["", "\x00\ud800 nobody", "x" * 5000, "Ünsinn 🔥"], ids=lambda text: ascii(text[:12])
)
def test_any_reason_fits_and_the_rest_of_the_story_lies_beside_it(aws: Aws, reason: str) -> None:
    url, dead_url = create_queues(aws.sqs)
    queue = SqsSignalQueue(aws.sqs, url, dead_letter_url=dead_url)
    raw = {
        "MessageId": "0a1b",
        "ReceiptHandle": "r",
        "Attributes": {
            "ApproximateReceiveCount": "7",
            "SentTimestamp": "1795489200000",
            "MessageGroupId": "QINCIDENT00001",
        },
    }
    message = decode_record(record_of(raw, body="x" * 1_000_000))
    assert message.tried_since == message.sent_at

    queue.dead_letter(message, reason)

    (dead,) = aws.sqs.receive_message(
        QueueUrl=dead_url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    attributes = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert 1 <= len(attributes.pop("reason")) <= 1000
    assert attributes == {
        "message_id": "0a1b",
        "receives": "7",
        "sent_at": "2026-11-24T03:00:00+00:00",
    }
    assert dead["Attributes"]["MessageGroupId"] == "QINCIDENT00001"


CALLS: dict[str, Callable[[SqsSignalQueue, Message], object]] = {
    "SendMessage": lambda queue, _: queue.send(a_signal()),
    "ChangeMessageVisibility": lambda queue, message: queue.defer(message, 10),
    "GetQueueAttributes": lambda queue, _: queue.depth(),
}


@pytest.fixture
def sqs(aws: Aws) -> SqsSignalQueue:
    url, dead_url = create_queues(aws.sqs)
    return SqsSignalQueue(aws.sqs, url, dead_letter_url=dead_url)


@pytest.fixture
def message() -> Message:
    return Message(
        id="0a1b",
        receipt="gone",
        group="QINCIDENT00001",
        body="{}",
        receives=1,
        sent_at=datetime.now(tz=UTC),
    )


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "code", ["RequestThrottled", "ThrottlingException", "KmsThrottled", "OverLimit"]
)
def test_throttling_is_temporary(
    aws: Aws, sqs: SqsSignalQueue, message: Message, operation: str, code: str
) -> None:
    """P31."""
    Wire(aws.sqs).answer(operation, code)

    with pytest.raises(Temporary):
        CALLS[operation](sqs, message)


@pytest.mark.parametrize("operation", CALLS)
def test_a_server_error_is_temporary_whatever_it_is_called(
    aws: Aws, sqs: SqsSignalQueue, message: Message, operation: str
) -> None:
    Wire(aws.sqs).answer(operation, "Whatever", status=503)

    with pytest.raises(Temporary):
        CALLS[operation](sqs, message)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sqs"),
        ReadTimeoutError(endpoint_url="https://sqs"),
    ],
    ids=["connection", "timeout"],
)
def test_a_connection_that_fails_is_temporary(
    aws: Aws, sqs: SqsSignalQueue, message: Message, operation: str, error: Exception
) -> None:
    Wire(aws.sqs).break_before(operation, error)

    with pytest.raises(Temporary):
        CALLS[operation](sqs, message)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "AccessDenied"])
def test_what_only_a_person_can_mend_names_queue_and_call(
    aws: Aws, sqs: SqsSignalQueue, message: Message, operation: str, code: str
) -> None:
    Wire(aws.sqs).answer(operation, code)

    with pytest.raises(Misconfigured) as caught:
        CALLS[operation](sqs, message)

    assert "SyncQueue.fifo" in caught.value.says
    assert f"sqs:{operation}" in caught.value.says
    assert caught.value.cure


@pytest.mark.parametrize(
    "code", ["AWS.SimpleQueueService.MessageNotInflight", "ReceiptHandleIsInvalid"]
)
def test_a_message_that_another_worker_has_by_now_cannot_be_deferred(
    aws: Aws, sqs: SqsSignalQueue, message: Message, code: str
) -> None:
    Wire(aws.sqs).answer("ChangeMessageVisibility", code)

    with pytest.raises(Conflict):
        sqs.defer(message, 10)


def test_a_parameter_that_is_not_valid_is_not_shown(sqs: SqsSignalQueue, message: Message) -> None:
    """P23: botocore's text holds what was to be sent."""
    broken = replace(message, receipt=cast("str", ["canary"]))

    with pytest.raises(Misconfigured) as caught:
        sqs.defer(broken, 10)

    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_function_without_a_dead_letter_queue_cannot_dead_letter(
    aws: Aws, message: Message
) -> None:
    with pytest.raises(Misconfigured):
        SqsSignalQueue(aws.sqs, "https://sqs/queue").dead_letter(message, "x")


# ---- the form of a message --------------------------------------------------------------------


def test_a_message_is_ascii_and_says_its_version() -> None:
    body = encode(a_signal(agent="Ada\x00\ud800🔥"))

    assert body.isascii()
    assert body.isprintable()
    assert json.loads(body)["schema_version"] == 1


@given(
    st.builds(
        Signal,
        kind=st.sampled_from(SignalKind),
        id=st.text(st.characters()),
        event_type=st.text(st.characters()),
        incident_id=st.none() | st.text(st.characters()),
        service_id=st.none() | st.text(st.characters()),
        occurred_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        notes_since=st.none() | st.datetimes(timezones=st.just(UTC)),
        lacks_issue=st.booleans(),
        agent=st.none() | st.text(st.characters()),
        body=st.none() | st.text(st.characters()),
        reason=st.none() | st.text(st.characters()),
    )
)
def test_any_signal_survives_the_message(signal: Signal) -> None:
    assert decode(encode(signal)) == signal


def test_a_message_of_an_earlier_version_asks_for_no_notes() -> None:
    signal = decode('{"schema_version": 1, "kind": "resync", "id": "1", "incident_id": "Q1"}')

    assert (signal.incident_id, signal.notes_since) == ("Q1", None)


@pytest.mark.parametrize(("kind", "lacks"), [("resync", True), ("incident_changed", False)])
def test_p30_a_resync_of_an_earlier_version_makes_the_issue_that_is_lacking(
    kind: str, *, lacks: bool
) -> None:
    """It did not say what the sweep had seen."""
    signal = decode(f'{{"schema_version": 1, "kind": "{kind}", "id": "1", "incident_id": "Q1"}}')

    assert signal.lacks_issue is lacks


@pytest.mark.parametrize(
    "changes",
    [
        {"incident_id": "🔥" * 65_000},
        {"agent": "\ud800" * 250_000},
        {"body": "A" * 350_000, "reason": "\x00" * 250_000},
        {"body": "A" * 350_000, "id": "\x7f" * 110_000, "service_id": "ä" * 20_000},
    ],
)
def test_a_message_never_exceeds_what_sqs_takes(changes: dict[str, Any]) -> None:
    """P29: also for a delivery of 256 KB."""
    signal = a_signal(**changes)

    body = encode(signal)

    assert len(body) <= MESSAGE_BYTES
    assert decode(body).id == signal.id


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "{}",
        "[" * 100_000,
        '{"schema_version": 2, "kind": "resync", "id": "1"}',
        '{"schema_version": 1, "kind": "married", "id": "1"}',
        '{"schema_version": 1, "kind": "resync"}',
        '{"schema_version": 1, "kind": "resync", "id": 1}',
        '{"schema_version": 1, "kind": "resync", "id": "1", "agent": []}',
        '{"schema_version": 1, "kind": "resync", "id": "1", "occurred_at": "x"}',
        '{"schema_version": 1, "kind": "resync", "id": "1", "notes_since": 1}',
    ],
    ids=lambda text: text[:60],
)
@pytest.mark.usefixtures("collected")
def test_a_message_that_is_not_ours_is_said_to_be_so(body: str) -> None:
    with pytest.raises(Misconfigured, match="cannot be read") as caught:
        decode(body)

    assert caught.value.cure
