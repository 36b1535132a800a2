"""An incident's whole life on the deployed stack: its issue follows it to the end."""

from typing import Any

import pytest

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER

STATUSES = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": {"id": "5", "name": "Resolved"},
}
RESOLUTION = {"target_issue_field": "resolution", "type": "const", "value": "Done"}
KINDS: dict[str, tuple[dict[str, Any], object]] = {
    "text": (
        {
            "target_issue_field": "customfield_10001",
            "type": "template",
            "value": "#{{ incident_number }}",
        },
        None,
    ),
    "labels": (
        {"target_issue_field": "customfield_10003", "type": "const", "value": "dark blue,red"},
        ["dark_blue", "red"],
    ),
    "select": (
        {"target_issue_field": "customfield_10004", "type": "const", "value": "Platform"},
        "Platform",
    ),
    "number": ({"target_issue_field": "customfield_10005", "type": "const", "value": "42.5"}, 42.5),
    "url": (
        {
            "target_issue_field": "customfield_10006",
            "type": "attribute",
            "source_incident_field": "incident_html_url",
        },
        None,
    ),
    "multi select": (
        {"target_issue_field": "customfield_10007", "type": "const", "value": "Europe,Asia"},
        ["Europe", "Asia"],
    ),
    "date": (
        {"target_issue_field": "customfield_10008", "type": "const", "value": "2026-11-24"},
        "2026-11-24",
    ),
    "datetime": (
        {
            "target_issue_field": "customfield_10009",
            "type": "attribute",
            "source_incident_field": "incident_created_at",
        },
        None,
    ),
    "user": ({"target_issue_field": "customfield_10010", "type": "const", "value": "bob"}, "bob"),
}


def fields(sandbox: Sandbox, incident: str) -> dict[str, Any]:
    (issue,) = sandbox.issues_of(incident)
    found: dict[str, Any] = issue["fields"]
    return found


def follows(sandbox: Sandbox, incident: str, status: str) -> None:
    eventually(
        lambda: fields(sandbox, incident)["status"]["name"] == status,
        seconds=60,
        what=f"the issue in {status}",
    )


def opened(sandbox: Sandbox, title: str, **details: Any) -> str:
    incident = sandbox.trigger(title, **details)
    eventually(lambda: sandbox.is_linked(incident), seconds=60, what="the issue")
    return incident


def test_m24_the_issue_follows_its_incident_through_a_workflow_of_three_steps(
    sandbox: Sandbox,
) -> None:
    sandbox.put_mapping(status_mapping=STATUSES, custom_fields=[RESOLUTION])
    model = sandbox.pagerduty.model
    incident = opened(sandbox, "A whole life")

    model.acknowledge(incident, by=RESPONDER)
    follows(sandbox, incident, "In Progress")
    model.resolve(incident, by=RESPONDER)
    follows(sandbox, incident, "Resolved")
    model.reopen(incident, by=RESPONDER)
    follows(sandbox, incident, "Open")
    model.resolve(incident, by=RESPONDER)
    follows(sandbox, incident, "Resolved")

    assert fields(sandbox, incident)["resolution"]["name"] == "Done"
    assert len(sandbox.notes_of(incident)) == 1


def test_m26_a_field_that_a_transition_requires_is_named_and_filled_after_the_cure(
    sandbox: Sandbox,
) -> None:
    sandbox.put_mapping(status_mapping=STATUSES)
    incident = opened(sandbox, "Resolution missing")

    sandbox.pagerduty.model.resolve(incident, by=RESPONDER)
    notes = eventually(
        lambda: [note for note in sandbox.notes_of(incident) if "Resolution" in note],
        what="a note that names the field",
    )
    sandbox.put_mapping(status_mapping=STATUSES, custom_fields=[RESOLUTION])
    sandbox.stack.invoke("AdminFunction", {"action": "resync", "incident_id": incident})
    follows(sandbox, incident, "Resolved")

    assert "What to do: " in notes[0]


def test_m28_a_priority_change_alone_reaches_the_issue(sandbox: Sandbox) -> None:
    sandbox.put_mapping(priorities=[{"pagerduty_id": "PP1", "jira_id": "1"}])
    incident = opened(sandbox, "Priority")

    sandbox.pagerduty.model.set_priority(incident, "PP1", by=RESPONDER)

    eventually(
        lambda: fields(sandbox, incident)["priority"]["id"] == "1", what="the priority in Jira"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_m20_each_kind_of_field_is_filled(sandbox: Sandbox, kind: str) -> None:
    rule, value = KINDS[kind]
    sandbox.put_mapping(custom_fields=[rule])

    incident = opened(sandbox, f"A field of kind {kind}")

    found = fields(sandbox, incident)[rule["target_issue_field"]]
    assert found
    if value is not None:
        assert _plain(found) == value


def _plain(found: Any) -> object:
    """What a person reads of a value: an option's value, a user's name."""
    if isinstance(found, list):
        return [_plain(one) for one in found]
    if isinstance(found, dict):
        return found.get("value") or found.get("name")
    return found
