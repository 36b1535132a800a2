"""M12: a pressed button is stored before it is answered, and refused so that nothing is lost."""

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.errors import Misconfigured, Temporary
from pdjira.model.signal import Signal, SignalKind
from pdjira.webhooks.intake import LARGEST_BODY, ActionIntake, Reply
from tests.builders import ACTION_TOKEN, FakeClock, a_delivery, an_action
from tests.fakes.faults import FaultPlan
from tests.fakes.queue import FakeSignalQueue
from tests.fakes.webhook_secrets import FakeWebhookSecrets


@pytest.fixture
def tokens() -> FakeWebhookSecrets:
    return FakeWebhookSecrets(ACTION_TOKEN)


@pytest.fixture
def queue() -> FakeSignalQueue:
    return FakeSignalQueue(FakeClock())


@pytest.fixture
def intake(tokens: FakeWebhookSecrets, queue: FakeSignalQueue) -> ActionIntake:
    return ActionIntake(tokens=tokens, queue=queue)


def press(intake: ActionIntake, body: bytes, token: str | None = ACTION_TOKEN) -> Reply:
    return intake.receive(body, token, mapping_id="ops-bug")


def test_m12_a_proven_press_is_stored_with_its_incident_its_mapping_and_who_pressed(
    intake: ActionIntake, queue: FakeSignalQueue
) -> None:
    answer = press(intake, an_action())

    (message,) = queue.stored
    assert answer.status == 202
    assert message.group == "incident:QINCIDENT00001"
    assert decode(message.body) == Signal(
        kind=SignalKind.CREATE_REQUESTED,
        id="press-1:ops-bug",
        incident_id="QINCIDENT00001",
        agent="Ada",
        mapping_id="ops-bug",
    )


def test_m12_the_log_is_told_which_mapping_was_asked_for(intake: ActionIntake) -> None:
    facts = press(intake, an_action()).facts()

    assert facts["mapping_id"] == "ops-bug"
    assert facts["incident_id"] == "QINCIDENT00001"


def test_m12_a_v3_event_is_taken_as_well(intake: ActionIntake) -> None:
    signal = press(intake, a_delivery(event_type="incident.custom")).signal

    assert signal
    assert signal.kind is SignalKind.CREATE_REQUESTED
    assert (signal.incident_id, signal.agent) == ("QINCIDENT00001", "Ada")


FORGED = {
    "event_type": "incident.workflow.started",
    "occurred_at": "9990-01-01T00:00:00Z",
    "data": {
        "id": "comment:10004",
        "type": "incident_note",
        "content": "Everything is fine.",
        "incident": {"id": "QINCIDENT00001", "type": "incident_reference"},
        "service": {"id": "PABC123", "type": "service_reference"},
        "incident_workflow": {"id": "PWORKFLOW1"},
    },
}


def test_nothing_is_taken_from_a_press_but_two_ids_and_who_pressed(intake: ActionIntake) -> None:
    """A token proves less than a signature: no note, no time, no text."""
    bodies = a_delivery(**FORGED), an_action(event="sweep", created_on="9990-01-01T00:00:00Z")
    signals = [press(intake, body).signal for body in bodies]

    assert signals == [
        Signal(
            kind=SignalKind.CREATE_REQUESTED,
            id=f"{event_id}:ops-bug",
            incident_id="QINCIDENT00001",
            agent="Ada",
            mapping_id="ops-bug",
        )
        for event_id in ("01EVENT", "press-1")
    ]


@pytest.mark.parametrize("incident_id", ["issue:10501", "Q1 ", "Q-1", "Ñ1", "", "²"])
def test_a_press_for_an_incident_whose_id_no_incident_has_is_set_aside(
    intake: ActionIntake, incident_id: str
) -> None:
    answer = press(intake, an_action(incident={"id": incident_id}))

    assert answer.status == 202
    assert answer.signal
    assert answer.signal.kind is SignalKind.UNREADABLE


def test_m12_one_press_at_two_buttons_of_one_incident_is_two_requests(
    intake: ActionIntake, queue: FakeSignalQueue
) -> None:
    for mapping_id in ("ops-bug", "web-task", "ops-bug"):
        intake.receive(an_action(), ACTION_TOKEN, mapping_id=mapping_id)

    assert [decode(message.body).mapping_id for message in queue.stored] == ["ops-bug", "web-task"]


