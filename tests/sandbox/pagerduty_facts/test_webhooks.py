"""Subscriptions, and deliveries over the wire."""

import hashlib
import hmac
import json

from tests.sandbox.pagerduty import delivery, seed
from tests.sandbox.pagerduty.delivery import Outcome
from tests.sandbox.pagerduty.receiver import Receiver
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    control,
    error_of,
    idle,
    subscribe,
    subscription,
)


def test_a_delivery_is_signed_over_its_bytes_and_has_the_vendors_headers(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    made = subscribe(server, receiver.url, secret="s3cret", headers={"X-Extra": "yes"})

    control(server, "POST", "incidents", title="Ünïcode ☃ down")

    assert idle(server)
    (came,) = receiver.received
    digest = hmac.new(b"s3cret", came.body, hashlib.sha256).hexdigest()
    assert came.headers["x-pagerduty-signature"] == f"v1={digest}"
    assert came.headers["x-webhook-subscription"] == made["id"]
    assert came.headers["user-agent"] == "PagerDuty-Webhook/V3.0"
    assert came.headers["content-type"] == "application/json"
    assert came.headers["accept"] == "application/json"
    assert came.headers["x-extra"] == "yes"
    assert json.loads(came.body)["event"]["data"]["title"] == "Ünïcode ☃ down"


def test_the_host_header_can_be_set(server: PagerDutyServer, receiver: Receiver) -> None:
    subscribe(server, receiver.url, headers={"Host": "abc.execute-api.localhost"})

    control(server, "POST", "incidents")

    assert idle(server)
    assert receiver.received[0].headers["host"] == "abc.execute-api.localhost"


def test_two_signatures_are_sent_while_a_secret_is_rotated(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    made = subscribe(server, receiver.url, secret="old")
    control(server, "POST", f"subscriptions/{made['id']}/secrets", secret="new")
    control(server, "POST", "incidents")
    assert idle(server)
    control(server, "DELETE", f"subscriptions/{made['id']}/secrets")
    control(server, "POST", "incidents")
    assert idle(server)

    both, one = receiver.received
    assert both.headers["x-pagerduty-signature"] == delivery.sign(both.body, ["old", "new"])
    assert both.headers["x-pagerduty-signature"].count("v1=") == 2
    assert one.headers["x-pagerduty-signature"] == delivery.sign(one.body, ["new"])


def test_a_failed_delivery_comes_again_with_the_same_webhook_id(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    answers = iter([503, 429, 202])
    receiver.answer = lambda _: next(answers)
    subscribe(server, receiver.url)

    control(server, "POST", "incidents")
    for attempts in (1, 2):
        assert server.webhooks.wait_for(lambda log, n=attempts: len(log) == n)  # type: ignore[misc]
        control(server, "POST", "hurry")

    assert idle(server)
    assert len({came.headers["x-webhook-id"] for came in receiver.received}) == 1
    assert len({came.body for came in receiver.received}) == 1
    log = control(server, "GET", "deliveries")["deliveries"]
    assert [(line["attempt"], line["status"], line["outcome"]) for line in log] == [
        (1, 503, "retry"),
        (2, 429, "retry"),
        (3, 202, "delivered"),
    ]


def test_a_delivery_that_nobody_takes_in_comes_again(server: PagerDutyServer) -> None:
    with Receiver() as gone:
        url = gone.url
    subscribe(server, url)

    control(server, "POST", "incidents")

    assert server.webhooks.wait_for(lambda log: len(log) == 1)
    line = server.webhooks.log()[0]
    assert (line.status, line.outcome) == (None, Outcome.RETRY)


def test_an_event_can_be_delivered_again_many_times_at_once(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    subscribe(server, receiver.url)
    control(server, "POST", "incidents")
    assert idle(server)

    again = control(server, "POST", "deliver-again", times=20, concurrent=True)
    fresh = control(server, "POST", "deliver-again", times=2, fresh_webhook_id=True)

    assert again["statuses"] == [202] * 20
    assert fresh["statuses"] == [202] * 2
    assert len({came.body for came in receiver.received}) == 1
    assert len({came.headers["x-webhook-id"] for came in receiver.received}) == 3


def test_the_test_button_sends_a_signed_ping_whatever_was_subscribed_to(
    server: PagerDutyServer, rest: Rest, receiver: Receiver
) -> None:
    made = subscribe(server, receiver.url, secret="s", events=["incident.resolved"])

    rest("POST", f"/webhook_subscriptions/{made['id']}/ping", status=202)

    assert idle(server)
    (came,) = receiver.received
    event = json.loads(came.body)["event"]
    assert came.headers["x-pagerduty-signature"] == delivery.sign(came.body, ["s"])
    assert (event["event_type"], event["resource_type"]) == ("pagey.ping", "pagey")
    assert set(event["agent"]) == {"id", "type"}


def test_only_what_was_subscribed_to_is_delivered(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    only = {"type": "service_reference", "id": seed.PAYMENTS}
    subscribe(server, receiver.url, events=["incident.triggered"], filter=only)

    control(server, "POST", "incidents", service_id=seed.CHECKOUT)
    made = control(server, "POST", "incidents", service_id=seed.PAYMENTS)["incident"]
    control(server, "POST", f"incidents/{made['id']}/acknowledge")

    assert idle(server)
    assert len(receiver.received) == 1


def test_a_subscription_to_a_star_gets_every_event(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    subscribe(server, receiver.url, events=["*"])

    made = control(server, "POST", "incidents")["incident"]
    control(server, "POST", f"incidents/{made['id']}/acknowledge")

    assert idle(server)
    assert len(receiver.received) == 2


def test_the_secret_is_in_the_create_response_only_and_header_values_nowhere(rest: Rest) -> None:
    made = rest("POST", "/webhook_subscriptions", subscription(), status=200)

    method = made.json()["webhook_subscription"]["delivery_method"]
    path = f"/webhook_subscriptions/{made.json()['webhook_subscription']['id']}"
    later = rest("GET", path).json()["webhook_subscription"]["delivery_method"]

    assert method["secret"]
    assert later["secret"] is None
    assert later["custom_headers"] == [{"name": "X-One", "value": "-- redacted --"}]


def test_an_update_changes_everything_but_the_delivery_method(rest: Rest) -> None:
    made = rest("POST", "/webhook_subscriptions", subscription()).json()["webhook_subscription"]
    path = f"/webhook_subscriptions/{made['id']}"

    changed = rest(
        "PUT", path, subscription("https://other.example.com", active=False, description="new")
    ).json()["webhook_subscription"]

    assert changed["delivery_method"]["url"] == "https://example.com/hook"
    assert (changed["active"], changed["description"]) == (False, "new")
    rest("DELETE", path, status=204)
    assert rest("GET", path).status_code == 404


def test_an_eleventh_subscription_of_a_scope_is_refused(rest: Rest) -> None:
    for _ in range(10):
        rest("POST", "/webhook_subscriptions", subscription(), status=200)

    refused = rest("POST", "/webhook_subscriptions", subscription())

    assert error_of(refused)[:2] == (400, 2019)
    listed = rest("GET", "/webhook_subscriptions?filter_type=account").json()
    assert len(listed["webhook_subscriptions"]) == 10
