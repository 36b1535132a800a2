"""Jira Service Management: service desks, request types, agents, automation."""

from typing import Any

import pytest

from tests.builders import FakeClock
from tests.sandbox.jira.desks import ORGANIZATIONS, REQUEST_TYPE, open_desk
from tests.sandbox.jira.versions import VERSIONS
from tests.sandbox.jira.world import AutomationRule
from tests.sandbox.jira_facts.client import ALICE, TOKEN, Client, a_bug, said

OPT_IN = {**TOKEN, "X-ExperimentalApi": "opt-in"}


def desk_api(jira: Client, path: str, **headers: str) -> Any:
    url = f"{jira.server.url}/rest/servicedeskapi{path}"
    return jira.session.get(url, headers=headers or OPT_IN, timeout=10)


def test_a_jira_without_service_management_has_no_such_resource(jira: Client) -> None:
    assert desk_api(jira, "/servicedesk").status_code == 404


def test_service_desks_and_their_request_types_come_in_pages_of_their_own_shape(
    jira: Client,
) -> None:
    open_desk(jira.server.model.world)

    page = desk_api(jira, "/servicedesk?limit=1").json()
    types = desk_api(jira, "/servicedesk/1/requesttype?start=1&limit=1").json()

    assert (page["size"], page["start"], page["limit"], page["isLastPage"]) == (1, 0, 1, True)
    assert (page["values"][0]["projectId"], page["values"][0]["projectKey"]) == ("10100", "OPS")
    assert [one["name"] for one in types["values"]] == ["Get IT help"]
    assert "key" not in types["values"][0]
    assert desk_api(jira, "/servicedesk/9/requesttype").status_code == 404


@pytest.mark.parametrize("version", VERSIONS)
def test_old_versions_want_one_to_opt_in(jira: Client, version: str) -> None:
    jira.server.model.install(version)
    open_desk(jira.server.model.world)
    model = jira.server.model

    def status(headers: dict[str, str]) -> int:
        url = f"{jira.server.url}/rest/servicedeskapi/servicedesk"
        basic = ("alice", "alice-password")
        return jira.session.get(url, auth=basic, headers=headers, timeout=10).status_code

    model.basic = True
    opted_in = status({"X-ExperimentalApi": "opt-in"})

    assert opted_in == 200
    assert status({}) == (412 if version in ("7.2", "7.6") else 200)


def test_the_request_type_is_set_by_portal_and_key_and_read_as_an_object(jira: Client) -> None:
    open_desk(jira.server.model.world)

    key = jira.create(**{REQUEST_TYPE: "ops/outage"})
    by_name = jira("POST", "/issue", json=a_bug(**{REQUEST_TYPE: "Report an outage"}))

    shown = jira("GET", f"/issue/{key}").json()["fields"][REQUEST_TYPE]
    assert shown["requestType"]["name"] == "Report an outage"
    assert REQUEST_TYPE in said(by_name, 400)["errors"]


def test_organizations_are_set_by_their_ids(jira: Client) -> None:
    open_desk(jira.server.model.world)

    key = jira.create(**{ORGANIZATIONS: [2]})
    unknown = jira("POST", "/issue", json=a_bug(**{ORGANIZATIONS: [7]}))

    assert jira("GET", f"/issue/{key}").json()["fields"][ORGANIZATIONS] == [
        {"id": "2", "name": "Globex"}
    ]
    assert ORGANIZATIONS in said(unknown, 400)["errors"]


def test_the_fields_are_told_by_the_keys_of_their_types(jira: Client) -> None:
    open_desk(jira.server.model.world)

    schemas = {one["id"]: one["schema"] for one in jira("GET", "/field").json()}

    assert schemas[REQUEST_TYPE]["custom"] == "com.atlassian.servicedesk:vp-origin"
    assert schemas[REQUEST_TYPE]["type"] == "sd-customerrequesttype"


def test_who_is_no_agent_comments_internally_whatever_is_asked_for(jira: Client) -> None:
    open_desk(jira.server.model.world)
    key = jira.create()

    jira("POST", f"/issue/{key}/comment", json={"body": "Ours"})
    jira("POST", f"/issue/{key}/comment", json={"body": "An agent's"}, auth=ALICE)

    comments = jira("GET", f"/issue/{key}/comment?expand=properties").json()["comments"]
    assert [one["properties"] for one in comments] == [
        [{"key": "sd.public.comment", "value": {"internal": True}}],
        [],
    ]


def test_automation_changes_an_issue_some_time_after_its_creation(
    jira: Client, clock: FakeClock
) -> None:
    desk = open_desk(jira.server.model.world)
    desk.rules.append(AutomationRule(after=20, fields=(("priority", {"name": "Lowest"}),)))
    key = jira.create(priority={"name": "Highest"})

    at_once = jira("GET", f"/issue/{key}").json()["fields"]
    clock.forward(seconds=21)
    later = jira("GET", f"/issue/{key}?expand=changelog").json()

    assert at_once["priority"]["name"] == "Highest"
    assert later["fields"]["priority"]["name"] == "Lowest"
    assert later["changelog"]["histories"][0]["author"]["name"] == "admin"


def test_a_service_desk_is_opened_by_control(jira: Client) -> None:
    rule = {"after": 5, "fields": {"summary": "Sorted"}}

    jira.control("POST", "service-desk", {"project": "OPS", "automation": [rule]})

    assert jira("GET", "/project/OPS").json()["projectTypeKey"] == "service_desk"
    assert jira.server.model.world.desks["10100"].rules[0].after == 5
