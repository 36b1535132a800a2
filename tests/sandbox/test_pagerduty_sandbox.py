"""What the sandbox's PagerDuty claims to do, over loopback; its `FACTS.md` names these tests."""

import ast
import hashlib
import hmac
import html.parser
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.pagerduty import delivery, events, happenings, samples, seed
from tests.sandbox.pagerduty.delivery import Answer, Outcome
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.receiver import Receiver
from tests.sandbox.pagerduty.records import Json
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty.webhooks import LogLine, Webhooks

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
FIXTURES = ROOT / "tests" / "fixtures" / "pagerduty"
ACCOUNT = {"type": "account_reference"}


@dataclass(frozen=True)
class Rest:
    """REST as the sync calls it."""

    base: str
    headers: dict[str, str]

    def __call__(
        self, method: str, path: str, body: object = None, *, status: int | None = None, **more: Any
    ) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        response = requests.request(
            method, self.base + path, json=body, headers=headers, timeout=10, **more
        )
        if status is not None:
            assert response.status_code == status, response.text
        return response


@pytest.fixture(scope="module")
def running() -> Iterator[PagerDutyServer]:
    with PagerDutyServer() as server:
        yield server


@pytest.fixture
def server(running: PagerDutyServer) -> PagerDutyServer:
    control(running, "POST", "reset")
    return running


@pytest.fixture
def rest(server: PagerDutyServer) -> Rest:
    auth = {"Authorization": f"Token token={seed.API_TOKEN}", "From": seed.SYNC_EMAIL}
    return Rest(server.url, auth)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def control(server: PagerDutyServer, method: str, path: str, **body: object) -> Any:
    response = requests.request(method, f"{server.url}/_sandbox/{path}", json=body, timeout=20)
    assert response.status_code < 300, response.text
    return response.json() if response.content else None


def new_incident(**more: object) -> Json:
    service = {"id": seed.CHECKOUT, "type": "service_reference"}
    return {"incident": {"type": "incident", "title": "Down", "service": service, **more}}


def an_incident(rest: Rest, **more: object) -> str:
    return str(
        rest("POST", "/incidents", new_incident(**more), status=201).json()["incident"]["id"]
    )


def error_of(response: requests.Response) -> tuple[int, int, list[str]]:
    error = response.json()["error"]
    return response.status_code, error["code"], [error["message"], *error.get("errors", [])]


def event_types(server: PagerDutyServer) -> list[str]:
    return [event.type for event in server.model.events]


def last_event(server: PagerDutyServer) -> Json:
    event: Json = server.model.events[-1].body["event"]
    return event


# --- who may call -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["", "Token token=wrong", f"Bearer {seed.API_TOKEN}", f"Token token={seed.APP_TOKEN}"],
)
def test_a_wrong_key_is_answered_401_with_an_error_body(rest: Rest, header: str) -> None:
    refused = rest("GET", "/abilities", headers={"Authorization": header})

    assert error_of(refused) == (401, 2006, ["Authentication failed"])


def test_both_kinds_of_authorization_are_accepted(rest: Rest) -> None:
    rest("GET", "/abilities", status=200)
    rest("GET", "/abilities", status=200, headers={"Authorization": f"Bearer {seed.APP_TOKEN}"})


@pytest.mark.parametrize(
    ("sender", "code", "says"),
    [
        ("", 2016, "You must specify a user's email address"),
        ("not an address", 1028, 'Malformed "From" header'),
        ("nobody@example.com", 1008, "Requester User Not Found"),
    ],
)
def test_a_write_needs_the_address_of_a_user(rest: Rest, sender: str, code: int, says: str) -> None:
    status, got, words = error_of(
        rest("POST", "/incidents", new_incident(), headers={"From": sender})
    )

    assert (status, got) == (400, code)
    assert words[0].startswith(says)


def test_a_users_own_key_needs_no_address(rest: Rest) -> None:
    own = {"Authorization": f"Token token={seed.USER_TOKEN}", "From": ""}

    made = rest("POST", "/incidents", new_incident(), headers=own, status=201).json()["incident"]

    assert made["last_status_change_by"]["id"] == seed.RESPONDER


def test_a_read_only_key_may_not_write(rest: Rest) -> None:
    refused = rest(
        "POST",
        "/incidents",
        new_incident(),
        headers={"Authorization": f"Token token={seed.READ_ONLY_TOKEN}"},
    )

    assert error_of(refused)[:2] == (403, 2010)


def test_users_me_is_for_users_keys_only(rest: Rest) -> None:
    assert rest("GET", "/users/me").status_code == 400

    own = {"Authorization": f"Token token={seed.USER_TOKEN}"}
    assert rest("GET", "/users/me", headers=own).json()["user"]["email"] == seed.RESPONDER_EMAIL


def test_too_many_requests_are_answered_429_and_say_when_to_come_back(
    server: PagerDutyServer, rest: Rest
) -> None:
    control(server, "POST", "rate-limit", limit=2)

    answers = [rest("GET", "/abilities") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["ratelimit-reset"]) <= 60
    assert answers[2].json() == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    assert "Retry-After" not in answers[2].headers


