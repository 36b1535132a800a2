"""M22: a test issue goes the way of an incident's issue, and says what each step did."""

from datetime import timedelta
from typing import Any

import pytest

from pdjira.admin.rehearsal import Rehearsed
from pdjira.admin.stand_ins import CollectedNotes, HeldComments, HeldLinks, HeldNotes, HeldRecords
from pdjira.admin.test_issue import StepReport, sample_incident
from pdjira.errors import Ambiguous, Misconfigured, NotFound, Refused, Temporary
from pdjira.model.comment import CommentRecord
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import Mapping, PriorityRow, SyncNotes
from pdjira.sync.fields.rules import ATTRIBUTE_NAMES, attribute
from tests.builders import NOW, THREE_STATUSES, a_const, a_link, a_mapping, an_attribute
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.world import World

WALK = ["remote link", "triggered", "comment", "acknowledged", "resolved"]
MADE = ["mapping", "fields", "create"]


def full_mapping(**changes: Any) -> Mapping:
    values: dict[str, Any] = {
        "statuses": THREE_STATUSES,
        "field_rules": (a_const("labels", "blue, red"), a_const("resolution", "Done")),
        **changes,
    }
    return a_mapping(**values)


def run(
    mapping: Mapping | None = None, afterwards: str | None = None, world: World | None = None
) -> tuple[World, Rehearsed]:
    world = world or World(mapping or full_mapping())
    grant(world, "LINK_ISSUES")
    return world, world.rehearsal().run("ops-bug", afterwards)


def grant(world: World, right: str) -> None:
    world.jira.model.world.grant(OUR_ACCOUNT, right, project="10100")


def step(tested: Rehearsed, name: str) -> StepReport:
    (found,) = [one for one in tested.steps if one.name == name]
    return found


def statuses(tested: Rehearsed) -> list[tuple[str, str]]:
    return [(one.name, one.status.value) for one in tested.steps]


def test_m22_a_test_issue_is_walked_to_the_resolved_status_and_each_step_says_how() -> None:
    world, tested = run()

    assert statuses(tested) == [(name, "ok") for name in [*MADE, *WALK]]
    assert step(tested, "triggered").says == "OPS-1 is in Open already"
    assert step(tested, "acknowledged").says == "Open -> In Progress"
    assert step(tested, "resolved").says == "In Progress -> Resolved"
    assert world.issues[0]["fields"]["status"]["name"] == "Resolved"
    assert len(world.issues[0]["fields"]["comment"]["comments"]) == 1


def test_m22_several_steps_to_one_status_are_told_as_one_way() -> None:
    resolved = {IncidentStatus.RESOLVED: THREE_STATUSES[IncidentStatus.RESOLVED]}

    _, tested = run(full_mapping(statuses=resolved))

    assert step(tested, "resolved").says == "Open -> In Progress -> Resolved"
    assert step(tested, "triggered").status == step(tested, "acknowledged").status == "skipped"


def test_m22_the_answer_names_the_issue_and_is_readable() -> None:
    _, tested = run(afterwards="keep")

    answer = tested.answer()

    assert answer["status"] == "ok"
    issue: Any = answer["issue"]
    assert set(issue) == {"id", "key", "url"}
    assert issue["url"].endswith("/browse/OPS-1")
    steps: Any = answer["steps"]
    assert [each["name"] for each in steps] == MADE
    assert all(set(each) == {"name", "status", "says", "cure"} for each in steps)


def test_m22_a_test_issue_bears_its_own_mark_and_no_incidents() -> None:
    world, _ = run(afterwards="keep")

    (issue,) = world.issues
    assert issue["properties"] == {"pagerduty.test": {"mapping": "ops-bug"}}
    assert issue["fields"]["description"].splitlines()[-1] == "PagerDuty: test of ops-bug"


def test_m22_fields_are_filled_as_for_an_incident_and_what_is_not_used_is_said() -> None:
    rules = (a_const("labels", "blue, red"), a_const("customfield_99999", "x"))

    world, tested = run(full_mapping(field_rules=rules), "keep")

    assert world.issues[0]["fields"]["labels"] == ["blue", "red"]
    assert "Labels" in step(tested, "fields").says
    assert "customfield_99999 is not on the create screen." in step(tested, "fields").says


def test_m22_nothing_is_told_to_pagerduty_and_no_link_or_timeline_is_kept() -> None:
    world, _ = run()

    calls = set(world.plan.calls)
    assert not {call for call in calls if call.startswith(("pagerduty.", "links.", "queue."))}
    assert world.links.links == []
    assert world.links.entries == []
    assert world.workflows.of("10100", "10001")


