"""M17, M18, M24-M26, P16: the issue follows its incident, or people are told why it cannot."""

from dataclasses import replace

import pytest

from pdjira.errors import Ambiguous, NotFound, Refused
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.issue import IssueStatus
from pdjira.model.link import Agreement, LinkState, Notice, NoticeState
from pdjira.model.mapping import FieldRule, RuleType
from pdjira.model.signal import SignalKind
from pdjira.model.workflow import Transition
from pdjira.sync.fields.mapped_fields import UpdateIssue
from pdjira.sync.fields.title_and_priority import without_refused
from pdjira.sync.situation import Situation, StatusFacts
from pdjira.sync.status.rules import status_to_jira, without_explanations
from pdjira.sync.status.way import ExplainStatus
from pdjira.worker.consume import Done
from tests.builders import (
    CLOSED,
    NOW,
    OPEN,
    PRIORITIES,
    RESOLVED,
    THREE_STATUSES,
    a_const,
    a_link,
    a_mapping,
    a_schema,
    a_signal,
    an_attribute,
    an_incident,
    an_issue,
    three_statuses,
)
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import Life
from tests.world import World


def test_m24_the_issue_follows_its_incident_to_the_end() -> None:
    life = Life()
    seen = [life.status()]

    life.act("acknowledge")
    seen.append(life.status())
    life.act("unacknowledge")
    seen.append(life.status())
    life.act("acknowledge")
    life.act("resolve")
    seen.append(life.status())
    life.act("reopen", event="incident.reopened")
    seen.append(life.status())

    assert seen == ["Open", "In Progress", "Open", "Resolved", "Open"]
    assert life.notes() == []


def test_m25_without_a_direct_transition_the_issue_takes_the_steps_between() -> None:
    life = Life()

    life.act("resolve")

    assert life.status() == "Resolved"
    assert life.fields()["resolution"]["name"] == "Done"
    assert "Moved OPS-1 from Open to In Progress." in life.world.timeline(life.incident)


def test_m25_what_was_learned_is_remembered_and_not_read_again() -> None:
    life = Life()
    life.act("resolve")
    before = life.world.jira.calls["transitions"]

    second = life.world.trigger("another incident")
    life.world.work()
    life.world.pagerduty.model.resolve(second, by=RESPONDER)
    life.world.signal(second, id="resolved", event_type="incident.resolved")
    life.world.work()

    assert life.world.jira.calls["transitions"] == before
    assert {issue["fields"]["status"]["name"] for issue in life.world.issues} == {"Resolved"}


def test_m25_a_status_is_learned_from_another_issue_that_is_in_it() -> None:
    life = Life()
    other = life.world.trigger("in progress already")
    life.world.work()
    life.world.jira.model.transition("alice", "OPS-2", {"transition": {"id": "11"}})
    assert other

    life.act("resolve")

    assert life.status() == "Resolved"
    assert life.world.jira.calls["issue_in"] == 1


@pytest.mark.parametrize("status", list(IncidentStatus))
def test_m17_each_status_is_optional(status: IncidentStatus) -> None:
    some = {key: value for key, value in THREE_STATUSES.items() if key is not status}
    life = Life(three_statuses(statuses=some))

    life.act("acknowledge")
    after_ack = life.status()
    life.act("resolve")

    assert after_ack == ("Open" if status is IncidentStatus.ACKNOWLEDGED else "In Progress")
    resolved = after_ack if status is IncidentStatus.RESOLVED else "Resolved"
    assert life.status() == resolved


def test_r4_without_a_status_map_nothing_is_read_from_jira() -> None:
    life = Life(a_mapping())

    life.act("acknowledge")
    life.act("resolve")

    assert life.world.jira.calls["read_issue"] == 0
    assert life.status() == "Open"


