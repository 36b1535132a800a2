"""Links between issues."""

from typing import Any

from tests.builders import FakeClock
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import Client, said


def a_link(source: str, target: str, **changes: Any) -> dict[str, Any]:
    ends = {"inwardIssue": {"key": source}, "outwardIssue": {"key": target}}
    return {"type": {"name": "Duplicate"}, **ends, **changes}


def test_a_link_starts_from_the_inward_issue_and_is_shown_on_both(
    jira: Client, clock: FakeClock
) -> None:
    second, first = jira.create(), jira.create()
    before = jira("GET", f"/issue/{first}").json()["fields"]["updated"]
    clock.forward(seconds=1)

    answers = [jira("POST", "/issueLink", json=a_link(second, first)) for _ in range(2)]

    shown = {key: jira("GET", f"/issue/{key}").json()["fields"] for key in (first, second)}
    [from_second], [at_first] = (shown[key]["issuelinks"] for key in (second, first))
    assert [(one.status_code, one.content) for one in answers] == [(201, b""), (201, b"")]
    assert (from_second["type"]["outward"], from_second["outwardIssue"]["key"]) == (
        "duplicates",
        first,
    )
    assert (at_first["type"]["inward"], at_first["inwardIssue"]["key"]) == (
        "is duplicated by",
        second,
    )
    assert shown[first]["updated"] > before


def test_an_unknown_type_and_an_issue_that_is_not_shown_are_404(jira: Client) -> None:
    second, first = jira.create(), jira.create()

    unknown = jira("POST", "/issueLink", json=a_link(second, first, type={"name": "Twin"}))
    gone = jira("POST", "/issueLink", json=a_link(second, "OPS-99"))
    itself = jira("POST", "/issueLink", json=a_link(second, second))

    assert said(unknown, 404)["errorMessages"] == ["No issue link type with name 'Twin' found."]
    assert said(gone, 404)["errorMessages"] == ["Issue Does Not Exist"]
    assert said(itself, 400)["errorMessages"]


def test_a_link_without_the_right_on_its_start_is_401(jira: Client) -> None:
    second, first = jira.create(), jira.create()
    jira.control(
        "POST",
        "permissions",
        {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["LINK_ISSUES"]},
    )

    refused = jira("POST", "/issueLink", json=a_link(second, first))

    assert said(refused, 401)["errorMessages"] == [f"No Link Issue Permission for issue '{second}'"]