def test_m22_the_resolved_statuses_count_as_arrived() -> None:
    statuses_ = {**THREE_STATUSES, IncidentStatus.RESOLVED: Reference(id="6", name="Closed")}
    mapping = full_mapping(
        statuses=statuses_, resolved_statuses=(Reference(id="3", name="In Progress"),)
    )

    _, tested = run(mapping)

    assert step(tested, "resolved").says == "OPS-1 is in In Progress already"


def test_m22_without_a_status_for_resolved_the_step_is_skipped_with_its_cure() -> None:
    _, tested = run(full_mapping(statuses={}))

    assert tested.answer()["status"] == "ok"
    assert step(tested, "resolved").status == "skipped"
    assert step(tested, "resolved").cure


def test_m22_a_status_out_of_reach_fails_with_the_words_the_incident_would_get() -> None:
    nowhere = {**THREE_STATUSES, IncidentStatus.ACKNOWLEDGED: Reference(id="10000", name="To Do")}

    _, tested = run(full_mapping(statuses=nowhere), "delete")

    assert statuses(tested)[5:] == [
        ("comment", "ok"),
        ("acknowledged", "failed"),
        ("resolved", "ok"),
        ("delete", "skipped"),
    ]
    refused = step(tested, "acknowledged")
    assert refused.says.startswith("OPS-1 stays in Open and does not move to To Do")
    assert refused.cure == "Add a transition to the workflow in Jira, or map another status."
    assert tested.answer()["status"] == "failed"
    assert tested.issue
    assert tested.issue.ref.key == "OPS-1"


def test_m22_a_transition_that_requires_what_no_rule_fills_fails() -> None:
    _, tested = run(full_mapping(field_rules=()))

    assert "resolution" in step(tested, "resolved").says
    assert "custom_fields" in (step(tested, "resolved").cure or "")


@pytest.mark.parametrize("afterwards", ["close", "delete"])
def test_m22_an_issue_that_no_step_has_ended_is_said_to_be_left_open(afterwards: str) -> None:
    _, tested = run(full_mapping(field_rules=()), afterwards)

    last = tested.steps[-1]
    assert last.says.endswith("OPS-1 was left open.")
    assert str(last.cure).endswith("Close or delete OPS-1 in Jira.")


@pytest.mark.parametrize("afterwards", ["keep", "close"])
def test_m22_an_issue_that_was_closed_or_kept_is_not_said_to_be_left_open(afterwards: str) -> None:
    _, tested = run(None, afterwards)

    assert not [one for one in tested.steps if "left open" in one.says]


def test_m22_what_happened_on_the_way_is_said_beside_it() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.transition", Refused("not now", status=400))

    _, tested = run(world=world)

    assert step(tested, "acknowledged").status == "ok"
    assert step(tested, "acknowledged").says.startswith("Open -> In Progress. ")
    assert "not now" in step(tested, "acknowledged").says


def test_m22_delete_leaves_nothing_behind() -> None:
    world = World(full_mapping())
    grant(world, "DELETE_ISSUES")

    _, tested = run(afterwards="delete", world=world)

    assert step(tested, "delete").says == "Deleted OPS-1."
    assert world.issues == []
    assert tested.answer()["issue"]


def test_m22_without_the_right_to_delete_the_issue_is_closed_and_the_whole_is_ok() -> None:
    world, tested = run(afterwards="delete")

    assert tested.answer()["status"] == "ok"
    assert step(tested, "delete").status == "skipped"
    assert "Delete Issues" in (step(tested, "delete").cure or "")
    assert world.issues[0]["fields"]["status"]["name"] == "Resolved"


def test_m22_an_issue_that_is_gone_already_needs_no_deleting() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.delete_issue", NotFound("no such issue"))

    _, tested = run(afterwards="delete", world=world)

    assert step(tested, "delete").says == "OPS-1 is gone already."


def test_m22_without_the_right_to_link_the_test_goes_on() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.put_remote_link", Refused("no", status=403))

    _, tested = run(world=world)

    assert statuses(tested)[3:] == [
        ("remote link", "skipped"),
        *[(name, "ok") for name in WALK[1:]],
    ]
    assert "Link Issues" in (step(tested, "remote link").cure or "")


def test_m22_where_notes_do_not_go_to_jira_there_is_no_comment() -> None:
    world, tested = run(full_mapping(sync_notes=SyncNotes.OFF))

    assert step(tested, "comment").status == "skipped"
    assert world.issues[0]["fields"]["comment"]["comments"] == []


def test_m22_a_comment_that_jira_refuses_fails_with_its_cure() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.add_comment", Refused("no comments", status=403))

    _, tested = run(world=world)

    assert step(tested, "comment").status == "failed"
    assert "did not get the note" in step(tested, "comment").says
    assert step(tested, "comment").cure