def test_p9_an_event_that_comes_twice_or_late_moves_nothing() -> None:
    life = Life()
    life.act("acknowledge")
    life.act("resolve")
    before = life.world.jira.calls

    for event in ("incident.acknowledged", "incident.triggered", "incident.resolved"):
        life.hear(event)

    assert life.status() == "Resolved"
    assert life.world.jira.calls == before


def test_what_a_person_moved_in_jira_is_left_while_the_incident_stays_as_it_was() -> None:
    life = Life()
    life.act("acknowledge")

    life.move("21")
    life.hear("incident.escalated")

    assert life.status() == "Open"


def test_an_issue_that_is_there_already_is_not_moved() -> None:
    life = Life()
    life.move("11")

    life.act("acknowledge")

    assert life.world.jira.calls["transition"] == 0
    assert life.status() == "In Progress"


def test_g12_a_status_that_counts_as_resolved_is_left_when_the_incident_resolves() -> None:
    life = Life(three_statuses(resolved_statuses=(CLOSED,)))
    life.act("acknowledge")
    life.move("31", "41")

    life.act("resolve")

    assert life.status() == "Closed"


def test_g12_acknowledging_leaves_an_issue_in_a_status_that_the_mapping_does_not_know() -> None:
    life = Life(three_statuses(statuses={IncidentStatus.ACKNOWLEDGED: OPEN}))
    life.act("acknowledge")
    life.move("11")
    life.act("unacknowledge")

    life.act("acknowledge")

    assert life.status() == "In Progress"
    assert any("does not know" in says for says in life.world.timeline(life.incident))


def test_g12_resolving_moves_an_issue_out_of_a_status_that_the_mapping_does_not_know() -> None:
    known = {IncidentStatus.TRIGGERED: OPEN, IncidentStatus.RESOLVED: RESOLVED}
    life = Life(three_statuses(statuses=known))
    life.move("11")

    life.act("resolve")

    assert life.status() == "Resolved"


def test_m26_a_field_that_a_transition_requires_is_named_once_and_filled_after_the_cure() -> None:
    life = Life(three_statuses(field_rules=()))
    life.act("acknowledge")

    life.act("resolve")
    life.hear("incident.escalated")
    (note,) = life.notes()
    stays = life.status()
    life.world.mappings.put(three_statuses())
    life.hear("incident.escalated")

    assert stays == "In Progress"
    assert '"Resolution" (resolution)' in note
    assert "OPS-1 stays in In Progress and does not move to Resolved" in note
    assert life.status() == "Resolved"
    assert life.notes() == [note]


def asking_for(life: Life, *names: str) -> None:
    """Let the transition to Resolved require these fields, too."""
    workflow = life.world.jira.model.world.projects["10100"].workflow
    resolve = next(one for one in workflow.transitions if one.id == "31")
    assert resolve.screen
    resolve.screen.fields.extend(names)
    resolve.screen.required.update(names)


@pytest.mark.parametrize("is_learned_before", [False, True])
def test_m26_what_a_transition_takes_by_add_alone_is_added(is_learned_before: bool) -> None:
    rules = (
        FieldRule(target="resolution", type=RuleType.CONST, value="Done"),
        FieldRule(target="worklog", type=RuleType.CONST, value="1h 30m"),
        FieldRule(target="comment", type=RuleType.TEMPLATE, value="Was {{ incident_title }} 🔥"),
    )
    life = Life(three_statuses(field_rules=rules))
    asking_for(life, "worklog", "comment")
    life.act("acknowledge")
    if is_learned_before:
        life.world.workflows.forget_operations()

    life.act("resolve")
    life.world.signal(life.incident, id="look", kind=SignalKind.RESYNC, agent=None)
    life.world.work()

    (issue,) = life.world.jira.model.issues.values()
    (comment,) = issue.comments
    assert life.status() == "Resolved"
    assert issue.values["worklog"] == [{"timeSpent": "1h 30m"}]
    assert comment.body == "Was Checkout answers slowly 🔥"
    assert comment.properties["pagerduty.note"] == {
        "id": "notice:transition",
        "incident": life.incident,
    }
    assert not [note for note in life.world.notes(life.incident) if note.startswith("[Jira]")]


