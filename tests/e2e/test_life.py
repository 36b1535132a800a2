"""An incident's whole life on the deployed stack: its issue follows it to the end."""

from tests.builders import RESOLUTION_RULE, STATUS_MAPPING
from tests.e2e.scenes import (
    commented,
    comments,
    fields,
    fill_each_kind_of_field,
    follow_the_priority,
    follow_three_steps,
    follows,
    marks,
    opened,
)
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER


def test_m24_the_issue_follows_its_incident_through_a_workflow_of_three_steps(
    sandbox: Sandbox,
) -> None:
    follow_three_steps(sandbox)


def test_m26_a_field_that_a_transition_requires_is_named_and_filled_after_the_cure(
    sandbox: Sandbox,
) -> None:
    sandbox.put_mapping(status_mapping=STATUS_MAPPING)
    incident = opened(sandbox, "Resolution missing")

    sandbox.pagerduty.model.resolve(incident, by=RESPONDER)
    notes = eventually(
        lambda: [note for note in sandbox.notes_of(incident) if "Resolution" in note],
        what="a note that names the field",
    )
    sandbox.put_mapping(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
    sandbox.stack.invoke("AdminFunction", {"action": "resync", "incident_id": incident})
    follows(sandbox, incident, "Resolved")

    assert "What to do: " in notes[0]


def test_m28_a_priority_change_alone_reaches_the_issue(sandbox: Sandbox) -> None:
    follow_the_priority(sandbox)


def test_m19_m24_what_is_written_becomes_comments_and_a_merge_ends_the_link(
    sandbox: Sandbox,
) -> None:
    """One story, since each step waits for the deployed stack."""
    sandbox.put_mapping(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
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
    fill_each_kind_of_field(sandbox)
