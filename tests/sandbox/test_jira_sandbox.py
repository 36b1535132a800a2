"""What the sandbox's Jira claims to do as the real one does; `jira/FACTS.md` names each test."""

import ast
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pdjira.domain.jql import quote
from tests.builders import FakeClock
from tests.sandbox import jira_contract
from tests.sandbox.jira.jql import Clause, Operand, parse
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer

Json = Any
TOKEN = {"Authorization": f"Bearer {OUR_TOKEN}"}
ALICE = ("alice", "alice-password")


class Client:
    """Calls REST version 2 as somebody."""

    def __init__(self, server: JiraServer, session: requests.Session) -> None:
        self.server = server
        self.session = session

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        more.setdefault("headers", TOKEN if "auth" not in more else {})
        more["headers"] = {"User-Agent": "sandbox-tests/1", **more["headers"]}
        url = f"{self.server.url}/rest/api/2{path}"
        return self.session.request(method, url, timeout=10, **more)

    def control(self, method: str, path: str, sent: object = None) -> requests.Response:
        url = f"{self.server.url}/_sandbox/{path}"
        answer = self.session.request(method, url, json=sent, timeout=10)
        assert answer.ok, answer.text
        return answer

    def create(self, **fields: object) -> str:
        """The key of a new issue of ours."""
        answer = self("POST", "/issue", json=a_bug(**fields))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    def found(self, jql: str, **more: object) -> list[str]:
        """The keys that a search of ours finds."""
        answer = self("POST", "/search", json={"jql": jql, **more})
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.json()["issues"]]


def a_bug(**fields: object) -> Json:
    made = {"project": {"key": "OPS"}, "issuetype": {"id": "10001"}, "summary": "Slow", **fields}
    return {"fields": made}