# --- incidents --------------------------------------------------------------------------------


def test_a_second_open_incident_with_the_same_key_on_a_service_is_refused(rest: Rest) -> None:
    an_incident(rest, incident_key="jira:x:1")

    refused = rest("POST", "/incidents", new_incident(incident_key="jira:x:1"))

    words = "Open incident with matching dedup key already exists on this service"
    assert error_of(refused) == (400, 2002, ["Arguments Caused Error", words])


def test_a_resolved_incident_frees_its_key_and_another_service_has_keys_of_its_own(
    rest: Rest,
) -> None:
    first = an_incident(rest, incident_key="k")
    an_incident(rest, incident_key="k", service={"id": seed.PAYMENTS, "type": "service_reference"})

    rest("PUT", f"/incidents/{first}", {"incident": {"status": "resolved"}}, status=200)

    an_incident(rest, incident_key="k")
    found = rest("GET", "/incidents?incident_key=k&date_range=all").json()["incidents"]
    assert len(found) == 3


def test_an_empty_key_finds_every_incident(rest: Rest) -> None:
    an_incident(rest, incident_key="a")
    an_incident(rest, incident_key="b")

    found = rest("GET", "/incidents?incident_key=&date_range=all").json()["incidents"]

    assert len(found) == 2


def test_incidents_are_of_the_last_month_unless_all_are_asked_for(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest, incident_key="old")
    server.model.incident(made).created_at -= timedelta(days=40)

    assert rest("GET", "/incidents?incident_key=old").json()["incidents"] == []
    assert len(rest("GET", "/incidents?date_range=all").json()["incidents"]) == 1
    too_wide = rest("GET", "/incidents?since=2020-01-01T00:00:00Z")
    assert error_of(too_wide)[:2] == (400, 2005)


def test_incidents_are_filtered_and_come_in_pages(rest: Rest) -> None:
    made = [an_incident(rest) for _ in range(3)]
    rest("PUT", f"/incidents/{made[1]}", {"incident": {"status": "resolved"}})

    first = rest("GET", "/incidents?statuses[]=triggered&statuses[]=acknowledged&limit=1").json()
    second = rest("GET", "/incidents?statuses[]=triggered&limit=1&offset=1").json()
    other = rest("GET", f"/incidents?service_ids[]={seed.PAYMENTS}").json()

    assert [first["incidents"][0]["id"], second["incidents"][0]["id"]] == [made[0], made[2]]
    assert (first["more"], second["more"], first["total"]) == (True, False, None)
    assert other["incidents"] == []


def test_a_page_beyond_ten_thousand_is_refused(rest: Rest) -> None:
    assert error_of(rest("GET", "/incidents?limit=100&offset=9901"))[:2] == (400, 2002)


def test_the_body_of_an_incident_is_a_string_and_told_when_included(rest: Rest) -> None:
    body = {"type": "incident_body", "details": "Since 08:10"}
    made = an_incident(rest, body=body)

    plain = rest("GET", f"/incidents/{made}").json()["incident"]
    included = rest("GET", f"/incidents/{made}?include[]=body").json()["incident"]
    refused = rest("POST", "/incidents", new_incident(body={"details": {"no": "object"}}))

    assert "body" not in plain
    assert included["body"] == body
    assert refused.status_code == 400


def test_rest_says_incident_number_and_assignments(rest: Rest) -> None:
    shown = rest("GET", f"/incidents/{an_incident(rest)}").json()["incident"]

    assert shown["incident_number"] == 1
    assert shown["assignments"][0]["assignee"]["id"] == seed.RESPONDER
    assert shown["acknowledgements"] == []
    assert shown["impacted_services"][0]["id"] == seed.CHECKOUT
    assert shown["last_status_change_by"]["summary"] == "Jira Sync"
    assert {"number", "assignees"}.isdisjoint(shown)


def test_an_incident_is_found_by_its_number_too(rest: Rest) -> None:
    made = an_incident(rest)

    assert rest("GET", "/incidents/1").json()["incident"]["id"] == made
    assert error_of(rest("GET", "/incidents/QNOSUCH"))[:2] == (404, 5001)


def test_one_that_is_assigned_to_its_creator_starts_acknowledged(
    server: PagerDutyServer, rest: Rest
) -> None:
    mine = [{"assignee": {"id": seed.SYNC_USER, "type": "user_reference"}}]

    made = an_incident(rest, assignments=mine)

    assert server.model.incident(made).status == "acknowledged"
    assert event_types(server) == ["incident.triggered", "incident.acknowledged"]


def test_a_status_cannot_be_reached_twice(rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}"

    def put(status: str) -> requests.Response:
        return rest("PUT", path, {"incident": {"status": status}})

    assert put("acknowledged").status_code == 200
    assert error_of(put("acknowledged"))[1] == 1002
    assert put("resolved").status_code == 200
    assert error_of(put("resolved"))[1] == 1001


