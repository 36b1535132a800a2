"""P1-P4 for Jira: proven by the URL's token and a signature, stored, and only then answered 202."""

import pytest

from pdjira.errors import Misconfigured, Temporary
from pdjira.model.signal import SignalKind
from pdjira.webhooks.intake import LARGEST_BODY, JiraIntake, JiraWebhook, Reply
from tests.builders import (
    JIRA_WEBHOOK_SECRET,
    JIRA_WEBHOOK_TOKEN,
    FakeClock,
    a_jira_delivery,
    a_jira_signature,
)
from tests.fakes.faults import FaultPlan
from tests.fakes.jira_webhooks import FakeJiraWebhooks
from tests.fakes.queue import FakeSignalQueue

UNSIGNED = JiraWebhook(token=JIRA_WEBHOOK_TOKEN)
SIGNED = JiraWebhook(token=JIRA_WEBHOOK_TOKEN, secret=JIRA_WEBHOOK_SECRET)


@pytest.fixture
def webhooks() -> FakeJiraWebhooks:
    return FakeJiraWebhooks(SIGNED)


@pytest.fixture
def queue() -> FakeSignalQueue:
    return FakeSignalQueue(FakeClock())


@pytest.fixture
def intake(webhooks: FakeJiraWebhooks, queue: FakeSignalQueue) -> JiraIntake:
    return JiraIntake(webhooks=webhooks, queue=queue)


def deliver(
    intake: JiraIntake, body: bytes | None = None, *, token: str = JIRA_WEBHOOK_TOKEN
) -> Reply:
    """A signed delivery."""
    sent = a_jira_delivery() if body is None else body
    return intake.receive(sent, a_jira_signature(sent), token=token)


def test_p1_a_proven_delivery_is_stored_and_answered_202(
    intake: JiraIntake, queue: FakeSignalQueue
) -> None:
    answer = deliver(intake)

    assert answer.status == 202
    assert answer.facts()["issue_id"] == "10501"
    assert [message.group for message in queue.stored] == ["issue:10501"]


def test_m9_a_jira_that_cannot_sign_is_proven_by_the_token_alone(queue: FakeSignalQueue) -> None:
    intake = JiraIntake(webhooks=FakeJiraWebhooks(UNSIGNED), queue=queue)

    assert intake.receive(a_jira_delivery(), None, token=JIRA_WEBHOOK_TOKEN).status == 202


@pytest.mark.parametrize("token", ["", "wrong", "ü", "\ud800", JIRA_WEBHOOK_TOKEN[:-1]])
def test_a_wrong_token_is_404_and_nothing_is_stored(
    intake: JiraIntake, queue: FakeSignalQueue, token: str
) -> None:
    assert deliver(intake, token=token).status == 404
    assert not queue.stored


@pytest.mark.parametrize("token", ["", JIRA_WEBHOOK_TOKEN, "None"])
def test_while_no_token_is_set_every_one_is_404(queue: FakeSignalQueue, token: str) -> None:
    webhooks = FakeJiraWebhooks(JiraWebhook(secret=JIRA_WEBHOOK_SECRET))

    assert deliver(JiraIntake(webhooks=webhooks, queue=queue), token=token).status == 404


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=00", "sha1=00", "v1=00", "nonsense", "sha256=ü"],
)
def test_p3_a_missing_or_wrong_signature_is_401_where_a_secret_is_set(
    intake: JiraIntake, queue: FakeSignalQueue, signature: str | None
) -> None:
    answer = intake.receive(a_jira_delivery(), signature, token=JIRA_WEBHOOK_TOKEN)

    assert answer.status == 401
    assert not queue.stored


def test_the_token_is_looked_at_before_the_signature(intake: JiraIntake) -> None:
    assert intake.receive(a_jira_delivery(), None, token="wrong").status == 404


def test_a_fresh_stack_answers_503_whatever_comes(queue: FakeSignalQueue) -> None:
    intake = JiraIntake(webhooks=FakeJiraWebhooks(None), queue=queue)

    assert deliver(intake).status == 503
    assert deliver(intake, token="wrong").status == 503


def test_p29_a_body_of_256_kb_is_taken_and_one_byte_more_is_413_before_anything_else(
    intake: JiraIntake, webhooks: FakeJiraWebhooks
) -> None:
    largest = b"x" * LARGEST_BODY

    assert deliver(intake, largest).status == 202
    webhooks.failure = Misconfigured("The connection secret is no JSON.")
    assert deliver(intake, largest + b"x", token="wrong").status == 413


@pytest.mark.parametrize(
    "stored",
    [
        JiraWebhook(token="brand-new", secret=JIRA_WEBHOOK_SECRET),
        JiraWebhook(token="brand-new"),
    ],
)
def test_p24_what_was_just_entered_proves_the_first_delivery_that_needs_it(
    intake: JiraIntake, webhooks: FakeJiraWebhooks, stored: JiraWebhook
) -> None:
    webhooks.put(stored)

    assert deliver(intake, token="brand-new").status == 202
    assert webhooks.readings == 1


def test_p24_a_secret_that_was_just_replaced_proves_the_first_delivery_it_signs(
    intake: JiraIntake, webhooks: FakeJiraWebhooks
) -> None:
    body = a_jira_delivery()
    webhooks.put(JiraWebhook(token=JIRA_WEBHOOK_TOKEN, secret="new"))

    answer = intake.receive(body, a_jira_signature(body, "new"), token=JIRA_WEBHOOK_TOKEN)

    assert answer.status == 202


def test_a_proven_delivery_does_not_make_the_secret_be_read_again(
    intake: JiraIntake, webhooks: FakeJiraWebhooks
) -> None:
    deliver(intake)

    assert webhooks.readings == 0


def test_p1_what_cannot_be_stored_is_503_and_stored_once_when_it_comes_again(
    webhooks: FakeJiraWebhooks,
) -> None:
    faults = FaultPlan().fail(1, Temporary("The queue is not at hand."), method="queue.send")
    queue = FakeSignalQueue(FakeClock(), faults=faults)
    intake = JiraIntake(webhooks=webhooks, queue=queue)

    answers = [deliver(intake).status for _ in range(3)]

    assert answers == [503, 202, 202]
    assert len(queue.stored) == 1


def test_a_secret_that_cannot_be_read_is_503_with_the_reason_in_the_log_alone(
    intake: JiraIntake, webhooks: FakeJiraWebhooks
) -> None:
    webhooks.failure = Misconfigured("The connection secret is no JSON.")

    answer = deliver(intake)

    assert (answer.status, answer.why) == (503, "The connection secret is no JSON.")
    assert "JSON" not in answer.says


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]"])
def test_p2_a_proven_delivery_that_nobody_understands_is_202_and_set_aside(
    intake: JiraIntake, queue: FakeSignalQueue, body: bytes
) -> None:
    answer = deliver(intake, body)

    assert answer.status == 202
    assert answer.signal
    assert answer.signal.kind is SignalKind.UNREADABLE
    assert len(queue.stored) == 1


def test_p23_neither_token_nor_secret_stands_in_a_repr(webhooks: FakeJiraWebhooks) -> None:
    shown = repr(webhooks.current())

    assert JIRA_WEBHOOK_TOKEN not in shown
    assert JIRA_WEBHOOK_SECRET not in shown
