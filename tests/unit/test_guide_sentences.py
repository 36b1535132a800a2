"""M29: each sentence that the replaced integration's guide quotes, with its cause and its cure.

By REST, an account without application access is told of a missing right: the sentence is one of
Jira's pages. Both ways are here.
"""

from typing import Any

import pytest

from pdjira.admin.test_issue import StepReport
from pdjira.errors import Refused
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import Mapping, PriorityRow
from tests.builders import THREE_STATUSES, a_const, a_mapping
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

SORRY = (
    "Sorry, you can\u2019t create any issues right now, as you need to have access to a JIRA "
    "application to be able to create issues"
)
NO_RIGHT = "You do not have permission to create issues in this project."
TO_DO = Reference(id="10000", name="To Do")
OUT_OF_REACH = {**THREE_STATUSES, IncidentStatus.RESOLVED: TO_DO}


def mapped(**changes: Any) -> Mapping:
    rules = (a_const("resolution", "Done"),)
    return a_mapping(**{"statuses": THREE_STATUSES, "field_rules": rules, **changes})


def refusing(refused: Refused) -> tuple[World, str]:
    """An incident whose issue Jira refuses so, and the one note about it."""
    world = World(mapped())
    world.plan.fail_next("jira.create_issue", refused, times=9)
    incident = world.trigger()
    world.work()
    (note,) = world.notes(incident)
    return world, note


def rehearsed(world: World, name: str) -> StepReport:
    """That step of a test issue."""
    (found,) = [one for one in world.rehearsal().run("ops-bug", None).steps if one.name == name]
    return found


def acted(world: World, *actions: str) -> tuple[str, list[str]]:
    """The issue's status after these acts on a new incident, and what people were told."""
    incident = world.trigger()
    world.work()
    for number, action in enumerate(actions):
        getattr(world.pagerduty.model, action)(incident, by=RESPONDER)
        world.signal(incident, id=f"act-{number}", event_type=f"incident.{action}d")
        world.work()
    fields = world.issues[0]["fields"]
    notes = [note for note in world.notes(incident) if not note.startswith("Jira issue ")]
    return fields["status"]["name"], notes


@pytest.mark.parametrize(
    "refused",
    [
        Refused("x", status=400, messages=(SORRY,)),
        Refused("x", status=403, messages=(SORRY.replace("\u2019", "'").replace("JIRA", "Jira"),)),
        Refused("x", status=400, fields={"project": SORRY}),
    ],
    ids=["400", "403", "project"],
)
def test_m29_sorry_you_cant_create_any_issues_right_now(refused: Refused) -> None:
    _, note = refusing(refused)

    assert "Sorry, you can" in note
    assert "What to do: Give our account pagerduty in Jira application access" in note
    assert "Create Issues in OPS." in note


@pytest.mark.parametrize(
    "refused",
    [
        Refused("x", status=400, fields={"project": NO_RIGHT}),
        Refused("x", status=403, messages=(NO_RIGHT,)),
    ],
    ids=["project", "403"],
)
def test_m29_the_same_cause_as_rest_tells_it_names_right_and_application_access(
    refused: Refused,
) -> None:
    _, note = refusing(refused)

    cure = note.split("What to do: ")[1]
    assert NO_RIGHT in note
    assert "Create Issues" in cure
    assert "application access" in cure


def test_m29_an_error_or_nothing_is_created_where_a_mandatory_field_is_empty() -> None:
    world = World(mapped())
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)

    step = rehearsed(world, "create")

    assert 'requires the field "Incident number" (customfield_10001)' in step.says
    assert 'Add to custom_fields of the mapping ops-bug {"target_issue_field"' in str(step.cure)


def test_m29_an_error_or_nothing_is_created_where_the_account_may_not() -> None:
    world = World(mapped())
    world.jira.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="10100")

    steps = world.rehearsal().run("ops-bug", None).steps

    (failed,) = [one for one in steps if one.status.value == "failed"]
    assert "Create Issues" in str(failed.cure)
    assert "application access" in str(failed.cure)


def test_m29_jira_test_failed_cannot_change_status_to_requested_state() -> None:
    step = rehearsed(World(mapped(statuses=OUT_OF_REACH)), "resolved")

    assert step.says.startswith("OPS-1 stays in In Progress and does not move to To Do")
    assert step.cure == (
        "Add a transition to the workflow in Jira, or map another status. Close or delete OPS-1 in "
        "Jira."
    )


def test_m29_the_ticket_isnt_getting_updated_where_a_transition_asks_for_a_field() -> None:
    status, (note,) = acted(World(mapped(field_rules=())), "acknowledge", "resolve")

    assert status == "In Progress"
    assert '"Resolution" (resolution)' in note
    assert "custom_fields" in note.split("What to do: ")[1]


def test_m29_the_ticket_isnt_getting_updated_where_the_workflow_permits_no_transition() -> None:
    """The guide's own example, To Do to Done in one step, is no error here: steps are taken."""
    reached, told = acted(World(mapped()), "resolve")
    stays, (note,) = acted(World(mapped(statuses=OUT_OF_REACH)), "resolve")

    assert (reached, told) == ("Resolved", [])
    assert stays == "Open"
    assert "Add a transition to the workflow" in note


def test_m29_the_priority_reaches_the_issue_though_nothing_else_happens() -> None:
    """The guide: it did so only when the incident did something else as well."""
    world = World(mapped(priorities=(PriorityRow(pagerduty_id="PP1", jira_id="1"),)))
    incident = world.trigger()
    world.work()

    world.pagerduty.model.set_priority(incident, by=RESPONDER, priority_id="PP1")
    world.signal(incident, id="act", event_type="incident.priority_updated")
    world.work()

    assert world.issues[0]["fields"]["priority"]["id"] == "1"
