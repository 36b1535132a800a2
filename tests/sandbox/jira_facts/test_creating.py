"""What a project asks of a new issue, and what becomes of it."""

import pytest

from tests.builders import FakeClock
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client, Json, a_bug, said


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/issue/OPS-1/changelog", 404), ("PUT", "/myself", 405)],
)
def test_a_path_that_does_not_exist_is_answered_in_json(
    jira: Client, method: str, path: str, status: int
) -> None:
    answer = jira(method, path)

    assert (answer.status_code, answer.json()["status-code"]) == (status, status)
    assert set(answer.json()) == {"message", "status-code"}


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


@pytest.mark.parametrize(("properties", "status"), [("refused", 400), ("dropped", 201)])
def test_an_issues_properties_may_be_refused_or_dropped(
    jira: Client, properties: str, status: int
) -> None:
    jira.control("PUT", "properties", {"properties": properties})
    body = {**a_bug(), "properties": [{"key": "pagerduty.incident", "value": {"id": "Q1"}}]}

    made = jira("POST", "/issue", json=body)
    plain = jira("POST", "/issue", json=a_bug())

    assert made.status_code == status
    assert plain.status_code == 201
    if status == 400:
        assert made.json().keys() == {"errorMessages"}
    else:
        assert jira("GET", f"/issue/{made.json()['id']}/properties").json() == {"keys": []}


def test_a_jira_that_was_restored_gives_ids_and_keys_out_again(
    jira: Client, clock: FakeClock
) -> None:
    kept = jira.create()
    backup = clock.now.isoformat()
    clock.forward(minutes=1)
    lost = jira("POST", "/issue", json=a_bug()).json()

    jira.control("POST", "restore", {"to": backup})
    gone = jira("GET", f"/issue/{lost['id']}")
    again = jira("POST", "/issue", json=a_bug()).json()

    assert gone.status_code == 404
    assert (again["id"], again["key"]) == (lost["id"], lost["key"])
    assert jira("GET", f"/issue/{kept}").status_code == 200
