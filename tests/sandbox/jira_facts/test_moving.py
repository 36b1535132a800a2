"""How an issue is moved, and hidden."""

from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client, said


def test_a_moved_issue_keeps_its_id_and_its_old_key_still_finds_it(jira: Client) -> None:
    jira.create()
    issue_id = jira("GET", "/issue/OPS-1").json()["id"]

    key = jira.server.model.move_issue("alice", "OPS-1", "WEB", type_id="10002")

    by_id, by_old_key = jira("GET", f"/issue/{issue_id}").json(), jira("GET", "/issue/OPS-1").json()
    assert (by_id["key"], by_old_key["key"], by_old_key["id"]) == (key, key, issue_id)
    assert by_id["fields"]["project"]["key"] == "WEB"
    assert by_id["fields"]["issuetype"]["id"] == "10002"
    assert by_id["fields"]["status"]["name"] == "To Do"
    assert jira.found("project = OPS") == []
    assert jira.found("project = WEB") == [key]


def test_a_move_is_told_in_the_history(jira: Client) -> None:
    jira.create()

    jira.server.model.move_issue("alice", "OPS-1", "WEB")

    (change,) = jira("GET", "/issue/WEB-1?expand=changelog").json()["changelog"]["histories"]
    told = {item["field"]: (item["fromString"], item["toString"]) for item in change["items"]}
    assert told == {
        "project": ("Operations", "Website"),
        "Key": ("OPS-1", "WEB-1"),
        "status": ("Open", "To Do"),
    }


def test_an_issue_whose_security_level_hides_it_is_not_there(jira: Client) -> None:
    key = jira.create()

    jira.server.model.set_security("alice", key, {"alice"})
    hidden, found = jira("GET", f"/issue/{key}"), jira.found("project = OPS")
    jira.server.model.set_security("alice", key, {"alice", OUR_ACCOUNT})

    assert said(hidden, 404)["errorMessages"] == ["Issue Does Not Exist"]
    assert found == []
    assert jira("GET", f"/issue/{key}").json()["key"] == key