def test_a_resolved_incident_is_reopened_by_an_open_status(
    server: PagerDutyServer, rest: Rest
) -> None:
    path = f"/incidents/{an_incident(rest)}"
    rest("PUT", path, {"incident": {"status": "resolved"}}, status=200)

    again = rest("PUT", path, {"incident": {"status": "acknowledged"}}, status=200).json()

    assert again["incident"]["status"] == "acknowledged"
    assert again["incident"]["assignments"][0]["assignee"]["id"] == seed.SYNC_USER
    assert last_event(server)["event_type"] == "incident.reopened"
    assert last_event(server)["data"]["reopened_at"] is not None


def test_setting_triggered_lets_go_of_an_acknowledged_incident(
    server: PagerDutyServer, rest: Rest
) -> None:
    path = f"/incidents/{an_incident(rest)}"
    rest("PUT", path, {"incident": {"status": "acknowledged"}}, status=200)

    rest("PUT", path, {"incident": {"status": "triggered"}}, status=200)

    assert last_event(server)["event_type"] == "incident.unacknowledged"


def test_a_priority_is_given_by_reference_or_by_name(rest: Rest, server: PagerDutyServer) -> None:
    path = f"/incidents/{an_incident(rest)}"
    reference = {"id": "PP3", "type": "priority_reference"}

    rest("PUT", path, {"incident": {"priority": "P1"}}, status=200)
    assert server.model.incident("1").priority_id == "PP1"
    rest("PUT", path, {"incident": {"priority": reference}}, status=200)
    assert last_event(server)["data"]["priority"]["summary"] == "P3"

    assert error_of(rest("PUT", path, {"incident": {"priority": "P9"}}))[1] == 1020


def test_title_and_urgency_change_without_an_event_but_with_a_log_entry(
    server: PagerDutyServer, rest: Rest
) -> None:
    path = f"/incidents/{an_incident(rest)}"

    rest("PUT", path, {"incident": {"title": "Slow", "urgency": "low"}}, status=200)

    assert event_types(server) == ["incident.triggered"]
    log = rest("GET", f"{path}/log_entries").json()["log_entries"]
    kinds = ["urgency_change_log_entry", "field_value_change_log_entry", "trigger_log_entry"]
    assert [entry["type"] for entry in log] == kinds


def test_details_of_an_alert_are_in_the_channel_of_the_first_log_entry(
    server: PagerDutyServer, rest: Rest
) -> None:
    details = {"p95": "4 s", "region": "eu"}
    made = server.model.trigger_event(seed.CHECKOUT, "Slow", details=details)

    shown = rest("GET", f"/incidents/{made.id}?include[]=body").json()["incident"]
    path = f"/log_entries/{shown['first_trigger_log_entry']['id']}"
    thin = rest("GET", path).json()["log_entry"]
    whole = rest("GET", f"{path}?include[]=channels").json()["log_entry"]

    assert shown["body"]["details"] is None
    assert "details" not in thin["channel"]
    assert whole["channel"]["details"] == details


def test_log_entries_of_all_incidents_are_listed_since_a_time(rest: Rest) -> None:
    made = an_incident(rest)

    found = rest("GET", "/log_entries?since=2000-01-01T00:00:00Z").json()["log_entries"]
    none = rest("GET", "/log_entries?since=2999-01-01T00:00:00Z").json()["log_entries"]

    assert [entry["incident"]["id"] for entry in found] == [made]
    assert none == []
    assert error_of(rest("GET", "/log_entries?since=never"))[:2] == (400, 2004)


def test_an_incident_needs_a_title_and_a_known_service(rest: Rest) -> None:
    unknown = {"id": "PNONE", "type": "service_reference"}

    assert rest("POST", "/incidents", new_incident(title=" ")).status_code == 400
    assert rest("POST", "/incidents", new_incident(service=unknown)).status_code == 400
    assert rest("POST", "/incidents", data="no JSON").status_code == 400


# --- notes and the rest of a life -----------------------------------------------------------------


