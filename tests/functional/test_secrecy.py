"""P23: no secret in a log, an answer, a message, a table, a note or a comment, whatever goes wrong.

Every secret is a canary. Each function is run through failures that could let one out, and then
everything that it left behind is searched. The two sides listen on loopback.
"""

import json
import logging
import re
from base64 import b64encode
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from pdjira.adapters.aws.items import typed
from pdjira.adapters.aws.queue import encode
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.benchmarks.scene import MAPPING
from tests.builders import (
    a_delivery,
    a_jira_delivery,
    a_jira_signature,
    a_signal,
    a_signature,
    an_action,
)
from tests.contract.wire_double import Play, Stage, answer, cut, serving
from tests.functional.browsing import PREFIX, Browser
from tests.functional.conftest import ADMIN_URL, Account
from tests.functional.events import a_change, a_press, a_record, a_webhook
from tests.functional.lambdas import cold_started
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, RESPONDER, SYNC_EMAIL
from tests.sandbox.pagerduty.server import PagerDutyServer

SIGNING_KEY = "canary-of-the-signing-key-" * 3
WEBHOOK_SECRET = "canary-of-the-webhook-secret"
ACTION_TOKEN = "canary-of-the-action-token"
LINK_SECRET = "canary-of-the-secret-of-links"
JIRA_WEBHOOK = {
    "webhook_token": "canary-of-jiras-webhook-token",
    "webhook_secret": "canary-of-jiras-webhook-secret",
}
PAIR = b64encode(f"{OUR_ACCOUNT}:{OUR_PASSWORD}".encode()).decode()
CANARIES = {
    API_TOKEN,
    OUR_TOKEN,
    OUR_PASSWORD,
    PAIR,
    SIGNING_KEY,
    WEBHOOK_SECRET,
    ACTION_TOKEN,
    LINK_SECRET,
    *JIRA_WEBHOOK.values(),
}
MINTED = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
AUTHORIZATION = re.compile(r"^authorization: (.+?)\r$", re.IGNORECASE | re.MULTILINE)

FOLLOWED = {
    **MAPPING,
    "id": "followed",
    "create_issue": "never",
    "jql": "priority = Highest",
    "jql_applies_to": "existing",
    "custom_fields": [],
}
"""A mapping whose issues open incidents."""

WAYS: dict[str, dict[str, Any]] = {
    "pat": {"mode": "pat", "token": OUR_TOKEN},
    "basic": {"mode": "basic", "username": OUR_ACCOUNT, "password": OUR_PASSWORD},
    "jwt": {"mode": "jwt", "user": OUR_ACCOUNT},
}


SHOWN_PAGES = ("", "/setup", "/connection", "/mappings", "/problems", "/health", "/moving")


