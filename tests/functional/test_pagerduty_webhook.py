"""`pagerduty_webhook`, cold-started from its folder: from a gateway's event to the queue."""

import base64
import json
from typing import Any

import pytest

from pdjira.errors import Misconfigured
from tests.builders import (
    ACTION_TOKEN,
    WEBHOOK_SECRET,
    a_delivery,
    a_signature,
    an_action,
    signature_vectors,
)
from tests.functional.conftest import Account
from tests.functional.events import a_press, a_webhook
from tests.functional.lambdas import cold_started


def answer(event: dict[str, Any]) -> dict[str, Any]:
    with cold_started("pagerduty_webhook") as function:
        return function.handler(event, None)


def test_p1_a_proven_delivery_is_in_the_queue_before_it_is_answered(account: Account) -> None:
    status = answer(a_webhook(a_delivery()))["statusCode"]

    (body,) = account.bodies(account.queue_url)
    assert status == 202
    assert json.loads(body)["incident_id"] == "QINCIDENT00001"


@pytest.mark.parametrize("header", ["x-pagerduty-signature", "X-PAGERDUTY-SIGNATURE"])
@pytest.mark.usefixtures("account")
def test_a_header_is_found_in_whatever_case_it_comes(header: str) -> None:
    assert answer(a_webhook(a_delivery(), header=header))["statusCode"] == 202


def test_p4_the_known_answers_hold_for_base64_bodies(account: Account) -> None:
    for vector in signature_vectors("pagerduty"):
        account.put_secret({"pagerduty": {"webhook_secrets": vector["secrets"]}})
        headers = {"X-PagerDuty-Signature": vector["header"]}
        body = base64.b64encode(vector["body"]).decode()

        status = answer({"headers": headers, "body": body, "isBase64Encoded": True})["statusCode"]

        assert status == (202 if vector["proven"] else 503), vector["what"]


@pytest.mark.parametrize(
    "changes", [{"headers": None}, {"headers": {}}, {"body": None, "headers": None}]
)
@pytest.mark.usefixtures("account")
def test_a_delivery_without_headers_is_401(changes: dict[str, Any]) -> None:
    assert answer(a_webhook(a_delivery(), **changes))["statusCode"] == 401


def test_p4_a_secret_that_was_just_changed_is_used_for_the_first_delivery_it_signs(
    account: Account,
) -> None:
    with cold_started("pagerduty_webhook") as function:
        before = function.handler(a_webhook(a_delivery()), None)["statusCode"]
        account.put_secret({"pagerduty": {"webhook_secrets": ["brand new"]}})
        body = a_delivery(id="2")
        event = a_webhook(body, headers={"X-PagerDuty-Signature": a_signature(body, "brand new")})
        after = function.handler(event, None)["statusCode"]

    assert (before, after) == (202, 202)


@pytest.mark.parametrize("secret", ["{}", "", "no json", '["list"]', '{"pagerduty": {}}'])
def test_a_stack_without_a_usable_secret_answers_503(account: Account, secret: str) -> None:
    if secret:
        account.put_secret(secret)
    else:
        account.put_secret(" ")

    assert answer(a_webhook(a_delivery()))["statusCode"] == 503


def test_p1_a_queue_that_refuses_is_answered_503_and_the_log_alone_says_why(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SYNC_QUEUE_URL", account.queue_url.replace("SyncQueue", "NoSuchQueue"))

    said = answer(a_webhook(a_delivery()))

    assert said["statusCode"] == 503
    assert "NoSuchQueue" not in said["body"]
    assert "NoSuchQueue" in vars(caplog.records[-1])["why"]


def test_p2_any_character_reaches_the_queue(account: Account) -> None:
    body = json.dumps(
        {"event": {"id": "\ud800\x00", "event_type": "x", "data": {"incident": {"id": "a b\n"}}}}
    ).encode()

    status = answer(a_webhook(body))["statusCode"]

    assert status == 202
    assert len(account.bodies(account.queue_url)) == 1


@pytest.mark.usefixtures("account")
def test_a_function_without_its_environment_fails_at_cold_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SYNC_QUEUE_URL")

    with pytest.raises(Misconfigured, match="SYNC_QUEUE_URL"), cold_started("pagerduty_webhook"):
        pass


@pytest.mark.usefixtures("account")
def test_p23_a_delivery_is_one_line_in_the_log_without_any_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = a_webhook(a_delivery())

    answer(event)

    (record,) = [record for record in caplog.records if record.name == "pdjira"]
    logged = vars(record)
    assert (logged["message"], logged["status"]) == ("webhook", 202)
    assert logged["incident_id"] == "QINCIDENT00001"
    assert WEBHOOK_SECRET not in str(logged)
    assert event["headers"]["X-PagerDuty-Signature"] not in str(logged)


# ---- actions


def with_a_token(account: Account) -> None:
    account.put_secret(
        {"pagerduty": {"webhook_secrets": [WEBHOOK_SECRET], "action_token": ACTION_TOKEN}}
    )


@pytest.mark.parametrize("mapping_id", ["ops bug/ü", "ops%20bug%2F%C3%BC"])
def test_m12_a_pressed_button_is_in_the_queue_with_the_mapping_of_its_path(
    account: Account, mapping_id: str
) -> None:
    with_a_token(account)

    status = answer(a_press(an_action(), mapping_id=mapping_id))["statusCode"]

    (body,) = account.bodies(account.queue_url)
    signal = json.loads(body)
    assert status == 202
    assert (signal["kind"], signal["mapping_id"]) == ("create_requested", "ops bug/ü")


def test_m12_a_signature_opens_no_action_and_a_token_no_delivery(account: Account) -> None:
    with_a_token(account)
    body = a_delivery()
    signed = a_press(body, **{"X-PagerDuty-Signature": a_signature(body), "X-Action-Token": ""})
    with_token = a_webhook(body, headers={"X-Action-Token": ACTION_TOKEN})

    assert answer(signed)["statusCode"] == 401
    assert answer(with_token)["statusCode"] == 401
    assert account.bodies(account.queue_url) == []


@pytest.mark.usefixtures("account")
def test_m12_a_press_is_503_while_no_token_is_set() -> None:
    assert answer(a_press(an_action()))["statusCode"] == 503


def test_m12_a_token_that_does_not_match_is_503(account: Account) -> None:
    with_a_token(account)

    assert answer(a_press(an_action(), **{"X-Action-Token": "wrong"}))["statusCode"] == 503


def test_p23_a_press_is_one_line_in_the_log_without_the_token(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with_a_token(account)

    answer(a_press(an_action()))

    (record,) = [record for record in caplog.records if record.name == "pdjira"]
    logged = vars(record)
    assert (logged["status"], logged["mapping_id"]) == (202, "ops-bug")
    assert ACTION_TOKEN not in str(logged)
