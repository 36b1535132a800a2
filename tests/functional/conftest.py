"""An AWS account in memory with the stack's tables, queues and secrets, and the environment."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.aws import (
    LINKS_TABLE,
    MAPPINGS_TABLE,
    Aws,
    create_log_groups,
    create_queues,
    create_tables,
    empty_account,
)
from tests.builders import WEBHOOK_SECRET
from tests.functional.lambdas import with_their_roles

CONNECTION = {
    "pagerduty": {
        "api_url": "https://api.pagerduty.com",
        "api_token": "token-of-tests-00000",
        "from_email": "sync@example.com",
        "webhook_secrets": [WEBHOOK_SECRET],
    },
    "jira": {
        "url": "https://jira.example.com",
        "auth": {"mode": "pat", "token": "pat-of-tests"},
    },
}

ADMIN_URL_PARAMETER = "/pdjira/stack/admin-url"
ADMIN_URL = "https://api1.execute-api.us-east-1.amazonaws.com/live/admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account, and where things are in it."""

    aws: Aws
    queue_url: str
    dead_letter_url: str
    secret_id: str

    def put_secret(self, value: object) -> None:
        """Write the connection secret: a text as it stands, anything else as JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.aws.secrets.put_secret_value(SecretId=self.secret_id, SecretString=text)

    def bodies(self, url: str) -> list[str]:
        """The bodies of all messages of a queue."""
        received = self.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]


@pytest.fixture(autouse=True)
def _as_their_roles_allow() -> Iterator[None]:
    """P37: whatever a test has a function do, its role allows, key prefixes included."""
    with with_their_roles() as calls:
        yield
    assert calls.refused == set()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The account of a configured stack, and this process's environment as a function's."""
    with an_account(monkeypatch) as account:
        yield account


@contextmanager
def an_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """As the fixture `account` says."""
    with empty_account(monkeypatch) as aws:
        create_tables(aws.dynamodb)
        queue_url, dead_letter_url = create_queues(aws.sqs)
        pagerduty_logs, jira_logs = create_log_groups(aws.logs)
        secret_id = aws.secrets.create_secret(Name="connection", SecretString="{}")["ARN"]
        auth_token = aws.secrets.create_secret(Name="auth-token", SecretString="k" * 64)["ARN"]
        link_secret = aws.secrets.create_secret(Name="link", SecretString="l" * 64)["ARN"]
        aws.ssm.put_parameter(Name=ADMIN_URL_PARAMETER, Value=ADMIN_URL, Type="String")
        environment = {
            "SYNC_QUEUE_URL": queue_url,
            "DEAD_LETTER_QUEUE_URL": dead_letter_url,
            "MAPPINGS_TABLE": MAPPINGS_TABLE,
            "LINKS_TABLE": LINKS_TABLE,
            "CONNECTION_SECRET_ARN": secret_id,
            "AUTH_TOKEN_SECRET_ARN": auth_token,
            "ALLOW_INSECURE_ENDPOINTS": "false",
            "MAX_INCIDENTS_PER_HOUR": "50",
            "JQL_POLLER_FUNCTION": "jql-poller",
            "AWS_LAMBDA_FUNCTION_NAME": "this-function",
            "LINK_SECRET_ARN": link_secret,
            "ADMIN_URL_PARAMETER": ADMIN_URL_PARAMETER,
            "ADMIN_URL": ADMIN_URL,
            "INCIDENT_LINKS": "true",
            "PAGERDUTY_WEBHOOK_LOGS": pagerduty_logs,
            "JIRA_WEBHOOK_LOGS": jira_logs,
            "POWERTOOLS_SERVICE_NAME": "pdjira",
            "POWERTOOLS_METRICS_NAMESPACE": "stack",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        account = Account(
            aws=aws, queue_url=queue_url, dead_letter_url=dead_letter_url, secret_id=secret_id
        )
        account.put_secret(CONNECTION)
        yield account
