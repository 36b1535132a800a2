"""Scenes on the deployed stack that are played with one Jira and with every other."""

from collections import abc
from typing import Any

from tests.builders import RESOLUTION_RULE, STATUS_MAPPING
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER

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


def linked(sandbox: Sandbox, incident: str, *, seconds: float = 60) -> None:
    eventually(
        lambda: sandbox.is_linked(incident), seconds=seconds, what=f"the issue of {incident}"
    )


def name_each_other(sandbox: Sandbox) -> None:
    """An incident and its issue, and what each says of the other."""
    with sandbox.granted("LINK_ISSUES"):
        incident = sandbox.trigger("Größe überschritten 🙂", details="{code}rm{code}")

        linked(sandbox, incident)

    (issue,) = sandbox.issues_of(incident)
    url = f"{sandbox.pagerduty.url}/web/incidents/{incident}"
    assert issue["fields"]["summary"] == "Größe überschritten 🙂"
    assert issue["fields"]["description"] == f"\\{{code\\}}rm\\{{code\\}}\n\nPagerDuty: {url}"
    assert issue["fields"]["labels"] == ["pagerduty"]
    assert [link["object"]["url"] for link in issue["remotelinks"]] == [url]
    assert sandbox.notes_of(incident) == [
        f"Jira issue {issue['key']}: {sandbox.jira.url}/browse/{issue['key']}"
    ]


def follow_three_steps(sandbox: Sandbox) -> None:
    """The issue goes where its incident goes, to the end and back."""
    sandbox.put_mapping(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
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


def follow_the_priority(sandbox: Sandbox) -> None:
    """A change of the priority alone."""
    sandbox.put_mapping(priorities=[{"pagerduty_id": "PP1", "jira_id": "1"}])
    incident = opened(sandbox, "Priority")

    sandbox.pagerduty.model.set_priority(incident, "PP1", by=RESPONDER)

    eventually(
        lambda: fields(sandbox, incident)["priority"]["id"] == "1", what="the priority in Jira"
    )


def fill_each_kind_of_field(sandbox: Sandbox) -> None:
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
