"""Each mapping of docs/guide/mappings.md does what the guide says of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pdjira.adapters.aws.stored_mapping import read_mapping
from pdjira.model.mapping import Mapping, Severity
from tests.fakes.catalogue import fake_mapping_check
from tests.sandbox.jira.desks import REQUEST_TYPE, open_desk
from tests.sandbox.pagerduty.seed import RESPONDER, WORKFLOW
from tests.scenes.matches import a_round, incident_count
from tests.world import World

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "mappings.md"
BLOCKS = re.findall(
    r'^```json title="mapping"\n(.*?)^```$', GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL
)
ITEMS: dict[str, dict[str, Any]] = {item["id"]: item for item in map(json.loads, BLOCKS)}


def the(mapping_id: str) -> Mapping:
    return read_mapping(ITEMS[mapping_id]).to_domain()


@pytest.mark.parametrize("mapping_id", ITEMS)
def test_nothing_is_wrong_with_a_mapping_of_the_guide(mapping_id: str) -> None:
    world = World()
    open_desk(world.jira.model.world)
    check = fake_mapping_check(world.jira, world.pagerduty, clock=world.clock, action_token=True)

    verdict = check.verdict(ITEMS[mapping_id])

    assert [one for one in verdict.problems if one.severity is Severity.ERROR] == []


def test_the_least_mapping_makes_an_issue_of_every_incident() -> None:
    world = World(the("least"))
    world.trigger("Checkout is slow")
    world.work()

    assert [issue["fields"]["summary"] for issue in world.issues] == ["Checkout is slow"]


def test_with_status_and_resolution_the_issue_ends_with_its_incident() -> None:
    world = World(the("status"))
    incident = world.trigger()
    world.work()
    world.pagerduty.model.resolve(incident, by=RESPONDER)
    world.signal(incident, id="resolved", event_type="incident.resolved")
    world.work()

    (issue,) = world.issues
    assert issue["fields"]["status"]["name"] == "Resolved"
    assert issue["fields"]["resolution"]["name"] == "Done"


def test_in_several_projects_an_urgent_incident_has_an_issue_in_each() -> None:
    world = World(the("least"), the("website"))
    world.trigger(urgency="high")
    world.trigger("Not urgent", urgency="low")
    world.work()

    assert sorted(issue["key"] for issue in world.issues) == ["OPS-1", "OPS-2", "WEB-1"]


def test_teams_of_one_service_are_told_apart_by_the_title() -> None:
    world = World(the("database-team"))
    world.trigger("The Database is full")
    world.trigger("Checkout is slow")
    world.work()

    (issue,) = world.issues
    assert issue["fields"]["labels"] == ["database"]


def test_an_issue_of_the_highest_priority_pages_and_makes_no_issue() -> None:
    world = World(the("highest-pages"))
    a_round(world)
    world.issue(priority={"id": "1"})
    world.issue(priority={"id": "3"})
    a_round(world)

    assert incident_count(world) == 1
    assert len(world.issues) == 2


def test_g15_whoever_labels_an_issue_pages_by_hand_and_once() -> None:
    world = World(the("page-by-label"))
    issue = world.issue()
    a_round(world)
    before = incident_count(world)
    for labels in (["page"], []):
        world.jira.model.edit_issue("alice", issue["id"], {"fields": {"labels": labels}})
        a_round(world)

    assert (before, incident_count(world)) == (0, 1)


def test_an_issue_on_request_is_made_once_somebody_starts_the_workflow() -> None:
    world = World(the("on-request"))
    incident = world.trigger()
    world.work()
    before = len(world.issues)
    started = {"event_type": "incident.workflow.started", "workflow_id": WORKFLOW}
    world.signal(incident, id="started", **started)
    world.work()

    assert (before, len(world.issues)) == (0, 1)


def test_at_a_service_desk_the_issue_is_a_request_of_the_portal() -> None:
    world = World(the("desk"))
    open_desk(world.jira.model.world)
    world.trigger()
    world.work()

    (issue,) = world.issues
    assert issue["fields"][REQUEST_TYPE]["requestType"]["name"] == "Report an outage"
