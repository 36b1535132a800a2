"""Whom Jira knows, and what they may do."""

from tests.sandbox.jira_facts.client import ALICE, Client


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
