"""The steps of an issue from one status to the next."""

import requests

from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client, said


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


def test_what_a_screen_takes_by_add_alone_is_added_by_update(jira: Client) -> None:
    workflow = jira.server.model.world.projects["10100"].workflow
    resolve = next(one.screen for one in workflow.transitions if one.id == "31")
    assert resolve
    resolve.fields.extend(("worklog", "comment", "attachment"))
    resolve.required.add("worklog")
    key = jira.create()
    path = f"/issue/{key}/transitions"
    jira("POST", path, json={"transition": {"id": "11"}})
    resolution = {"resolution": {"name": "Done"}}
    mark = {"key": "x", "value": {"id": "1"}}

    def resolved(fields: object, **update: object) -> requests.Response:
        body = {"transition": {"id": "31"}, "fields": fields, "update": update}
        return jira("POST", path, json=body)

    listed = jira("GET", f"{path}?expand=transitions.fields&transitionId=31").json()
    without = resolved(resolution)
    as_value = resolved({**resolution, "worklog": [{"timeSpent": "1m"}]})
    wrong = resolved(resolution, worklog=[{"add": {"timeSpent": "soon"}}])
    comment = {"add": {"body": "over", "properties": [mark]}}
    added = resolved(resolution, worklog=[{"add": {"timeSpent": "1m"}}], comment=[comment])

    fields = listed["transitions"][0]["fields"]
    operations = [fields[name]["operations"] for name in ("worklog", "comment", "attachment")]
    assert operations == [["add"], ["add"], []]
    for refused in (without, as_value, wrong):
        assert "worklog" in said(refused, 400)["errors"]
    assert added.status_code == 204
    shown = jira("GET", f"/issue/{key}/comment?expand=properties").json()["comments"]
    assert [one["properties"] for one in shown] == [[mark]]