@dataclass(slots=True, kw_only=True)
class Scene:
    """The stack, both sides, and what the functions answered."""

    account: Account
    jira: JiraServer
    pagerduty: PagerDutyServer
    caplog: pytest.LogCaptureFixture
    answers: list[object] = field(default_factory=list)

    def connect(self, *, auth: abc.Mapping[str, Any], **urls: str) -> None:
        """Write the connection secret; `jira` and `pagerduty` are URLs in place of the sides'."""
        connection = {
            "pagerduty": {
                "api_url": urls.get("pagerduty", self.pagerduty.url),
                "api_token": API_TOKEN,
                "from_email": SYNC_EMAIL,
                "webhook_secrets": [WEBHOOK_SECRET],
                "action_token": ACTION_TOKEN,
            },
            "jira": {"url": urls.get("jira", self.jira.url), "auth": dict(auth), **JIRA_WEBHOOK},
        }
        self.account.put_secret(connection)

    def secret(self) -> str:
        """The connection secret as it stands."""
        found = self.account.aws.secrets.get_secret_value(SecretId=self.account.secret_id)
        return found["SecretString"]

    def work(self) -> None:
        """Let the worker handle a new incident, twice, as the queue would."""
        incident = self.pagerduty.model.trigger(CHECKOUT, "Checkout is down", by=RESPONDER)
        context = SimpleNamespace(
            aws_request_id="request-1", get_remaining_time_in_millis=lambda: 300_000
        )
        with cold_started("sync_worker") as worker:
            record = a_record(self.account, encode(a_signal(incident_id=incident.id)))
            for _ in range(2):
                self.answers.append(worker.handler({"Records": [record]}, context))

    def poll(self) -> None:
        """Follow Jira by JQL, then compare both sides, as the schedule does."""
        with cold_started("jql_poller") as poller:
            for mode in ("poll", "sweep"):
                self.answers.append(poller.handler({"mode": mode}, None))

    def administer(self) -> None:
        """Ask the admin function for everything, and let a changed mapping be judged."""
        with cold_started("admin") as admin:
            for request in (
                {"action": "health"},
                {"action": "check-mapping", "mapping": dict(MAPPING)},
                {"action": "test-issue", "mapping_id": MAPPING["id"]},
                {"action": "resync", "incident_id": "Q1"},
                {"action": "release", "mapping_id": FOLLOWED["id"]},
                {"action": "recover", "since": "2026-11-24T03:00:00Z"},
            ):
                self.answers.append(admin.handler(request, None))
        with cold_started("mapping_check") as check:
            self.answers.append(check.handler(a_change(None, dict(MAPPING)), None))

    def browse(self) -> None:
        """Sign in to the page, and look at all of it."""
        with cold_started("admin") as admin:
            link = admin.handler({"action": "sign-in-link", "name": "Ana"}, None)["url"]
            browser = Browser(admin).open(PREFIX + link.removeprefix(ADMIN_URL)).press("/sign-in")
            number = next(iter(self.pagerduty.model.incidents.values())).number
            for path in (*SHOWN_PAGES, f"/why?q={number}&sides=1", "/nowhere"):
                browser.open(path)
                assert browser.status in {200, 404}, (path, browser.text)
                self.answers.append(browser.answer)

    def receive(self) -> None:
        """Deliver webhooks and presses with right, wrong and no proof."""
        body = a_delivery()
        wrong = {"X-PagerDuty-Signature": a_signature(body, "not the secret")}
        with cold_started("pagerduty_webhook") as webhook:
            for event in (
                a_webhook(
                    body, headers={"X-PagerDuty-Signature": a_signature(body, WEBHOOK_SECRET)}
                ),
                a_webhook(body, headers=wrong),
                a_webhook(b"no json", headers=wrong),
                a_webhook(body, headers=None),
                a_press(an_action(), **{"X-Action-Token": ACTION_TOKEN}),
                a_press(an_action(), **{"X-Action-Token": f"{ACTION_TOKEN}x"}),
            ):
                self.answers.append(webhook.handler(event, None))
        with cold_started("jira_webhook") as webhook:
            token, secret = JIRA_WEBHOOK["webhook_token"], JIRA_WEBHOOK["webhook_secret"]
            for sent, key in ((token, secret), (token, "wrong"), (f"{token}x", secret)):
                self.answers.append(webhook.handler(a_jira_event(sent, key), None))
                escaped = a_jira_event("".join(f"%{ord(one):02x}" for one in sent), key)
                self.answers.append(webhook.handler(escaped, None))

    def evidence(self) -> str:
        """Everything that was left behind, as one text."""
        aws = self.account.aws
        tables = [
            aws.dynamodb.scan(TableName=name)["Items"] for name in (LINKS_TABLE, MAPPINGS_TABLE)
        ]
        queues = [
            aws.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            for url in (self.account.queue_url, self.account.dead_letter_url)
        ]
        notes = [
            [note.content for note in incident.notes]
            for incident in self.pagerduty.model.incidents.values()
        ]
        state = [self.jira.model.state()["issues"], notes, tables, queues, self.answers]
        return json.dumps(state, default=str, ensure_ascii=False) + "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Every line of the log, those of libraries included, as the functions write theirs."""
        (handler,) = logging.getLogger("pdjira").handlers
        return [handler.format(record) for record in self.caplog.records]


