"""What can be made to go wrong with the sandbox's Jira."""

import pytest
import requests

from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira_facts.client import Client, a_bug


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


def test_a_dripping_answer_comes_byte_by_byte_after_all_is_done(jira: Client) -> None:
    fault = {"kind": "drip", "seconds": 0.05, "status": 201, "body": "slow", "path": "/issue$"}
    jira.control("POST", "faults", fault)

    answer = jira("POST", "/issue", json=a_bug())

    assert (answer.status_code, answer.text) == (201, "slow")
    assert len(jira.found("project = OPS")) == 1