def test_m26_the_json_of_a_comment_is_taken_as_it_is() -> None:
    rules = (
        FieldRule(target="resolution", type=RuleType.CONST, value="Done"),
        FieldRule(target="comment", type=RuleType.JIRA_VALUE, value={"body": "*Done.*"}),
        FieldRule(target="worklog", type=RuleType.JIRA_VALUE, value={"timeSpent": "5m"}),
    )
    life = Life(three_statuses(field_rules=rules))
    asking_for(life, "comment", "worklog")
    life.act("acknowledge")

    life.act("resolve")

    (issue,) = life.world.jira.model.issues.values()
    assert [comment.body for comment in issue.comments] == ["*Done.*"]
    assert issue.values["worklog"] == [{"timeSpent": "5m"}]


def test_m26_every_field_that_is_lacking_is_named_with_what_helps() -> None:
    rules = (FieldRule(target="attachment", type=RuleType.CONST, value="x.png"),)
    life = Life(three_statuses(field_rules=rules))
    asking_for(life, "worklog", "attachment")
    life.act("acknowledge")

    life.act("resolve")

    (note,) = life.notes()
    assert (
        'requires "Resolution" (resolution), "Log Work" (worklog), "Attachment" (attachment), and '
        "the mapping does not fill them." in note
    )
    for target, value in (("resolution", "Done"), ("worklog", "1m")):
        rule = f'{{"target_issue_field": "{target}", "type": "const", "value": "{value}"}}'
        assert f"Add to custom_fields of the mapping {rule}." in note
    assert 'Make "Attachment" (attachment) optional on the transition\'s screen in Jira' in note


def test_m26_where_nothing_can_be_filled_no_rule_is_asked_for() -> None:
    life = Life(three_statuses())
    asking_for(life, "attachment")
    life.act("acknowledge")

    life.act("resolve")

    (note,) = life.notes()
    assert "Add to" not in note
    assert "What to do: Make" in note


def test_m26_what_a_transition_requires_is_read_afresh_before_people_are_told() -> None:
    life = Life(three_statuses(field_rules=()))
    life.act("acknowledge")
    asking = a_schema("resolution", name="Resolution", required=True)
    old = Transition(
        id="31", name="Resolve", to=IssueStatus(id="5", name="Resolved"), fields=(asking,)
    )
    life.world.workflows.put("10100", "10001", status_id="3", transitions=(old,))
    workflow = life.world.jira.model.world.projects["10100"].workflow
    resolve = next(one for one in workflow.transitions if one.id == "31")
    assert resolve.screen
    resolve.screen.required.discard("resolution")

    life.act("resolve")

    assert life.status() == "Resolved"
    assert life.notes() == []


def test_p16_a_status_that_the_workflow_does_not_reach_moves_nothing_and_is_told_once() -> None:
    nowhere = {**THREE_STATUSES, IncidentStatus.RESOLVED: Reference(id="10001", name="Done")}
    life = Life(three_statuses(statuses=nowhere))
    life.act("acknowledge")

    life.act("resolve")
    life.hear("incident.escalated")

    assert life.status() == "In Progress"
    (note,) = life.notes()
    assert "The workflow has no way there." in note
    moves = life.world.jira.calls["transition"]
    life.hear("incident.reassigned")
    assert life.world.jira.calls["transition"] == moves


def test_p16_a_search_of_unknown_statuses_that_finds_no_way_ends_where_it_began() -> None:
    nowhere = {IncidentStatus.RESOLVED: Reference(id="10001", name="Done")}
    life = Life(three_statuses(statuses=nowhere))

    life.act("resolve")

    assert life.status() == "Open"
    assert len(life.notes()) == 1


def test_p15_no_way_leads_past_a_done_status() -> None:
    life = Life(three_statuses(statuses={IncidentStatus.RESOLVED: CLOSED}))

    life.act("resolve")

    assert life.status() == "Open"
    assert len(life.notes()) == 1


