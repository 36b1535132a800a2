"""Custom Incident Actions: what a pressed button posts, and how."""

import json

import pytest
import requests

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.delivery import Outcome
from tests.sandbox.pagerduty.receiver import Receiver
from tests.sandbox.pagerduty.records import ApiError
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import control, idle


def offered(server: PagerDutyServer, url: str, **more: object) -> str:
    made = control(server, "POST", "buttons", label="Create Bug (OPS)", url=url, **more)
    return str(made["button"]["id"])


def pressed(server: PagerDutyServer, button: str) -> str:
    incident = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)
    control(server, "POST", f"incidents/{incident.id}/buttons/{button}", by=seed.SYNC_USER)
    return incident.id


def test_a_pressed_button_posts_its_incident_in_the_envelope_of_v2(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    incident = pressed(server, offered(server, receiver.url))

    assert idle(server)
    (message,) = json.loads(receiver.received[0].body)["messages"]
    (entry,) = message["log_entries"]
    assert message["event"] == "incident.custom"
    assert (message["incident"]["id"], message["incident"]["type"]) == (incident, "incident")
    assert message["incident"]["service"]["name"] == "Checkout"
    assert (entry["type"], entry["agent"]["summary"]) == ("custom_log_entry", "Jira Sync")
    assert entry["channel"]["name"] == message["webhook"]["name"] == "Create Bug (OPS)"


def test_a_pressed_button_is_not_signed_and_sends_its_custom_headers(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    pressed(server, offered(server, receiver.url, headers={"X-Action-Token": "t0ken"}))

    assert idle(server)
    headers = receiver.received[0].headers
    assert headers["x-action-token"] == "t0ken"
    assert headers["x-webhook-id"]
    assert "x-pagerduty-signature" not in headers


def test_a_service_has_at_most_three_buttons(server: PagerDutyServer) -> None:
    for _ in range(3):
        offered(server, "https://example.com")

    with pytest.raises(ApiError):
        server.buttons.add("Fourth", "https://example.com", service_id=seed.CHECKOUT)
    assert server.webhooks.all() == []


def test_a_press_that_nobody_takes_in_comes_again(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 503 if len(receiver.received) == 1 else 202
    pressed(server, offered(server, receiver.url))

    assert server.webhooks.wait_for(lambda log: len(log) == 1)
    control(server, "POST", "hurry")
    assert idle(server)
    outcomes = [line.outcome for line in server.webhooks.log()]
    assert outcomes == [Outcome.RETRY, Outcome.DELIVERED]


def test_a_button_stands_on_the_page_of_its_services_incidents_alone(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    button = offered(server, receiver.url)
    here = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)
    there = server.model.trigger(seed.PAYMENTS, "Down", by=seed.RESPONDER)
    page = f"{server.page_url}incidents/"

    answer = requests.post(f"{page}{here.id}/buttons/{button}", timeout=10)

    assert idle(server)
    assert len(receiver.received) == 1
    assert "Create Bug (OPS)</button>" in answer.text
    assert "Create Bug (OPS)" not in requests.get(page + there.id, timeout=10).text
    assert requests.post(f"{page}{there.id}/buttons/{button}", timeout=10).status_code == 404
