"""P24: any secret is replaced under load: no failure, no deployment.

How: docs/run/replace-a-secret.md.

The functions stay warm all the time. A second of load is one delivery or one new incident; their
clock, by which a secret grows old, is moved by hand. Both sides listen on loopback.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pdjira.adapters.aws.items import typed
from tests.aws import MAPPINGS_TABLE
from tests.benchmarks.scene import MAPPING, a_batch
from tests.builders import a_delivery, a_signal, a_signature, an_action
from tests.functional.conftest import Account
from tests.functional.events import a_press, a_webhook
from tests.functional.lambdas import Function, cold_started
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.records import Token
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, RESPONDER, SYNC_EMAIL
from tests.sandbox.pagerduty.server import PagerDutyServer

MINUTE = 60
KEY, NEXT_KEY = "k" * 64, "n" * 64


@dataclass(slots=True)
class Clock:
    """Seconds, moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def warm(name: str, clock: Clock) -> Iterator[Function]:
    """A function whose secrets grow old by `clock`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", clock)
        loading = cold_started(name)
        function = loading.__enter__()
    try:
        yield function
    finally:
        loading.__exit__(None, None, None)


# ---- what webhooks prove themselves by


def put(account: Account, **pagerduty: Any) -> None:
    account.put_secret({"pagerduty": pagerduty})


def test_p24_a_webhook_secret_is_replaced_and_every_delivery_is_taken(account: Account) -> None:
    """Both webhooks deliver, each with its own secret; the second is there before its secret is."""
    clock, numbers, statuses = Clock(), iter(range(1_000)), []
    put(account, webhook_secrets=["old"])

    with warm("pagerduty_webhook", clock) as function:

        def load(seconds: int, *secrets: str) -> None:
            for _ in range(seconds):
                clock.now += 1
                for secret in secrets:
                    body = a_delivery(id=f"event-{next(numbers)}")
                    headers = {"X-PagerDuty-Signature": a_signature(body, secret)}
                    answer = function.handler(a_webhook(body, headers=headers), None)
                    statuses.append(answer["statusCode"])

        load(MINUTE, "old")
        put(account, webhook_secrets=["old", "new"])
        load(MINUTE, "old", "new")
        load(5, "new")
        put(account, webhook_secrets=["new"])
        load(2 * MINUTE, "new")

    assert set(statuses) == {202}


def test_p24_an_action_token_is_replaced_and_no_press_is_dropped(account: Account) -> None:
    """In between a press is answered 503, which PagerDuty repeats; never what it would drop."""
    clock, statuses = Clock(), []
    put(account, action_token="old")

    with warm("pagerduty_webhook", clock) as function:

        def load(seconds: int, token: str) -> None:
            for number in range(seconds):
                clock.now += 1
                press = a_press(an_action(id=f"{token}-{number}"), **{"X-Action-Token": token})
                statuses.append(function.handler(press, None)["statusCode"])

        load(MINUTE, "old")
        put(account, action_token="new")
        load(MINUTE, "old")
        load(MINUTE, "new")

    assert set(statuses) == {202, 503}
    assert set(statuses[:MINUTE]) == set(statuses[-MINUTE:]) == {202}


# ---- what we sign in by


@dataclass(slots=True, kw_only=True)
class Load:
    """A warm worker between both sides."""

    account: Account
    jira: JiraServer
    pagerduty: PagerDutyServer
    clock: Clock
    worker: Function
    deferred: int = 0
    incidents: int = 0

    def connect(self, *, api_token: str = API_TOKEN, **auth: Any) -> None:
        """Write the connection secret."""
        self.account.put_secret(
            {
                "pagerduty": {
                    "api_url": self.pagerduty.url,
                    "api_token": api_token,
                    "from_email": SYNC_EMAIL,
                },
                "jira": {"url": self.jira.url, "auth": auth or {"mode": "pat", "token": OUR_TOKEN}},
            }
        )

    def sign(self, key: str) -> None:
        """Write the secret that signs tokens."""
        self.account.aws.secrets.put_secret_value(SecretId="auth-token", SecretString=key)

    def bear(self, seconds: int) -> None:
        """Let an incident come every second; what is deferred is delivered again a second later."""
        context = SimpleNamespace(
            aws_request_id="request", get_remaining_time_in_millis=lambda: 300_000
        )
        for _ in range(seconds):
            self.incidents += 1
            incident = self.pagerduty.model.trigger(CHECKOUT, "Checkout is down", by=RESPONDER)
            signal = a_signal(incident_id=incident.id, id=incident.id)
            batch = a_batch(signal)
            for _ in range(3):
                self.clock.now += 1
                if not self.worker.handler(batch, context)["batchItemFailures"]:
                    break
                self.deferred += 1

    def assert_nothing_lost(self) -> None:
        assert len(self.jira.model.issues) == self.incidents
        assert self.account.bodies(self.account.dead_letter_url) == []


@pytest.fixture
def load(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,  # noqa: ARG001 - both sides listen on loopback
) -> Iterator[Load]:
    monkeypatch.setenv("ALLOW_INSECURE_ENDPOINTS", "true")
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(MAPPING))
    clock = Clock()
    with (
        JiraServer() as jira,
        PagerDutyServer() as pagerduty,
        warm("sync_worker", clock) as worker,
    ):
        yield Load(account=account, jira=jira, pagerduty=pagerduty, clock=clock, worker=worker)


def test_p24_a_personal_access_token_is_replaced_while_the_old_one_lives_on(load: Load) -> None:
    tokens = load.jira.model.world.users[OUR_ACCOUNT].tokens
    load.connect()
    load.bear(2)

    tokens.append("the-next-token")
    load.connect(mode="pat", token="the-next-token")
    load.bear(2)
    load.clock.now += MINUTE
    load.bear(2)
    tokens.remove(OUR_TOKEN)
    load.bear(2)

    assert load.deferred == 0
    load.assert_nothing_lost()


def test_p24_the_key_of_pagerduty_is_replaced_while_the_old_one_lives_on(load: Load) -> None:
    tokens = load.pagerduty.model.tokens
    load.connect()
    load.bear(2)

    tokens["the-next-account-key"] = Token(value="the-next-account-key")
    load.connect(api_token="the-next-account-key")
    load.bear(2)
    load.clock.now += MINUTE
    load.bear(2)
    del tokens[API_TOKEN]
    load.bear(2)

    assert load.deferred == 0
    load.assert_nothing_lost()


def test_p24_a_password_that_was_just_replaced_costs_a_delay_and_no_issue(load: Load) -> None:
    """The one refused call is not repeated with the old password, so no CAPTCHA comes of it."""
    user = load.jira.model.world.users[OUR_ACCOUNT]
    load.connect(mode="basic", username=OUR_ACCOUNT, password=OUR_PASSWORD)
    load.bear(2)

    user.password = "the next password"
    load.connect(mode="basic", username=OUR_ACCOUNT, password="the next password")
    load.bear(4)

    assert load.deferred <= 1
    assert user.failed_logins == 0
    load.assert_nothing_lost()


def test_m2_p24_the_token_that_signs_is_replaced_on_both_sides_without_a_deferral(
    load: Load,
) -> None:
    load.jira.model.jwt = JwtPlugin(key=KEY)
    load.sign(KEY)
    load.connect(mode="jwt", user=OUR_ACCOUNT)
    load.bear(2)

    load.jira.model.jwt = JwtPlugin(key=NEXT_KEY)
    load.sign(NEXT_KEY)
    load.bear(4)

    assert load.deferred == 0
    load.assert_nothing_lost()