def test_adding_a_note_answers_200_and_sends_one_event(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/notes"

    note = rest("POST", path, {"note": {"content": "Looking"}}, status=200).json()["note"]

    assert rest("GET", path).json()["notes"] == [note]
    assert note["user"]["id"] == seed.SYNC_USER
    assert last_event(server)["event_type"] == "incident.annotated"
    assert last_event(server)["data"]["id"] == note["id"]


def test_notes_are_edited_and_deleted_without_an_event(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/notes"
    note = rest("POST", path, {"note": {"content": "Looking"}}).json()["note"]["id"]
    before = event_types(server)

    rest("PUT", f"{path}/{note}", {"note": {"content": "Found"}}, status=200)
    assert rest("GET", path).json()["notes"][0]["content"] == "Found"
    rest("DELETE", f"{path}/{note}", status=204)

    assert rest("GET", path).json()["notes"] == []
    assert event_types(server) == before


@pytest.mark.parametrize("content", ["", " ", "x" * 65_536, None])
def test_a_note_that_is_empty_or_too_long_is_refused(rest: Rest, content: str | None) -> None:
    path = f"/incidents/{an_incident(rest)}/notes"

    assert rest("POST", path, {"note": {"content": content}}).status_code == 400


def test_an_incident_takes_two_thousand_notes(server: PagerDutyServer, rest: Rest) -> None:
    made = an_incident(rest)
    for number in range(2000):
        server.model.add_note(made, str(number), by=seed.RESPONDER)

    one_more = rest("POST", f"/incidents/{made}/notes", {"note": {"content": "x"}})

    assert one_more.status_code == 400
    assert len(rest("GET", f"/incidents/{made}/notes").json()["notes"]) == 2000


def test_a_note_of_the_resolve_dialog_is_an_event_of_its_own(server: PagerDutyServer) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)

    control(server, "POST", f"incidents/{made.id}/resolve", note="Rolled back")

    assert event_types(server)[1:] == ["incident.resolved", "incident.annotated"]
    resolved = server.model.events[1].body["event"]["data"]
    assert resolved["assignees"] == []
    assert "Rolled back" not in json.dumps(resolved)
    assert last_event(server)["data"]["content"] == "Resolution Note: Rolled back"


def test_the_resolution_of_rest_is_in_the_log_entry_alone(
    server: PagerDutyServer, rest: Rest
) -> None:
    path = f"/incidents/{an_incident(rest)}"

    rest("PUT", path, {"incident": {"status": "resolved", "resolution": "Fixed"}}, status=200)

    assert event_types(server) == ["incident.triggered", "incident.resolved"]
    assert rest("GET", f"{path}/notes").json()["notes"] == []
    assert rest("GET", f"{path}/log_entries").json()["log_entries"][0]["note"] == "Fixed"


def test_a_merge_resolves_with_a_reason_and_takes_the_alerts_along(
    server: PagerDutyServer, rest: Rest
) -> None:
    source = server.model.trigger_event(seed.CHECKOUT, "A", dedup_key="alert-1")
    target = server.model.trigger(seed.CHECKOUT, "B", by=seed.RESPONDER)

    sources = {"source_incidents": [{"id": source.id, "type": "incident_reference"}]}
    rest("PUT", f"/incidents/{target.id}/merge", sources, status=200)

    event = last_event(server)
    assert event["event_type"] == "incident.resolved"
    assert event["agent"]["id"] == seed.SYNC_USER
    assert event["data"]["resolve_reason"]["type"] == "merge_resolve_reason"
    assert event["data"]["resolve_reason"]["incident"]["id"] == target.id
    found = rest("GET", "/incidents?incident_key=alert-1").json()["incidents"]
    assert [it["id"] for it in found] == [target.id]


def test_an_incident_of_the_events_api_has_no_key_and_an_integration_as_agent(
    server: PagerDutyServer,
) -> None:
    body = {"as": "events_api", "dedup_key": "d1", "title": "Slow", "client": {"name": "M"}}

    first = control(server, "POST", "incidents", **body)["incident"]
    second = control(server, "POST", "incidents", **body)["incident"]

    assert first["id"] == second["id"]
    assert event_types(server) == ["incident.triggered"]
    event = last_event(server)
    assert event["data"]["incident_key"] is None
    assert event["agent"]["type"] == "inbound_integration_reference"
    assert event["client"] == {"name": "M"}


def test_an_incident_of_a_person_or_of_rest_tells_its_key(
    server: PagerDutyServer, rest: Rest
) -> None:
    an_incident(rest, incident_key="jira:x:1")

    assert last_event(server)["data"]["incident_key"] == "jira:x:1"


def test_status_updates_are_published_with_an_event(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/status_updates"

    rest("POST", path, {"message": "We are on it"}, status=200)

    assert last_event(server)["event_type"] == "incident.status_update_published"
    assert last_event(server)["data"]["message"] == "We are on it"


def test_workflow_events_have_ids_of_thirty_eight_digits(server: PagerDutyServer) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)

    started, _ = happenings.run_workflow(
        server.model, made.id, "PWORK01", "Create Jira issue", by=seed.RESPONDER
    )

    assert re.fullmatch(r"\d{38}", started.id)
    assert started.body["event"]["data"]["incident_workflow"]["id"] == "PWORK01"
    assert started.body["event"]["agent"]["id"] == seed.RESPONDER


def test_services_users_and_priorities_are_found(rest: Rest) -> None:
    users = rest("GET", f"/users?query={seed.SYNC_EMAIL}").json()["users"]
    services = rest("GET", "/services?query=pay").json()["services"]
    priorities = rest("GET", "/priorities").json()["priorities"]

    assert [user["id"] for user in users] == [seed.SYNC_USER]
    assert [service["name"] for service in services] == ["Payments"]
    assert [it["name"] for it in priorities] == ["P1", "P2", "P3", "P4", "P5"]
    assert error_of(rest("GET", "/services/PNONE"))[:2] == (404, 2100)


# --- webhooks over the wire -------------------------------------------------------------------


def subscribe(server: PagerDutyServer, url: str, **more: object) -> Json:
    made: Json = control(server, "POST", "subscriptions", url=url, **more)["webhook_subscription"]
    return made


def idle(server: PagerDutyServer) -> bool:
    return bool(control(server, "POST", "wait-until-idle", timeout=10)["idle"])


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


def subscription(url: str = "https://example.com/hook", **more: object) -> Json:
    return {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "delivery_method": {
                "type": "http_delivery_method",
                "url": url,
                "custom_headers": [{"name": "X-One", "value": "hidden"}],
            },
            "events": ["incident.triggered"],
            "filter": ACCOUNT,
            **more,
        }
    }


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


