"""P1-P4: a delivery is stored before it is answered, and refused so that nothing is lost."""

import pytest

from pdjira.errors import Misconfigured, Temporary
from pdjira.model.signal import Signal, SignalKind
from pdjira.webhooks.intake import LARGEST_BODY, PagerDutyIntake
from tests.builders import WEBHOOK_SECRET, FakeClock, a_delivery, a_signature
from tests.fakes.faults import FaultPlan
from tests.fakes.queue import FakeSignalQueue
from tests.fakes.webhook_secrets import FakeWebhookSecrets


@pytest.fixture
def secrets() -> FakeWebhookSecrets:
    return FakeWebhookSecrets(WEBHOOK_SECRET)


@pytest.fixture
def queue() -> FakeSignalQueue:
    return FakeSignalQueue(FakeClock())


@pytest.fixture
def intake(secrets: FakeWebhookSecrets, queue: FakeSignalQueue) -> PagerDutyIntake:
    return PagerDutyIntake(secrets=secrets, queue=queue)


def test_p1_a_proven_delivery_is_stored_and_answered_202(
    intake: PagerDutyIntake, queue: FakeSignalQueue
) -> None:
    body = a_delivery()

    answer = intake.receive(body, a_signature(body))

    assert answer.status == 202
    assert [message.group for message in queue.stored] == ["incident:QINCIDENT00001"]


def test_the_log_is_told_what_was_stored_and_why_something_was_not(
    secrets: FakeWebhookSecrets,
) -> None:
    faults = FaultPlan().fail(1, Temporary("The queue is not at hand."), method="queue.send")
    intake = PagerDutyIntake(secrets=secrets, queue=FakeSignalQueue(FakeClock(), faults=faults))
    body = a_delivery()

    refused, stored = (intake.receive(body, a_signature(body)).facts() for _ in range(2))

    assert (refused["status"], refused["why"]) == (503, "The queue is not at hand.")
    assert "event_id" not in refused
    assert (stored["status"], stored["incident_id"]) == (202, "QINCIDENT00001")


def test_p1_what_cannot_be_stored_is_answered_503_and_its_redelivery_is_stored_once(
    secrets: FakeWebhookSecrets,
) -> None:
    faults = FaultPlan().fail(1, Temporary("The queue is not at hand."), method="queue.send")
    queue = FakeSignalQueue(FakeClock(), faults=faults)
    intake = PagerDutyIntake(secrets=secrets, queue=queue)
    body = a_delivery()

    answers = [intake.receive(body, a_signature(body)).status for _ in range(3)]

    assert answers == [503, 202, 202]
    assert len(queue.stored) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"event": {}}', b"\xff", a_delivery(event_type="new.thing")]
)
def test_p2_a_signed_delivery_that_nobody_understands_is_stored_and_answered_202(
    intake: PagerDutyIntake, queue: FakeSignalQueue, body: bytes
) -> None:
    assert intake.receive(body, a_signature(body)).status == 202
    assert len(queue.stored) == 1


def test_p2_an_unreadable_delivery_is_its_own_signal(intake: PagerDutyIntake) -> None:
    signal = intake.receive(b"no", a_signature(b"no")).signal

    assert signal is not None
    assert signal.kind is SignalKind.UNREADABLE


@pytest.mark.parametrize("signature", [None, ""])
def test_a_delivery_without_a_signature_is_answered_401(
    intake: PagerDutyIntake, queue: FakeSignalQueue, signature: str | None
) -> None:
    assert intake.receive(a_delivery(), signature).status == 401
    assert not queue.stored


@pytest.mark.parametrize("signature", ["v1=00", "v2=00", "nonsense"])
def test_p3_a_signature_that_does_not_match_is_answered_503_and_nothing_is_stored(
    intake: PagerDutyIntake, queue: FakeSignalQueue, signature: str
) -> None:
    assert intake.receive(a_delivery(), signature).status == 503
    assert not queue.stored


def test_p3_after_the_right_secret_is_entered_every_redelivery_arrives(
    intake: PagerDutyIntake, queue: FakeSignalQueue, secrets: FakeWebhookSecrets
) -> None:
    secrets.put("a wrong one")
    secrets.refreshed()
    bodies = [a_delivery(id=f"event-{number}") for number in range(3)]

    before = [intake.receive(body, a_signature(body)).status for body in bodies]
    secrets.put(WEBHOOK_SECRET)
    after = [intake.receive(body, a_signature(body)).status for body in bodies]

    assert (before, after) == ([503] * 3, [202] * 3)
    assert len(queue.stored) == 3


def test_p4_a_rotation_rejects_nothing(
    intake: PagerDutyIntake, queue: FakeSignalQueue, secrets: FakeWebhookSecrets
) -> None:
    old, both, new = ("old",), ("old", "new"), ("new",)
    statuses = []
    for number, (stored, signer) in enumerate(
        [(old, "old"), (both, "old"), (both, "new"), (new, "new")]
    ):
        secrets.put(*stored)
        body = a_delivery(id=str(number))
        statuses.append(intake.receive(body, a_signature(body, signer)).status)

    assert statuses == [202] * 4
    assert len(queue.stored) == 4


def test_a_fresh_stack_without_a_secret_answers_503(
    intake: PagerDutyIntake, secrets: FakeWebhookSecrets
) -> None:
    secrets.put()
    secrets.refreshed()

    assert intake.receive(a_delivery(), None).status == 503
    assert intake.receive(a_delivery(), "v1=00").status == 503


def test_p29_a_body_of_256_kb_is_taken_and_one_byte_more_is_answered_413_before_anything_else(
    intake: PagerDutyIntake, secrets: FakeWebhookSecrets
) -> None:
    largest = b"x" * LARGEST_BODY

    assert intake.receive(largest, a_signature(largest)).status == 202
    assert intake.receive(largest + b"x", a_signature(largest + b"x")).status == 413
    secrets.put()
    secrets.refreshed()
    assert intake.receive(largest + b"x", None).status == 413


def test_a_secret_that_cannot_be_read_is_answered_503_with_the_reason(
    intake: PagerDutyIntake, secrets: FakeWebhookSecrets
) -> None:
    secrets.failure = Misconfigured("The connection secret is no JSON.")

    answer = intake.receive(a_delivery(), "v1=00")

    assert answer.status == 503
    assert "no JSON" in (answer.why or "")
    assert "no JSON" not in answer.says


def test_p5_a_replay_stores_nothing_within_the_queues_deduplication_window(
    intake: PagerDutyIntake, queue: FakeSignalQueue
) -> None:
    body = a_delivery()

    answers = {intake.receive(body, a_signature(body)).status for _ in range(20)}

    assert answers == {202}
    assert len(queue.stored) == 1


def test_signals_of_different_events_are_stored_apart(queue: FakeSignalQueue) -> None:
    queue.send(Signal(kind=SignalKind.RESYNC, id="1", incident_id="Q1"))
    queue.send(Signal(kind=SignalKind.RESYNC, id="2", incident_id="Q1"))

    assert len(queue.stored) == 2