def test_a_refused_transition_makes_the_workflow_be_learned_again() -> None:
    plan = FaultPlan().fail(1, Refused("no such transition", status=400), method="jira.transition")
    life = Life(plan=plan)

    life.act("acknowledge")

    assert life.status() == "In Progress"
    assert life.notes() == []


def test_m29_a_transition_that_jira_refuses_twice_is_told_with_its_words() -> None:
    refused = Refused("Only the manager may start work.", status=400)
    life = Life(plan=FaultPlan().fail(1, refused, method="jira.transition", times=4))

    life.act("acknowledge")
    life.hear("incident.escalated")

    assert life.status() == "Open"
    (note,) = life.notes()
    assert "Only the manager may start work." in note


def test_a_late_triggered_of_a_resolved_incident_ends_resolved() -> None:
    world = World(three_statuses())
    incident = world.trigger()
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    world.work()

    assert world.issues[0]["fields"]["status"]["name"] == "Resolved"


def test_m24_a_merge_is_no_fix_so_the_issue_stays_where_it_is() -> None:
    life = Life()
    model = life.world.pagerduty.model
    target = model.trigger("PABC123", "The cause", by=RESPONDER).id
    life.act("acknowledge")

    model.merge([life.incident], target, by=RESPONDER)
    life.hear("incident.resolved")

    assert life.status() == "In Progress"
    assert life.world.links.links[0].state is LinkState.CLOSED


def merged(*, closed_since: bool = False) -> Life:
    """An incident that was merged while its issue was in progress."""
    life = Life()
    life.act("acknowledge")
    target = life.world.pagerduty.model.trigger("PABC123", "The cause", by=RESPONDER).id
    life.world.pagerduty.model.merge([life.incident], target, by=RESPONDER)
    life.hear("incident.resolved")
    if closed_since:
        life.move("31")
    return life


@pytest.mark.parametrize("closed_since", [False, True])
def test_m24_a_merged_incident_that_is_reopened_is_linked_again_to_its_old_issue(
    *, closed_since: bool
) -> None:
    life = merged(closed_since=closed_since)

    life.act("reopen", event="incident.reopened")
    reopened = life.status()
    life.act("resolve")

    (link,) = life.world.links.of_incident(life.incident)
    assert (reopened, life.status()) == ("Open", "Resolved")
    assert link.state is LinkState.LINKED
    again = "OPS-1 and the incident are kept in step again."
    assert life.world.timeline(life.incident).count(again) == 1


def test_m24_what_people_wrote_during_a_merge_is_carried_once_it_is_reopened() -> None:
    life = merged()
    life.world.note(life.incident, "Looking.")
    life.world.jira.model.add_comment("alice", "OPS-1", {"body": "So am I."})
    life.world.work()
    before = len(life.world.comments())

    life.act("reopen", event="incident.reopened")

    assert "[PagerDuty] Ada Marsh: Looking." in life.world.comments()
    assert before == 2
    assert sum("So am I." in note for note in life.notes()) == 1


def test_m24_reopened_and_resolved_again_before_anybody_looked_the_issue_follows_all_the_same() -> (
    None
):
    """Jira was down, or the worker was killed meanwhile: no later signal tells of the reopening."""
    life = merged()
    model = life.world.pagerduty.model
    model.reopen(life.incident, by=RESPONDER)
    model.add_note(life.incident, "It was another cause.", by=RESPONDER)

    model.resolve(life.incident, by=RESPONDER)
    life.hear("incident.resolved")

    (link,) = life.world.links.of_incident(life.incident)
    assert (life.status(), link.state) == ("Resolved", LinkState.LINKED)
    assert "[PagerDuty] Ada Marsh: It was another cause." in life.world.comments()