# --- the rules of delivery, without a wire ----------------------------------------------------


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Account:
    """A model with a sender whose answers the test chooses, by event type and then by default."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.model = PagerDutyModel(clock=self.clock)
        self.answers: dict[str, int | None] = {}
        self.sent: list[Json] = []
        self.webhooks = Webhooks(ids=self.model.ids, clock=self.clock, send=self._send)
        self.model.listen(self.webhooks.accept)
        self.subscription = self.webhooks.create(
            "https://example.com/", events=events.SUBSCRIBABLE, filter_=ACCOUNT
        )

    def _send(self, _url: str, body: bytes, _headers: dict[str, str]) -> Answer:
        event = json.loads(body)["event"]
        self.sent.append(event)
        title = event["data"].get("title") or event["data"].get("incident", {}).get("summary")
        return Answer(status=self.answers.get(title, 202))

    def open(self, title: str = "Down") -> str:
        return self.model.trigger(seed.CHECKOUT, title, by=seed.RESPONDER).id

    def lines(self, count: int) -> list[LogLine]:
        assert self.webhooks.wait_for(lambda log: len(log) >= count), self.webhooks.log()
        return self.webhooks.log()

    @property
    def disabled(self) -> bool:
        return self.webhooks.is_disabled(self.subscription)


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account()
    yield made
    made.webhooks.close()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (None, Outcome.RETRY),
        (200, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.DROPPED),
        (400, Outcome.DROPPED),
        (404, Outcome.DROPPED),
        (413, Outcome.DROPPED),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (599, Outcome.RETRY),
    ],
)
def test_the_answers_status_decides_what_becomes_of_a_delivery(
    status: int | None, outcome: Outcome
) -> None:
    assert delivery.judge(status) is outcome


def test_an_answer_is_awaited_for_five_seconds() -> None:
    assert delivery.TIMEOUT_SECONDS == 5


def test_three_drops_in_a_row_disable_the_subscription_and_empty_its_queue(
    account: Account,
) -> None:
    account.answers = {"bad": 400, "down": 503}
    account.open("down")
    account.lines(1)

    for number in range(3):
        account.open("bad")
        account.lines(2 + number)

    assert account.disabled
    assert account.webhooks.waiting() == 0
    assert account.lines(5)[-1].outcome is Outcome.DISCARDED


def test_what_happens_while_a_subscription_is_disabled_is_never_delivered(
    account: Account,
) -> None:
    account.subscription.disabled_until = account.clock.now + timedelta(hours=24)
    account.open("lost")

    account.webhooks.hurry(seconds=24 * 3600)

    assert not account.disabled
    account.open("seen")
    assert account.webhooks.wait_until_idle()
    assert [event["data"]["title"] for event in account.sent] == ["seen"]


def test_a_delivery_in_between_starts_the_count_of_drops_again(account: Account) -> None:
    account.answers = {"bad": 404}

    for number, title in enumerate(("bad", "bad", "good", "bad", "bad"), start=1):
        account.open(title)
        account.lines(number)

    assert not account.disabled


def test_a_disabled_subscription_is_enabled_by_hand(account: Account) -> None:
    account.subscription.disabled_until = account.clock.now + timedelta(hours=24)

    account.webhooks.enable(account.subscription.id)

    account.open("seen")
    assert account.webhooks.wait_until_idle()
    assert len(account.sent) == 1


def test_events_of_one_incident_wait_for_each_other_and_other_incidents_do_not(
    account: Account,
) -> None:
    account.answers = {"stuck": 503}
    stuck = account.open("stuck")
    account.model.acknowledge(stuck, by=seed.RESPONDER)
    account.model.resolve(stuck, by=seed.RESPONDER)
    account.lines(1)

    account.open("free")
    account.lines(2)
    assert [event["data"]["title"] for event in account.sent] == ["stuck", "free"]
    account.answers = {}
    account.webhooks.hurry()

    assert account.webhooks.wait_until_idle()
    types = [event["event_type"] for event in account.sent if event["data"]["title"] == "stuck"]
    assert types[1:] == ["incident.triggered", "incident.acknowledged", "incident.resolved"]


def test_what_is_not_taken_in_for_forty_eight_hours_is_dropped(account: Account) -> None:
    account.answers = {"Down": 503}
    account.open()
    account.lines(1)
    account.webhooks.hurry(seconds=47 * 3600)
    assert account.lines(2)[-1].outcome is Outcome.RETRY

    account.webhooks.hurry(seconds=3600)

    assert account.lines(3)[-1].outcome is Outcome.DROPPED
    assert account.subscription.drops == 1


def test_retries_come_when_their_time_has_come_on_a_clock_that_can_be_hurried(
    account: Account,
) -> None:
    account.answers = {"Down": 503}
    account.open()
    account.lines(1)
    account.answers = {}

    account.webhooks.hurry(factor=60)
    account.clock.now += timedelta(seconds=1)

    assert account.webhooks.wait_until_idle()
    assert [delivery.wait_after(n).total_seconds() for n in (1, 2, 3)] == [10, 20, 40]
    assert delivery.wait_after(50) == timedelta(hours=1)


def test_a_note_above_55_kilobytes_is_trimmed_and_says_so(account: Account) -> None:
    made = account.open()

    account.model.add_note(made, "x" * 60_000, by=seed.RESPONDER)

    assert account.webhooks.wait_until_idle()
    data = account.sent[-1]["data"]
    assert data["trimmed"] is True
    assert 0 < len(data["content"]) < 55_000


def test_an_event_between_55_and_256_kilobytes_is_sent_and_a_larger_one_is_not(
    account: Account,
) -> None:
    account.open("x" * 200_000)
    account.open("x" * 270_000)

    lines = account.lines(2)

    assert {line.outcome for line in lines} == {Outcome.DELIVERED, Outcome.TOO_LARGE}
    assert len(account.sent) == 1


# --- faults and control -----------------------------------------------------------------------


def test_an_answer_can_be_lost_after_the_write(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/notes"
    server.faults.add(Fault(FaultKind.CUT_AFTER, method="POST", path="/notes$"))

    with pytest.raises(requests.ConnectionError):
        rest("POST", path, {"note": {"content": "once"}})

    assert [it["content"] for it in rest("GET", path).json()["notes"]] == ["once"]


def test_being_down_concerns_rest_and_neither_page_nor_control(
    server: PagerDutyServer, rest: Rest
) -> None:
    control(server, "POST", "faults", down=True)

    with pytest.raises(requests.ConnectionError):
        rest("GET", "/abilities")

    assert requests.get(server.page_url, timeout=5).status_code == 200
    control(server, "DELETE", "faults")
    rest("GET", "/abilities", status=200)


def test_calls_are_counted_by_template_also_those_that_were_cut(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    server.faults.add(Fault(FaultKind.CUT_BEFORE, path="/notes$"))
    with pytest.raises(requests.ConnectionError):
        rest("GET", f"/incidents/{made}/notes")
    rest("GET", f"/incidents/{made}/notes")

    seen = control(server, "GET", "calls")

    template = "GET /incidents/<incident_id>/notes"
    assert seen["counts"] == {"POST /incidents": 1, template: 2}
    assert [call["status"] for call in seen["calls"]] == [201, None, 200]


def test_the_state_shows_everything_and_reset_forgets_it(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    kept = subscribe(server, "http://127.0.0.1:9/", secret="s")

    state = control(server, "GET", "state")
    control(server, "POST", "reset", keep_subscriptions=True)
    after = control(server, "GET", "state")

    assert [it["id"] for it in state["incidents"]] == [made]
    assert after["incidents"] == []
    assert [(it["id"], it["secrets"]) for it in after["webhook_subscriptions"]] == [
        (kept["id"], ["s"])
    ]


# --- the page ---------------------------------------------------------------------------------


class Controls(html.parser.HTMLParser):
    """Collects what a page's forms hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "label":
            self.labelled.add(values["for"] or "")
        if tag in ("input", "select", "textarea"):
            self.fields.append(values.get("id") or "?")
        if tag in ("script", "link", "img"):
            self.sources.append(values.get("src") or values.get("href") or "")


