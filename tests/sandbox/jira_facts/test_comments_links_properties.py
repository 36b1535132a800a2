"""What hangs on an issue: comments, remote links and entity properties."""

from tests.builders import FakeClock
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client, Json, said

FIELDS = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "Down"}


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


def test_a_jira_may_drop_the_properties_of_comments() -> None:
    model = JiraModel()
    model.world.keeps_comment_properties = False
    key = model.create_issue("alice", {"fields": FIELDS})["key"]
    mark = [{"key": "pagerduty.note", "value": {"id": "PNOTE1"}}]

    model.add_comment("alice", key, {"body": "hi", "properties": mark})

    (comment,) = model.comments("alice", key, expand=("properties",))["comments"]
    assert (comment["body"], comment["properties"]) == ("hi", [])


def test_comments_stand_in_the_order_of_their_times() -> None:
    clock = FakeClock()
    model = JiraModel(clock=clock)
    key = model.create_issue("alice", {"fields": FIELDS})["key"]

    for body, seconds in {"a": 0, "b": 1, "c": -30, "d": 35}.items():
        clock.forward(seconds=seconds)
        model.add_comment("alice", key, {"body": body})

    inline = model.get_issue("alice", key)["fields"]["comment"]["comments"]
    listed = model.comments("alice", key)["comments"]
    assert [one["body"] for one in inline] == [one["body"] for one in listed] == list("cabd")


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
