"""How Jira proves itself: the connection secret and the fake keep the same promises."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhooks import StoredJiraWebhook
from pdjira.errors import Misconfigured
from pdjira.webhooks.intake import JiraWebhook, JiraWebhooks
from tests.aws import Aws
from tests.fakes.jira_webhooks import FakeJiraWebhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    webhooks: JiraWebhooks
    put: Callable[[JiraWebhook], object]


def stored_as(aws: Aws, text: str) -> StoredJiraWebhook:
    secret_id = aws.secrets.create_secret(Name="connection", SecretString=text)["ARN"]
    return StoredJiraWebhook(CachedSecret(aws.secrets, secret_id=secret_id, monotonic=lambda: 0.0))


@pytest.fixture(params=["secret", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        fake = FakeJiraWebhooks()
        return Store(webhooks=fake, put=fake.put)
    aws: Aws = request.getfixturevalue("aws")

    def put(webhook: JiraWebhook) -> None:
        jira = {"webhook_token": webhook.token, "webhook_secret": webhook.secret}
        aws.secrets.put_secret_value(SecretId="connection", SecretString=json.dumps({"jira": jira}))

    return Store(webhooks=stored_as(aws, "{}"), put=put)


def test_a_fresh_stack_has_no_proof(store: Store) -> None:
    assert store.webhooks.current() is None


@pytest.mark.parametrize(
    "webhook",
    [
        JiraWebhook(token="one"),
        JiraWebhook(token="one", secret="two"),
        JiraWebhook(secret="two"),
        JiraWebhook(),
    ],
)
def test_a_proof_is_known_after_a_refresh_and_not_before(
    store: Store, webhook: JiraWebhook
) -> None:
    store.webhooks.current()
    store.put(webhook)

    before = store.webhooks.current()
    refreshed = store.webhooks.refreshed()

    assert before is None
    assert refreshed == webhook == store.webhooks.current()


@pytest.mark.parametrize(
    "jira", [{}, {"webhook_token": None}, {"webhook_token": "", "webhook_secret": ""}]
)
def test_what_was_left_blank_is_none(aws: Aws, jira: object) -> None:
    assert stored_as(aws, json.dumps({"jira": jira})).current() == JiraWebhook()


def test_a_secret_without_jira_is_not_a_fresh_stack(aws: Aws) -> None:
    assert stored_as(aws, '{"pagerduty": {}}').current() == JiraWebhook()


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"jira": []}',
        '{"jira": {"webhook_token": 7}}',
        '{"jira": {"webhook_token": "   "}}',
        '{"jira": {"webhook_secret": "two\\nlines"}}',
    ],
)
def test_a_secret_that_is_not_as_it_must_be_is_misconfigured_and_not_shown(
    aws: Aws, text: str
) -> None:
    with pytest.raises(Misconfigured, match="connection secret") as raised:
        stored_as(aws, text).current()

    assert text not in str(raised.value)
    assert raised.value.cure
