"""How the tests call the sandbox's Jira, and what they send it."""

from typing import Any

import requests

from tests.sandbox.jira.seed import OUR_TOKEN
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
