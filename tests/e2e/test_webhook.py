"""Answers to webhooks on the deployed stack, byte for byte through the API."""

import base64
import json
from typing import Any

import pytest

from tests.builders import a_delivery
from tests.e2e.client import post, post_signed
from tests.sandbox.environment import Sandbox, eventually


def padded(size: int) -> bytes:
    body = a_delivery(event_type="service.updated", data={"type": "service", "id": "P1"})
    return body[:-1] + b" " * (size - len(body)) + body[-1:]


@pytest.mark.parametrize("size", [1_000, 55 * 1024, 256 * 1024])
def test_p29_bodies_up_to_256_kb_are_accepted(sandbox: Sandbox, size: int) -> None:
    assert post_signed(sandbox, padded(size)) == 202


@pytest.mark.parametrize("size", [256 * 1024 + 1, 6 * 1024 * 1024 - 4096])
def test_p29_a_larger_body_is_refused_before_anything_else(sandbox: Sandbox, size: int) -> None:
    assert post(sandbox, b" " * size) == 413


def test_a_delivery_without_a_signature_is_401(sandbox: Sandbox) -> None:
    assert post(sandbox, a_delivery()) == 401


def test_p3_a_signature_that_does_not_match_is_503(sandbox: Sandbox) -> None:
    assert post(sandbox, a_delivery(), **{"X-PagerDuty-Signature": "v1=00"}) == 503


def test_p3_health_reads_what_was_refused_and_a_proven_delivery_ends_the_alarm(
    sandbox: Sandbox,
) -> None:
    """The local AWS obeys no filter pattern: after a whole run, the few pages may not suffice."""
    for _ in range(3):
        post(sandbox, a_delivery(), **{"X-PagerDuty-Signature": "v1=00"})
    assert _told(sandbox, "deliveries")["status"] in {"ok", "attention"}

    post_signed(sandbox, a_delivery(event_type="pagey.ping"))

    eventually(lambda: _told(sandbox, "deliveries")["status"] == "ok", what="a proven delivery")


def test_p4_unicode_is_proven_byte_for_byte(sandbox: Sandbox) -> None:
    body = '{"event": {"id": "ü", "event_type": "service.ü🙂"}}'.encode()

    assert post_signed(sandbox, body) == 202


def test_p2_an_unreadable_delivery_is_202_and_lies_in_the_dead_letter_queue_with_its_reason(
    sandbox: Sandbox,
) -> None:
    body = b"this is no JSON"
    before = len(sandbox.stack.dead_letters())

    status = post_signed(sandbox, body)
    assert status == 202
    eventually(lambda: len(sandbox.stack.dead_letters()) > before, what="a dead letter")
    letter = _last_dead_letter(sandbox)

    assert base64.b64decode(json.loads(letter["Body"])["body"]) == body
    assert "it is not JSON" in letter["MessageAttributes"]["reason"]["StringValue"]


@pytest.mark.usefixtures("sandbox")
def test_a_fresh_stack_answers_503_and_says_what_to_configure(fresh: dict[str, Any]) -> None:
    checks = fresh["health"]["checks"]

    assert fresh["webhook"] == 503
    assert fresh["health"]["status"] == "broken"
    assert all(check["cure"] for check in checks if check["status"] == "broken")


def _told(sandbox: Sandbox, name: str) -> dict[str, Any]:
    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})
    (check,) = [check for check in health["checks"] if check["name"] == name]
    return dict(check)


def _last_dead_letter(sandbox: Sandbox) -> dict[str, Any]:
    answer = sandbox.stack.queues.receive_message(
        QueueUrl=sandbox.stack.outputs["DeadLetterQueueUrl"],
        MessageAttributeNames=["All"],
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
    )
    return dict(answer["Messages"][-1])
