"""M12 on the deployed stack: whoever asks for an issue gets exactly one, or is told why not."""

from typing import Any

from tests.builders import an_action
from tests.e2e.client import post_action
from tests.sandbox.environment import ACTION_TOKEN, Sandbox, eventually
from tests.sandbox.pagerduty import happenings
from tests.sandbox.pagerduty.seed import RESPONDER

WORKFLOW = "PWORKFL"


def says(sandbox: Sandbox, incident: str) -> list[Any]:
    return [sentence for entry in sandbox.timeline_of(incident) for sentence in entry["says"]]


def test_m12_buttons_and_workflows_make_one_issue_or_say_why_there_is_none(
    sandbox: Sandbox,
) -> None:
    """One story, since each step waits for the deployed stack."""
    sandbox.put_mapping(create_issue="manual", manual_workflow_ids=[WORKFLOW])
    by_button, by_workflow, told = (
        sandbox.trigger(title) for title in ("By button", "By workflow", "In vain")
    )
    for incident in (by_button, by_workflow, told):
        sandbox.at_rest(incident)
    before = [sandbox.issues_of(incident) for incident in (by_button, by_workflow, told)]

    for _ in range(2):
        sandbox.press(by_button)
    happenings.run_workflow(
        sandbox.pagerduty.model, by_workflow, WORKFLOW, "Create Jira issue", by=RESPONDER
    )
    gone = sandbox.offer_button("gone für immer")
    for _ in range(2):
        sandbox.press(told, gone)

    for incident in (by_button, by_workflow):
        eventually(lambda it=incident: sandbox.is_linked(it), what="an issue")  # type: ignore[misc]
        sandbox.at_rest(incident)
        assert len(sandbox.issues_of(incident)) == 1
        assert len(sandbox.notes_of(incident)) == 1
        assert "Asked by Ada Marsh." in says(sandbox, incident)
    eventually(lambda: sandbox.notes_of(told), what="the note that says why")
    sandbox.at_rest(told)
    (note,) = sandbox.notes_of(told)
    assert before == [[], [], []]
    assert sandbox.issues_of(told) == []
    assert note.startswith("No Jira issue (mapping gone für immer). ")


def test_m12_an_action_is_proven_by_its_token(sandbox: Sandbox) -> None:
    token = {"X-Action-Token": ACTION_TOKEN}
    body = an_action(incident={"id": "QNOSUCHINCIDENT"})

    answers = [
        post_action(sandbox, body),
        post_action(sandbox, body, **{"X-Action-Token": "wrong"}),
        post_action(sandbox, b"no request either", **token),
        post_action(sandbox, b" " * (256 * 1024 + 1)),
    ]
    sandbox.connect(action_token=None)
    before_it_is_known = post_action(sandbox, body, **{"X-Action-Token": "wrong"})

    assert answers == [401, 503, 202, 413]
    assert before_it_is_known == 503
