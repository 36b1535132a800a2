"""What is measured with: a mapping, deliveries, messages, functions from their folders."""

import io
import itertools
import json
from collections import abc
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import pytest

from pdjira.adapters.aws.queue import encode
from pdjira.adapters.aws.stored_mapping import read_mapping
from pdjira.model.signal import Signal, message_group
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE, REGION
from tests.builders import NOW, FakeClock, a_delivery, a_signal, a_signature
from tests.functional.lambdas import Function, cold_started
from tests.sandbox.pagerduty.seed import CHECKOUT
from tests.world import World

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"

_QUEUE = f"https://sqs.{REGION}.amazonaws.com/123456789012"
SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:connection"
ENVIRONMENT: abc.Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "benchmark",
    "SYNC_QUEUE_URL": f"{_QUEUE}/SyncQueue.fifo",
    "DEAD_LETTER_QUEUE_URL": f"{_QUEUE}/DeadLetterQueue.fifo",
    "MAPPINGS_TABLE": MAPPINGS_TABLE,
    "LINKS_TABLE": LINKS_TABLE,
    "CONNECTION_SECRET_ARN": SECRET_ARN,
    "AUTH_TOKEN_SECRET_ARN": f"{SECRET_ARN}-of-the-token",
    "LINK_SECRET_ARN": "link",
    "ADMIN_URL_PARAMETER": "/pdjira/stack/admin-url",
    "ADMIN_URL": "https://api1.execute-api.us-east-1.amazonaws.com/live/admin",
    "INCIDENT_LINKS": "true",
    "ALLOW_INSECURE_ENDPOINTS": "true",
    "MAX_INCIDENTS_PER_HOUR": "50",
    "JQL_POLLER_FUNCTION": "jql-poller",
    "PAGERDUTY_WEBHOOK_LOGS": "pagerduty-webhook",
    "JIRA_WEBHOOK_LOGS": "jira-webhook",
}
"""Every variable that a function reads, on an account that does not exist."""

MAPPING: abc.Mapping[str, Any] = {
    "id": "checkout-bugs",
    "name": "Create Bug (OPS)",
    "enabled": True,
    "service": {"id": CHECKOUT, "name": "Checkout"},
    "service_id": CHECKOUT,
    "project": {"id": "10100", "key": "OPS"},
    "issue_type": {"id": "10001", "name": "Bug"},
    "create_issue": "automatic",
    "conditions": {"urgency": ["high"], "priority_ids": []},
    "status_mapping": {
        "triggered": {"id": "1", "name": "Open"},
        "acknowledged": {"id": "3", "name": "In Progress"},
        "resolved": {"id": "5", "name": "Resolved"},
    },
    "priorities": [{"pagerduty_id": f"PP{level}", "jira_id": str(level)} for level in range(1, 6)],
    "custom_fields": [
        {"target_issue_field": "labels", "type": "const", "value": "pagerduty,checkout"},
        {
            "target_issue_field": "customfield_10001",
            "type": "attribute",
            "source_incident_field": "incident_number",
        },
        {"target_issue_field": "resolution", "type": "const", "value": "Done"},
    ],
    "enabled_since": "2026-01-31T09:00:00Z",
    "check": {"status": "ok", "at": "2026-11-02T09:00:00Z", "problems": []},
}


def mappings_of(count: int) -> Iterator[dict[str, Any]]:
    """The mapping that is worked under, and others of other services, so many in all."""
    yield dict(MAPPING)
    for number in range(1, count):
        service = f"PSERV{number:03}"
        yield {
            **MAPPING,
            "id": f"mapping-{number:03}",
            "service": {"id": service, "name": f"Service {number}"},
            "service_id": service,
        }


"""A mapping of common size, as the stack stores it."""

_numbers = itertools.count(1)


def a_world() -> World:
    """Both sides in memory, under the benchmarks' mapping; Jira tells times to the millisecond."""
    clock = FakeClock(NOW + timedelta(milliseconds=250))
    return World(read_mapping(MAPPING).to_domain(), clock=clock)


def a_delivery_of(size: int) -> bytes:
    """A webhook of exactly so many bytes."""
    number = f"{next(_numbers):08}"
    data = {
        "id": f"QBENCH{number}",
        "type": "incident",
        "service": {"id": CHECKOUT, "type": "service_reference", "summary": "Checkout"},
        "title": "",
    }
    empty = a_delivery(id=f"01EVENT{number}", data=data)
    return a_delivery(id=f"01EVENT{number}", data=data | {"title": "x" * (size - len(empty))})


def a_request(body: bytes) -> dict[str, Any]:
    """What API Gateway hands over for a signed webhook."""
    return {
        "httpMethod": "POST",
        "path": "/webhooks/pagerduty",
        "headers": {
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-PagerDuty-Signature": a_signature(body),
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def a_change(incident_id: str, **changes: Any) -> Signal:
    """A new signal about the incident."""
    return a_signal(id=f"01EVENT{next(_numbers):08}", incident_id=incident_id, **changes)


def a_batch(signal: Signal) -> dict[str, Any]:
    """What Lambda hands over for the signal's message, received for the first time."""
    record = {
        "messageId": f"message-of-{signal.id}",
        "receiptHandle": "receipt",
        "body": encode(signal),
        "attributes": {
            "MessageGroupId": message_group(signal),
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1796094000000",
        },
    }
    return {"Records": [record]}


def a_secret(**pagerduty: Any) -> str:
    """A connection secret that holds just this of PagerDuty."""
    return json.dumps({"pagerduty": pagerduty})


@contextmanager
def cold_start(name: str, log: TextIO | None = None) -> Iterator[Function]:
    """A function from its folder, in our environment; its log goes to `log`, or nowhere.

    Each has a service name of its own: a logger keeps the place where its first line went to.
    """
    own = {"POWERTOOLS_SERVICE_NAME": f"bench-{next(_numbers)}"}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(log or _Nowhere()):
        for variable, value in {**ENVIRONMENT, **own}.items():
            patch.setenv(variable, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with cold_started(name) as function:
            yield function


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)