def page(server: PagerDutyServer, path: str = "", **form: str) -> requests.Response:
    method = "POST" if form else "GET"
    return requests.request(method, server.page_url + path, data=form or None, timeout=10)


def test_a_responder_triggers_and_works_on_an_incident_on_the_page(
    server: PagerDutyServer,
) -> None:
    opened = page(server, "incidents", service_id=seed.PAYMENTS, title="Card errors", details="d")
    it = server.model.incident("1")
    other = server.model.trigger(seed.PAYMENTS, "Other", by=seed.RESPONDER)
    assert opened.url == f"{server.page_url}incidents/{it.id}"

    steps: list[tuple[str, dict[str, str]]] = [
        ("acknowledge", {"x": ""}),
        ("unacknowledge", {"x": ""}),
        ("title", {"title": "Card payments fail"}),
        ("priority", {"priority_id": "PP1"}),
        ("urgency", {"urgency": "low"}),
        ("note", {"content": "Looking"}),
        ("status_update", {"message": "On it"}),
        ("reassign", {"user_id": seed.SYNC_USER}),
        ("resolve", {"note": "Fixed"}),
        ("reopen", {"x": ""}),
        ("merge", {"into": other.id}),
    ]
    for action, form in steps:
        assert page(server, f"incidents/{it.id}/{action}", **form).status_code == 200, action

    assert (it.title, it.priority_id, it.urgency) == ("Card payments fail", "PP1", "low")
    assert [note.content for note in it.notes] == ["Looking", "Resolution Note: Fixed"]
    assert it.resolve_reason is not None


def test_what_is_not_possible_is_said_on_the_page(server: PagerDutyServer) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)

    refused = page(server, f"incidents/{made.id}/reopen", x="")

    assert refused.status_code == 400
    assert "Incident is not resolved" in refused.text
    assert page(server, "incidents/QNONE").status_code == 404