def test_m24_merged_again_it_rests_again() -> None:
    life = merged()
    life.act("reopen", event="incident.reopened")
    target = life.world.pagerduty.model.trigger("PABC123", "Another cause", by=RESPONDER).id

    life.world.pagerduty.model.merge([life.incident], target, by=RESPONDER)
    life.hear("incident.resolved")

    (link,) = life.world.links.of_incident(life.incident)
    assert (life.status(), link.state) == ("Open", LinkState.CLOSED)
    assert sum("was merged into" in each for each in life.world.comments()) == 2


def test_m24_a_merged_incident_that_is_reopened_while_its_mapping_is_off_stays_unlinked() -> None:
    life = merged()
    life.world.mappings.put(three_statuses(enabled=False))

    life.act("reopen", event="incident.reopened")

    (link,) = life.world.links.of_incident(life.incident)
    assert (life.status(), link.state) == ("In Progress", LinkState.CLOSED)


def test_m28_a_priority_change_alone_reaches_the_issue() -> None:
    life = Life(three_statuses(priorities=PRIORITIES))
    without = life.fields()["priority"]["id"]

    life.act("set_priority", priority_id="PP1", event="incident.priority_updated")
    urgent = life.fields()["priority"]["id"]
    life.act("set_priority", priority_id="PP5", event="incident.priority_updated")

    assert (without, urgent) == ("5", "1")
    assert life.fields()["priority"]["id"] == "1"
    assert life.world.jira.calls["update_issue"] == 1


def test_the_summary_follows_the_title_unless_a_rule_fills_it() -> None:
    life = Life()
    ruled = Life(three_statuses(field_rules=(a_const("summary", "Fixed words"),)))

    life.act("set_title", title="Checkout is down", event="incident.escalated")
    ruled.act("set_title", title="Checkout is down", event="incident.escalated")

    assert life.fields()["summary"] == "Checkout is down"
    assert ruled.fields()["summary"] == "Fixed words"


def test_what_jira_does_not_let_us_write_is_told_once_and_tried_again_by_the_next_event() -> None:
    refused = Refused("no", status=400, fields={"priority": "is not on the screen"})
    plan = FaultPlan().fail(1, refused, method="jira.update_issue", times=2)
    life = Life(three_statuses(priorities=PRIORITIES), plan=plan)

    life.act("set_priority", priority_id="PP1", event="incident.priority_updated")
    life.hear("incident.escalated")
    refused_link = life.world.links.links[0]
    life.hear("incident.delegated")

    (note,) = life.notes()
    assert "OPS-1 was not changed" in note
    assert refused_link.refused
    assert not life.world.links.links[0].refused
    assert life.fields()["priority"]["id"] == "1"


def test_an_issue_that_cannot_be_read_is_said_and_keeps_nothing_else_back() -> None:
    life = Life(three_statuses(priorities=PRIORITIES))
    life.world.jira.model.delete_issue("alice", "OPS-1")

    life.act("acknowledge")

    assert any("cannot be read" in says for says in life.world.timeline(life.incident))
    assert isinstance(life.world.outcomes[-1].verdict, Done)


def test_a_link_without_its_mapping_is_left_alone() -> None:
    life = Life()
    life.world.mappings.put(three_statuses(enabled=False))

    life.act("acknowledge")
    off = life.status()
    life.world.mappings.put(three_statuses())
    life.hear("incident.escalated")

    assert off == "Open"
    assert life.status() == "In Progress"


def test_notices_of_every_kind_are_told_and_none_drops_another() -> None:
    refused = Refused("no", status=400, fields={"priority": "is not on the screen"})
    plan = FaultPlan().fail(1, refused, method="jira.update_issue")
    life = Life(three_statuses(priorities=PRIORITIES, field_rules=()), plan=plan)
    life.act("acknowledge")

    life.world.pagerduty.model.set_priority(life.incident, "PP1", by=RESPONDER)
    life.act("resolve")

    assert len(life.notes()) == 2
    notices = life.world.links.links[0].notices.values()
    assert {notice.state for notice in notices} == {NoticeState.TOLD}