def said(answer: requests.Response, status: int) -> Json:
    """The error collection of a refusal."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"errorMessages", "errors"}
    return answer.json()


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def running(clock: FakeClock) -> Iterator[JiraServer]:
    with JiraServer(clock=clock) as server:
        yield server


@pytest.fixture
def jira(running: JiraServer) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(running, session)
        client.control("POST", "reset")
        yield client
    running.start()


# Signing in


@pytest.mark.parametrize("auth", [None, (OUR_ACCOUNT, OUR_PASSWORD)])
def test_token_and_password_sign_in_and_the_answer_names_the_account(
    jira: Client, auth: tuple[str, str] | None
) -> None:
    answer = jira("GET", "/myself", auth=auth) if auth else jira("GET", "/myself")

    assert answer.json()["name"] == OUR_ACCOUNT
    assert answer.headers["X-AUSERNAME"] == OUR_ACCOUNT
    assert answer.headers["X-Seraph-LoginReason"] == "OK"


def test_a_bad_password_is_refused_with_a_page(jira: Client) -> None:
    answer = jira("GET", "/serverInfo", auth=(OUR_ACCOUNT, "wrong"))

    assert answer.status_code == 401
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "AUTHENTICATED_FAILED" in answer.text


def test_three_bad_passwords_lock_the_account_until_a_person_signs_in(jira: Client) -> None:
    for _ in range(3):
        assert jira("GET", "/myself", auth=(OUR_ACCOUNT, "wrong")).status_code == 401

    locked = jira("GET", "/myself", auth=(OUR_ACCOUNT, OUR_PASSWORD))
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"unlock": True})
    unlocked = jira("GET", "/myself", auth=(OUR_ACCOUNT, OUR_PASSWORD))

    assert locked.status_code == 403
    assert locked.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
    assert locked.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE;")
    assert unlocked.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no-such-token"}])
def test_a_missing_or_unknown_token_is_answered_as_to_anonymous(
    jira: Client, headers: dict[str, str]
) -> None:
    jira.create()

    search = jira("POST", "/search", json={"jql": ""}, headers=headers)
    field = jira("GET", "/field", headers=headers)
    projects = jira("GET", "/project", headers=headers)

    assert (search.status_code, search.json()["total"]) == (200, 0)
    assert (field.status_code, projects.json()) == (200, [])
    assert {one.headers["X-AUSERNAME"] for one in (search, field, projects)} == {"anonymous"}


def test_what_needs_a_login_answers_an_anonymous_user_in_the_other_error_shape(
    jira: Client,
) -> None:
    answer = jira("GET", "/myself", headers={})

    assert answer.status_code == 401
    assert answer.json()["status-code"] == 401
    assert set(answer.json()) == {"message", "status-code"}
    assert answer.headers["WWW-Authenticate"].startswith("OAuth ")


def test_an_anonymous_create_is_a_400_that_only_the_header_tells_from_a_refusal(
    jira: Client,
) -> None:
    answer = jira("POST", "/issue", json=a_bug(), headers={})

    assert "project" in said(answer, 400)["errors"]
    assert answer.headers["X-AUSERNAME"] == "anonymous"


def test_a_browser_fails_the_cross_site_check(jira: Client) -> None:
    headers = {**TOKEN, "User-Agent": "Mozilla/5.0", "X-Atlassian-Token": "no-check"}

    answer = jira("POST", "/issue", json=a_bug(), headers=headers)

    assert (answer.status_code, answer.text) == (403, "XSRF check failed")
    assert jira("GET", "/myself", headers=headers).status_code == 200


def test_only_those_signed_in_are_told_the_servers_time(jira: Client) -> None:
    known, nobody = jira("GET", "/serverInfo"), jira("GET", "/serverInfo", headers={})

    assert known.json()["versionNumbers"][:2] == [9, 12]
    assert "serverTime" in known.json()
    assert "serverTime" not in nobody.json()


def test_a_body_that_is_not_declared_as_json_is_not_taken(jira: Client) -> None:
    answer = jira("POST", "/issue", data="{}")

    assert answer.status_code == 415


# Create metadata


def test_the_old_create_metadata_are_gone(jira: Client) -> None:
    answer = jira("GET", "/issue/createmeta?projectKeys=OPS&issuetypeIds=10001")

    assert said(answer, 404)["errorMessages"] == ["Issue Does Not Exist"]


def test_create_metadata_come_in_pages_of_values_with_a_field_id(jira: Client) -> None:
    path = "/issue/createmeta/OPS/issuetypes"

    types = jira("GET", path).json()
    first = jira("GET", f"{path}/10001?maxResults=5").json()
    rest = jira("GET", f"{path}/10001?startAt=5").json()

    assert [one["name"] for one in types["values"]] == ["Bug", "Task"]
    assert (first["isLast"], rest["isLast"]) == (False, True)
    fields = [*first["values"], *rest["values"]]
    assert len({field["fieldId"] for field in fields}) == len(fields) == first["total"]
    assert fields[0]["required"] is True


def test_create_metadata_of_a_project_without_the_right_are_refused(jira: Client) -> None:
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["CREATE_ISSUES"]},
    )

    assert said(jira("GET", "/issue/createmeta/OPS/issuetypes"), 400)["errorMessages"]
    assert said(jira("GET", "/issue/createmeta/NOPE/issuetypes/10001"), 400)["errorMessages"]


def test_a_field_without_its_right_is_not_on_the_screen(jira: Client) -> None:
    path = "/issue/createmeta/OPS/issuetypes/10001"
    sent = {"user": OUR_ACCOUNT, "project": "OPS", "grant": ["MODIFY_REPORTER"]}

    before = [one["fieldId"] for one in jira("GET", path).json()["values"]]
    refused = jira("POST", "/issue", json=a_bug(reporter={"name": "alice"}))
    jira.control("POST", "permissions", sent)
    after = [one["fieldId"] for one in jira("GET", path).json()["values"]]
    taken = jira("POST", "/issue", json=a_bug(reporter={"name": "alice"}))

    assert ("reporter" in before, "reporter" in after) == (False, True)
    assert said(refused, 400)["errors"]["reporter"].startswith("Field 'reporter' cannot be set.")
    assert taken.status_code == 201


# Creating


def test_an_issue_is_created_with_its_properties_in_one_call(jira: Client) -> None:
    mark = {"id": "QINCIDENT00001", "mapping": "ops-bug"}
    body = {**a_bug(), "properties": [{"key": "pagerduty.incident", "value": mark}]}

    made = jira("POST", "/issue", json=body)

    assert made.status_code == 201
    assert set(made.json()) == {"id", "key", "self"}
    path = f"/issue/{made.json()['id']}/properties/pagerduty.incident"
    assert jira("GET", path).json() == {"key": "pagerduty.incident", "value": mark}


def test_an_issue_has_our_account_as_creator_and_the_first_status(jira: Client) -> None:
    fields = jira("GET", f"/issue/{jira.create()}").json()["fields"]

    assert fields["creator"]["name"] == fields["reporter"]["name"] == OUR_ACCOUNT
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["assignee"] is None


@pytest.mark.parametrize(
    ("fields", "name", "says"),
    [
        ({"summary": ""}, "summary", "You must specify a summary of the issue."),
        ({"summary": "x" * 256}, "summary", "Summary must be less than 255 characters."),
        ({"summary": "a\nb"}, "summary", "contains newline characters"),
        ({"summary": 5}, "summary", "Operation value must be a string"),
        ({"bogus": "x"}, "bogus", "It is not on the appropriate screen, or unknown."),
        ({"labels": ["a b"]}, "labels", "The label 'a b' contains spaces which is invalid."),
        ({"labels": "a"}, "labels", "data was not an array"),
        ({"priority": {"name": "Urgent"}}, "priority", "Priority name 'Urgent' is not valid"),
        ({"components": [{"name": "No"}]}, "components", "Component name 'No' is not valid"),
        ({"fixVersions": [{"name": "9.9"}]}, "fixVersions", "Version name '9.9' is not valid"),
        ({"customfield_10001": 7}, "customfield_10001", "Operation value must be a string"),
        ({"customfield_10002": "x" * 32_768}, "customfield_10002", "limit of 32,767 characters"),
        (
            {"customfield_10004": "Platform"},
            "customfield_10004",
            "Could not find valid 'id' or 'value' in the Parent Option object.",
        ),
        ({"customfield_10004": {"value": "No"}}, "customfield_10004", "'No' is not valid"),
        ({"customfield_10005": "5"}, "customfield_10005", "Operation value must be a number"),
        ({"customfield_10006": "acme"}, "customfield_10006", "is not valid"),
        ({"customfield_10007": [{"id": "1"}]}, "customfield_10007", "Option id '1' is not valid"),
        ({"customfield_10008": "today"}, "customfield_10008", "Error parsing date string"),
        ({"customfield_10009": "2026-11-24"}, "customfield_10009", "Error parsing time"),
        ({"customfield_10010": {"name": "eve"}}, "customfield_10010", "does not exist"),
        (
            {"customfield_10011": {"value": "North", "child": {"value": "Hall 3"}}},
            "customfield_10011",
            "'Hall 3' is not valid",
        ),
    ],
)
def test_a_value_that_jira_does_not_take_is_refused_by_field(
    jira: Client, fields: Json, name: str, says: str
) -> None:
    errors = said(jira("POST", "/issue", json=a_bug(**fields)), 400)["errors"]

    assert list(errors) == [name]
    assert says in errors[name]
    assert jira.found("project = OPS") == []


def test_every_kind_of_field_is_read_back_in_its_own_shape(jira: Client) -> None:
    key = jira.create(
        labels=["red", "blue"],
        priority={"name": "Highest"},
        components=[{"name": "Payment"}],
        customfield_10001="42",
        customfield_10003=["core"],
        customfield_10004={"value": "Search"},
        customfield_10005=42,
        customfield_10006="https://acme.example/board",
        customfield_10007=[{"value": "Asia"}, {"id": "10310"}],
        customfield_10008="2026-11-24",
        customfield_10009="2026-11-24T03:00:00.000+0100",
        customfield_10010={"name": "bob"},
        customfield_10011={"value": "North", "child": {"value": "Hall 2"}},
    )

    fields = jira("GET", f"/issue/{key}").json()["fields"]

    assert (fields["labels"], fields["priority"]["id"]) == (["blue", "red"], "1")
    assert fields["components"][0]["name"] == "Payment"
    assert fields["customfield_10004"]["value"] == "Search"
    assert fields["customfield_10005"] == 42.0
    assert [one["value"] for one in fields["customfield_10007"]] == ["Asia", "Europe"]
    assert fields["customfield_10009"] == "2026-11-24T03:00:00.000+0100"
    assert fields["customfield_10010"]["key"] == "JIRAUSER10102"
    assert fields["customfield_10011"]["child"]["value"] == "Hall 2"


def test_a_missing_required_field_is_named_in_words(jira: Client) -> None:
    where = {"project": "OPS", "issue_type": "10001", "field": "customfield_10004"}
    jira.control("POST", "fields", {**where, "required": True})

    errors = said(jira("POST", "/issue", json=a_bug()), 400)["errors"]

    assert errors == {"customfield_10004": "Team is required."}


def test_a_field_off_the_screen_cannot_be_set(jira: Client) -> None:
    where = {"project": "OPS", "issue_type": "10001", "field": "labels"}
    jira.control("POST", "fields", {**where, "on_screen": False})

    errors = said(jira("POST", "/issue", json=a_bug(labels=["a"])), 400)["errors"]

    assert errors["labels"] == (
        "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"project": {"key": "NOPE"}},
        {"project": None},
        {"issuetype": {"name": "Epic"}},
        {"issuetype": None},
    ],
)
def test_a_project_or_type_that_does_not_exist_is_refused(jira: Client, fields: Json) -> None:
    assert said(jira("POST", "/issue", json=a_bug(**fields)), 400)["errors"].keys() == fields.keys()


def test_creating_without_the_right_is_refused(jira: Client) -> None:
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["CREATE_ISSUES"]},
    )

    answer = said(jira("POST", "/issue", json=a_bug()), 400)

    assert answer["errorMessages"] == [
        "You do not have permission to create issues in this project."
    ]


def test_an_unknown_json_property_is_refused_without_errors_by_field(jira: Client) -> None:
    answer = jira("POST", "/issue", json={**a_bug(), "chump": 1})

    assert answer.status_code == 400
    assert set(answer.json()) == {"errorMessages"}
    assert answer.json()["errorMessages"][0].startswith('Unrecognized field "chump"')


# Reading and editing


def test_an_issue_shows_milliseconds_and_a_search_whole_seconds(
    jira: Client, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(microsecond=678_000)
    key = jira.create()

    read = jira("GET", f"/issue/{key}").json()["fields"]
    found = jira("POST", "/search", json={"jql": f"key = {key}"}).json()["issues"][0]["fields"]

    assert read["updated"].endswith(".678+0000")
    assert found["updated"] == read["updated"].replace(".678+", ".000+")
    assert found["created"].endswith(".000+0000")


def test_an_issue_that_one_may_not_see_is_not_there(jira: Client) -> None:
    key = jira.create()
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["BROWSE_PROJECTS"]},
    )

    hidden, missing = jira("GET", f"/issue/{key}"), jira("GET", "/issue/OPS-999")

    assert said(hidden, 404) == said(missing, 404)
    assert jira("POST", "/search", json={"jql": ""}).json()["total"] == 0


def test_fields_and_properties_are_given_as_asked_for(jira: Client) -> None:
    key = jira.create()
    jira("PUT", f"/issue/{key}/properties/a", json={"b": 1})

    answer = jira("GET", f"/issue/{key.lower()}?fields=summary,status&properties=a").json()
    most = jira("GET", f"/issue/{key}?fields=*all,-comment").json()["fields"]

    assert set(answer["fields"]) == {"summary", "status"}
    assert answer["properties"] == {"a": {"b": 1}}
    assert "description" in most
    assert "comment" not in most


def test_an_edit_changes_the_fields_and_is_kept_in_the_history(
    jira: Client, clock: FakeClock
) -> None:
    key = jira.create(labels=["a"])
    clock.forward(seconds=5)
    metadata = {"type": "pagerduty"}
    body = {
        "fields": {"summary": "Slower", "priority": {"id": "1"}},
        "update": {"labels": [{"add": "b"}, {"remove": "a"}]},
        "historyMetadata": metadata,
    }

    assert jira("PUT", f"/issue/{key}", json=body).status_code == 204

    issue = jira("GET", f"/issue/{key}?expand=changelog").json()
    [entry] = issue["changelog"]["histories"]
    changes = {item["field"]: (item["fromString"], item["toString"]) for item in entry["items"]}
    assert changes == {
        "summary": ("Slow", "Slower"),
        "priority": ("Medium", "Highest"),
        "labels": ("a", "b"),
    }
    assert entry["historyMetadata"] == metadata
    assert issue["fields"]["updated"] > issue["fields"]["created"]


def test_an_edit_of_nothing_is_refused(jira: Client) -> None:
    answer = said(jira("PUT", f"/issue/{jira.create()}", json={}), 400)

    assert answer["errorMessages"] == ["one of 'fields' or 'update' required"]


def test_an_edit_of_an_unknown_field_is_refused(jira: Client) -> None:
    answer = jira("PUT", f"/issue/{jira.create()}", json={"fields": {"invalid": "x"}})

    assert list(said(answer, 400)["errors"]) == ["invalid"]


def test_editing_deleting_and_silent_edits_need_their_rights(jira: Client) -> None:
    key = jira.create()
    edit = {"fields": {"summary": "x"}}

    silent = jira("PUT", f"/issue/{key}?notifyUsers=false", json=edit)
    deleted = jira("DELETE", f"/issue/{key}")
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["EDIT_ISSUES"]},
    )
    edited = jira("PUT", f"/issue/{key}", json=edit)
    put = jira("PUT", f"/issue/{key}/properties/a", json={})

    assert [one.status_code for one in (silent, deleted, edited, put)] == [403] * 4
    assert jira("DELETE", f"/issue/{key}", auth=ALICE).status_code == 204
    assert jira("GET", f"/issue/{key}").status_code == 404


# What hangs on an issue


def test_a_comment_carries_properties_and_moves_updated(jira: Client, clock: FakeClock) -> None:
    key = jira.create()
    before = jira("GET", f"/issue/{key}").json()["fields"]["updated"]
    clock.forward(seconds=1)
    mark = [{"key": "pagerduty.note", "value": {"id": "PNOTE1"}}]

    made = jira(
        "POST", f"/issue/{key}/comment", json={"body": "[PagerDuty] hi", "properties": mark}
    )

    listed = jira("GET", f"/issue/{key}/comment?expand=properties").json()
    path = f"/comment/{made.json()['id']}/properties/pagerduty.note"
    assert made.status_code == 201
    assert [one["properties"] for one in listed["comments"]] == [mark]
    assert jira("GET", path).json()["value"] == {"id": "PNOTE1"}
    assert jira("GET", f"/issue/{key}").json()["fields"]["updated"] > before


def test_comments_come_in_pages_in_either_order(jira: Client) -> None:
    key = jira.create()
    for number in range(3):
        jira("POST", f"/issue/{key}/comment", json={"body": str(number)})

    page = jira("GET", f"/issue/{key}/comment?startAt=1&maxResults=1").json()
    newest = jira("GET", f"/issue/{key}/comment?orderBy=-created").json()

    assert [one["body"] for one in page["comments"]] == ["1"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (1, 1, 3)
    assert [one["body"] for one in newest["comments"]] == ["2", "1", "0"]


def test_an_empty_comment_and_one_without_the_right_are_refused(jira: Client) -> None:
    key = jira.create()

    empty = jira("POST", f"/issue/{key}/comment", json={"body": " "})
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["ADD_COMMENTS"]},
    )
    forbidden = jira("POST", f"/issue/{key}/comment", json={"body": "hi"})

    assert "comment" in said(empty, 400)["errors"]
    assert said(forbidden, 400)["errorMessages"]


def test_a_remote_link_of_the_same_global_id_is_updated(jira: Client) -> None:
    key = jira.create()
    path = f"/issue/{key}/remotelink"
    before = jira("GET", f"/issue/{key}").json()["fields"]["updated"]

    def post(title: str) -> Json:
        link = {"url": "https://acme.example/incidents/Q1", "title": title}
        return jira("POST", path, json={"globalId": "pagerduty.incident=Q1", "object": link}).json()

    first, second = post("old"), post("new")

    assert first["id"] == second["id"]
    [link] = jira("GET", path).json()
    assert link["object"]["title"] == "new"
    assert jira("GET", f"/issue/{key}").json()["fields"]["updated"] == before
    query = 'issue in issuesWithRemoteLinksByGlobalId("pagerduty.incident=Q1")'
    assert jira.found(query) == [key]


def test_remote_links_need_the_right_to_link_a_url_and_a_title(jira: Client) -> None:
    path = f"/issue/{jira.create()}/remotelink"

    without = jira("POST", path, json={"object": {"url": ""}})
    long = jira("POST", path, json={"globalId": "x" * 256, "object": {"url": "u", "title": "t"}})
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["LINK_ISSUES"]},
    )
    forbidden = jira("POST", path, json={"object": {"url": "u", "title": "t"}})

    assert set(said(without, 400)["errors"]) == {"url", "title"}
    assert "globalId" in said(long, 400)["errors"]
    assert said(forbidden, 403)["errorMessages"]


def test_entity_properties_are_put_read_listed_and_deleted_at_once(jira: Client) -> None:
    jira.control("PUT", "lag", {"seconds": 60})
    path = f"/issue/{jira.create()}/properties"

    statuses = [jira("PUT", f"{path}/a", json={"n": n}).status_code for n in (1, 2)]

    assert statuses == [201, 200]
    assert jira("GET", f"{path}/a").json()["value"] == {"n": 2}
    assert [one["key"] for one in jira("GET", path).json()["keys"]] == ["a"]
    assert jira("DELETE", f"{path}/a").status_code == 204
    assert jira("GET", f"{path}/a").status_code == 404


def test_an_entity_property_is_an_object_of_at_most_32_kilobytes(jira: Client) -> None:
    path = f"/issue/{jira.create()}/properties"

    answers = [
        jira("PUT", f"{path}/a", json=[1]),
        jira("PUT", f"{path}/a", json={"x": "y" * 33_000}),
        jira("PUT", f"{path}/{'k' * 256}", json={}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


# Workflow


def test_only_the_transitions_of_the_present_status_are_listed_and_taken(jira: Client) -> None:
    path = f"/issue/{jira.create()}/transitions"

    listed = jira("GET", path).json()["transitions"]
    early = jira("POST", path, json={"transition": {"id": "31"}})
    started = jira("POST", path, json={"transition": {"id": "11"}})

    assert [(one["id"], one["to"]["name"]) for one in listed] == [("11", "In Progress")]
    assert "not valid for the current state" in said(early, 400)["errorMessages"][0]
    assert started.status_code == 204
    assert [one["id"] for one in jira("GET", path).json()["transitions"]] == ["21", "31"]


def test_a_transition_screen_tells_and_asks_for_its_required_fields(jira: Client) -> None:
    key = jira.create()
    path = f"/issue/{key}/transitions"
    jira("POST", path, json={"transition": {"id": "11"}})

    listed = jira("GET", f"{path}?expand=transitions.fields&transitionId=31").json()
    without = jira("POST", path, json={"transition": {"id": "31"}})
    wrong = {"transition": {"id": "31"}, "fields": {"summary": "x"}}
    off_screen = jira("POST", path, json=wrong)
    body = {
        "transition": {"id": "31"},
        "fields": {"resolution": {"name": "Done"}},
        "update": {"comment": [{"add": {"body": "over"}}]},
    }
    resolved = jira("POST", path, json=body)

    resolution = listed["transitions"][0]["fields"]["resolution"]
    assert resolution["required"] is True
    assert resolution["allowedValues"][0]["name"] == "Done"
    assert said(without, 400)["errors"] == {"resolution": "Resolution is required."}
    assert "summary" in said(off_screen, 400)["errors"]
    assert resolved.status_code == 204
    fields = jira("GET", f"/issue/{key}").json()["fields"]
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Resolved", "Done")
    assert fields["resolutiondate"] is not None
    assert fields["comment"]["comments"][0]["body"] == "over"


def test_reopening_takes_the_resolution_away(jira: Client) -> None:
    key = jira.create()
    path = f"/issue/{key}/transitions"
    resolve = {"transition": {"id": "31"}, "fields": {"resolution": {"id": "10000"}}}
    for body in ({"transition": {"id": "11"}}, resolve, {"transition": {"id": "51"}}):
        assert jira("POST", path, json=body).status_code == 204

    fields = jira("GET", f"/issue/{key}").json()["fields"]

    assert fields["status"]["name"] == "Open"
    assert (fields["resolution"], fields["resolutiondate"]) == (None, None)


def test_an_incorrect_transition_id_is_500_and_none_at_all_400(jira: Client) -> None:
    path = f"/issue/{jira.create()}/transitions"

    assert jira("POST", path, json={"transition": {"id": "999"}}).status_code == 500
    assert said(jira("POST", path, json={"fields": {}}), 400)["errorMessages"]
    assert jira("POST", "/issue/1/transitions", json={}).status_code == 404


def test_without_the_right_there_are_no_transitions(jira: Client) -> None:
    path = f"/issue/{jira.create()}/transitions"
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["TRANSITION_ISSUES"]},
    )

    assert jira("GET", path).json()["transitions"] == []
    assert jira("POST", path, json={"transition": {"id": "11"}}).status_code == 400


# Searching


def test_a_search_knows_a_write_only_after_the_lag(jira: Client, clock: FakeClock) -> None:
    jira.control("PUT", "lag", {"seconds": 30})
    key = jira.create()
    query = f'project = OPS AND creator = currentUser() AND issuetype = "10001" AND key = {key}'

    at_once = jira.found(query)
    readable = jira("GET", f"/issue/{key}").status_code
    clock.forward(seconds=29)
    nearly = jira.found(query)
    clock.forward(seconds=1)

    assert (at_once, readable, nearly) == ([], 200, [])
    assert jira.found(query) == [key]


def test_a_search_shows_an_edit_only_after_the_lag(jira: Client, clock: FakeClock) -> None:
    key = jira.create()
    jira.control("PUT", "lag", {"seconds": 30})
    clock.forward(seconds=30)
    jira("PUT", f"/issue/{key}", json={"fields": {"priority": {"name": "High"}}})

    stale = jira.found("priority = High")
    clock.forward(seconds=30)

    assert stale == []
    assert jira.found("priority = High") == [key]


def test_searches_come_in_pages_of_fifty_and_are_capped_in_silence(jira: Client) -> None:
    model = jira.server.model
    with model.lock:
        for number in range(1_010):
            model.create_issue(OUR_ACCOUNT, a_bug(summary=f"{number}"))

    default = jira("GET", "/search?jql=order+by+key+asc&fields=summary").json()
    body = {"jql": "order by key asc", "maxResults": 5_000, "fields": ["summary"], "startAt": 5}
    capped = jira("POST", "/search", json=body).json()

    assert (len(default["issues"]), default["maxResults"], default["total"]) == (50, 50, 1_010)
    assert (len(capped["issues"]), capped["maxResults"]) == (1_000, 1_000)
    assert capped["issues"][0]["key"] == "OPS-6"


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("bogus = 1", "Field 'bogus' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'"),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'"),
        ("project = OPS ORDER BY bogus", "Not able to sort using field 'bogus'."),
        ("text = x", "The operator '=' is not supported by the 'text' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("labels ~ x", "The operator '~' is not supported by the 'labels' field."),
        ("creator = nobody()", "Unable to find JQL function 'nobody()'."),
        ('created >= now("-30d")', "Function 'now' expected '0' arguments but received '1'."),
        (
            "project = INT",
            (
                "Error in the JQL Query: 'INT' is a reserved JQL word. You must surround it in "
                "quotation marks to use it in a query. (line 1, character 11)"
            ),
        ),
        ("project = OPS AND\n do = 1", "'do' is a reserved JQL word."),
        ("key in (OPS-999)", "An issue with key 'OPS-999' does not exist for field 'key'."),
        ("id in (99999)", "A value with ID '99999' does not exist for the field 'id'."),
        ("created >= 2026-11-24T03:00:00Z", "Date value '2026-11-24T03:00:00Z'"),
        ('created >= "2026-11-24T03:00:00Z"', "Date value '2026-11-24T03:00:00Z'"),
        ("(project = OPS", "Error in the JQL Query: Expecting ')'"),
        ("(project = OPS ORDER BY key)", "Error in the JQL Query"),
        ('summary ~ "x', "The quoted string 'x' has not been completed."),
        ('summary ~ "\\x"', "illegal JQL escape sequence"),
        ("summary ~ a@b", "The character '@' is a reserved JQL character."),
        ("project OPS", "Expecting operator but got 'OPS'."),
        ("project = OPS labels = a", "Expecting either 'OR' or 'AND' but got 'labels'."),
        ("project =", "before the end of the query"),
    ],
)
def test_a_wrong_query_is_refused_in_words(jira: Client, jql: str, says: str) -> None:
    messages = said(jira("POST", "/search", json={"jql": jql}), 400)["errorMessages"]

    assert says in messages[0]


def test_with_validation_off_an_unknown_issue_is_a_warning(jira: Client) -> None:
    key = jira.create()
    body = {"jql": f"key in ({key}, OPS-999)", "validateQuery": False}

    answer = jira("POST", "/search", json=body)

    assert [one["key"] for one in answer.json()["issues"]] == [key]
    assert len(answer.json()["warningMessages"]) == 1


@pytest.mark.parametrize(
    ("jql", "numbers"),
    [
        ("project = OPS", "123"),
        ('project = "10100"', "123"),
        ("project = ops AND issuetype = Bug", "123"),
        ("project in (OPS, WEB)", "1234"),
        ("labels = red", "12"),
        ("labels != red", "3"),
        ("labels not in (blue)", "13"),
        ("NOT labels = red", "3"),
        ("labels is EMPTY", "4"),
        ("labels is not empty", "123"),
        ("priority = Highest OR labels = blue AND project = WEB", "14"),
        ("(priority = Highest OR labels = blue) AND project = OPS", "12"),
        ("not (priority = Highest or project = WEB)", "23"),
        ("status = Open && ! labels = blue", "13"),
        ('status in ("To Do", "3")', "4"),
        ("statusCategory = new", "1234"),
        ("creator = currentUser()", "1234"),
        ("creator = alice", ""),
        ("key = ops-2 OR id = 10001", "12"),
        ("issuekey in (OPS-3,WEB-1)", "34"),
        ('summary ~ "third"', "3"),
        ("text ~ third", "3"),
        ("'Incident number' ~ '7'", "1"),
        ("cf[10005] > 5", "1"),
        ("cf[10005] <= 5", "2"),
        ("cf[10005] is empty", "34"),
        ("Team = Search", "1"),
        ("resolution is empty", "1234"),
        ("assignee is empty", "1234"),
        ("created >= -5m", "1234"),
        ("created >= '-1w 2d' AND updated <= now()", "1234"),
        ("created >= 1d", ""),
        ("created >= 0", "1234"),
        ("created < 1000", ""),
        ("", "1234"),
        ("ORDER BY created", "1234"),
    ],
)
def test_a_query_finds_what_its_clauses_say(jira: Client, jql: str, numbers: str) -> None:
    jira.create(
        labels=["red"],
        priority={"name": "Highest"},
        customfield_10001="7",
        customfield_10004={"value": "Search"},
        customfield_10005=6,
    )
    jira.create(labels=["red", "blue"], customfield_10005=5)
    jira.create(labels=["green"], summary="The third")
    jira.create(project={"key": "WEB"}, priority={"id": "1"})
    names = {"OPS-1": "1", "OPS-2": "2", "OPS-3": "3", "WEB-1": "4"}

    found = sorted(names[key] for key in jira.found(jql))

    assert "".join(found) == _ids(numbers, jira)


def _ids(numbers: str, jira: Client) -> str:
    assert len(jira.server.model.issues) == 4
    return numbers


@given(st.text())
def test_a_quoted_value_is_read_as_it_was_written(text: str) -> None:
    query = parse(f"summary ~ {quote(text)} ORDER BY key")

    assert query.where == Clause(
        field="summary", operator="~", operands=(Operand(text=text, quoted=True),)
    )


def test_results_are_ordered_as_the_query_says(jira: Client, clock: FakeClock) -> None:
    for priority in ("Low", "Highest", "Low"):
        jira.create(priority={"name": priority})
        clock.forward(seconds=1)

    assert jira.found("ORDER BY priority DESC, created ASC") == ["OPS-2", "OPS-1", "OPS-3"]
    assert jira.found("order by created desc") == ["OPS-3", "OPS-2", "OPS-1"]


def test_dates_are_read_in_the_time_zone_of_the_account(jira: Client, clock: FakeClock) -> None:
    jira.create()
    until = (clock.now + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M")
    query = f'created <= "{until}"'

    in_utc = jira.found(query)
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"time_zone": "Asia/Tokyo"})
    in_tokyo = jira.found(query)

    assert (in_utc, in_tokyo) == (["OPS-1"], [])


def test_epoch_milliseconds_need_no_time_zone(jira: Client, clock: FakeClock) -> None:
    jira.create()
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"time_zone": "Asia/Tokyo"})
    moment: datetime = clock.now.replace(microsecond=0)
    milliseconds = int(moment.timestamp() * 1000)

    assert jira.found(f"created >= {milliseconds}") == ["OPS-1"]
    assert jira.found(f"created >= {milliseconds + 1000}") == []


# People and rights


def test_my_permissions_tell_what_one_may_do_in_a_project(jira: Client) -> None:
    answer = jira("GET", "/mypermissions?projectKey=OPS").json()["permissions"]

    held = {key for key, permission in answer.items() if permission["havePermission"]}
    assert held == {
        "BROWSE_PROJECTS",
        "CREATE_ISSUES",
        "EDIT_ISSUES",
        "TRANSITION_ISSUES",
        "RESOLVE_ISSUES",
        "ADD_COMMENTS",
        "LINK_ISSUES",
    }
    assert jira("GET", "/mypermissions?projectKey=NOPE").status_code == 404


def test_users_are_found_by_those_who_may_browse_them(jira: Client) -> None:
    ours = jira("GET", "/user/search?username=alice")
    alices = jira("GET", "/user/search?username=alice@example", auth=ALICE)
    assignable = jira("GET", "/user/assignable/search?project=OPS&username=")

    assert ours.json() == []
    assert [user["name"] for user in alices.json()] == ["alice"]
    assert {user["name"] for user in assignable.json()} == {"alice", "bob", "admin"}
    assert jira("GET", "/user?key=JIRAUSER10102").json()["name"] == "bob"
    assert jira("GET", "/user?username=eve").status_code == 404


# Faults


@pytest.mark.parametrize(
    ("kind", "written"), [("down", 0), ("cut_before", 0), ("cut_after", 1), ("late_commit", 1)]
)
def test_a_cut_connection_gives_no_answer(jira: Client, kind: str, written: int) -> None:
    jira.control("POST", "faults", {"kind": kind, "method": "POST", "path": "/issue$"})

    with pytest.raises(requests.ConnectionError):
        jira("POST", "/issue", json=a_bug())
    jira.control("POST", "wait-until-idle")

    assert len(jira.found("project = OPS")) == written
    assert jira("POST", "/issue", json=a_bug()).status_code == 201


def test_a_late_commit_comes_after_the_connection_was_cut(jira: Client) -> None:
    jira.control("POST", "faults", {"kind": "late_commit", "seconds": 0.3, "path": "/issue$"})

    with pytest.raises(requests.ConnectionError):
        jira("POST", "/issue", json=a_bug())
    at_first = jira.found("project = OPS")
    jira.control("POST", "wait-until-idle")

    assert at_first == []
    assert len(jira.found("project = OPS")) == 1


def test_a_status_is_answered_as_often_as_told(jira: Client) -> None:
    jira.control("POST", "faults", {"kind": "status", "status": 503, "times": 2})

    statuses = [jira("POST", "/issue", json=a_bug()).status_code for _ in range(3)]

    assert statuses == [503, 503, 201]
    assert len(jira.found("project = OPS")) == 1


def test_the_rate_limit_answers_with_its_headers(jira: Client) -> None:
    jira.control("POST", "rate-limit", {"times": 1, "retry_after": 7})

    answer = jira("GET", "/myself")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert jira("GET", "/myself").status_code == 200


def test_a_slow_answer_comes_late(jira: Client) -> None:
    jira.control("POST", "faults", {"kind": "slow", "seconds": 0.2, "path": "/myself"})

    assert jira("GET", "/myself").elapsed.total_seconds() >= 0.2


def test_a_jira_that_is_down_answers_only_its_control_interface(jira: Client) -> None:
    jira.control("POST", "faults", {"down": True})
    for path in ("/rest/api/2/myself", "/"):
        with pytest.raises(requests.ConnectionError):
            jira.session.get(f"{jira.server.url}{path}", timeout=10)

    jira.control("DELETE", "faults")

    assert jira("GET", "/myself").status_code == 200


def test_a_stopped_jira_refuses_connections_and_comes_back_with_everything(jira: Client) -> None:
    key = jira.create()
    jira.server.stop()
    with pytest.raises(requests.ConnectionError, match="refused"):
        jira("GET", "/myself")

    jira.server.start()

    assert jira("GET", f"/issue/{key}").status_code == 200


def test_a_jira_under_a_context_path_knows_only_that_path() -> None:
    with JiraServer(context_path="/jira") as server, requests.Session() as session:
        root = server.url.removesuffix("/jira")
        inside = session.get(f"{server.url}/rest/api/2/serverInfo", timeout=10)
        outside = session.get(f"{root}/rest/api/2/serverInfo", timeout=10)

    assert inside.json()["baseUrl"] == server.url
    assert (outside.status_code, outside.headers["Content-Type"][:9]) == (404, "text/html")


# The sandbox itself


def test_every_call_is_counted_and_kept(jira: Client) -> None:
    key = jira.create()
    jira("GET", f"/issue/{key}")
    jira.control("POST", "faults", {"kind": "cut_after"})
    with pytest.raises(requests.ConnectionError):
        jira("GET", f"/issue/{key}")

    known = jira.control("GET", "calls").json()

    assert known["counts"]["POST /rest/api/2/issue"] == 1
    assert known["counts"]["GET /rest/api/2/issue/<issue>"] == 2
    assert [call["status"] for call in known["calls"]] == [201, 200, None]
    assert [call["fault"] for call in known["calls"]] == [None, None, "cut_after"]
    assert '"summary": "Slow"' in known["calls"][0]["body"]


def test_the_state_holds_everything_about_an_issue(jira: Client) -> None:
    key = jira.create()
    jira("PUT", f"/issue/{key}/properties/a", json={"b": 1})

    [issue] = jira.control("GET", "state").json()["issues"]

    assert (issue["key"], issue["properties"], issue["remotelinks"]) == (key, {"a": {"b": 1}}, [])


def test_a_person_works_on_issues_in_the_page(jira: Client) -> None:
    url, form = jira.server.url, {"project": "10100", "issuetype": "10001", "summary": "By hand"}

    def post(path: str, **filled: str) -> requests.Response:
        return jira.session.post(f"{url}/web/{path}", data=filled, timeout=10)

    assert "By hand" in post("issues", **form).text
    assert "By foot" in post("issues/OPS-1/edit", summary="By foot", priority="1").text
    assert "well done" in post("issues/OPS-1/comment", body="well done").text
    assert "In Progress" in post("issues/OPS-1/transition", transition="11").text
    assert "Resolved" in post("issues/OPS-1/transition", transition="31", resolution="10000").text
    refused = post("issues", **{**form, "summary": ""})
    assert (refused.status_code, "You must specify a summary" in refused.text) == (400, True)
    post("you", user="bob")
    assert "OPS-1" not in post("issues/OPS-1/delete").text
    assert jira.session.get(f"{url}/browse/OPS-1", timeout=10).status_code == 404


def test_the_page_escapes_what_it_shows(jira: Client) -> None:
    bad = "<script>alert(1)</script>"
    key = jira.create(summary=bad, description=f"{bad}\nlast line", labels=[bad])
    link = {"url": "javascript:alert(1)", "title": bad}
    jira("POST", f"/issue/{key}/comment", json={"body": bad})
    jira("POST", f"/issue/{key}/remotelink", json={"globalId": bad, "object": link})
    jira("PUT", f"/issue/{key}/properties/a", json={"b": bad})

    pages = [
        jira.session.get(f"{jira.server.url}{path}", timeout=10).text
        for path in ("/", f"/browse/{key}")
    ]

    for page in pages:
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert 'href="javascript:' not in page


# Atlassian's own document


needs_document = pytest.mark.skipif(
    not jira_contract.DOCUMENT.parent.parent.is_dir(),
    reason="Atlassian's document may not be copied and does not lie beside this repository",
)
ISSUE = "/issue/{issueIdOrKey}"
PROJECT = "/project/{projectIdOrKey}"
CREATEMETA = "/issue/createmeta/{projectIdOrKey}/issuetypes"
A_LINK = {"globalId": "g", "object": {"url": "https://acme.example", "title": "t"}}


@needs_document
@pytest.mark.parametrize(
    ("method", "path", "declared", "sent"),
    [
        ("GET", "/serverInfo", "/serverInfo", None),
        ("GET", "/myself", "/myself", None),
        ("GET", "/mypermissions?projectKey=OPS", "/mypermissions", None),
        ("GET", "/priority", "/priority", None),
        ("GET", "/status", "/status", None),
        ("GET", "/issuetype", "/issuetype", None),
        ("GET", "/field", "/field", None),
        ("GET", "/resolution", "/resolution", None),
        ("GET", "/project", "/project", None),
        ("GET", "/project/OPS", PROJECT, None),
        ("GET", "/project/OPS/statuses", f"{PROJECT}/statuses", None),
        ("GET", "/user?username=bob", "/user", None),
        ("GET", "/user/assignable/search?project=OPS", "/user/assignable/search", None),
        ("GET", "/issue/createmeta/OPS/issuetypes", CREATEMETA, None),
        ("GET", "/issue/createmeta/OPS/issuetypes/10001", f"{CREATEMETA}/{{issueTypeId}}", None),
        ("GET", "/issue/createmeta/NOPE/issuetypes", CREATEMETA, None),
        ("POST", "/issue", "/issue", a_bug()),
        ("POST", "/issue", "/issue", a_bug(bogus=1)),
        ("GET", "/issue/OPS-1?expand=changelog", ISSUE, None),
        ("GET", "/issue/OPS-99", ISSUE, None),
        ("PUT", "/issue/OPS-1", ISSUE, {"fields": {"summary": "x"}}),
        ("PUT", "/issue/OPS-1", ISSUE, {}),
        ("DELETE", "/issue/OPS-1", ISSUE, None),
        ("GET", "/issue/OPS-1/comment?expand=properties", f"{ISSUE}/comment", None),
        ("POST", "/issue/OPS-1/comment", f"{ISSUE}/comment", {"body": "x"}),
        ("POST", "/issue/OPS-1/comment", f"{ISSUE}/comment", {}),
        ("GET", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", None),
        ("POST", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", A_LINK),
        ("POST", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", {}),
        ("GET", "/issue/OPS-1/properties", f"{ISSUE}/properties", None),
        ("GET", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("GET", "/issue/OPS-1/properties/z", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("PUT", "/issue/OPS-1/properties/b", f"{ISSUE}/properties/{{propertyKey}}", {}),
        ("PUT", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", {}),
        ("DELETE", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("GET", "/issue/OPS-1/transitions?expand=transitions.fields", f"{ISSUE}/transitions", None),
        ("POST", "/issue/OPS-1/transitions", f"{ISSUE}/transitions", {"transition": {"id": "21"}}),
        ("POST", "/issue/OPS-1/transitions", f"{ISSUE}/transitions", {"transition": {"id": "0"}}),
        ("POST", "/search", "/search", {"jql": "project = OPS", "expand": ["changelog"]}),
        ("POST", "/search", "/search", {"jql": "key = OPS-99", "validateQuery": False}),
        ("GET", "/search?jql=bogus=1", "/search", None),
    ],
)
def test_answers_are_as_atlassians_document_says(
    jira: Client, method: str, path: str, declared: str, sent: Json
) -> None:
    jira.create(labels=["a"], customfield_10004={"value": "Search"})
    jira("PUT", "/issue/OPS-1/properties/a", json={"b": 1})
    jira("POST", "/issue/OPS-1/comment", json={"body": "x", "properties": []})
    jira("POST", "/issue/OPS-1/transitions", json={"transition": {"id": "11"}})
    jira("POST", "/issue/OPS-1/remotelink", json=A_LINK)

    answer = jira(method, path, json=sent)

    body = answer.json() if answer.content else None
    assert (
        jira_contract.problems(method.lower(), f"/api/2{declared}", answer.status_code, body) == []
    )


# The table


def test_every_claimed_behaviour_names_a_test_and_every_test_is_claimed() -> None:
    table = (Path(__file__).parent / "jira" / "FACTS.md").read_text(encoding="utf-8")
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    tests = {name for name in tests if name.startswith("test_")}

    named = set(re.findall(r"`(test_\w+)`", table))

    assert named - tests == set()
    assert tests - named == {
        test_every_claimed_behaviour_names_a_test_and_every_test_is_claimed.__name__
    }
