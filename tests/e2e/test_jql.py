"""M16, G15 on the deployed stack: an issue that matches a JQL opens exactly one incident."""

from tests.sandbox.environment import Sandbox, eventually


def test_m16_a_matching_issue_opens_exactly_one_incident_and_both_follow(sandbox: Sandbox) -> None:
    sandbox.put_mapping(
        id="paging",
        create_issue="never",
        jql='labels = "page-me"',
        jql_applies_to="existing",
        incident_urgency="low",
    )
    made = sandbox.jira.model.create_issue(
        "alice",
        {
            "fields": {
                "project": {"id": "10100"},
                "issuetype": {"id": "10001"},
                "summary": "Database down",
                "description": "p99 is 8 s",
                "labels": ["page-me"],
            }
        },
    )

    answers = [sandbox.poll() for _ in range(3)]
    found = [one for one in answers[0] if one["about"] == "mapping paging"]
    opened = eventually(lambda: incidents_of(sandbox, made["id"]), what="an incident")
    incident = opened[0]
    eventually(lambda: sandbox.is_linked(incident), what="a link")
    sandbox.at_rest(incident)
    sandbox.poll()
    sandbox.at_rest(incident)

    assert [one["problem"] for one in found] == [None]
    assert incidents_of(sandbox, made["id"]) == [incident]
    (note,) = sandbox.notes_of(incident)
    assert note.endswith(f"/browse/{made['key']}")
    assert [issue["key"] for issue in sandbox.issues_of(incident)] == [made["key"]]
    stored = sandbox.pagerduty.model.incident(incident)
    assert (stored.title, stored.urgency) == ("Database down", "low")
    sandbox.remove_mapping("paging")


def incidents_of(sandbox: Sandbox, issue_id: str) -> list[str]:
    return [
        it.id
        for it in sandbox.pagerduty.model.incidents.values()
        if (it.incident_key or "").startswith("jira:")
        and (it.incident_key or "").endswith(f":{issue_id}")
    ]
