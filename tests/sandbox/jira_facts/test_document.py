"""The sandbox's Jira answers as Atlassian's own document says."""

import pytest

from tests.sandbox.jira_facts.client import Client, Json, a_bug
from tests.sandbox.jira_facts.document import document
from tests.sandbox.vendors import needs_documents

ISSUE = "/issue/{issueIdOrKey}"
PROJECT = "/project/{projectIdOrKey}"
CREATEMETA = "/issue/createmeta/{projectIdOrKey}/issuetypes"
A_DUPLICATE = {
    "type": {"name": "Duplicate"},
    "inwardIssue": {"key": "OPS-1"},
    "outwardIssue": {"key": "OPS-2"},
}
A_LINK = {"globalId": "g", "object": {"url": "https://acme.example", "title": "t"}}


@needs_documents
@pytest.mark.parametrize(
    ("method", "path", "declared", "sent"),
    [
        ("GET", "/serverInfo", "/serverInfo", None),
        ("GET", "/myself", "/myself", None),
        ("GET", "/mypermissions?projectKey=OPS", "/mypermissions", None),
        ("GET", "/priority", "/priority", None),
        ("GET", "/status", "/status", None),
        ("GET", "/issuetype", "/issuetype", None),
        ("GET", "/field", "/field", None),
        ("GET", "/resolution", "/resolution", None),
        ("GET", "/project", "/project", None),
        ("GET", "/project/OPS", PROJECT, None),
        ("GET", "/project/OPS/statuses", f"{PROJECT}/statuses", None),
        ("GET", "/user?username=bob", "/user", None),
        ("GET", "/user/assignable/search?project=OPS", "/user/assignable/search", None),
        ("GET", "/issue/createmeta/OPS/issuetypes", CREATEMETA, None),
        ("GET", "/issue/createmeta/OPS/issuetypes/10001", f"{CREATEMETA}/{{issueTypeId}}", None),
        ("GET", "/issue/createmeta/NOPE/issuetypes", CREATEMETA, None),
        ("POST", "/issue", "/issue", a_bug()),
        ("POST", "/issue", "/issue", a_bug(bogus=1)),
        ("GET", "/issue/OPS-1?expand=changelog", ISSUE, None),
        ("GET", "/issue/OPS-99", ISSUE, None),
        ("PUT", "/issue/OPS-1", ISSUE, {"fields": {"summary": "x"}}),
        ("PUT", "/issue/OPS-1", ISSUE, {}),
        ("DELETE", "/issue/OPS-1", ISSUE, None),
        ("PUT", "/issue/OPS-1/assignee", f"{ISSUE}/assignee", {"name": "bob"}),
        ("POST", "/issue/OPS-1/watchers", f"{ISSUE}/watchers", "bob"),
        ("POST", "/issue/OPS-1/watchers", f"{ISSUE}/watchers", "pagerduty"),
        ("GET", "/issue/OPS-1/comment?expand=properties", f"{ISSUE}/comment", None),
        ("POST", "/issue/OPS-1/comment", f"{ISSUE}/comment", {"body": "x"}),
        ("POST", "/issue/OPS-1/comment", f"{ISSUE}/comment", {}),
        ("GET", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", None),
        ("POST", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", A_LINK),
        ("POST", "/issue/OPS-1/remotelink", f"{ISSUE}/remotelink", {}),
        ("POST", "/issueLink", "/issueLink", A_DUPLICATE),
        ("POST", "/issueLink", "/issueLink", {**A_DUPLICATE, "type": {"name": "Twin"}}),
        ("GET", "/issue/OPS-1/properties", f"{ISSUE}/properties", None),
        ("GET", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("GET", "/issue/OPS-1/properties/z", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("PUT", "/issue/OPS-1/properties/b", f"{ISSUE}/properties/{{propertyKey}}", {}),
        ("PUT", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", {}),
        ("DELETE", "/issue/OPS-1/properties/a", f"{ISSUE}/properties/{{propertyKey}}", None),
        ("GET", "/issue/OPS-1/transitions?expand=transitions.fields", f"{ISSUE}/transitions", None),
        ("POST", "/issue/OPS-1/transitions", f"{ISSUE}/transitions", {"transition": {"id": "21"}}),
        ("POST", "/issue/OPS-1/transitions", f"{ISSUE}/transitions", {"transition": {"id": "0"}}),
        ("POST", "/search", "/search", {"jql": "project = OPS", "expand": ["changelog"]}),
        ("POST", "/search", "/search", {"jql": "key = OPS-99", "validateQuery": False}),
        ("GET", "/search?jql=bogus=1", "/search", None),
    ],
)
def test_answers_are_as_atlassians_document_says(
    jira: Client, method: str, path: str, declared: str, sent: Json
) -> None:
    jira.create(labels=["a"], customfield_10004={"value": "Search"})
    jira.create()
    jira("PUT", "/issue/OPS-1/properties/a", json={"b": 1})
    jira("POST", "/issue/OPS-1/comment", json={"body": "x", "properties": []})
    jira("POST", "/issue/OPS-1/transitions", json={"transition": {"id": "11"}})
    jira("POST", "/issue/OPS-1/remotelink", json=A_LINK)

    answer = jira(method, path, json=sent)

    body = answer.json() if answer.content else None
    path = f"/api/2{declared}"
    assert document().problems(method.lower(), path, answer.status_code, body) == []