def test_a_press_that_names_nobody_is_a_request_all_the_same(intake: ActionIntake) -> None:
    signal = press(intake, an_action(log_entries=[])).signal

    assert signal
    assert (signal.kind, signal.agent) == (SignalKind.CREATE_REQUESTED, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON"),
        (b"[]", "it has no event"),
        (b'{"messages": []}', "it has no event"),
        (b'{"messages": [7]}', "its event has no event_type"),
        (an_action(incident=None), "it names no incident"),
        (an_action(incident={"id": 7}), "it names no incident"),
        (an_action(id="x" * 2_000), "one of its ids is too long"),
    ],
)
def test_m12_what_cannot_be_read_is_202_and_set_aside_with_its_reason(
    intake: ActionIntake, body: bytes, reason: str
) -> None:
    answer = press(intake, body)

    assert answer.status == 202
    assert answer.signal
    assert answer.signal.kind is SignalKind.UNREADABLE
    assert reason in (answer.signal.reason or "")


def test_a_mapping_id_that_the_queue_could_not_take_makes_an_action_unreadable(
    intake: ActionIntake,
) -> None:
    signal = intake.receive(an_action(), ACTION_TOKEN, mapping_id="x" * 2_000).signal

    assert signal
    assert signal.kind is SignalKind.UNREADABLE


def test_an_event_about_no_incident_asks_for_nothing(intake: ActionIntake) -> None:
    signal = press(intake, a_delivery(event_type="pagey.ping", data=None)).signal

    assert signal == Signal(kind=SignalKind.NO_INCIDENT, id="01EVENT")


@pytest.mark.parametrize("token", [None, ""])
def test_m12_a_press_without_the_header_is_401(
    intake: ActionIntake, queue: FakeSignalQueue, token: str | None
) -> None:
    assert press(intake, an_action(), token).status == 401
    assert not queue.stored


@pytest.mark.parametrize("token", ["wrong", "ü", ACTION_TOKEN[:-1], f"{ACTION_TOKEN}x"])
def test_m12_a_token_that_does_not_match_is_503_and_nothing_is_stored(
    intake: ActionIntake, queue: FakeSignalQueue, token: str
) -> None:
    assert press(intake, an_action(), token).status == 503
    assert not queue.stored


@pytest.mark.parametrize("token", [None, "", ACTION_TOKEN])
def test_m12_while_no_token_is_set_every_press_is_503_with_or_without_a_header(
    intake: ActionIntake, tokens: FakeWebhookSecrets, token: str | None
) -> None:
    tokens.put()
    tokens.refreshed()

    assert press(intake, an_action(), token).status == 503


def test_m12_a_token_that_was_just_entered_is_used_for_the_first_press(
    intake: ActionIntake, tokens: FakeWebhookSecrets
) -> None:
    tokens.put("brand new")

    assert press(intake, an_action(), "brand new").status == 202


def test_blanks_around_a_token_are_those_of_a_header_and_do_not_count(
    intake: ActionIntake, tokens: FakeWebhookSecrets
) -> None:
    tokens.put(f" {ACTION_TOKEN} ")
    tokens.refreshed()

    assert press(intake, an_action(), f" {ACTION_TOKEN}").status == 202


def test_p29_a_body_above_256_kb_is_413_before_anything_else(
    intake: ActionIntake, tokens: FakeWebhookSecrets
) -> None:
    tokens.put()
    tokens.refreshed()

    assert press(intake, b"x" * (LARGEST_BODY + 1), None).status == 413


def test_p1_a_press_that_cannot_be_stored_is_503_and_stored_once_when_it_comes_again(
    tokens: FakeWebhookSecrets,
) -> None:
    faults = FaultPlan().fail(1, Temporary("The queue is not at hand."), method="queue.send")
    queue = FakeSignalQueue(FakeClock(), faults=faults)
    intake = ActionIntake(tokens=tokens, queue=queue)

    answers = [press(intake, an_action()).status for _ in range(3)]

    assert answers == [503, 202, 202]
    assert len(queue.stored) == 1


def test_a_token_that_cannot_be_read_is_503_with_the_reason_in_the_log_alone(
    intake: ActionIntake, tokens: FakeWebhookSecrets
) -> None:
    tokens.failure = Misconfigured("The connection secret is no JSON.")

    answer = press(intake, an_action())

    assert (answer.status, answer.why) == (503, "The connection secret is no JSON.")
    assert "JSON" not in answer.says
