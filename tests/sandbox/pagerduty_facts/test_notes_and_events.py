"""What happens to an incident after its trigger, and which events tell of it."""

import json
import re

import pytest

from tests.sandbox.pagerduty import happenings, seed
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    an_incident,
    control,
    error_of,
    event_types,
    last_event,
)


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


def test_an_extension_tells_the_rule_of_its_integration_and_its_services(
    server: PagerDutyServer, rest: Rest
) -> None:
    server.model.extensions.append(seed.jira_extension(seed.CHECKOUT, seed.PAYMENTS))

    (extension,) = rest("GET", "/extensions?include[]=extension_schemas").json()["extensions"]

    assert [one["id"] for one in extension["extension_objects"]] == [seed.CHECKOUT, seed.PAYMENTS]
    assert extension["config"]["jira"]["issueType"] == {"id": "10001", "name": "Bug"}
    assert extension["extension_schema"]["key"] == "jira"


def test_services_users_and_priorities_are_found(rest: Rest) -> None:
    users = rest("GET", f"/users?query={seed.SYNC_EMAIL}").json()["users"]
    services = rest("GET", "/services?query=pay").json()["services"]
    workflows = rest("GET", "/incident_workflows?query=jira").json()["incident_workflows"]
    priorities = rest("GET", "/priorities").json()["priorities"]

    assert [user["id"] for user in users] == [seed.SYNC_USER]
    assert [service["name"] for service in services] == ["Payments"]
    assert [it["id"] for it in workflows] == [seed.WORKFLOW]
    assert [it["name"] for it in priorities] == ["P1", "P2", "P3", "P4", "P5"]
    assert error_of(rest("GET", "/services/PNONE"))[:2] == (404, 2100)
