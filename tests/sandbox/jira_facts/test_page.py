"""The page where a person works in the sandbox's Jira."""

import requests

from tests.sandbox.jira_facts.client import Client


def test_a_person_works_on_issues_in_the_page(jira: Client) -> None:
    url, form = jira.server.url, {"project": "10100", "issuetype": "10001", "summary": "By hand"}

    def post(path: str, **filled: str) -> requests.Response:
        return jira.session.post(f"{url}/web/{path}", data=filled, timeout=10)

    assert "By hand" in post("issues", **form).text
    assert "By foot" in post("issues/OPS-1/edit", summary="By foot", priority="1").text
    assert "well done" in post("issues/OPS-1/comment", body="well done").text
    assert "In Progress" in post("issues/OPS-1/transition", transition="11").text
    assert "Resolved" in post("issues/OPS-1/transition", transition="31", resolution="10000").text
    refused = post("issues", **{**form, "summary": ""})
    assert (refused.status_code, "You must specify a summary" in refused.text) == (400, True)
    post("you", user="bob")
    assert "OPS-1" not in post("issues/OPS-1/delete").text
    assert jira.session.get(f"{url}/browse/OPS-1", timeout=10).status_code == 404


def test_the_page_escapes_what_it_shows(jira: Client) -> None:
    bad = "<script>alert(1)</script>"
    key = jira.create(summary=bad, description=f"{bad}\nlast line", labels=[bad])
    link = {"url": "javascript:alert(1)", "title": bad}
    jira("POST", f"/issue/{key}/comment", json={"body": bad})
    jira("POST", f"/issue/{key}/remotelink", json={"globalId": bad, "object": link})
    jira("PUT", f"/issue/{key}/properties/a", json={"b": bad})

    pages = [
        jira.session.get(f"{jira.server.url}{path}", timeout=10).text
        for path in ("/", f"/browse/{key}")
    ]

    for page in pages:
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert 'href="javascript:' not in page