def test_text_of_an_incident_cannot_become_markup_on_the_page(server: PagerDutyServer) -> None:
    hostile = "<script>alert(1)</script>"
    made = server.model.trigger(seed.CHECKOUT, hostile, by=seed.RESPONDER, details=hostile)
    server.model.add_note(made.id, hostile, by=seed.RESPONDER)
    server.model.publish_status_update(made.id, hostile, by=seed.RESPONDER)

    for path in ("", f"incidents/{made.id}"):
        assert hostile not in page(server, path).text
        assert "&lt;script&gt;" in page(server, path).text


def test_every_control_has_a_label_and_no_asset_comes_from_elsewhere(
    server: PagerDutyServer,
) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)
    server.model.trigger(seed.CHECKOUT, "Other", by=seed.RESPONDER)

    for path in ("", f"incidents/{made.id}", "webhooks", f"services/{seed.CHECKOUT}"):
        found = Controls(page(server, path).text)
        assert set(found.fields) <= found.labelled
        assert len(found.fields) == len(set(found.fields))
        assert all(source.startswith("/web/static/") for source in found.sources)
        for source in found.sources:
            assert requests.get(server.url + source, timeout=5).status_code == 200


def test_subscriptions_and_their_deliveries_are_seen_and_changed_on_the_page(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 400
    added = page(server, "webhooks", url=receiver.url, description="The stack", service_id="")
    (made,) = server.webhooks.all()
    assert made.secrets[0] in added.text.replace("&#43;", "+")
    for number in range(1, 4):
        page(server, "incidents", service_id=seed.CHECKOUT, title="Down")
        assert server.webhooks.wait_for(lambda log, n=number: len(log) == n)  # type: ignore[misc]

    shown = page(server, "webhooks").text
    assert "needs attention" in shown
    assert "dropped" in shown
    assert made.secrets[0] not in shown
    page(server, f"webhooks/{made.id}/enable", x="")
    assert not server.webhooks.is_disabled(made)
    page(server, f"webhooks/{made.id}/switch", x="")
    assert not made.active
    page(server, f"webhooks/{made.id}/delete", x="")
    assert server.webhooks.all() == []


def test_one_acts_as_the_user_that_was_chosen(server: PagerDutyServer) -> None:
    with requests.Session() as browser:
        browser.post(f"{server.page_url}you", data={"user_id": seed.SYNC_USER}, timeout=5)
        form = {"service_id": seed.CHECKOUT, "title": "Down"}
        browser.post(f"{server.page_url}incidents", data=form, timeout=5)

    assert last_event(server)["agent"]["id"] == seed.SYNC_USER


# --- shapes -----------------------------------------------------------------------------------


def shape(value: object) -> object:
    """The keys of a JSON value, all the way down; what is no object or list is left out."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_fixtures_hold_every_event_type_as_the_sandbox_sends_it() -> None:
    fixtures = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FIXTURES.glob("*.json")
    }

    assert set(fixtures) == {*events.SUBSCRIBABLE, "pagey.ping"}
    for name, sent in samples.every_event().items():
        assert fixtures[name]["event"]["event_type"] == name
        assert shape(fixtures[name]) == shape(sent)


needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the vendors' documents and payloads are not beside the repository"
)

MAY_DIFFER = {"created_at", "reopened_at", "incident_key", "incident_type"}
"""Keys of an incident that older deliveries lack."""


def keys_of(value: object, path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every object of a JSON value by its path, with its keys."""
    if isinstance(value, dict):
        yield path, frozenset(value) - MAY_DIFFER
        for key, inner in value.items():
            yield from keys_of(inner, f"{path}.{key}")
    if isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, f"{path}[]")


def captured() -> list[Path]:
    folder = SHARED / "fixtures" / "pagerduty" / "v3"
    return sorted(path for path in folder.glob("*.json") if path.stem != "SIGNATURES")


@needs_shared
@pytest.mark.parametrize("path", captured(), ids=lambda path: path.stem)
def test_events_have_the_keys_of_real_deliveries(path: Path) -> None:
    real = json.loads(path.read_text(encoding="utf-8"))
    event_type = real["event"]["event_type"]
    if event_type not in events.SUBSCRIBABLE and event_type != "pagey.ping":
        pytest.skip("no event type of the vendor's list")
    ours = dict(keys_of(samples.every_event()[event_type]))
    ours.update(dict(keys_of(samples.resolved_by_merge())) if "merge" in path.stem else {})

    for where, keys in keys_of(real):
        assert where not in ours or ours[where] == keys or "client" in where, where


@needs_shared
def test_signatures_are_those_of_known_deliveries() -> None:
    folder = SHARED / "fixtures" / "pagerduty" / "v3"
    known = json.loads((folder / "SIGNATURES.json").read_text(encoding="utf-8"))

    for name, headers in known["signatures"].items():
        body = (folder / name).read_bytes()
        assert delivery.sign(body, [known["secret"]]) == headers["X-PagerDuty-Signature"]