def test_m26_a_value_that_does_not_fit_the_transitions_field_is_said_with_what_would() -> None:
    life = Life(three_statuses(field_rules=(an_attribute("resolution", "incident_priority"),)))
    life.act("acknowledge")

    life.act("resolve")

    assert life.status() == "In Progress"
    assert len(life.notes()) == 1


def test_a_workflow_that_leads_nowhere_and_not_back_is_told() -> None:
    there = IssueStatus(id="7", name="Dead end")
    situation = Situation(
        signal=a_signal(),
        now=NOW,
        incident=an_incident(status=IncidentStatus.RESOLVED),
        mapping=three_statuses(),
        link=a_link(),
        issue=an_issue(status=there),
        status=StatusFacts(
            workflow={"7": ()},
            learned=frozenset({"7"}),
            origin=IssueStatus(id="1", name="Open"),
            rights_missing=frozenset(),
        ),
    )

    step = status_to_jira(situation, a_link(), three_statuses())

    assert isinstance(step, ExplainStatus)
    assert "OPS-1 stays in Dead end" in step.text


def test_an_issue_that_was_not_read_is_not_moved() -> None:
    mapping = three_statuses()
    situation = Situation(
        signal=a_signal(),
        now=NOW,
        incident=an_incident(status=IncidentStatus.RESOLVED),
        mapping=mapping,
        link=a_link(),
    )

    assert status_to_jira(situation, a_link(), mapping) is None


def test_an_issue_that_is_gone_when_its_priority_is_to_be_written_is_told_with_a_cure() -> None:
    plan = FaultPlan().fail(1, NotFound("Issue Does Not Exist"), method="jira.update_issue")
    life = Life(three_statuses(priorities=PRIORITIES), plan=plan)

    life.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    (note,) = life.notes()
    assert "Issue Does Not Exist" in note
    assert "Edit Issues" in note


def test_a_field_of_a_transition_that_the_type_does_not_take_is_said() -> None:
    cost = a_schema("customfield_10005", name="Cost", type="number", required=True)
    step = Transition(
        id="31", name="Resolve", to=IssueStatus(id="5", name="Resolved"), fields=(cost,)
    )
    life = Life(three_statuses(field_rules=(a_const(cost.id, "dear"), a_const("labels", "x"))))
    life.world.workflows.put("10100", "10001", status_id="1", transitions=(step,))

    life.act("resolve")

    assert any("takes a decimal number" in says for says in life.world.timeline(life.incident))


def test_m25_an_intermediate_status_that_the_mapping_does_not_know_is_passed() -> None:
    ends = {IncidentStatus.TRIGGERED: OPEN, IncidentStatus.ACKNOWLEDGED: RESOLVED}
    life = Life(three_statuses(statuses=ends))

    life.act("acknowledge")

    assert life.status() == "Resolved"


def test_m26_no_step_is_taken_where_a_later_one_is_known_to_ask_for_what_nothing_fills() -> None:
    life = Life(three_statuses())
    life.act("acknowledge")
    life.act("resolve")
    life.world.mappings.put(three_statuses(field_rules=()))

    second = life.world.trigger("another")
    life.world.work()
    life.world.pagerduty.model.resolve(second, by=RESPONDER)
    life.world.signal(second, id="r2", event_type="incident.resolved")
    life.world.work()

    statuses = {issue["key"]: issue["fields"]["status"]["name"] for issue in life.world.issues}
    assert statuses == {"OPS-1": "Resolved", "OPS-2": "Open"}


def test_p16_a_resync_does_not_go_and_look_again_once_people_were_told() -> None:
    nowhere = {IncidentStatus.RESOLVED: Reference(id="10001", name="Done")}
    life = Life(three_statuses(statuses=nowhere))
    life.act("resolve")
    moves = life.world.jira.calls["transition"]

    for number in range(3):
        life.world.signal(life.incident, id=f"resync-{number}", kind=SignalKind.RESYNC)
        life.world.work()

    assert life.world.jira.calls["transition"] == moves
    assert len(life.notes()) == 1