@pytest.mark.parametrize("afterwards", ["close", "delete"])
@pytest.mark.parametrize("call", ["put_remote_link", "add_comment", "transitions"])
def test_m22_whatever_step_fails_no_open_issue_is_left_behind_and_the_whole_has_failed(
    call: str, afterwards: str
) -> None:
    world = World(full_mapping())
    grant(world, "DELETE_ISSUES")
    world.plan.fail_next(f"jira.{call}", Temporary("Jira is slow."))

    _, tested = run(afterwards=afterwards, world=world)

    left = [issue["fields"]["status"]["name"] for issue in world.issues]
    assert tested.answer()["status"] == "failed"
    assert left == (["Resolved"] if afterwards == "close" else [])


def test_m22_an_issue_that_cannot_be_closed_is_deleted_all_the_same() -> None:
    world = World(full_mapping(field_rules=()))
    grant(world, "DELETE_ISSUES")

    _, tested = run(afterwards="delete", world=world)

    assert statuses(tested)[-2:] == [("resolved", "failed"), ("delete", "ok")]
    assert world.issues == []
    assert tested.answer()["status"] == "failed"


@pytest.mark.parametrize("call", ["create_screen", "create_issue"])
def test_m22_a_refused_issue_is_explained_as_to_an_incident(call: str) -> None:
    world = World(full_mapping())
    refused = Refused("no", status=400, fields={"labels": "too many"})
    world.plan.fail_next(f"jira.{call}", refused)

    _, tested = run(world=world)

    name = "fields" if call == "create_screen" else "create"
    assert step(tested, name).status == "failed"
    assert step(tested, name).cure
    assert tested.answer()["issue"] is None
    after = tested.steps[[one.name for one in tested.steps].index(name) + 1 :]
    assert {one.status.value for one in after} == {"skipped"}
    assert [one.name for one in tested.steps] == [*MADE, *WALK]


def test_m22_where_jiras_answer_is_lost_it_says_what_to_look_for() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.create_issue", Ambiguous("no answer"))

    _, tested = run(world=world)

    assert "PagerDuty: test of ops-bug" in (step(tested, "create").cure or "")


def test_m22_an_issue_that_cannot_be_read_fails_with_a_cure() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.read_issue", NotFound("hidden"))

    _, tested = run(world=world)

    assert step(tested, "triggered").status == "failed"
    assert step(tested, "triggered").says.startswith("OPS-1 cannot be read")
    assert step(tested, "triggered").cure


def test_m22_an_issue_that_somebody_else_moves_meanwhile_is_left_to_them_and_that_is_said() -> None:
    statuses_ = {
        IncidentStatus.TRIGGERED: Reference(id="1", name="Open"),
        IncidentStatus.ACKNOWLEDGED: Reference(id="5", name="Resolved"),
    }
    world = World(full_mapping(statuses=statuses_))
    grant(world, "LINK_ISSUES")

    def an_automation_moves_it() -> float:
        issues = world.issues
        if issues and issues[0]["fields"]["comment"]["comments"]:
            world.jira.model.transition("alice", "OPS-1", {"transition": {"id": "11"}})
            time.clear()
        return 100.0

    time = [an_automation_moves_it]
    tested = world.rehearsal().run("ops-bug", None, lambda: time[0]() if time else 100.0)

    left = step(tested, "acknowledged")
    assert left.status == "failed"
    assert left.says.startswith("OPS-1 stays in In Progress, a status that the mapping")
    assert "OPS-1" in (left.cure or "")


def test_m22_a_jira_that_is_down_fails_the_step_and_the_issue_is_still_named() -> None:
    world = World(full_mapping())
    world.plan.fail_next("jira.transitions", Temporary("Jira is down."))

    _, tested = run(world=world)

    assert (step(tested, "acknowledged").says, step(tested, "acknowledged").cure) == (
        "Jira is down.",
        "Test again later.",
    )
    assert tested.issue


def test_m22_no_step_is_begun_for_which_there_is_no_time() -> None:
    world = World(full_mapping())
    left = iter([100.0] * 7)

    tested = world.rehearsal().run("ops-bug", "close", lambda: next(left, 10.0))

    late = [one for one in tested.steps if one.status == "failed"]
    assert [one.says for one in late] == ["The time of this test is up: Jira answers slowly."]
    assert tested.issue


def test_m22_a_mapping_that_is_off_is_tested_and_said_to_be_off() -> None:
    _, tested = run(full_mapping(enabled=False), "keep")

    assert "It is off" in step(tested, "mapping").says
    assert tested.answer()["status"] == "ok"


@pytest.mark.parametrize(
    ("mapping_id", "afterwards"),
    [("no-such", None), (None, None), (" ", None), (7, None), ("ops-bug", "burn")],
)
def test_m22_what_cannot_be_tested_makes_no_issue(mapping_id: object, afterwards: object) -> None:
    world = World(full_mapping())

    with pytest.raises(Misconfigured) as raised:
        world.rehearsal().run(mapping_id, afterwards)

    assert raised.value.cure
    assert world.issues == []


