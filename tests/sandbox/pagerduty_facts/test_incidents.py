"""Incidents by REST: created, found, changed."""

from datetime import timedelta

import requests

from tests.sandbox.pagerduty import happenings, seed
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    an_incident,
    error_of,
    event_types,
    last_event,
    new_incident,
)


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


def test_whose_incident_it_is_is_told_with_the_address_when_included(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    server.model.acknowledge(made, by=seed.RESPONDER)
    included = "include[]=assignees&include[]=acknowledgers"

    plain = rest("GET", f"/incidents/{made}").json()["incident"]
    whole = rest("GET", f"/incidents/{made}?{included}").json()["incident"]

    assert plain["assignments"][0]["assignee"]["type"] == "user_reference"
    assert "email" not in plain["assignments"][0]["assignee"]
    assert whole["assignments"][0]["assignee"]["email"] == seed.RESPONDER_EMAIL
    assert whole["acknowledgements"][0]["acknowledger"]["email"] == seed.RESPONDER_EMAIL


def test_responders_are_told_as_references_with_their_state(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    happenings.add_responder(server.model, made, seed.SYNC_USER, by=seed.RESPONDER)
    happenings.reply_as_responder(server.model, made, by=seed.SYNC_USER)

    shown = rest("GET", f"/incidents/{made}?include[]=users").json()["incident"]

    (responder,) = shown["incidents_responders"]
    assert responder["state"] == "joined"
    assert responder["user"]["id"] == seed.SYNC_USER
    assert responder["user"]["type"] == "user_reference"


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
