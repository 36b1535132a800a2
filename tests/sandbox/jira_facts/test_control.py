"""What the control interface tells of the sandbox's Jira."""

import pytest
import requests

from tests.sandbox.jira_facts.client import Client


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
