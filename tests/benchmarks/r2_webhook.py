"""R2: what one delivery costs the warm webhook function: AWS calls, and CPU time beside them."""

import json
import time
from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, TextIO

import boto3

from tests.benchmarks.budget import Figure
from tests.benchmarks.scene import a_delivery_of, a_request, a_secret, cold_start
from tests.benchmarks.wire import CannedAws, before_send
from tests.builders import WEBHOOK_SECRET

LIMIT = 1
COUNTED = 20
ROUNDS = 15
SIZES: abc.Mapping[int, int] = {4 * 1024: 60, 256 * 1024: 12}
"""How many calls a round has, by size of the body in bytes."""

Handler = Callable[[dict[str, Any], None], dict[str, Any]]


def measure() -> list[Figure]:
    """Calls per delivery; own time is CPU time less that of the same boto3 call alone."""
    return [
        Figure(
            budget="R2",
            what="AWS calls of a delivery, webhook warm",
            value=calls_per_delivery(),
            limit=LIMIT,
            unit="call",
            digits=2,
            details=[_own_time(size, calls) for size, calls in SIZES.items()],
        )
    ]


def calls_per_delivery() -> float:
    """HTTP requests to AWS by one delivery, of many different ones after the first.

    Raises `AssertionError` where one is not stored.
    """
    with warm_webhook() as (handler, aws):
        for _ in range(COUNTED):
            answer = handler(a_request(a_delivery_of(2048)), None)
            assert answer["statusCode"] == 202, answer
        assert set(aws.operations) == {"SendMessage"}, aws.operations
        return len(aws.operations) / COUNTED


@contextmanager
def warm_webhook(log: TextIO | None = None) -> Iterator[tuple[Handler, CannedAws]]:
    """The webhook function after its first delivery, and the AWS that it talks to."""
    secret = a_secret(webhook_secrets=[WEBHOOK_SECRET])
    aws = CannedAws(
        GetSecretValue={"SecretString": secret},
        SendMessage={"MessageId": "1", "SequenceNumber": "1"},
    )
    with before_send(aws), cold_start("pagerduty_webhook", log) as app:
        app.handler(a_request(a_delivery_of(2048)), None)
        aws.operations.clear()
        yield app.handler, aws


def _own_time(size: int, calls: int) -> str:
    with warm_webhook() as (handler, aws):
        event = a_request(a_delivery_of(size))
        handler(event, None)
        message = json.loads(aws.last_request)
        sqs = boto3.client("sqs")
        whole, alone = _by_turns(
            lambda: handler(event, None), lambda: sqs.send_message(**message), calls
        )
    return (
        f"{size // 1024:>3} KB body: {(whole - alone) * 1000:.2f} ms CPU of our own beside "
        f"{alone * 1000:.2f} ms of boto3's SendMessage ({len(message['MessageBody'])} B stored)"
    )


def _by_turns(one: Callable[[], object], other: Callable[[], object], calls: int) -> Any:
    """Medians over the rounds of CPU seconds per call."""
    rounds = [(_seconds(one, calls), _seconds(other, calls)) for _ in range(ROUNDS)]
    return [median(each) for each in zip(*rounds, strict=True)]


def _seconds(act: Callable[[], object], calls: int) -> float:
    begun = time.process_time()
    for _ in range(calls):
        act()
    return (time.process_time() - begun) / calls