@pytest.mark.parametrize("method", ["jira.transitions", "jira.issue_in", "jira.read_issue"])
def test_a_refusal_while_a_workflow_is_learned_blocks_nothing(method: str) -> None:
    plan = FaultPlan().fail(1, Refused("hidden", status=400), method=method, times=99)
    life = Life(plan=plan)

    life.act("resolve")

    assert isinstance(life.world.outcomes[-1].verdict, Done)
    assert life.world.queue.dead == []


def test_a_status_is_not_learned_from_an_issue_that_has_left_it_while_the_index_lags() -> None:
    life = Life()
    life.world.trigger("was in progress")
    life.world.work()
    model = life.world.jira.model
    model.transition("alice", "OPS-2", {"transition": {"id": "11"}})
    model.lag = 3_000
    life.world.clock.forward(seconds=1)
    model.transition("alice", "OPS-2", {"transition": {"id": "21"}})

    life.act("resolve")

    assert life.status() == "Resolved"


def test_a_refused_field_does_not_take_the_others_along() -> None:
    refused = Refused("no", status=400, fields={"priority": "is not on the screen"})
    plan = FaultPlan().fail(1, refused, method="jira.update_issue")
    life = Life(three_statuses(priorities=PRIORITIES), plan=plan)

    life.world.pagerduty.model.set_title(life.incident, "Checkout is down", by=RESPONDER)
    life.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    assert life.fields()["summary"] == "Checkout is down"
    assert len(life.notes()) == 1


def test_a_rule_for_the_priority_keeps_its_place() -> None:
    rules = (a_const("priority", "Low"), a_const("resolution", "Done"))
    life = Life(three_statuses(priorities=PRIORITIES, field_rules=rules))

    life.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    assert life.fields()["priority"]["name"] == "Low"


def test_what_changed_while_a_create_had_no_answer_reaches_the_issue_that_is_found() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    world = World(three_statuses(priorities=PRIORITIES), plan=plan)
    incident = world.trigger("Slow")
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    world.pagerduty.model.set_title(incident, "Down", by=RESPONDER)
    world.work()

    assert world.issues[0]["fields"]["summary"] == "Down"


def test_m29_a_refusal_of_a_transition_that_changes_its_words_is_told_once() -> None:
    plan = FaultPlan()
    for number in range(1, 30):
        said = Refused(f"Validator failed, reference {number * 7919}", status=400)
        plan.fail(number, said, method="jira.transition")
    life = Life(plan=plan)

    life.act("acknowledge")
    for _ in range(5):
        life.hear("incident.escalated")

    assert len(life.notes()) == 1


@pytest.mark.parametrize(
    ("refused", "kept"), [("priority", {"priority_id": "P0"}), ("summary", {"title": "t0"})]
)
def test_of_a_field_that_jira_refuses_both_sides_agree_on_what_they_did_before(
    refused: str, kept: dict[str, str]
) -> None:
    before, after = Agreement(priority_id="P0", title="t0"), Agreement(priority_id="P1", title="t1")
    step = UpdateIssue(fields={"priority": {"id": "1"}, "summary": "new"}, agreed=after)

    rest = without_refused(step, before, {refused})

    assert rest is not None
    assert set(rest.fields) == {"priority", "summary"} - {refused}
    assert rest.agreed == replace(after, **kept)  # type: ignore[arg-type]


def test_an_explanation_that_nobody_was_told_is_dropped_when_the_issue_follows_after_all() -> None:
    link = a_link(
        agreed=Agreement(status=IncidentStatus.TRIGGERED),
        notices={"status-1": Notice(state=NoticeState.DUE, text="OPS-1 stays in Open")},
    )

    assert without_explanations(link, Agreement(status=IncidentStatus.RESOLVED)) == {}
    assert without_explanations(link, link.agreed) == link.notices
