"""One set of promises for what PagerDuty proves itself by: the fake, and the secret in AWS."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhooks import StoredActionToken, StoredWebhookSecrets
from pdjira.errors import Misconfigured
from pdjira.webhooks.intake import WebhookSecrets
from tests.aws import Aws
from tests.fakes.webhook_secrets import FakeWebhookSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    secrets: WebhookSecrets
    put: Callable[..., None]


def stored_in(aws: Aws) -> Store:
    secret_id = aws.secrets.create_secret(Name="connection", SecretString="{}")["ARN"]

    def put(*secrets: str) -> None:
        text = json.dumps({"pagerduty": {"webhook_secrets": list(secrets)}})
        aws.secrets.put_secret_value(SecretId=secret_id, SecretString=text)

    cached = CachedSecret(aws.secrets, secret_id=secret_id, monotonic=lambda: 0.0)
    return Store(secrets=StoredWebhookSecrets(cached), put=put)


@pytest.fixture(params=["secret", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "secret":
        return stored_in(request.getfixturevalue("aws"))
    fake = FakeWebhookSecrets()
    return Store(secrets=fake, put=fake.put)


def test_a_fresh_stack_has_no_secrets(store: Store) -> None:
    assert list(store.secrets.current()) == []


def test_a_secret_is_known_after_a_refresh_and_not_before(store: Store) -> None:
    store.secrets.current()
    store.put("one", "two")

    before = list(store.secrets.current())
    refreshed = list(store.secrets.refreshed())

    assert before == []
    assert refreshed == ["one", "two"] == list(store.secrets.current())


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"pager_duty": {}}',
        '{"pagerduty": []}',
        '{"pagerduty": {"webhook_secrets": 7}}',
    ],
)
def test_a_secret_that_is_not_as_it_must_be_is_misconfigured_and_not_shown(
    aws: Aws, text: str
) -> None:
    secret_id = aws.secrets.create_secret(Name="connection", SecretString=text)["ARN"]
    cached = CachedSecret(aws.secrets, secret_id=secret_id, monotonic=lambda: 0.0)

    with pytest.raises(Misconfigured, match="connection secret") as raised:
        StoredWebhookSecrets(cached).current()

    assert text not in str(raised.value)
    assert raised.value.cure


# ---- the action token: the same port, one secret or none


@pytest.fixture(params=["secret", "fake"])
def token(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        fake = FakeWebhookSecrets()
        return Store(secrets=fake, put=fake.put)
    aws: Aws = request.getfixturevalue("aws")
    secret_id = aws.secrets.create_secret(Name="connection", SecretString="{}")["ARN"]

    def put(token: str) -> None:
        text = json.dumps({"pagerduty": {"webhook_secrets": ["s"], "action_token": token}})
        aws.secrets.put_secret_value(SecretId=secret_id, SecretString=text)

    cached = CachedSecret(aws.secrets, secret_id=secret_id, monotonic=lambda: 0.0)
    return Store(secrets=StoredActionToken(cached), put=put)


def test_m12_a_fresh_stack_has_no_action_token(token: Store) -> None:
    assert list(token.secrets.current()) == []


def test_m12_an_action_token_is_known_after_a_refresh_and_not_before(token: Store) -> None:
    token.secrets.current()
    token.put("one")

    assert list(token.secrets.current()) == []
    assert list(token.secrets.refreshed()) == ["one"] == list(token.secrets.current())


def a_token_of(aws: Aws, pagerduty: object) -> StoredActionToken:
    text = json.dumps({"pagerduty": pagerduty})
    secret_id = aws.secrets.create_secret(Name="connection", SecretString=text)["ARN"]
    return StoredActionToken(CachedSecret(aws.secrets, secret_id=secret_id, monotonic=lambda: 0.0))


@pytest.mark.parametrize("pagerduty", [{}, {"action_token": None}, {"action_token": ""}])
def test_m12_a_token_that_was_left_blank_is_none(aws: Aws, pagerduty: object) -> None:
    assert list(a_token_of(aws, pagerduty).current()) == []


@pytest.mark.parametrize(
    "pagerduty",
    [None, [], {"action_token": 7}, {"action_token": "  "}, {"action_token": "two\nlines"}],
)
def test_m12_a_token_that_is_not_as_it_must_be_is_misconfigured(
    aws: Aws, pagerduty: object
) -> None:
    with pytest.raises(Misconfigured, match="connection secret"):
        a_token_of(aws, pagerduty).current()