def test_m22_a_mapping_that_cannot_be_read_makes_no_issue_and_the_error_says_why() -> None:
    world = World()
    world.mappings.put_item({"id": "half", "create_issue": "automatic"})

    with pytest.raises(Misconfigured, match="service is missing"):
        world.rehearsal().run("half", "keep")

    assert world.issues == []


def test_m22_the_made_up_incident_has_every_attribute_and_a_priority_that_is_mapped() -> None:
    rows = (
        PriorityRow(pagerduty_id=None, jira_id="5"),
        PriorityRow(pagerduty_id="PP1", jira_id="1"),
    )
    mapping = full_mapping(
        priorities=rows, field_rules=(an_attribute("labels", "incident_urgency"),)
    )
    incident = sample_incident(mapping, now=NOW)

    world, _ = run(mapping, "keep")

    assert all(attribute(incident, name) for name in ATTRIBUTE_NAMES)
    assert sample_incident(a_mapping(), now=NOW).priority
    assert world.issues[0]["fields"]["priority"]["id"] == "1"


def test_m22_what_stands_in_keeps_nothing_but_the_texts_that_people_would_be_told() -> None:
    notes, links, records = CollectedNotes(), HeldLinks(), HeldRecords()
    link, record = a_link(), CommentRecord(attempt_at=NOW - timedelta(hours=1))

    note = notes.add_note("Q1", "hello")
    notes.check()

    assert [*notes.list_notes("Q1")] == [note]
    assert notes.writes_as() == ""
    assert not HeldNotes().known("Q1", [note.id])
    assert not HeldNotes().attempts("Q1", ["digest"])
    assert HeldNotes().kept_since() < NOW
    assert notes.trigger_details("R1") is None
    assert not notes.has_been("Q1", IncidentStatus.RESOLVED, since=NOW)
    assert not notes.incident_fields("Q1")
    assert not notes.set_incident_field("Q1", "region", "eu")
    with pytest.raises(NotFound):
        notes.get_incident("Q1")
    assert links.complete(link).version == link.version + 1
    assert not links.of_incident("Q1")
    assert links.incident_of("1") is None
    assert not links.timeline("Q1")
    assert links.counts().open == 0
    assert records.begin(link, "1", record, known=None) is None
    assert not HeldComments().of(link)


def kept(mapping: Mapping | None = None) -> World:
    """A world with the test issue OPS-1, which was kept."""
    return run(mapping, "keep")[0]


def test_m22_a_kept_test_issue_is_closed_later_as_an_incident_would_close_it() -> None:
    world = kept()

    ended = world.rehearsal().end("ops-bug", "OPS-1", "close")

    assert [(one.name, one.says) for one in ended.steps] == [
        ("resolved", "Open -> In Progress -> Resolved")
    ]
    assert ended.answer()["status"] == "ok"
    assert world.issues[0]["fields"]["status"]["name"] == "Resolved"


def test_m22_a_kept_test_issue_is_found_by_its_key_and_read_by_its_id() -> None:
    """Jira may have given the key to another issue meanwhile: only what has the id is read."""
    world = kept()
    world.plan.calls.clear()

    world.rehearsal().end("ops-bug", "OPS-1", "close")

    calls = [one for one in world.plan.calls if one.startswith("jira.")]
    assert calls[:2] == ["jira.find_key", "jira.read_issue"]


def test_m22_a_kept_test_issue_is_deleted_later() -> None:
    world = kept()
    grant(world, "DELETE_ISSUES")

    ended = world.rehearsal().end("ops-bug", "OPS-1", "delete")

    assert [(one.name, one.says) for one in ended.steps] == [("delete", "Deleted OPS-1.")]
    assert world.issues == []


@pytest.mark.parametrize(
    ("key", "afterwards", "says"),
    [
        ("OPS-2", "delete", "OPS-2 is no test issue of the mapping ops-bug"),
        ("OPS-1", "keep", "can be closed or deleted"),
        (" ", "close", "needs an issue"),
        (None, "close", "needs an issue"),
    ],
)
def test_m22_only_a_test_issue_of_the_mapping_is_ended(
    key: object, afterwards: str, says: str
) -> None:
    world = kept()
    world.issue(description=None)

    with pytest.raises(Misconfigured, match=says) as raised:
        world.rehearsal().end("ops-bug", key, afterwards)

    assert raised.value.cure
    assert len(world.issues) == 2


def test_m22_a_test_is_taken_step_by_step() -> None:
    world = World(full_mapping())

    play = world.rehearsal().begin("ops-bug", "close")
    play.advance()

    assert [one.name for one in play.told().steps] == ["mapping"]
    assert (play.is_over, world.issues) == (False, [])
