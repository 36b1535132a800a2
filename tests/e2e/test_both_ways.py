"""What people do in Jira reaches the incident on the deployed stack, and nothing echoes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.builders import RESOLUTION_RULE, STATUS_MAPPING
from tests.e2e.scenes import follows, opened
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER, RESPONDER_EMAIL, SYNC_USER

TOKEN = "sandbox-jira-webhook-token"
EVENTS = ("jira:issue_updated", "jira:issue_deleted", "comment_created")


@pytest.fixture
def both(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The stack, told by Jira's webhook of what happens there."""
    sandbox.connect(jira={"webhook_token": TOKEN})
    sandbox.put_mapping(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
    url = f"{sandbox.stack.jira_webhook_url}/{TOKEN}"
    sandbox.jira.model.webhooks.register(url, events=EVENTS)
    yield sandbox
    sandbox.jira.model.webhooks.reset()


def key_of(sandbox: Sandbox, incident: str) -> str:
    (issue,) = sandbox.issues_of(incident)
    return str(issue["key"])


def move(sandbox: Sandbox, incident: str, transition: str, **fields: Any) -> None:
    body = {"transition": {"id": transition}, **({"fields": fields} if fields else {})}
    sandbox.jira.model.transition("alice", key_of(sandbox, incident), body)


def seen(look: Callable[[], bool], what: str) -> None:
    eventually(look, seconds=60, what=what)


def test_m27_closing_and_reopening_the_issue_does_the_same_to_its_incident(both: Sandbox) -> None:
    incident = opened(both, "Closed in Jira")
    follows(both, incident, "Open")
    model = both.pagerduty.model

    move(both, incident, "11")
    move(both, incident, "31", resolution={"name": "Done"})
    seen(lambda: model.incident(incident).status == "resolved", "the incident resolved")
    move(both, incident, "51")
    seen(lambda: model.incident(incident).status == "triggered", "the incident reopened")

    both.at_rest(incident)
    assert both.issues_of(incident)[0]["fields"]["status"]["name"] == "Open"


def test_m19_a_comment_becomes_a_note_and_the_answer_a_comment(both: Sandbox) -> None:
    incident = opened(both, "Talked about on both sides")
    key = key_of(both, incident)

    both.jira.model.add_comment("alice", key, {"body": "Is it *the* disk?"})
    seen(lambda: any("Is it the disk?" in note for note in both.notes_of(incident)), "the note")
    both.pagerduty.model.add_note(incident, "It is.", by=RESPONDER)
    seen(lambda: "It is." in str(both.issues_of(incident)), "the answer")

    both.at_rest(incident)
    comments = both.issues_of(incident)[0]["fields"]["comment"]["comments"]
    assert len(comments) == 2
    assert len(both.notes_of(incident)) == 3  # the one that names the issue, and these two


def test_g3_a_summary_edited_in_jira_becomes_the_title_and_then_all_is_quiet(
    both: Sandbox,
) -> None:
    incident = opened(both, "A poor title")
    fields = {"fields": {"summary": "A better title"}}

    both.jira.model.edit_issue("alice", key_of(both, incident), fields)
    model = both.pagerduty.model
    seen(lambda: model.incident(incident).title == "A better title", "the title")
    both.at_rest(incident)
    history = len(both.issues_of(incident)[0]["changelog"]["histories"])
    both.stack.invoke("AdminFunction", {"action": "resync", "incident_id": incident})
    both.at_rest(incident)

    assert len(both.issues_of(incident)[0]["changelog"]["histories"]) == history


def test_g7_the_incidents_assignee_is_assigned_and_watches_and_who_is_unknown_is_told(
    both: Sandbox,
) -> None:
    world, model = both.jira.model.world, both.pagerduty.model
    before, world.users["bob"].email = world.users["bob"].email, RESPONDER_EMAIL
    people = {"assignee": True, "watchers": True}
    both.put_mapping(
        status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE], sync_people=people
    )

    with both.granted("ASSIGN_ISSUES", "MANAGE_WATCHERS"):
        incident = opened(both, "Whose is it?")
        seen(lambda: bool(both.issues_of(incident)[0]["watchers"]), "the watcher")
        model.reassign(incident, [SYNC_USER], by=RESPONDER)
        told = "was not assigned to Jira Sync"
        seen(lambda: told in str(both.timeline_of(incident)), "the reason")
        both.at_rest(incident)

    (issue,) = both.issues_of(incident)
    assert (issue["fields"]["assignee"]["name"], issue["watchers"]) == ("bob", ["bob"])
    world.users["bob"].email = before