def a_jira_event(token: str, secret: str) -> dict[str, Any]:
    """A delivery of Jira's as the gateway hands it over."""
    body = a_jira_delivery()
    return {
        "resource": "/webhooks/jira/{token}",
        "httpMethod": "POST",
        "path": f"/webhooks/jira/{token}",
        "pathParameters": {"token": token},
        "headers": {"X-Hub-Signature": a_jira_signature(body, secret)},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def escaped(secret: str) -> set[str]:
    """A secret in the ways in which a text may hold it."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}


def assert_silent(scene: Scene, *minted: str) -> None:
    found = scene.evidence()

    assert scene.lines()
    for secret in CANARIES | set(minted):
        for form in escaped(secret):
            assert form not in found, found[max(0, found.index(form) - 200) :][:400]
    assert not MINTED.search(found)


@pytest.fixture
def scene(
    account: Account,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,  # noqa: ARG001 - both sides listen on loopback
) -> Iterator[Scene]:
    monkeypatch.setenv("ALLOW_INSECURE_ENDPOINTS", "true")
    aws = account.aws
    aws.secrets.put_secret_value(SecretId="auth-token", SecretString=SIGNING_KEY)
    aws.secrets.put_secret_value(SecretId="link", SecretString=LINK_SECRET)
    for mapping in (MAPPING, FOLLOWED):
        aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(mapping))
    with JiraServer() as jira, PagerDutyServer() as pagerduty:
        jira.model.jwt = JwtPlugin(key=SIGNING_KEY)
        yield Scene(account=account, jira=jira, pagerduty=pagerduty, caplog=caplog)


# ---- what goes well


@pytest.mark.parametrize("way", WAYS)
def test_p23_nothing_gets_out_where_all_is_well(scene: Scene, way: str) -> None:
    scene.connect(auth=WAYS[way])
    page = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "Page me"}
    scene.jira.model.create_issue("alice", {"fields": {**page, "priority": {"id": "1"}}})

    scene.work()
    scene.poll()
    scene.administer()
    scene.browse()
    scene.receive()

    released = [one for one in scene.answers if isinstance(one, dict) and "released" in one]
    assert [one["released"] for one in released] == [1]
    assert len(scene.jira.model.issues) == 3
    assert_silent(scene)


# ---- servers that repeat what we sent


def errors(text: str) -> str:
    return json.dumps({"errorMessages": [text], "errors": {"summary": text}})


def in_escapes(text: str) -> str:
    """A text as JSON may spell it, character by character."""
    return "".join(f"\\u{ord(character):04X}" for character in text)


ECHOES: dict[str, Callable[[str], Play]] = {
    "400": lambda text: answer(400, errors(text)),
    "400 in escapes of JSON": lambda text: answer(
        400, f'{{"errorMessages": ["Bad header: {in_escapes(text)}"]}}'
    ),
    "400 in escapes of a URL": lambda text: answer(
        400, errors("".join(f"%{ord(character):02x}" for character in text))
    ),
    "400 of a plugin": lambda text: answer(400, json.dumps({"error": {"message": text}})),
    "401": lambda text: answer(
        401, errors(text), WWW_Authenticate=f'Bearer error="x", error_description="{text}"'
    ),
    "403": lambda text: answer(403, errors(text)),
    "404": lambda text: answer(404, errors(text)),
    "422 of a gateway": lambda text: answer(
        422, json.dumps({"message": f"Bad header: {text}", "status-code": 422})
    ),
    "500": lambda text: answer(500, errors(text)),
    "a page": lambda text: answer(403, f"<html>{text}</html>", Content_Type="text/html"),
    "a redirect": lambda text: answer(302, "", Location=f"https://x.example.com/{quote(text)}"),
    "a broken answer": lambda text: answer(200, f"{{{text}"),
    "a cut in the headers": lambda text: cut(f"HTTP/1.1 200 OK\r\nX-Echo: {text}".encode()),
    "no HTTP": lambda text: cut(f"{text}\r\n\r\n".encode()),
}
PAGERDUTY_ECHOES: dict[str, Callable[[str], Play]] = {
    **{name: ECHOES[name] for name in ("a page", "a redirect", "a cut in the headers", "no HTTP")},
    **{
        str(status): lambda text, status=status: answer(  # type: ignore[misc]
            status, json.dumps({"error": {"message": text, "code": 2001, "errors": [text]}})
        )
        for status in (400, 401, 403, 404, 500)
    },
    "400 in escapes of JSON": lambda text: answer(
        400, f'{{"error": {{"message": "{in_escapes(text)}", "code": 2001}}}}'
    ),
}


class Echo:
    """A server that answers every call with what its header Authorization held."""

    def __init__(self, make: Callable[[str], Play]) -> None:
        self.make = make
        self.stage: Stage | None = None
        self.heard: set[str] = set()

    def __call__(self, connection: Any) -> None:
        assert self.stage
        told = AUTHORIZATION.findall(self.stage.requests[-1])
        self.heard |= {header.split(" ", 1)[1].removeprefix("token=") for header in told}
        self.make(told[0] if told else "nobody")(connection)


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        *((kind, "jwt") for kind in ECHOES),
        *product(("400", "401", "404", "400 in escapes of JSON"), ("pat", "basic")),
    ],
)
def test_p23_a_jira_that_repeats_what_we_sent_spreads_no_credential(
    scene: Scene, kind: str, way: str
) -> None:
    echo = Echo(ECHOES[kind])
    with serving(echo) as echo.stage:
        scene.connect(auth=WAYS[way], jira=echo.stage.url)

        scene.work()
        scene.poll()
        scene.administer()

    assert echo.heard
    assert_silent(scene, *echo.heard)


@pytest.mark.parametrize("kind", PAGERDUTY_ECHOES)
def test_p23_a_pagerduty_that_repeats_what_we_sent_spreads_no_credential(
    scene: Scene, kind: str
) -> None:
    echo = Echo(PAGERDUTY_ECHOES[kind])
    with serving(echo) as echo.stage:
        scene.connect(auth=WAYS["pat"], pagerduty=echo.stage.url)

        scene.work()
        scene.poll()
        scene.administer()

    assert echo.heard == {API_TOKEN}
    assert_silent(scene)


# ---- secrets that are not as they must be


def both(change: Callable[[dict[str, Any]], object]) -> str:
    connection: dict[str, Any] = {
        "pagerduty": {
            "api_token": API_TOKEN,
            "from_email": SYNC_EMAIL,
            "webhook_secrets": [WEBHOOK_SECRET],
            "action_token": ACTION_TOKEN,
        },
        "jira": {"url": "https://jira.invalid", "auth": dict(WAYS["basic"]), **JIRA_WEBHOOK},
    }
    change(connection)
    return json.dumps(connection)


WRONG = {
    "no JSON": both(lambda _: None)[:-3],
    "a text": json.dumps(f"{API_TOKEN} {OUR_PASSWORD} {WEBHOOK_SECRET}"),
    "a list": json.dumps([API_TOKEN, WEBHOOK_SECRET, OUR_TOKEN]),
    "a token of two lines": both(
        lambda all_: all_["pagerduty"].update(api_token=f"{API_TOKEN}\nX: {API_TOKEN}")
    ),
    "a token where a list belongs": both(
        lambda all_: all_["pagerduty"].update(webhook_secrets=WEBHOOK_SECRET)
    ),
    "an object where a token belongs": both(
        lambda all_: all_["pagerduty"].update(action_token={ACTION_TOKEN: ACTION_TOKEN})
    ),
    "a password in the URL": both(
        lambda all_: all_["jira"].update(url=f"https://x:{OUR_PASSWORD}@jira.invalid")
    ),
    "a token in place of a mode": both(lambda all_: all_["jira"].update(auth={"mode": OUR_TOKEN})),
    "a password as certificate": both(lambda all_: all_["jira"].update(ca_pem=OUR_PASSWORD)),
    "a token as address": both(lambda all_: all_["pagerduty"].update(from_email=API_TOKEN)),
    "a token as key": both(lambda all_: all_["jira"].update({OUR_TOKEN: OUR_TOKEN})),
    "a password with half a character": both(
        lambda all_: all_["jira"]["auth"].update(password=f"{OUR_PASSWORD}\ud800")
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_p23_a_secret_that_is_not_as_it_must_be_is_not_quoted(scene: Scene, kind: str) -> None:
    scene.account.put_secret(WRONG[kind])

    scene.work()
    scene.poll()
    scene.administer()
    scene.receive()

    assert_silent(scene)


def test_p23_a_signing_key_that_is_none_is_not_quoted(scene: Scene) -> None:
    key = f"-----BEGIN PUBLIC KEY-----\n{SIGNING_KEY}\n-----END PUBLIC KEY-----"
    scene.account.aws.secrets.put_secret_value(SecretId="auth-token", SecretString=key)
    scene.connect(auth=WAYS["jwt"])

    scene.work()
    scene.poll()
    scene.administer()

    assert_silent(scene)


# ---- what nobody foresaw


@pytest.mark.parametrize("body", [{"fields": [None]}, {"versionNumbers": [9, 12], "issues": 7}])
def test_p23_an_answer_of_a_shape_that_nobody_foresaw_is_told_without_what_was_sent(
    scene: Scene, body: object
) -> None:
    """Where it ends in a crash, the stack trace names lines of code, not the values in them."""
    scene.connect(auth=WAYS["jwt"])
    scene.jira.faults.add(FaultKind.STATUS, times=None, status=200, body=body)

    scene.work()
    scene.poll()
    scene.administer()

    assert_silent(scene)


def test_p23_a_crash_is_told_with_its_stack_trace_but_without_a_secret(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.connect(auth=WAYS["jwt"])

    with cold_started("admin") as admin:
        url = json.loads(scene.secret())["jira"]["url"]
        monkeypatch.setattr(admin, "process", SimpleNamespace(run=lambda: {}[url]))
        scene.answers.append(admin.handler({"action": "health"}, None))

    assert "Traceback" in scene.evidence()
    assert_silent(scene)


def test_p23_an_aws_that_refuses_is_told_without_what_was_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.connect(auth=WAYS["pat"])
    monkeypatch.setenv("LINKS_TABLE", "elsewhere")
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/no.fifo")

    scene.work()
    scene.poll()
    scene.administer()
    scene.receive()

    assert_silent(scene)
