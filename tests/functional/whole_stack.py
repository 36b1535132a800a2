"""Every function of the stack between both sandbox servers; AWS in memory, the clock by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from json import dumps
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from pdjira.adapters.aws.items import typed, untyped
from pdjira.bootstrap import admin, connections, jql_poller, site, stack, sync_worker
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.builders import (
    ACTION_TOKEN,
    JIRA_WEBHOOK_TOKEN,
    WEBHOOK_SECRET,
    FakeClock,
    a_delivery,
    a_jira_delivery,
    a_signature,
    an_action,
)
from tests.functional.browsing import Browser
from tests.functional.conftest import Account, an_account
from tests.functional.lambdas import Function, cold_started, with_their_roles
from tests.rights import Calls
from tests.sandbox.environment import MAPPING
from tests.sandbox.jira.clock import system_clock
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, RESPONDER, SYNC_EMAIL
from tests.sandbox.pagerduty.server import PagerDutyServer

_numbers = count(1)


@dataclass(slots=True, kw_only=True)
class WholeStack:
    """Nothing happens by itself: each event, message and round is handed over by a call.

    Whenever time passes or the secret changes, functions are started cold: what they remember has
    expired by then.
    """

    account: Account
    jira: JiraServer
    pagerduty: PagerDutyServer
    clock: FakeClock
    calls: Calls
    _first_seen: dict[str, str] = field(default_factory=dict)
    _warm: dict[str, Function] = field(default_factory=dict)
    _started: ExitStack = field(default_factory=ExitStack)

    # ---- what AWS does

    def invoke(self, folder: str, event: object) -> dict[str, Any]:
        """Hand a function an event."""
        if folder not in self._warm:
            self._warm[folder] = self._started.enter_context(cold_started(folder))
        return self._warm[folder].handler(event, None)

    def forward(self, **later: float) -> None:
        """Let time pass."""
        self.clock.forward(**later)
        self.cool_down()

    def cool_down(self) -> None:
        """Let AWS end whatever runs functions."""
        self._warm.clear()
        self._started.close()

    def work(self) -> list[str]:
        """Hand every message that can be seen to the worker; the receipts of those put off."""
        put_off = []
        while (message := self._receive()) is not None:
            answer = self.invoke("sync_worker", {"Records": [self._record(message)]})
            if answer["batchItemFailures"]:
                put_off.append(message["ReceiptHandle"])
            else:
                self._delete(message)
        return put_off

    def work_again(self, put_off: list[str], **later: float) -> list[str]:
        """Hand over what was put off as well, after so long."""
        self.forward(**later)
        for receipt in put_off:
            self.account.aws.sqs.change_message_visibility(
                QueueUrl=self.account.queue_url, ReceiptHandle=receipt, VisibilityTimeout=0
            )
        return self.work()

    def empty_queue(self) -> None:
        """Take away every signal that can be seen."""
        while (message := self._receive()) is not None:
            self._delete(message)

    def poll(self, **later: float) -> list[dict[str, Any]]:
        """A round of searches, after so long; what each came to."""
        self.forward(**later)
        return list(self.invoke("jql_poller", {"mode": "poll"})["polled"])

    def sweep(self, **later: float) -> dict[str, Any]:
        """A sweep, after so long; what it came to."""
        self.forward(**later)
        return dict(self.invoke("jql_poller", {"mode": "sweep"})["swept"])

    # ---- what people do

    def connect(self, **auth: str) -> None:
        """Write the connection secret; `auth` is another way to sign in to Jira."""
        self.cool_down()
        token = {"mode": "pat", "token": OUR_TOKEN}
        self.account.put_secret(
            {
                "pagerduty": {
                    "api_url": self.pagerduty.url,
                    "api_token": API_TOKEN,
                    "from_email": SYNC_EMAIL,
                    "webhook_secrets": [WEBHOOK_SECRET],
                    "action_token": ACTION_TOKEN,
                },
                "jira": {
                    "url": self.jira.url,
                    "auth": auth or token,
                    "webhook_token": JIRA_WEBHOOK_TOKEN,
                },
            }
        )

    def save(self, **changes: Any) -> dict[str, Any]:
        """Write a mapping into the table; the stream tells of it."""
        item = {**MAPPING, **changes}
        stored = typed(item)
        self.account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=stored)
        self._stream("INSERT", {"Keys": {"id": stored["id"]}, "NewImage": stored})
        return item

    def delete(self, mapping_id: str) -> None:
        """Delete a mapping from the table; the stream tells of it."""
        gone = self.account.aws.dynamodb.delete_item(
            TableName=MAPPINGS_TABLE, Key=typed({"id": mapping_id}), ReturnValues="ALL_OLD"
        )
        keys = {"id": {"S": mapping_id}}
        self._stream("REMOVE", {"Keys": keys, "OldImage": gone["Attributes"]})

    def tell_of_mapping(self, mapping_id: str) -> dict[str, Any]:
        """Let the stream tell of a mapping that the page has written, and answer the item."""
        key = typed({"id": mapping_id})
        table = self.account.aws.dynamodb
        item = table.get_item(TableName=MAPPINGS_TABLE, Key=key)["Item"]
        self._stream("MODIFY", {"Keys": key, "NewImage": item})
        return untyped(table.get_item(TableName=MAPPINGS_TABLE, Key=key)["Item"])

    def _stream(self, name: str, change: dict[str, Any]) -> None:
        told = {
            "ApproximateCreationDateTime": self.clock().timestamp(),
            "SequenceNumber": f"{next(_numbers)}",
        }
        record = {"eventID": "1", "eventName": name, "dynamodb": change | told}
        answer = self.invoke("mapping_check", {"Records": [record]})
        assert answer == {"batchItemFailures": []}

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Invoke the admin function."""
        answer = self.invoke("admin", {"action": action, **arguments})
        assert "error" not in answer, answer
        return answer

    def browser(self) -> Browser:
        """A browser that is signed in at the page."""
        url = self.ask("sign-in-link", name="Ana")["url"]
        path = urlsplit(url)
        admin = SimpleNamespace(handler=lambda event, _: self.invoke("admin", event))
        browser = Browser(cast("Function", admin))
        return browser.open(f"{path.path}?{path.query}").press("/sign-in").follow()

    def items(self) -> Iterator[dict[str, Any]]:
        """Every item of the table of links, as DynamoDB has it."""
        pages = self.account.aws.dynamodb.get_paginator("scan").paginate(TableName=LINKS_TABLE)
        for page in pages:
            yield from page["Items"]

    def put_item(self, item: dict[str, Any]) -> None:
        """Store an item of the table of links as it stands."""
        self.account.aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=item)

    def delete_item(self, item: dict[str, Any]) -> None:
        """Delete an item of the table of links."""
        key = {name: item[name] for name in ("pk", "sk")}
        self.account.aws.dynamodb.delete_item(TableName=LINKS_TABLE, Key=key)

    # ---- what both sides tell

    def trigger(self, title: str = "Checkout answers slowly") -> str:
        """Open an incident on the Checkout service and tell of it; answers its id."""
        incident = self.pagerduty.model.trigger(CHECKOUT, title, by=RESPONDER)
        self.tell(incident.id, "incident.triggered")
        return incident.id

    def tell(self, incident_id: str, event_type: str, **data: Any) -> None:
        """Deliver a webhook of PagerDuty about an incident."""
        reference = {"id": CHECKOUT, "type": "service_reference"}
        about = {"id": incident_id, "type": "incident", "service": reference}
        body = a_delivery(
            id=f"01EVENT{next(_numbers):08}", event_type=event_type, data=data or about
        )
        self._deliver("/webhooks/pagerduty", body, {"X-PagerDuty-Signature": a_signature(body)})

    def note(self, incident_id: str, text: str) -> None:
        """Write a note in PagerDuty, and tell of it."""
        note = self.pagerduty.model.add_note(incident_id, text, by=RESPONDER)
        self.tell(
            incident_id,
            "incident.annotated",
            id=note.id,
            type="incident_note",
            content=text,
            incident={"id": incident_id, "type": "incident_reference"},
        )

    def press(self, incident_id: str) -> None:
        """Press the mapping's button."""
        body = an_action(
            id=f"press-{next(_numbers)}",
            incident={"id": incident_id, "type": "incident", "service": {"id": CHECKOUT}},
        )
        path = f"/webhooks/pagerduty/actions/{MAPPING['id']}"
        self._deliver(path, body, {"X-Action-Token": ACTION_TOKEN}, mapping_id=MAPPING["id"])

    def garble(self) -> None:
        """Deliver a proven webhook of PagerDuty that is no event."""
        body = f"not JSON {next(_numbers)}".encode()
        self._deliver("/webhooks/pagerduty", body, {"X-PagerDuty-Signature": a_signature(body)})

    def tell_of_issue(self, issue_id: str) -> None:
        """Deliver a webhook of Jira about an issue."""
        body = a_jira_delivery(issue={"id": issue_id, "key": "OPS-1"}, timestamp=next(_numbers))
        event = request_of("/webhooks/jira", body, {}, token=JIRA_WEBHOOK_TOKEN)
        assert self.invoke("jira_webhook", event)["statusCode"] == 202

    def log(self, group: str, line: dict[str, Any]) -> None:
        """Have a function write a line into its log, which nothing in memory does by itself."""
        stream = f"stream-{next(_numbers)}"
        logs = self.account.aws.logs
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event: Any = {"timestamp": int(self.clock().timestamp() * 1000), "message": dumps(line)}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    def issue(self, **fields: Any) -> dict[str, Any]:
        """Have somebody create an issue of the mapping's project and type."""
        given = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "Slow"}
        return self.jira.model.create_issue("alice", {"fields": {**given, **fields}})

    def issues_of(self, incident_id: str) -> list[dict[str, Any]]:
        """The issues that bear the incident's mark, the oldest first."""
        marked = (
            issue
            for issue in self.jira.model.state()["issues"]
            if issue["properties"].get("pagerduty.incident", {}).get("id") == incident_id
        )
        return sorted(marked, key=lambda issue: int(issue["id"]))

    def _deliver(self, path: str, body: bytes, headers: dict[str, str], **parameters: str) -> None:
        event = request_of(path, body, headers, **parameters)
        assert self.invoke("pagerduty_webhook", event)["statusCode"] == 202

    def _receive(self) -> Any:
        """The next message that can be seen; None where there is none."""
        received = self.account.aws.sqs.receive_message(
            QueueUrl=self.account.queue_url,
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=0,
        )
        return next(iter(received.get("Messages", [])), None)

    def _delete(self, message: Any) -> None:
        self.account.aws.sqs.delete_message(
            QueueUrl=self.account.queue_url, ReceiptHandle=message["ReceiptHandle"]
        )

    def _record(self, message: Any) -> dict[str, Any]:
        """As the event source hands it over, sent when the moved clock says so."""
        now = str(int(self.clock().timestamp() * 1000))
        sent = self._first_seen.setdefault(message["MessageId"], now)
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {**message["Attributes"], "SentTimestamp": sent},
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:SyncQueue.fifo",
        }


@contextmanager
def whole_stack() -> Iterator[WholeStack]:
    """A configured stack with one mapping. Opens sockets on loopback."""
    clock = FakeClock(system_clock())
    with ExitStack() as opened:
        jira = opened.enter_context(JiraServer(clock=clock))
        pagerduty = opened.enter_context(PagerDutyServer(clock=clock))
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        account = opened.enter_context(an_account(patch))
        patch.setenv("ALLOW_INSECURE_ENDPOINTS", "true")
        patch.setenv("POWERTOOLS_SERVICE_NAME", "whole-stack")
        for module in (connections, stack, sync_worker, jql_poller, admin, site):
            patch.setattr(module, "now", clock)
        calls = opened.enter_context(with_their_roles())
        whole = WholeStack(
            account=account, jira=jira, pagerduty=pagerduty, clock=clock, calls=calls
        )
        opened.callback(whole.cool_down)
        whole.connect()
        yield whole


def request_of(
    path: str, body: bytes, headers: dict[str, str], **parameters: str
) -> dict[str, Any]:
    """What API Gateway hands over."""
    return {
        "httpMethod": "POST",
        "path": path,
        "headers": headers,
        "pathParameters": parameters,
        "body": body.decode(),
        "isBase64Encoded": False,
    }
