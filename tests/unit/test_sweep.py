"""G2, P20, P22: a sweep finds what no event has told, and only that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.circuits.rules import Circuit
from pdjira.errors import Misconfigured, Refused, Side, Temporary
from pdjira.jql.matches import MatchState
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode, JqlAppliesTo, PriorityRow, SyncNotes
from pdjira.model.notices import with_due
from pdjira.model.signal import SWEEP, SignalKind
from pdjira.sweep.ports import Resync, Subscription
from pdjira.sweep.work import CURSOR
from tests.builders import MAPPING_ITEM, NOW, PAGING_NEW, a_mapping, three_statuses
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.scenes.sweeps import (
    a_swept_world,
    agreed,
    answered,
    healed,
    signals,
    status_of_issue,
    swept,
)
from tests.world import World

WEB = Reference(id="10200", name="WEB")

OURS = Subscription(
    id="PWEBH1",
    url="https://example.com/webhooks/pagerduty",
    events=frozenset(),
    service_id=None,
    is_active=True,
    is_disabled=False,
)


def test_g2_where_both_sides_are_as_agreed_a_sweep_tells_nobody() -> None:
    world = a_swept_world()
    agreed(world)

    found = swept(world)

    assert found.compared == 1
    assert (found.resynced, found.problems) == (0, ())
    assert signals(world) == []


def test_a_mapping_that_was_not_checked_is_judged_again_by_the_next_sweep() -> None:
    world = a_swept_world()
    for mapping_id, status in (("a", "unchecked"), ("b", "invalid")):
        world.mappings.put_item(MAPPING_ITEM | {"id": mapping_id, "check": {"status": status}})

    swept(world)

    assert sorted(world.mappings.checks) == ["b"]


@pytest.mark.parametrize("status", ["acknowledged", "resolved"])
def test_p20_a_lost_change_of_status_in_pagerduty_reaches_the_issue(status: str) -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, status, by=RESPONDER)

    healed(world)

    wanted = {"acknowledged": "In Progress", "resolved": "Resolved"}[status]
    assert status_of_issue(world) == wanted


def test_p20_a_lost_reopening_reaches_the_issue() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    healed(world)
    world.pagerduty.model.set_status(incident_id, "triggered", by=RESPONDER)

    healed(world)

    assert status_of_issue(world) != "Resolved"


def test_p20_a_lost_reopening_of_a_merged_incident_links_it_again_and_then_it_is_quiet() -> None:
    world = a_swept_world()
    incident_id, target = agreed(world), agreed(world)
    world.pagerduty.model.merge([incident_id], target, by=RESPONDER)
    world.signal(incident_id, id="merged", event_type="incident.resolved")
    world.work()
    merged = swept(world).resynced

    world.pagerduty.model.reopen(incident_id, by=RESPONDER)
    healed(world)

    (link,) = world.links.of_incident(incident_id)
    assert link.state is LinkState.LINKED
    assert (merged, swept(world).resynced) == (0, 0)


def test_p20_a_lost_title_and_priority_reach_the_issue() -> None:
    row = PriorityRow(pagerduty_id="PP1", jira_id="1")
    world = a_swept_world(replace(three_statuses(), priorities=(row,)))
    incident_id = agreed(world)
    world.pagerduty.model.set_title(incident_id, "The checkout is down", by=RESPONDER)
    world.pagerduty.model.set_priority(incident_id, "PP1", by=RESPONDER)

    healed(world)

    fields = world.issues[0]["fields"]
    assert fields["summary"] == "The checkout is down"
    assert fields["priority"]["id"] == "1"


def test_p20_a_lost_change_in_jira_reaches_the_incident() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    issue = world.issues[0]
    world.jira.model.edit_issue("alice", issue["id"], {"fields": {"summary": "It is the cache"}})

    healed(world)

    assert world.pagerduty.model.incident(incident_id).title == "It is the cache"


def test_p20_an_incident_whose_trigger_was_lost_gets_its_issue_once() -> None:
    world = a_swept_world()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)

    for _ in range(3):
        healed(world)

    assert [one["fields"]["summary"] for one in world.issues] == ["Lost"]
    assert world.links.links[0].incident_id == incident.id


def test_p20_an_incident_that_was_lost_whole_and_is_resolved_gets_its_issue() -> None:
    world = a_swept_world()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)
    world.pagerduty.model.set_status(incident.id, "resolved", by=RESPONDER)

    healed(world)

    assert status_of_issue(world) == "Resolved"


def test_what_is_tried_again_for_one_mapping_makes_no_issue_for_the_past_under_another() -> None:
    """The other made none while the incident lived; what the log tells is no longer its start."""
    other = a_mapping(id="web-task", project=WEB, create_issue=CreateMode.MANUAL)
    world = a_swept_world(three_statuses(), other)
    incident_id = agreed(world)
    (link,) = world.links.links
    world.links.save(replace(link, refused=True))
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    world.mappings.put(replace(other, create_issue=CreateMode.AUTOMATIC))
    world.clock.forward(hours=1)

    healed(world)

    assert len(world.issues) == 1
    assert status_of_issue(world) == "Resolved"


def test_an_answer_that_is_awaited_covers_no_issue_that_is_found_lacking() -> None:
    world = a_swept_world()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)
    world.pagerduty.model.set_status(incident.id, "resolved", by=RESPONDER)
    awaited = world.signal(incident.id, kind=SignalKind.RESYNC, id="a", event_type=SWEEP)
    world.resyncs.asked(Resync(signal=awaited, at=world.clock()))

    found = swept(world)

    assert found.resynced == 1
    assert signals(world)[-1].lacks_issue


def test_what_is_asked_for_anew_asks_for_the_issue_as_well_that_was_found_lacking() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    awaited = world.signal(
        incident_id, kind=SignalKind.RESYNC, id="a", event_type=SWEEP, lacks_issue=True
    )
    world.resyncs.asked(Resync(signal=awaited, at=world.clock()))
    world.note(incident_id, "Rolled back", hear=False)

    swept(world)

    assert signals(world)[-1].notes_since is not None
    assert signals(world)[-1].lacks_issue


def test_p20_a_lost_note_becomes_a_comment_once_and_no_note_of_ours_does() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.note(incident_id, "Rolled back", hear=False)

    for _ in range(3):
        healed(world)

    assert len(world.comments()) == 1
    assert "Rolled back" in world.comments()[0]


def test_a_note_that_is_not_to_be_carried_is_not_looked_for() -> None:
    world = a_swept_world(replace(three_statuses(), sync_notes=SyncNotes.TO_PAGERDUTY))
    incident_id = agreed(world)
    world.note(incident_id, "Rolled back", hear=False)

    found = swept(world)

    assert found.resynced == 0


@pytest.mark.parametrize("state", [LinkState.LINKED, LinkState.MISSING])
def test_p34_a_notice_that_nobody_goes_on_telling_is_told_after_a_sweep(state: LinkState) -> None:
    """The message that was to tell it was given up."""
    world = a_swept_world()
    incident_id = agreed(world)
    (link,) = world.links.links
    due = with_due({}, "moved", "OPS-1 was moved.")
    is_missing = state is LinkState.MISSING
    world.links.save(replace(link, state=state, refused=is_missing, notices=due))
    if is_missing:
        world.jira.model.delete_issue("alice", "OPS-1")

    healed(world)

    assert "OPS-1 was moved." in world.notes(incident_id)


def test_what_is_no_mappings_business_is_left_alone() -> None:
    world = a_swept_world(replace(three_statuses(), create_issue=CreateMode.MANUAL))
    world.pagerduty.model.trigger(CHECKOUT, "By hand", by=RESPONDER)
    world.pagerduty.model.trigger(PAYMENTS, "Elsewhere", by=RESPONDER)

    assert swept(world).resynced == 0


def test_links_of_a_mapping_that_is_off_are_left_alone_until_it_is_on_again() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    mapping = three_statuses()
    world.mappings.put(replace(mapping, enabled=False))
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)

    assert swept(world).resynced == 0
    world.mappings.put(mapping)
    healed(world)

    assert status_of_issue(world) == "In Progress"


def test_the_sweep_says_who_asked_so_that_what_was_repaired_counts_as_drift() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)

    swept(world)

    (signal,) = signals(world)
    assert (signal.kind, signal.event_type) == (SignalKind.RESYNC, SWEEP)
    assert signal.incident_id == incident_id


def test_p35_a_sweep_asks_for_nothing_again_while_its_last_resync_is_unanswered() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    first = [swept(world).resynced for _ in range(3)]

    world.note(incident_id, "Rolled back", hear=False)
    of_notes = [swept(world).resynced for _ in range(3)]
    answered(world)

    assert (first, of_notes) == ([1, 0, 0], [1, 0, 0])
    assert swept(world).resynced == 1


def test_p35_a_resync_that_was_given_up_keeps_no_later_one_back() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.signal(incident_id, id="somebody-else")
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    swept(world)

    world.clock.forward(hours=96)

    assert swept(world).resynced == 1


def test_p35_the_worker_tells_the_sweep_what_is_answered_and_only_that() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    swept(world)
    world.plan.fail_next("pagerduty.get_incident", Temporary("Busy."))
    kept = []

    for _ in range(2):
        message = world.queue.receive()
        assert message is not None
        world.consumer.consume(message)
        kept.append(list(world.resyncs.stored))
        world.clock.forward(minutes=2)

    assert kept == [[incident_id], []]


@pytest.mark.parametrize("side", list(Side))
def test_p35_a_sweep_hands_on_nothing_that_waits_for_an_open_circuit(side: Side) -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    world.pagerduty.model.set_status(incident_id, "acknowledged", by=RESPONDER)
    project = "10100" if side is Side.JIRA else None
    opened = Circuit(
        side=side, project_id=project, opened_at=NOW, secret=world.secrets.version(side)
    )
    world.circuits.put(replace(opened, probe_at=world.clock() + timedelta(minutes=20)))

    held = swept(world).resynced
    world.clock.forward(minutes=30)

    assert held == 0
    assert swept(world).resynced == 1


def test_what_was_refused_is_tried_once_an_hour_while_the_incident_is_open() -> None:
    world = a_swept_world()
    incident_id = agreed(world)
    (link,) = world.links.links
    world.links.save(replace(link, state=LinkState.FAILED))

    tries = []
    for _ in range(8):
        tries.append(swept(world).resynced)
        answered(world)

    assert sum(tries) == 2
    world.pagerduty.model.set_status(incident_id, "resolved", by=RESPONDER)
    assert sum(swept(world).resynced for _ in range(8)) == 0


def test_a_claim_that_nobody_finished_is_taken_up() -> None:
    world = a_swept_world()
    agreed(world)
    (link,) = world.links.links
    world.links.save(replace(link, state=LinkState.CREATING, attempt_at=world.clock()))

    young = world.sweeper().run().resynced
    old = swept(world).resynced

    assert (young, old) == (0, 1)


def test_p21_the_log_is_read_again_until_its_incidents_were_told_of() -> None:
    world = a_swept_world()
    world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)
    before = world.cursors.find(CURSOR)
    world.plan.fail_next("queue.send", Temporary("The queue is down."))

    first, cursor = swept(world), world.cursors.find(CURSOR)
    second = swept(world)

    assert cursor == before
    assert first.problems == ("The queue is down.",)
    assert second.resynced == 1


@pytest.mark.parametrize("method", ["open_incidents", "log", "states", "matches"])
def test_what_one_part_fails_at_stops_no_other(method: str) -> None:
    world = a_swept_world(three_statuses(), PAGING_NEW)
    incident_id = agreed(world)
    world.poller().run()
    world.work()
    side = "jira" if method in {"states", "matches"} else "pagerduty"
    world.plan.fail_next(f"{side}.{method}", Temporary("It is down."))
    world.note(incident_id, "Rolled back", hear=False)

    found = swept(world)

    assert any(problem.endswith("It is down.") for problem in found.problems)
    assert found.compared == 1
    assert found.resynced == (0 if method == "log" else 1)


def test_where_pagerduty_does_not_answer_no_incident_counts_as_resolved() -> None:
    world = a_swept_world()
    agreed(world)
    world.plan.fail_next("pagerduty.open_incidents", Temporary("It is down."))

    assert swept(world).resynced == 0


def test_p22_a_subscription_that_pagerduty_switched_off_is_switched_on_again() -> None:
    world = a_swept_world()
    world.subscriptions.stored = {
        "off": replace(OURS, id="off", is_disabled=True),
        "foreign": replace(OURS, id="foreign", is_disabled=True, url="https://example.org/"),
        "paused": replace(OURS, id="paused", is_disabled=True, is_active=False),
    }
    world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)

    found = swept(world)

    off = {one.id for one in world.subscriptions.list_subscriptions() if one.is_disabled}
    assert (found.enabled, off) == (1, {"foreign", "paused"})
    assert found.resynced == 1


def test_r8_an_idle_sweep_asks_for_no_subscriptions_more_than_once_an_hour() -> None:
    world = a_swept_world()

    for _ in range(8):
        swept(world)

    assert world.pagerduty.calls["list_subscriptions"] == 3


def test_a_key_that_may_not_read_the_log_is_a_problem_with_its_cure() -> None:
    world = a_swept_world()
    refused = Refused("PagerDuty refused.", status=403, cure="Use another key.")
    world.plan.fail_next("pagerduty.log", refused)

    assert swept(world).problems == ("PagerDuty refused. What to do: Use another key.",)


def test_m14_an_issue_that_comes_to_match_by_the_passing_of_time_pages() -> None:
    world = a_swept_world(replace(PAGING_NEW, jql="created <= -30m"))
    world.poller().run()
    world.issue()
    world.clock.forward(minutes=40)

    swept(world)
    world.poller().run()
    world.work()

    assert len(world.pagerduty.model.incidents) == 1


def test_m14_an_issue_that_left_the_jql_may_page_when_it_comes_back() -> None:
    world = a_swept_world(PAGING_NEW)
    known = world.issue(priority={"id": "1"})
    world.poller().run()
    world.jira.model.edit_issue("alice", known["id"], {"fields": {"priority": {"id": "3"}}})

    swept(world)
    world.jira.model.edit_issue("alice", known["id"], {"fields": {"priority": {"id": "1"}}})
    world.poller().run()
    world.work()

    assert len(world.pagerduty.model.incidents) == 1


def test_m14_before_its_first_poll_a_sweep_lets_no_issue_page() -> None:
    world = a_swept_world(PAGING_NEW)
    world.issue(priority={"id": "1"})

    swept(world)

    assert world.rows.stored == {}


def test_m14_what_has_just_been_seen_is_not_forgotten_since_the_index_lags() -> None:
    world = a_swept_world(replace(PAGING_NEW, jql_applies_to=JqlAppliesTo.EXISTING))
    world.poller().run()
    issue = world.issue(priority={"id": "1"})
    world.clock.forward(minutes=2)
    world.poller().run()
    world.jira.model.edit_issue("alice", issue["id"], {"fields": {"priority": {"id": "3"}}})

    world.sweeper().run()

    assert [row.state for row in world.rows.stored.values()] == [MatchState.WAITING]


def test_a_jql_that_jira_refuses_stops_no_other_mapping() -> None:
    world = a_swept_world(PAGING_NEW, replace(PAGING_NEW, id="second", jql="priority = High"))
    world.poller().run()
    issue = world.issue(priority={"id": "2"})
    world.clock.forward(hours=3)
    refused = Refused("Jira refused.", status=400, messages=("No such field.",))
    world.plan.fail_next("jira.matches", refused)

    found = swept(world)

    (problem,) = found.problems
    assert problem.startswith("The JQL of mapping ops-bug: Jira refused. What to do: Correct")
    assert world.rows.find("second", issue["id"]) is not None


def test_g11_recovering_reads_the_log_since_then_and_twice_does_nothing_twice() -> None:
    world = World(three_statuses())
    world.pagerduty.model.trigger(CHECKOUT, "Lost long ago", by=RESPONDER)
    since = world.clock()
    world.clock.forward(days=3)
    assert swept(world).resynced == 0

    for _ in range(2):
        world.recovery().run(since, "request-1")
        healed(world)

    assert len(world.issues) == 1
    assert world.starter.started == 2


def test_g11_a_time_too_long_ago_is_brought_into_bounds_and_one_to_come_is_refused() -> None:
    world = World(three_statuses())
    recovery, now = world.recovery(), world.clock()

    assert recovery.start_of(now - timedelta(days=999)) == now - timedelta(days=180)
    assert recovery.start_of(now + timedelta(seconds=30)) == now
    with pytest.raises(Misconfigured, match="lies in the future: it is 2026-11-24T03:00:00"):
        recovery.start_of(now + timedelta(minutes=2))


def test_a_sweep_whose_time_is_up_says_so_and_the_next_one_goes_on() -> None:
    world = World(three_statuses())
    world.pagerduty.model.trigger(CHECKOUT, "Lost long ago", by=RESPONDER)
    since = world.clock()
    world.clock.forward(days=3)
    world.recovery().run(since, "request-1")

    first = world.sweeper().run(lambda: 1.0)
    cursor = world.cursors.find(CURSOR)
    second = world.sweeper().run()

    assert "time of this round was up" in first.problems[0]
    assert cursor is not None
    assert cursor.until < world.clock()
    assert second.problems == ()


def test_what_was_held_back_is_not_carried_later_by_a_sweep_either() -> None:
    world = a_swept_world(replace(three_statuses(), sync_notes=SyncNotes.OFF))
    incident_id = agreed(world)
    world.note(incident_id, "Between us")
    world.work()
    world.mappings.put(three_statuses())
    world.note(incident_id, "For all", hear=False)

    healed(world)

    assert ["For all" in one for one in world.comments()] == [True]
