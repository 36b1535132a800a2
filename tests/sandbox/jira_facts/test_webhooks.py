"""What Jira's webhooks tell, how they are signed, and what is lost."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client

EVENTS = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
]
SECRET = "webhook-secret"


class Receiver:
    """A server on loopback that keeps what comes; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 202
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.headers.append(dict(self.headers))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not a line per request."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/jira/token"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self._thread.start()

    def sent(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def listen(jira: Client, receiver: Receiver, *events: str, **more: str) -> None:
    jira.control("POST", "webhooks", {"url": receiver.url, "events": events or EVENTS, **more})


def a_right(name: str) -> dict[str, Any]:
    return {"user": OUR_ACCOUNT, "project": "OPS", "grant": [name]}


def told(jira: Client, receiver: Receiver) -> list[Any]:
    jira.control("POST", "wait-until-idle")
    return receiver.sent()


def test_webhooks_tell_of_what_is_created_changed_and_deleted(
    jira: Client, receiver: Receiver
) -> None:
    listen(jira, receiver)
    key = jira.create()
    jira("PUT", f"/issue/{key}", json={"fields": {"summary": "Slower"}})

    jira.control("POST", "permissions", a_right("DELETE_ISSUES"))
    jira("DELETE", f"/issue/{key}")

    created, updated, deleted = told(jira, receiver)

    assert set(created) == {
        "timestamp",
        "webhookEvent",
        "issue_event_type_name",
        "user",
        "issue",
    }
    assert (created["webhookEvent"], created["issue"]["key"]) == ("jira:issue_created", key)
    assert isinstance(created["timestamp"], int)
    assert updated["webhookEvent"] == "jira:issue_updated"
    assert [item["field"] for item in updated["changelog"]["items"]] == ["summary"]
    assert updated["issue"]["fields"]["summary"] == "Slower"
    assert (deleted["webhookEvent"], deleted["issue"]["key"]) == ("jira:issue_deleted", key)


@pytest.mark.parametrize(("version", "has_issue"), [("8.20", False), ("10.3", True)])
def test_an_event_of_a_comment_brings_its_issue_along_from_10_on(
    jira: Client, receiver: Receiver, version: str, *, has_issue: bool
) -> None:
    jira.control("PUT", "version", {"version": version})
    key = jira.create()
    listen(jira, receiver)
    jira("POST", f"/issue/{key}/comment", json={"body": "Looking into it."})

    of_issue, of_comment = told(jira, receiver)

    assert of_issue["issue_event_type_name"] == "issue_commented"
    assert "comment" in of_issue
    assert "changelog" not in of_issue
    assert of_comment["webhookEvent"] == "comment_created"
    assert ("issue" in of_comment) is has_issue
    assert f"/issue/{of_issue['issue']['id']}/comment/" in of_comment["comment"]["self"]


def test_only_the_events_that_were_asked_for_are_told(jira: Client, receiver: Receiver) -> None:
    listen(jira, receiver, "jira:issue_created")
    key = jira.create()
    jira("PUT", f"/issue/{key}", json={"fields": {"summary": "Slower"}})

    assert [one["webhookEvent"] for one in told(jira, receiver)] == ["jira:issue_created"]


@pytest.mark.parametrize(("version", "signs"), [("9.12", False), ("10.3", True)])
def test_deliveries_are_signed_from_10_on(
    jira: Client, receiver: Receiver, version: str, *, signs: bool
) -> None:
    jira.control("PUT", "version", {"version": version})
    listen(jira, receiver, "jira:issue_created", secret=SECRET)
    jira.create(summary="Größe")

    told(jira, receiver)

    (body,), (headers,) = receiver.bodies, receiver.headers
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers.get("X-Hub-Signature") == (f"sha256={digest}" if signs else None)


def test_a_delivery_that_failed_is_not_sent_again(jira: Client, receiver: Receiver) -> None:
    receiver.status = 503
    listen(jira, receiver, "jira:issue_created")
    jira.create()
    receiver.status = 202
    jira.create()

    told(jira, receiver)

    deliveries = jira.control("GET", "webhooks").json()["deliveries"]
    assert len(receiver.bodies) == 2
    assert len(deliveries) == 2


def test_some_deliveries_are_lost_where_a_test_says_so(jira: Client, receiver: Receiver) -> None:
    listen(jira, receiver, "jira:issue_created")
    jira.control("PUT", "webhooks/losing", {"every": 2})
    keys = [jira.create() for _ in range(4)]

    heard = [one["issue"]["key"] for one in told(jira, receiver)]

    errors = [one["error"] for one in jira.control("GET", "webhooks").json()["deliveries"]]
    assert heard == [keys[0], keys[2]]
    assert errors.count("lost") == 2
