"""`jira_webhook`, cold-started from its folder: from a gateway's event to the queue."""

import base64
import copy
import json
from typing import Any

import pytest

from pdjira.errors import Misconfigured
from tests.builders import (
    JIRA_WEBHOOK_SECRET,
    JIRA_WEBHOOK_TOKEN,
    a_jira_delivery,
    a_jira_signature,
    signature_vectors,
)
from tests.functional.conftest import CONNECTION, Account
from tests.functional.lambdas import cold_started


def an_event(
    body: bytes, /, *, token: str = JIRA_WEBHOOK_TOKEN, header: str = "X-Hub-Signature"
) -> dict[str, Any]:
    return {
        "resource": "/webhooks/jira/{token}",
        "path": f"/webhooks/jira/{token}",
        "httpMethod": "POST",
        "pathParameters": {"token": token},
        "headers": {header: a_jira_signature(body), "Content-Type": "application/json"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def connect(account: Account, **jira: str | None) -> None:
    """Enter the connection secret as a person does."""
    connection: dict[str, Any] = copy.deepcopy(CONNECTION)
    connection["jira"] |= jira
    account.put_secret(connection)


@pytest.fixture
def signed(account: Account) -> Account:
    connect(account, webhook_token=JIRA_WEBHOOK_TOKEN, webhook_secret=JIRA_WEBHOOK_SECRET)
    return account


def answer(event: dict[str, Any]) -> dict[str, Any]:
    with cold_started("jira_webhook") as function:
        return function.handler(event, None)


def test_p1_a_proven_delivery_is_in_the_queue_before_it_is_answered(signed: Account) -> None:
    status = answer(an_event(a_jira_delivery()))["statusCode"]

    (body,) = signed.bodies(signed.queue_url)
    stored = json.loads(body)
    assert status == 202
    assert (stored["kind"], stored["issue_id"]) == ("issue_changed", "10501")
    assert "summary" not in body


@pytest.mark.parametrize("header", ["x-hub-signature", "X-HUB-SIGNATURE"])
@pytest.mark.usefixtures("signed")
def test_a_header_is_found_in_whatever_case_it_comes(header: str) -> None:
    assert answer(an_event(a_jira_delivery(), header=header))["statusCode"] == 202


def test_p4_the_known_answers_of_jiras_way_of_signing_hold_for_base64_bodies(
    account: Account,
) -> None:
    for vector in signature_vectors("jira"):
        connect(account, webhook_token=JIRA_WEBHOOK_TOKEN, webhook_secret=vector["secret"])
        event = an_event(vector["body"]) | {"headers": {"X-Hub-Signature": vector["header"]}}

        status = answer(event)["statusCode"]

        assert status == (202 if vector["proven"] else 401), vector["what"]


@pytest.mark.usefixtures("signed")
def test_a_missing_signature_is_401_where_a_secret_is_set() -> None:
    assert answer(an_event(a_jira_delivery()) | {"headers": None})["statusCode"] == 401


def test_m9_without_a_secret_the_token_alone_opens(account: Account) -> None:
    connect(account, webhook_token=JIRA_WEBHOOK_TOKEN)

    assert answer(an_event(a_jira_delivery()) | {"headers": {}})["statusCode"] == 202


@pytest.mark.parametrize("token", ["ü/&", "%C3%BC%2F%26"])
def test_a_token_is_the_same_whether_its_percent_signs_came_as_they_were_sent(
    account: Account, token: str
) -> None:
    connect(account, webhook_token="ü/&")

    assert answer(an_event(a_jira_delivery(), token=token))["statusCode"] == 202


@pytest.mark.parametrize("parameters", [None, {}, {"token": "wrong"}])
@pytest.mark.usefixtures("signed")
def test_a_wrong_token_is_404(parameters: object) -> None:
    event = an_event(a_jira_delivery()) | {"pathParameters": parameters}

    assert answer(event)["statusCode"] == 404


@pytest.mark.usefixtures("account")
def test_while_no_token_is_set_every_one_is_404() -> None:
    assert answer(an_event(a_jira_delivery()))["statusCode"] == 404


@pytest.mark.parametrize("secret", ["{}", " ", "no json", '["list"]', '{"jira": 7}'])
def test_a_stack_without_a_usable_secret_answers_503(account: Account, secret: str) -> None:
    account.put_secret(secret)

    assert answer(an_event(a_jira_delivery()))["statusCode"] == 503


def test_p29_a_body_above_256_kb_is_413_even_on_a_fresh_stack(account: Account) -> None:
    account.put_secret("{}")

    assert answer(an_event(b"x" * 262_145))["statusCode"] == 413


def test_p24_a_token_that_was_just_changed_opens_for_the_first_delivery(signed: Account) -> None:
    with cold_started("jira_webhook") as function:
        before = function.handler(an_event(a_jira_delivery()), None)["statusCode"]
        connect(signed, webhook_token="brand-new", webhook_secret=JIRA_WEBHOOK_SECRET)
        after = function.handler(an_event(a_jira_delivery(), token="brand-new"), None)

    assert (before, after["statusCode"]) == (202, 202)


def test_p1_a_queue_that_refuses_is_503_and_the_log_alone_says_why(
    signed: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SYNC_QUEUE_URL", signed.queue_url.replace("SyncQueue", "NoSuchQueue"))

    said = answer(an_event(a_jira_delivery()))

    assert said["statusCode"] == 503
    assert "NoSuchQueue" not in said["body"]
    assert "NoSuchQueue" in vars(caplog.records[-1])["why"]


@pytest.mark.usefixtures("account")
def test_a_function_without_its_environment_fails_at_cold_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SYNC_QUEUE_URL")

    with pytest.raises(Misconfigured, match="SYNC_QUEUE_URL"), cold_started("jira_webhook"):
        pass


@pytest.mark.parametrize("token", [JIRA_WEBHOOK_TOKEN, "a-guess-that-is-wrong"])
@pytest.mark.usefixtures("signed")
def test_p23_a_delivery_is_one_line_in_the_log_without_token_or_signature(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    event = an_event(a_jira_delivery(), token=token)

    said = answer(event)

    (record,) = [record for record in caplog.records if record.name == "pdjira"]
    logged = vars(record)
    assert (logged["message"], logged["status"]) == ("jira webhook", said["statusCode"])
    for secret in (token, JIRA_WEBHOOK_SECRET, event["headers"]["X-Hub-Signature"]):
        assert secret not in str(logged)
        assert secret not in said["body"]
