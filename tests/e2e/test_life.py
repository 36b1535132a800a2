"""An incident's whole life on the deployed stack: its issue follows it to the end."""

from collections import abc
from typing import Any

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER

STATUSES = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": {"id": "5", "name": "Resolved"},
}
RESOLUTION = {"target_issue_field": "resolution", "type": "const", "value": "Done"}
KINDS: abc.Mapping[str, tuple[abc.Mapping[str, str], object]] = {
    "customfield_10001": ({"type": "attribute", "source_incident_field": "incident_number"}, None),
    "customfield_10002": (
        {"type": "template", "value": "{{ incident_service }}\n* {{ incident_urgency }}"},
        "Checkout\n* high",
    ),
    "customfield_10003": ({"type": "const", "value": "dark blue,red"}, ["dark_blue", "red"]),
    "customfield_10004": ({"type": "const", "value": "Platform"}, "Platform"),
    "customfield_10005": ({"type": "const", "value": "42.5"}, 42.5),
    "customfield_10006": (
        {"type": "attribute", "source_incident_field": "incident_html_url"},
        None,
    ),
    "customfield_10007": ({"type": "const", "value": "Europe,Asia"}, ["Europe", "Asia"]),
    "customfield_10008": ({"type": "const", "value": "2026-11-24"}, "2026-11-24"),
    "customfield_10009": (
        {"type": "const", "value": "2026-11-24T03:00:00Z"},
        "2026-11-24T03:00:00.000+0000",
    ),
    "customfield_10010": ({"type": "const", "value": "bob"}, "bob"),
    "customfield_10011": ({"type": "const", "value": "North > Hall 2"}, "North > Hall 2"),
}
"""By field, the rule that fills it and what is then read (None: of the incident itself)."""


def fields(sandbox: Sandbox, incident: str) -> dict[str, Any]:
    (issue,) = sandbox.issues_of(incident)
    found: dict[str, Any] = issue["fields"]
    return found


def comments(sandbox: Sandbox, incident: str) -> list[str]:
    return [one["body"] for one in fields(sandbox, incident)["comment"]["comments"]]


def commented(sandbox: Sandbox, incident: str, count: int) -> None:
    eventually(
        lambda: len(comments(sandbox, incident)) == count, seconds=60, what=f"{count} comment(s)"
    )


def marks(sandbox: Sandbox, incident: str) -> list[str]:
    """What the properties of the comments say that they carry."""
    (issue,) = sandbox.issues_of(incident)
    found = sandbox.jira.model.comments("alice", issue["key"], expand=("properties",))
    values = [one["properties"][0]["value"] for one in found["comments"]]
    assert {value["incident"] for value in values} <= {incident}
    return [value["id"] for value in values]


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


def test_m19_m24_what_is_written_becomes_comments_and_a_merge_ends_the_link(
    sandbox: Sandbox,
) -> None:
    """One story, since each step waits for the deployed stack."""
    sandbox.put_mapping(status_mapping=STATUSES, custom_fields=[RESOLUTION])
    model = sandbox.pagerduty.model
    cause, incident = opened(sandbox, "The cause"), opened(sandbox, "An effect of it")
    (goes_on,) = sandbox.issues_of(cause)

    note = model.add_note(incident, "Restarted *web-7*.", by=RESPONDER)
    commented(sandbox, incident, 1)
    update = model.publish_status_update(incident, "A fix is under way.", by=RESPONDER)
    commented(sandbox, incident, 2)
    model.merge([incident], cause, by=RESPONDER)
    commented(sandbox, incident, 3)
    model.add_note(incident, "Too late.", by=RESPONDER)
    sandbox.at_rest(incident)

    carried, updated, merged = comments(sandbox, incident)
    assert carried == r"[PagerDuty] Ada Marsh: Restarted \*web-7\*."
    assert updated == "[PagerDuty] Ada Marsh: Status update: A fix is under way."
    assert f"Its issue is {goes_on['key']}." in merged
    assert marks(sandbox, incident) == [
        note.id,
        f"status_update:{update.id}",
        f"merge:{cause}",
    ]
    assert fields(sandbox, incident)["status"]["name"] == "Open"
    assert [link["state"] for link in sandbox.links_of(incident)] == ["closed"]
    assert "sweep" not in sandbox.links_of(incident)[0]
    assert comments(sandbox, cause) == []


def test_m20_each_kind_of_field_is_filled(sandbox: Sandbox) -> None:
    """One mapping for all of them, since each issue waits for the deployed stack."""
    custom = {one for one in sandbox.jira.model.world.fields if one.startswith("customfield_")}
    rules = [{"target_issue_field": target, **rule} for target, (rule, _) in KINDS.items()]
    sandbox.put_mapping(custom_fields=rules)

    incident = opened(sandbox, "A field of each kind")

    found = fields(sandbox, incident)
    expected = {target: value for target, (_, value) in KINDS.items()}
    expected["customfield_10001"] = str(sandbox.pagerduty.model.incident(incident).number)
    expected["customfield_10006"] = f"{sandbox.pagerduty.url}/web/incidents/{incident}"
    assert {target: _plain(found[target]) for target in KINDS} == expected
    assert custom == set(KINDS)


def _plain(found: Any) -> object:
    """What a person reads of a value: an option with its child, a user's name."""
    if isinstance(found, list):
        return [_plain(one) for one in found]
    if isinstance(found, dict):
        name = found.get("value") or found.get("name")
        return f"{name} > {_plain(found['child'])}" if "child" in found else name
    return found
