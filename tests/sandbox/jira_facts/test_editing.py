"""How an issue is read, changed and deleted."""

from tests.builders import FakeClock
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import ALICE, Client, said


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


def test_an_issue_tells_the_kinds_of_its_fields_when_expanded(jira: Client) -> None:
    key = jira.create()

    plain = jira("GET", f"/issue/{key}?fields=summary").json()
    told = jira("GET", f"/issue/{key}?fields=summary,customfield_10006&expand=schema").json()

    assert "schema" not in plain
    assert told["schema"]["summary"] == {"type": "string", "system": "summary"}
    assert told["schema"]["customfield_10006"]["custom"].endswith(":url")
    assert set(told["schema"]) == {"summary", "customfield_10006"}


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


def test_an_issue_tells_what_may_be_edited_when_expanded(jira: Client) -> None:
    key = jira.create()

    plain = jira("GET", f"/issue/{key}").json()
    fields = jira("GET", f"/issue/{key}?expand=editmeta").json()["editmeta"]["fields"]
    jira.control(
        "POST", "permissions", {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["EDIT_ISSUES"]}
    )
    without = jira("GET", f"/issue/{key}?expand=editmeta").json()["editmeta"]["fields"]

    assert "editmeta" not in plain
    assert fields["customfield_10005"]["schema"]["type"] == "number"
    assert "Platform" in [one["value"] for one in fields["customfield_10004"]["allowedValues"]]
    assert "project" not in fields
    assert without == {}
