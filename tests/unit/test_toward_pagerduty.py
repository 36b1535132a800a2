"""M18, M27, G12, G13, P13, P33: the incident follows its issue, or it is said why it does not."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Ambiguous, Misconfigured, Refused, Side
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.issue import IssueHistory
from pdjira.model.link import StatusWrite, goes_to_and_fro, with_write
from pdjira.model.mapping import Reopen, SyncNotes
from pdjira.model.signal import SignalKind
from pdjira.sync.issue.rules import with_baseline
from pdjira.worker.consume import Deferred
from tests.builders import (
    CLOSED,
    NOW,
    PRIORITIES,
    a_const,
    a_link,
    a_mapping,
    an_issue,
    three_statuses,
)
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import CLOSE, REOPEN, RESOLVE, START, Both


def test_m4_jira_calls_nobody_and_what_people_do_there_reaches_the_incident() -> None:
    """No webhook of Jira is set up: the stack alone opens connections, to both sides."""
    both = Both()
    both.world.poller().run()
    both.move(START, RESOLVE)

    both.world.clock.forward(minutes=1)
    both.world.poller().run()
    both.world.work()

    assert both.state() == "resolved"


def test_m27_closing_the_issue_resolves_the_incident() -> None:
    both = Both()

    both.moved(START, RESOLVE)

    assert both.state() == "resolved"
    assert "Changed the status to resolved, as OPS-1 says." in both.world.timeline(both.incident)


def test_g12_another_status_that_counts_as_resolved_resolves_as_well() -> None:
    both = Both(three_statuses(resolved_statuses=(CLOSED,)))

    both.moved(START, RESOLVE)
    both.moved(CLOSE)

    assert both.state() == "resolved"


def test_m27_reopening_the_issue_reopens_the_incident() -> None:
    both = Both()
    both.moved(START, RESOLVE)

    both.moved(REOPEN)

    assert both.state() == "triggered"
    assert both.status() == "Open"


def test_g13_a_mapping_that_reopens_no_incident_says_so() -> None:
    both = Both(three_statuses(reopen=Reopen(incident=False)))
    both.moved(START, RESOLVE)

    both.moved(REOPEN)

    assert both.state() == "resolved"
    assert any("does not reopen incidents" in note for note in both.notes())


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Reopen(issue=False), 0),
        (Reopen(not_after_days=3), 4),
        (Reopen(not_with=("10000",)), 0),
    ],
)
def test_g13_an_issue_stays_closed_where_a_rule_says_so_and_the_incident_is_told(
    rule: Reopen, days: int
) -> None:
    both = Both(three_statuses(reopen=rule))
    both.act("resolve")
    both.world.clock.forward(days=days)

    both.act("reopen", event="incident.reopened")

    assert both.status() == "Resolved"
    assert any("OPS-1 stays in its closed status" in note for note in both.notes())


def test_g13_each_time_that_a_person_reopens_what_stays_so_the_incident_is_told() -> None:
    both = Both(three_statuses(reopen=Reopen(issue=False, incident=False)))
    both.moved(START, RESOLVE)
    for _ in range(2):
        both.moved(REOPEN)
        both.hear_jira()
        both.moved(START, RESOLVE)
        both.world.clock.forward(days=3)
    in_jira = [note for note in both.notes() if "does not reopen incidents" in note]
    for _ in range(2):
        both.act("reopen", event="incident.reopened")
        both.hear("incident.escalated")
        both.act("resolve")
        both.world.clock.forward(days=3)

    in_pagerduty = [note for note in both.notes() if "does not reopen issues" in note]
    assert (len(in_jira), len(in_pagerduty)) == (2, 2)
    assert (both.state(), both.status()) == ("resolved", "Resolved")


@pytest.mark.parametrize("rule", [Reopen(not_after_days=3), Reopen(not_with=("10001",))])
def test_g13_within_the_rules_the_issue_is_opened_again(rule: Reopen) -> None:
    both = Both(three_statuses(reopen=rule))
    both.act("resolve")
    both.world.clock.forward(days=2)

    both.act("reopen", event="incident.reopened")

    assert both.status() == "Open"


def test_m27_working_on_the_issue_does_not_acknowledge_unless_the_mapping_says_so() -> None:
    both = Both()

    both.moved(START)

    assert both.state() == "triggered"
    assert any("does not acknowledge" in says for says in both.world.timeline(both.incident))


def test_m27_the_assignee_acknowledges_where_the_mapping_says_so() -> None:
    both = Both(three_statuses(acknowledge_on_status=True))
    both.world.jira.model.world.users["bob"].email = "ada@example.com"
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"assignee": {"name": "bob"}}})

    both.moved(START)

    assert both.state() == "acknowledged"


@pytest.mark.parametrize(
    ("assignee", "why"), [(None, "no assignee"), ("bob", "did not acknowledge")]
)
def test_m27_without_a_known_assignee_nobody_acknowledges_and_the_timeline_says_so(
    assignee: str | None, why: str
) -> None:
    both = Both(three_statuses(acknowledge_on_status=True))
    fields = {"assignee": {"name": assignee} if assignee else None}
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": fields})

    both.moved(START)
    both.hear_jira()

    assert both.state() == "triggered"
    assert sum(why in says for says in both.world.timeline(both.incident)) == 1


@pytest.mark.parametrize("status", [400, 403])
def test_m27_an_assignee_whom_pagerduty_forbids_to_acknowledge_stops_nothing_else(
    status: int,
) -> None:
    both = Both(three_statuses(acknowledge_on_status=True))
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"assignee": {"name": "bob"}}})
    denied = Refused("Requester User Not Permitted.", status=status)
    both.world.plan.fail_next("pagerduty.change_incident", denied)

    both.moved(START)
    both.hear_jira()
    tries = both.world.pagerduty.calls["change_incident"]
    both.edit(summary="New title")
    both.moved(RESOLVE)

    said = "The assignee did not acknowledge the incident: Requester User Not Permitted."
    assert tries == both.world.timeline(both.incident).count(said) == 1
    assert not [note for note in both.notes() if "does not follow" in note]
    assert both.world.pagerduty.model.incident(both.incident).title == "New title"
    assert both.state() == "resolved"


def test_m27_an_incident_that_cannot_be_acknowledged_by_anybody_is_told() -> None:
    both = Both(three_statuses(acknowledge_on_status=True))
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"assignee": {"name": "bob"}}})
    refused = Refused("The plan has no incidents.", status=402)
    both.world.plan.fail_next("pagerduty.change_incident", refused)

    both.moved(START)

    assert [note for note in both.notes() if "does not follow" in note]


def test_pagerduty_takes_no_acknowledgement_back() -> None:
    both = Both()
    both.act("acknowledge")

    both.moved("21")

    assert both.state() == "acknowledged"
    assert any("cannot be taken back" in says for says in both.world.timeline(both.incident))


def test_g12_a_status_that_no_mapping_knows_is_said_and_changes_nothing() -> None:
    both = Both(three_statuses(statuses={IncidentStatus.RESOLVED: Reference(id="5", name="R")}))

    both.moved(START)

    assert both.state() == "triggered"
    assert any("does not know" in says for says in both.world.timeline(both.incident))


def test_two_states_that_share_a_status_move_nothing_while_the_incident_is_in_either() -> None:
    shared = Reference(id="3", name="In Progress")
    statuses = {IncidentStatus.TRIGGERED: shared, IncidentStatus.ACKNOWLEDGED: shared}
    both = Both(three_statuses(statuses=statuses))
    both.act("acknowledge")
    both.moved("21")

    both.moved(START)

    assert both.state() == "acknowledged"


def test_an_incident_resolves_when_all_its_issues_are_resolved() -> None:
    web = three_statuses(id="web")
    both = Both()
    both.world.mappings.put(web)
    both.hear("incident.escalated")

    both.moved(START, RESOLVE)
    first = both.state()
    for transition in (START, RESOLVE):
        body: dict[str, Any] = {"transition": {"id": transition}}
        if transition == RESOLVE:
            body["fields"] = {"resolution": {"name": "Done"}}
        both.world.jira.model.transition("alice", "OPS-2", body)
    both.hear_jira()

    assert first == "triggered"
    assert both.state() == "resolved"


def test_m18_a_priority_set_in_jira_reaches_the_incident() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))

    both.edit(priority={"id": "2"})

    incident = both.world.pagerduty.model.incident(both.incident)
    assert incident.priority_id == "PP2"
    said = "Changed the priority to that of High, as OPS-1 says."
    assert said in both.world.timeline(both.incident)


def test_m18_a_priority_without_a_row_leaves_the_incident_as_it_is() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))

    both.edit(priority={"id": "3"})

    assert both.world.pagerduty.model.incident(both.incident).priority_id is None
    assert both.writes() == 1


def test_m18_the_row_without_a_priority_takes_the_incidents_away() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    both.edit(priority={"id": "5"})

    assert both.world.pagerduty.model.incident(both.incident).priority_id is None
    said = "Changed the priority to none, as OPS-1 says."
    assert said in both.world.timeline(both.incident)


def test_a_summary_edited_in_jira_becomes_the_incidents_title() -> None:
    both = Both()

    both.edit(summary="Checkout is down")

    assert both.world.pagerduty.model.incident(both.incident).title == "Checkout is down"


def test_a_field_that_a_rule_fills_does_not_come_back() -> None:
    both = Both(three_statuses(field_rules=(a_const("summary", "Fixed words"),)))

    both.edit(summary="Other words")

    assert both.world.pagerduty.model.incident(both.incident).title == "Checkout answers slowly"


def test_g3_what_the_sync_wrote_comes_back_as_no_change() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.act("acknowledge")
    both.edit(summary="Checkout is down", priority={"id": "2"})
    both.moved(RESOLVE)
    before = both.writes()

    both.hear_jira()
    both.hear("incident.resolved")
    both.hear("incident.priority_updated")
    both.hear_jira()

    assert both.writes() == before


def test_p13_a_later_edit_that_equals_our_own_last_write_still_counts() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.act("set_priority", priority_id="PP1", event="incident.priority_updated")
    both.edit(priority={"id": "2"})

    both.edit(priority={"id": "1"})

    assert both.world.pagerduty.model.incident(both.incident).priority_id == "PP1"


def test_p14_where_both_sides_changed_pagerduty_wins() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.move(START, RESOLVE)

    both.act("acknowledge")

    assert both.state() == "acknowledged"
    assert both.status() == "In Progress"


def test_what_pagerduty_refuses_is_told_once_and_tried_again() -> None:
    refused = Refused("The account forbids it.", status=403)
    plan = FaultPlan().fail(1, refused, method="pagerduty.change_incident", times=2)
    both = Both(plan=plan)

    both.moved(START, RESOLVE)
    both.hear_jira()
    told = [note for note in both.notes() if "does not follow" in note]
    both.hear_jira()

    assert len(told) == 1
    assert both.state() == "resolved"


@pytest.mark.parametrize("after", [False, True])
def test_p7_an_answer_lost_while_resolving_ends_in_the_same_state(*, after: bool) -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="pagerduty.change_incident", after=after)
    both = Both(plan=plan)

    both.moved(START, RESOLVE)

    assert both.state() == "resolved"
    assert both.status() == "Resolved"


def test_p33_an_automation_that_undoes_each_of_our_writes_is_stopped_and_said_once() -> None:
    both = Both()
    both.act("resolve")

    for _ in range(10):
        if both.status() == "Resolved":
            both.moved(REOPEN)
        if both.state() != "resolved":
            both.act("resolve")
        both.world.clock.forward(seconds=20)

    link = both.world.links.links[0]
    assert link.paused
    assert sum("went to and fro" in note for note in both.notes()) == 1
    opened = both.world.pagerduty.calls["change_incident"]
    assert opened <= 3


def test_p33_asking_for_it_carries_statuses_again_and_the_stack_itself_never_asks() -> None:
    both = Both()
    both.world.links.save(replace(both.world.links.links[0], paused=True))

    both.act("acknowledge")
    both.world.signal(both.incident, id="sweep", kind=SignalKind.RESYNC, agent=None)
    both.world.work()
    paused = both.status()
    both.world.signal(both.incident, id="go-on", kind=SignalKind.RESYNC, agent="an administrator")
    both.world.work()

    assert paused == "Open"
    assert both.status() == "In Progress"
    assert not both.world.links.links[0].paused


def test_p33_the_steps_of_one_way_in_jira_are_no_to_and_fro() -> None:
    writes: tuple[StatusWrite, ...] = ()
    for _ in range(10):
        writes = with_write(writes, side=Side.JIRA, at=NOW)

    assert not goes_to_and_fro(writes, side=Side.JIRA, at=NOW)


def test_a_responder_who_resolves_is_followed_as_before() -> None:
    both = Both()

    both.world.pagerduty.model.resolve(both.incident, by=RESPONDER)
    both.hear_jira()

    assert both.status() == "Resolved"


def kept(both: Both) -> list[str]:
    return [body for body in both.world.comments() if "Both sides were changed" in body]


def test_p14_what_jira_had_is_kept_in_one_comment_before_it_is_overwritten() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.world.jira.model.edit_issue(
        "alice", "OPS-1", {"fields": {"summary": "Ours!", "priority": {"id": "2"}}}
    )
    both.move(START, RESOLVE)
    model = both.world.pagerduty.model
    model.set_title(both.incident, "Theirs", by=RESPONDER)
    model.set_priority(both.incident, "PP1", by=RESPONDER)

    both.act("acknowledge")
    both.hear("incident.priority_updated")

    (comment,) = kept(both)
    assert "the status Resolved" in comment
    assert 'the summary "Ours' in comment
    assert "the priority High" in comment
    assert (both.status(), both.fields()["summary"]) == ("In Progress", "Theirs")
    assert both.fields()["priority"]["id"] == "1"


def test_p14_where_both_sides_came_to_the_same_there_is_no_conflict() -> None:
    both = Both()
    both.move(START, RESOLVE)

    both.act("resolve")

    assert kept(both) == []
    assert both.status() == "Resolved"


@pytest.mark.parametrize("after", [False, True])
def test_p14_a_lost_answer_leaves_one_comment_about_a_conflict(*, after: bool) -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.add_comment", after=after)
    both = Both(plan=plan)
    both.move(START, RESOLVE)

    both.act("acknowledge")
    both.world.sweep()

    assert len(kept(both)) == 1


def test_p14_a_comment_that_jira_refuses_does_not_keep_pagerduty_from_winning() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=403), method="jira.add_comment")
    both = Both(plan=plan)
    both.move(START, RESOLVE)

    both.act("acknowledge")

    assert both.status() == "In Progress"


def test_g3_blanks_that_jira_keeps_and_pagerduty_does_not_are_no_change() -> None:
    both = Both()
    before = both.writes()

    both.edit(summary="Checkout  answers   slowly")
    both.hear_jira()

    assert both.writes() == before


def test_without_a_user_that_pagerduty_knows_the_change_waits_and_is_done_later() -> None:
    plan = FaultPlan().fail(
        1, Misconfigured("There is no such user."), method="pagerduty.change_incident"
    )
    both = Both(plan=plan)

    both.moved(START, RESOLVE)

    assert isinstance(both.world.outcomes[-2].verdict, Deferred)
    assert both.state() == "resolved"


def test_issues_that_are_closed_at_once_resolve_their_incident() -> None:
    both = Both()
    both.world.mappings.put(three_statuses(id="web"))
    both.hear("incident.escalated")

    for key in ("OPS-1", "OPS-2"):
        both.world.jira.model.transition("alice", key, {"transition": {"id": START}})
        body = {"transition": {"id": RESOLVE}, "fields": {"resolution": {"name": "Done"}}}
        both.world.jira.model.transition("alice", key, body)
    both.hear_jira()

    assert both.state() == "resolved"


def test_an_issue_whose_mapping_knows_no_resolved_status_keeps_no_incident_open() -> None:
    both = Both()
    both.world.mappings.put(a_mapping(id="web"))
    both.hear("incident.escalated")

    both.moved(START, RESOLVE)

    assert both.state() == "resolved"


def test_p33_closing_and_reopening_in_jira_again_and_again_is_no_page_storm() -> None:
    both = Both()
    both.moved(START, RESOLVE)

    for _ in range(10):
        both.moved(REOPEN)
        both.moved(START, RESOLVE)

    assert both.world.links.links[0].paused
    assert both.world.pagerduty.calls["change_incident"] <= 3


@pytest.mark.parametrize(
    "rule", [Reopen(issue=False), Reopen(not_with=("10000",)), Reopen(not_after_days=3)]
)
def test_g13_what_stays_closed_stays_so_until_a_person_reopens_it(rule: Reopen) -> None:
    both = Both(three_statuses(reopen=rule, resolved_statuses=(CLOSED,)))
    both.act("resolve")
    both.world.clock.forward(days=4)
    both.act("reopen", event="incident.reopened")

    both.act("acknowledge")
    acknowledged = both.status()
    both.moved(CLOSE)

    assert acknowledged == "Resolved"
    assert both.state() == "acknowledged"


def test_the_change_of_an_issue_that_is_gone_is_said_and_makes_no_circle() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.world.jira.model.delete_issue("alice", "OPS-1")

    both.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    assert both.world.queue.dead == []
    assert both.world.jira.calls["read_issue"] < 10


def test_g3_our_own_step_whose_answer_was_lost_is_no_change_by_a_person() -> None:
    both = Both()
    model = both.world.pagerduty.model
    both.world.plan.fail_next("jira.transition", Ambiguous("cut"), after=True)
    model.acknowledge(both.incident, by=RESPONDER)
    both.world.signal(both.incident, id="ack", event_type="incident.acknowledged")
    message = both.world.queue.receive()
    assert message is not None
    both.world.consumer.consume(message)
    model.unacknowledge(both.incident, by=RESPONDER)

    both.hear_jira()

    assert both.state() == "triggered"
    assert both.status() == "Open"
    assert kept(both) == []


def test_comments_that_were_held_back_are_not_carried_later() -> None:
    both = Both(three_statuses(sync_notes=SyncNotes.TO_JIRA))
    both.world.jira.model.add_comment("alice", "OPS-1", {"body": "inside"})
    both.hear_jira()
    both.world.clock.forward(hours=1)

    both.world.mappings.put(three_statuses())
    both.world.jira.model.add_comment("alice", "OPS-1", {"body": "outside"})
    both.hear_jira()

    carried = [note for note in both.world.notes(both.incident) if note.startswith("[Jira] ")]
    assert len(carried) == 1
    assert "outside" in carried[0]


def test_what_pagerduty_refuses_is_not_blamed_on_jira() -> None:
    plan = FaultPlan().fail(
        1, Refused("no", status=403, messages=("No.",)), method="pagerduty.change_incident"
    )
    both = Both(plan=plan)

    both.moved(START, RESOLVE)

    (note,) = [note for note in both.notes() if "does not follow" in note]
    assert "PagerDuty said: No." in note
    assert "Jira said" not in note


@pytest.mark.parametrize("heard", [False, True])
def test_m18_a_priority_that_is_set_later_than_the_issue_was_created_follows(
    *, heard: bool
) -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"priority": None}})
    if heard:
        both.hear_jira()

    both.edit(priority={"id": "2"})

    assert both.world.pagerduty.model.incident(both.incident).priority_id == "PP2"


def test_m18_a_priority_that_is_taken_away_and_set_again_follows() -> None:
    both = Both(three_statuses(priorities=PRIORITIES))
    both.edit(priority={"id": "1"})
    both.edit(priority=None)

    both.edit(priority={"id": "2"})

    assert both.world.pagerduty.model.incident(both.incident).priority_id == "PP2"


def test_m18_an_issue_that_was_created_without_a_priority_agreed_on_none() -> None:
    history = IssueHistory(initial_priority_id="")

    link = with_baseline(a_link(), an_issue(priority_id="2"), history)

    assert link.agreed.issue_priority_id is None
    assert link.initial_status_id is not None