def without_nulls(value: object) -> object:
    """A value without its nulls: the document forgets that they may be there."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


class Contract:
    """The vendor's document, where it is right.

    It says that `body.details` is an object, though REST takes and gives strings; a channel must
    match exactly one of five shapes that do not exclude each other; an acknowledgement's log
    entry has two names; nulls are not foreseen.
    """

    def __init__(self) -> None:
        path = SHARED / "contracts" / "pagerduty-rest-v2.openapi.json"
        self.document = json.loads(path.read_text(encoding="utf-8"))
        schemas = self.document["components"]["schemas"]
        schemas["IncidentBody"]["properties"]["details"] = {}
        schemas["Channel"]["anyOf"] = schemas["Channel"].pop("oneOf")
        acknowledged = schemas["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"]
        acknowledged["enum"] = ["acknowledge_log_entry"]
        resource = DRAFT202012.create_resource(self.document)
        self.registry: Registry[Any] = Registry().with_resource("urn:pagerduty", resource)

    def check(self, response: requests.Response, method: str, template: str) -> None:
        answers = self.document["paths"][template][method]["responses"]
        assert str(response.status_code) in answers, (method, template)
        if not response.content:
            return
        pointer = "/".join(
            part.replace("~", "~0").replace("/", "~1")
            for part in ("paths", template, method, "responses", str(response.status_code))
        )
        where = f"urn:pagerduty#/{pointer}"
        if "$ref" in answers[str(response.status_code)]:
            where = "urn:pagerduty" + answers[str(response.status_code)]["$ref"]
        if "content" not in self._at(where):
            return
        schema = {"$ref": f"{where}/content/application~1json/schema"}
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry)
        validator.validate(without_nulls(response.json()))

    def _at(self, where: str) -> Any:
        return self.registry.resolver().lookup(where).contents


@needs_shared
def test_answers_are_as_the_vendors_document_says(server: PagerDutyServer, rest: Rest) -> None:
    contract = Contract()
    body = {"type": "incident_body", "details": "d"}
    made = an_incident(rest, body=body, priority={"id": "PP1", "type": "priority_reference"})
    other = an_incident(rest)
    hook = rest("POST", "/webhook_subscriptions", subscription()).json()["webhook_subscription"]
    entry = server.model.incident(made).log[0].id
    one = f"/incidents/{made}"
    source = {"source_incidents": [{"id": other, "type": "incident_reference"}]}
    includes = "include[]=body&include[]=first_trigger_log_entries&include[]=services"

    calls: list[tuple[str, str, str, object]] = [
        ("post", "/incidents", "/incidents", new_incident()),
        ("get", "/incidents", "/incidents", None),
        ("get", "/incidents/{id}", one, None),
        ("get", "/incidents/{id}", f"{one}?{includes}", None),
        ("put", "/incidents/{id}", one, {"incident": {"status": "acknowledged"}}),
        ("post", "/incidents/{id}/notes", f"{one}/notes", {"note": {"content": "x"}}),
        ("get", "/incidents/{id}/notes", f"{one}/notes", None),
        ("post", "/incidents/{id}/status_updates", f"{one}/status_updates", {"message": "x"}),
        ("put", "/incidents/{id}/merge", f"{one}/merge", source),
        ("put", "/incidents/{id}", one, {"incident": {"status": "resolved"}}),
        ("get", "/incidents/{id}", one, None),
        ("get", "/log_entries/{id}", f"/log_entries/{entry}?include[]=channels", None),
        ("get", "/log_entries", "/log_entries", None),
        ("get", "/incidents/{id}/log_entries", f"{one}/log_entries", None),
        ("get", "/services", "/services", None),
        ("get", "/services/{id}", f"/services/{seed.CHECKOUT}", None),
        ("get", "/users", "/users", None),
        ("get", "/users/{id}", f"/users/{seed.SYNC_USER}", None),
        ("get", "/priorities", "/priorities", None),
        ("get", "/abilities", "/abilities", None),
        ("post", "/webhook_subscriptions", "/webhook_subscriptions", subscription()),
        ("get", "/webhook_subscriptions", "/webhook_subscriptions", None),
        ("get", "/webhook_subscriptions/{id}", f"/webhook_subscriptions/{hook['id']}", None),
        (
            "post",
            "/webhook_subscriptions/{id}/enable",
            f"/webhook_subscriptions/{hook['id']}/enable",
            None,
        ),
        (
            "post",
            "/webhook_subscriptions/{id}/ping",
            f"/webhook_subscriptions/{hook['id']}/ping",
            None,
        ),
        ("get", "/incidents/{id}", "/incidents/QNOSUCH", None),
        ("post", "/incidents", "/incidents", new_incident(title="")),
    ]
    for method, template, path, sent in calls:
        contract.check(rest(method.upper(), path, sent), method, template)


def test_every_test_that_the_facts_name_exists() -> None:
    text = (Path(__file__).parent / "pagerduty" / "FACTS.md").read_text(encoding="utf-8")
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    named = set(re.findall(r"`(test_\w+)`", text))

    assert named
    assert named <= tests
