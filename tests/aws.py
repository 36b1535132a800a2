"""AWS in memory (moto) for tests, with the tables and queues as `template.yaml` defines them."""

from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from moto import mock_aws

from tests.cloudformation import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
REGION = "us-east-1"
_CONFIG = Config(retries={"total_max_attempts": 1})
LINKS_TABLE = "links"
MAPPINGS_TABLE = "mappings"

_IGNORED_BY_SQS_HERE = {"QueueName", "RedrivePolicy", "RedriveAllowPolicy", "Tags"}
_TAKEN_BY_CREATE_TABLE = {
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
}


@cache
def resources() -> abc.Mapping[str, Any]:
    """The resources of the template, by logical id."""
    return Template.read(TEMPLATE).resources


def create_tables(client: "DynamoDBClient") -> None:
    """`LinksTable` as `links` and `MappingsTable` as `mappings`."""
    for logical_id, name in (("LinksTable", LINKS_TABLE), ("MappingsTable", MAPPINGS_TABLE)):
        properties = resources()[logical_id]["Properties"]
        taken = {key: properties[key] for key in _TAKEN_BY_CREATE_TABLE & properties.keys()}
        client.create_table(TableName=name, **taken)


def create_queues(client: "SQSClient") -> tuple[str, str]:
    """The URLs of `SyncQueue` and `DeadLetterQueue`."""
    urls = []
    for logical_id in ("SyncQueue", "DeadLetterQueue"):
        properties = resources()[logical_id]["Properties"]
        attributes: Any = {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in properties.items()
            if key not in _IGNORED_BY_SQS_HERE
        }
        created = client.create_queue(QueueName=f"{logical_id}.fifo", Attributes=attributes)
        urls.append(created["QueueUrl"])
    return urls[0], urls[1]


def create_log_groups(client: "CloudWatchLogsClient") -> tuple[str, str]:
    """The names of `PagerDutyWebhookLogs` and `JiraWebhookLogs`."""
    names = ("PagerDutyWebhookLogs", "JiraWebhookLogs")
    for name in names:
        client.create_log_group(logGroupName=name)
    return names


class Aws:
    """Clients of an empty account, made when asked for; none tries a call again by itself."""

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return _session().client("dynamodb", config=_CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        return _session().client("sqs", config=_CONFIG)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return _session().client("secretsmanager", config=_CONFIG)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return _session().client("logs", config=_CONFIG)

    @cached_property
    def ssm(self) -> "SSMClient":
        return _session().client("ssm", config=_CONFIG)


@cache
def _session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name=REGION)


@contextmanager
def empty_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account in memory, whatever the environment says."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield Aws()


class Wire:
    """What happens between a client and AWS: counted, and broken on order."""

    def __init__(self, client: Any) -> None:
        self._events = client.meta.events
        self.calls: list[str] = []
        self._events.register("before-call.*.*", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)

    def answer(self, operation: str, code: str, *, status: int = 400, **more: Any) -> None:
        """AWS refuses every call of the operation, without any effect."""
        parsed = {"Error": {"Code": code, "Message": "no"}, **more}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": status}
        http = SimpleNamespace(status_code=status)
        self._events.register(f"before-call.*.{operation}", lambda **_: (http, parsed))

    def break_before(self, operation: str, error: Exception) -> None:
        """The connection fails before anything reaches AWS."""
        self._events.register(f"before-call.*.{operation}", _raiser(error, 1_000))

    def break_after(self, operation: str, error: Exception, *, times: int = 1_000) -> None:
        """The call takes effect, and its answer is lost."""
        self._events.register(f"after-call.*.{operation}", _raiser(error, times))

    def send_twice(self, operation: str) -> None:
        """The answer is lost below the client, which sends the same request once more."""
        delays = [0]

        def again(**_: Any) -> int | None:
            return delays.pop() if delays else None

        self._events.register_first(f"needs-retry.*.{operation}", again)

    def meanwhile(self, operation: str, act: Callable[[], object]) -> None:
        """Somebody acts right before the next call of the operation reaches AWS."""
        acts = [act]

        def once(**_: Any) -> None:
            if acts:
                acts.pop()()

        self._events.register(f"before-call.*.{operation}", once)

    def one_at_a_time(self) -> None:
        """Calls take effect one by one, as those on one item do in DynamoDB, but not in moto."""
        lock = Lock()
        self._events.register("before-call.*.*", lambda **_: lock.acquire() and None)
        self._events.register("after-call.*.*", lambda **_: lock.release())


def _raiser(error: Exception, times: int) -> Callable[..., None]:
    errors = [error] * times

    def fail(**_: Any) -> None:
        if errors:
            raise errors.pop()

    return fail


def put_mapping(aws: Aws, item: dict[str, Any]) -> None:
    typed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed)
