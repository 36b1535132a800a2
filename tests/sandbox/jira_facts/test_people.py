"""Whom Jira knows, and what they may do."""

from datetime import UTC, datetime

import requests

from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_TOKEN
from tests.sandbox.jira_facts.client import ALICE, Client, said


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


def test_ones_own_access_tokens_are_listed_with_their_ends(jira: Client) -> None:
    account = jira.server.model.world.users[OUR_ACCOUNT]
    url = f"{jira.server.url}/rest/pat/latest/tokens"
    ours = {"Authorization": f"Bearer {OUR_TOKEN}"}

    (endless,) = requests.get(url, headers=ours, timeout=10).json()
    account.token_ends = datetime(2026, 12, 24, tzinfo=UTC)
    (ending,) = requests.get(url, headers=ours, timeout=10).json()

    assert endless["expiringAt"] is None
    assert ending["expiringAt"] == "2026-12-24T00:00:00+00:00"
    assert OUR_TOKEN not in str(ending)
    assert requests.get(url, timeout=10).status_code == 401


def test_a_service_desk_project_is_told_by_its_type_and_its_agents_by_a_right(
    jira: Client,
) -> None:
    jira.server.model.world.project_named("OPS").type_key = "service_desk"
    path = "/mypermissions?projectKey=OPS"

    ours, alices = (jira("GET", path, **who).json() for who in ({}, {"auth": ALICE}))

    assert jira("GET", "/project/OPS").json()["projectTypeKey"] == "service_desk"
    assert ours["permissions"]["SERVICEDESK_AGENT"]["havePermission"] is False
    assert alices["permissions"]["SERVICEDESK_AGENT"]["havePermission"] is True


def test_users_are_found_by_those_who_may_browse_them(jira: Client) -> None:
    ours = jira("GET", "/user/search?username=alice")
    alices = jira("GET", "/user/search?username=alice@example", auth=ALICE)
    assignable = jira("GET", "/user/assignable/search?project=OPS&username=")

    assert ours.json() == []
    assert [user["name"] for user in alices.json()] == ["alice"]
    assert {user["name"] for user in assignable.json()} == {"alice", "bob", "admin"}
    assert jira("GET", "/user?key=JIRAUSER10102").json()["name"] == "bob"
    assert jira("GET", "/user?username=eve").status_code == 404


def test_assigning_takes_one_right_and_no_screen(jira: Client) -> None:
    jira.create()
    world = jira.server.model.world

    def assign(name: str | None) -> requests.Response:
        return jira("PUT", "/issue/OPS-1/assignee", json={"name": name})

    def assignee() -> str | None:
        user = jira("GET", "/issue/OPS-1").json()["fields"]["assignee"]
        return user["name"] if user else None

    assert said(assign("bob"), 401)["errorMessages"]
    world.grant(OUR_ACCOUNT, "ASSIGN_ISSUES", project="OPS")
    world.revoke(OUR_ACCOUNT, "EDIT_ISSUES", project="OPS")
    seen = []
    for name in ("bob", "-1", None):
        assert assign(name).status_code == 204
        seen.append(assignee())

    assert seen == ["bob", "alice", None]
    refused = said(assign(OUR_ACCOUNT), 400)["errors"]
    assert refused == {"assignee": "User 'pagerduty' cannot be assigned issues."}
    assert jira("PUT", "/issue/OPS-9/assignee", json={"name": "bob"}).status_code == 404


def test_watchers_are_added_by_name_and_a_missing_right_is_401(jira: Client) -> None:
    jira.create()
    path, world = "/issue/OPS-1/watchers", jira.server.model.world

    ourselves = jira("POST", path, json=OUR_ACCOUNT)
    denied = said(jira("POST", path, json="bob"), 401)
    world.grant(OUR_ACCOUNT, "MANAGE_WATCHERS", project="OPS")
    others = [jira("POST", path, json="bob").status_code for _ in range(2)]
    world.revoke("alice", "BROWSE_PROJECTS", project="OPS")
    unseen = said(jira("POST", path, json="alice"), 401)

    assert (ourselves.status_code, others) == (204, [204, 204])
    assert "not allowed to add watchers" in denied["errorMessages"][0]
    assert "does not have permission to view this issue" in unseen["errorMessages"][0]
    shown = jira("GET", path).json()
    assert [one["name"] for one in shown["watchers"]] == [OUR_ACCOUNT, "bob"]
    assert (shown["isWatching"], shown["watchCount"]) == (True, 2)
    assert jira("POST", "/issue/OPS-9/watchers", json="bob").status_code == 404
    assert jira("DELETE", f"{path}?username=bob").status_code == 204
    assert jira("GET", path).json()["watchCount"] == 1


def test_watching_changes_nothing_else(jira: Client) -> None:
    jira.create()
    before = jira("GET", "/issue/OPS-1?expand=changelog").json()

    jira("POST", "/issue/OPS-1/watchers", json=OUR_ACCOUNT)

    assert jira("GET", "/issue/OPS-1?expand=changelog").json() == before
