"""P2: whatever a signed delivery holds, it becomes a signal that the queue takes."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdjira.adapters.aws.queue import decode, encode
from pdjira.model.signal import Signal, SignalKind, message_group
from pdjira.webhooks.envelope import read_delivery
from pdjira.webhooks.intake import PagerDutyIntake
from tests.builders import NOW, WEBHOOK_SECRET, FakeClock, a_delivery, a_signature
from tests.fakes.queue import FakeSignalQueue
from tests.fakes.webhook_secrets import FakeWebhookSecrets

GROUP = re.compile(r"[\x21-\x7e]{1,128}")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
events = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "event_type": json_values | st.just("incident.triggered"),
        "occurred_at": json_values | st.just("2026-11-24T03:00:00.000Z"),
        "agent": json_values,
        "data": json_values
        | st.fixed_dictionaries({"type": st.just("incident"), "id": json_values})
        | st.fixed_dictionaries({"incident": json_values}),
    },
)


def test_a_delivery_becomes_a_signal_about_its_incident() -> None:
    assert read_delivery(a_delivery()) == Signal(
        kind=SignalKind.INCIDENT_CHANGED,
        id="01EVENT",
        event_type="incident.triggered",
        incident_id="QINCIDENT00001",
        service_id="PABC123",
        occurred_at=NOW,
        agent="Ada",
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no event"),
        (b"{}", "no event"),
        (b'{"event": []}', "no event"),
        (b'{"event": {"id": "1"}}', "event_type"),
        (b'{"event": ' + b"[" * 100_000, "too deeply"),
    ],
)
@pytest.mark.usefixtures("collected")
def test_p2_what_cannot_be_read_is_kept_whole_and_says_why(body: bytes, reason: str) -> None:
    signal = read_delivery(body)

    assert signal.kind is SignalKind.UNREADABLE
    assert reason in (signal.reason or "")
    assert base64.b64decode(signal.body or "") == body


def answered(body: bytes) -> int:
    """The answer to a signed body; what was stored can be read by the worker."""
    queue = FakeSignalQueue(FakeClock())
    intake = PagerDutyIntake(secrets=FakeWebhookSecrets(WEBHOOK_SECRET), queue=queue)

    status = intake.receive(body, a_signature(body)).status

    (message,) = queue.stored
    assert GROUP.fullmatch(message.group)
    assert decode(message.body) == read_delivery(body)
    return status


@settings(max_examples=5_000)
@given(event=events | json_values)
def test_p2_any_signed_json_is_answered_202_and_taken_by_the_queue(event: Any) -> None:
    assert answered(json.dumps({"event": event}).encode()) == 202


@settings(max_examples=5_000)
@given(body=st.binary())
def test_p2_any_signed_bytes_are_answered_202_and_taken_by_the_queue(body: bytes) -> None:
    assert answered(body) == 202


def test_a_delivery_without_an_event_id_is_named_by_its_bytes() -> None:
    first = read_delivery(a_delivery(id=None))
    second = read_delivery(a_delivery(id=None, occurred_at=None))

    assert first.id != second.id
    assert first.id == read_delivery(a_delivery(id=None)).id


@pytest.mark.parametrize("incident_id", ["issue:10501", "service:PABC123", "other:1", "Q1"])
def test_no_id_of_an_incident_reaches_the_group_of_anything_else(incident_id: str) -> None:
    signal = Signal(kind=SignalKind.INCIDENT_CHANGED, id="1", incident_id=incident_id)

    assert message_group(signal) == f"incident:{incident_id}"


def test_what_belongs_to_one_incident_shares_a_message_group() -> None:
    note = a_delivery(
        id="other",
        event_type="incident.annotated",
        data={"type": "incident_note", "incident": {"id": "QINCIDENT00001"}},
    )

    assert message_group(read_delivery(note)) == message_group(read_delivery(a_delivery()))


def test_an_event_about_a_service_is_kept_in_order_with_its_service() -> None:
    body = a_delivery(event_type="service.updated", data={"type": "service", "id": "PABC123"})

    assert message_group(read_delivery(body)) == "service:PABC123"


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon", 7, None]
)
def test_p2_a_time_that_is_none_is_left_out(at: object) -> None:
    signal = read_delivery(a_delivery(occurred_at=at))

    assert signal.occurred_at is None
    assert signal.incident_id == "QINCIDENT00001"


@pytest.mark.parametrize("key", ["id", "event_type"])
def test_p2_an_id_that_the_queue_could_not_take_makes_a_delivery_unreadable(key: str) -> None:
    signal = read_delivery(a_delivery(**{key: "\x7f" * 200_000}))

    assert signal.kind is SignalKind.UNREADABLE
    assert len(encode(signal)) < 1_048_576
