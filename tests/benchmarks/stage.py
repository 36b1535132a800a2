"""The worker function as deployed, before both sandbox servers and an AWS in memory."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.models import botocore_stubber

from pdjira.adapters.aws.items import typed
from pdjira.model.signal import Signal
from tests.aws import MAPPINGS_TABLE, Aws, create_tables, empty_account
from tests.benchmarks.scene import ENVIRONMENT, SECRET_ARN, a_batch, cold_start, mappings_of
from tests.benchmarks.wire import before_send
from tests.builders import WEBHOOK_SECRET
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.seed import API_TOKEN, SYNC_EMAIL
from tests.sandbox.pagerduty.server import PagerDutyServer


@dataclass(slots=True)
class TimedAws:
    """moto, with the CPU seconds that this thread spends in it, and how often it is asked.

    `queue_calls` are those of `calls` that go to a queue.
    """

    seconds: float = 0.0
    calls: int = 0
    queue_calls: int = 0

    def __call__(
        self, event_name: str, request: AWSPreparedRequest, **_: Any
    ) -> AWSResponse | None:
        """The answer to a request, as moto gives it."""
        begun = time.thread_time()
        try:
            return botocore_stubber(event_name, request)
        finally:
            self.seconds += time.thread_time() - begun
            self.calls += 1
            self.queue_calls += ".sqs." in event_name


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that a benchmark of the whole worker needs."""

    jira: JiraServer
    pagerduty: PagerDutyServer
    aws: TimedAws
    app: Any

    def work(self, signal: Signal) -> None:
        """Let the function work on the signal's message.

        Raises `AssertionError` where it was not done with at once.
        """
        answer = self.app.handler(a_batch(signal), None)
        assert answer == {"batchItemFailures": []}, answer


@contextmanager
def whole_worker(log: TextIO | None = None, *, mappings: int = 1) -> Iterator[Stage]:
    """Opens sockets on loopback; the function's log goes to `log`, or nowhere."""
    timed = TimedAws()
    with ExitStack() as opened:
        jira = opened.enter_context(JiraServer())
        pagerduty = opened.enter_context(PagerDutyServer())
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        account = opened.enter_context(empty_account(patch))
        _furnish(account, jira, pagerduty, mappings)
        opened.enter_context(before_send(timed))
        app = opened.enter_context(cold_start("sync_worker", log))
        yield Stage(jira=jira, pagerduty=pagerduty, aws=timed, app=app)


def _furnish(account: Aws, jira: JiraServer, pagerduty: PagerDutyServer, mappings: int) -> None:
    create_tables(account.dynamodb)
    put_mappings(account, mappings)
    connect(account, jira=jira.url, pagerduty=pagerduty.url)


def connect(account: Aws, *, jira: str, pagerduty: str) -> None:
    """Store the connection secret, with both sides at these addresses."""
    made = account.secrets.create_secret(
        Name="connection",
        SecretString=json.dumps(
            {
                "pagerduty": {
                    "api_url": pagerduty,
                    "api_token": API_TOKEN,
                    "from_email": SYNC_EMAIL,
                    "webhook_secrets": [WEBHOOK_SECRET],
                },
                "jira": {"url": jira, "auth": {"mode": "pat", "token": OUR_TOKEN}},
            }
        ),
    )
    assert made["ARN"].startswith(SECRET_ARN), ENVIRONMENT["CONNECTION_SECRET_ARN"]


def put_mappings(account: Aws, count: int = 1) -> None:
    """Store the benchmarks' mapping, and others of other services, so many in all."""
    for mapping in mappings_of(count):
        account.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(mapping))
