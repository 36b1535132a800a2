"""M14, M16, P27: which issue opens an incident, what it says, and what becomes of the match."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from pdjira.errors import Ambiguous, Refused, Temporary
from pdjira.jql.matches import MatchState
from pdjira.jql.opening_rules import (
    HOUR,
    Brake,
    IncidentDraft,
    Opening,
    PagingIssue,
    draft_of,
    key_of,
    latest,
    may_resume,
    opened,
    paused,
)
from pdjira.model.incident import Incident
from pdjira.model.mapping import PriorityRow
from pdjira.model.signal import Signal, SignalKind, message_group
from tests.builders import NOW, PAGING, a_link, a_mapping, an_issue
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.scenes.matches import a_match, handled
from tests.world import World

KEY = "jira:jira.example.com:10501"


def incidents(world: World) -> list[Any]:
    return list(world.pagerduty.model.incidents.values())


def drafted(found: PagingIssue | None = None, **changes: Any) -> IncidentDraft:
    found = found or PagingIssue(issue=an_issue(), description="", is_ours=False)
    return draft_of(found, replace(PAGING, **changes), key=KEY, base_url="https://jira.example.com")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Jira.Example.com", "jira:jira.example.com:10501"),
        ("https://jira.example.com:443/jira", "jira:jira.example.com:10501"),
        ("http://jira.example.com:443", "jira:jira.example.com:443:10501"),
        ("https://jira.example.com:8443", "jira:jira.example.com:8443:10501"),
        ("nowhere", "jira::10501"),
    ],
)
def test_the_key_names_host_and_issue(url: str, key: str) -> None:
    assert key_of("10501", jira_url=url) == key


def test_m16_the_incident_says_what_the_issue_says_and_where_it_stands() -> None:
    issue = an_issue(summary="Database\ndown", priority_id="1")
    found = PagingIssue(issue=issue, description="p99 is *8 s*", is_ours=False)
    rows = (
        PriorityRow(pagerduty_id="PP1", jira_id="1"),
        PriorityRow(pagerduty_id="PP2", jira_id="1"),
    )

    draft = drafted(found, priorities=rows, incident_urgency="low")

    assert draft.title == "Database down"
    assert draft.details.startswith("p99 is")
    assert draft.details.endswith("\n\nhttps://jira.example.com/browse/OPS-1")
    assert (draft.urgency, draft.priority_id, draft.incident_key) == ("low", "PP1", KEY)


def test_m16_an_issue_without_words_has_its_key_and_url_and_no_row_no_priority() -> None:
    draft = drafted()

    assert draft.title == "OPS-1"
    assert draft.details == "https://jira.example.com/browse/OPS-1"
    assert (draft.urgency, draft.priority_id) == (None, None)


def test_matches_of_an_issue_are_worked_on_one_after_the_other() -> None:
    signal = Signal(kind=SignalKind.ISSUE_MATCHED, id="1", issue_id="10501", mapping_id="ops-bug")

    assert message_group(signal) == "issue:10501"


@pytest.mark.parametrize("mapping", [a_mapping(), a_mapping(id="other", jql="x = 1")])
def test_m16_without_a_mapping_with_a_jql_in_force_nothing_opens(mapping: Any) -> None:
    world = World(mapping)
    a_match(world, world.issue()["id"])

    report = handled(world, "10501")

    assert report.rests == ("No mapping ops-bug with a JQL is in force.",)
    assert incidents(world) == []


def test_m16_a_match_without_a_row_or_past_waiting_opens_nothing() -> None:
    world = World(PAGING)
    known = a_match(world, world.issue()["id"], state=MatchState.BASELINE)

    for issue_id in (known.issue_id, world.issue()["id"]):
        assert "does not wait" in handled(world, issue_id).rests[0]
    assert incidents(world) == []


def test_m16_a_match_settles_first() -> None:
    world = World(replace(PAGING, jql_settle_seconds=90))
    row = a_match(world, world.issue(priority={"name": "Highest"})["id"])

    early = handled(world, row.issue_id)
    world.clock.forward(seconds=90)
    handled(world, row.issue_id)

    assert "does not wait" in early.rests[0]
    assert len(incidents(world)) == 1


def test_m16_a_match_that_leaves_the_jql_while_it_settles_pages_nobody() -> None:
    world = World(replace(PAGING, jql_settle_seconds=90))
    issue = world.issue(priority={"name": "Highest"})
    row = a_match(world, issue["id"])
    world.jira.model.edit_issue("alice", issue["id"], {"fields": {"priority": {"id": "3"}}})
    world.clock.forward(seconds=90)

    handled(world, row.issue_id)

    assert incidents(world) == []
    assert world.rows.stored == {}


@pytest.mark.parametrize(("waiting", "resumes"), [(9, True), (10, False)])
def test_p27_a_pause_ends_by_itself_only_where_fewer_wait_than_the_limit(
    waiting: int, *, resumes: bool
) -> None:
    brake = paused(Brake(mapping_id="ops-bug"), now=NOW, limit="")

    assert may_resume(brake, waiting=waiting, limit=10, now=NOW + HOUR) is resumes


def test_an_issue_that_is_gone_is_forgotten() -> None:
    world = World(PAGING)
    a_match(world, "999999")

    handled(world, "999999")

    assert world.rows.stored == {}


def test_m16_an_issue_that_an_incident_made_is_not_said_to_have_opened_it() -> None:
    world = World(PAGING)
    incident = world.trigger()
    world.work()
    a_match(world, world.issues[0]["id"])

    report = handled(world, world.issues[0]["id"])

    assert report.rests == ("OPS-1 is an issue of our own account: it never pages.",)
    assert world.timeline(incident) == ["Created OPS-1 (mapping ops-bug)."]
    assert [row.state for row in world.rows.stored.values()] == [MatchState.BASELINE]


def test_m16_an_issue_of_our_own_account_never_pages() -> None:
    world = World(PAGING)
    fields = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "Ours"}
    issue = world.jira.model.create_issue(OUR_ACCOUNT, {"fields": fields})
    row = a_match(world, issue["id"])

    report = handled(world, row.issue_id)

    assert "never pages" in report.rests[0]
    assert world.rows.stored["ops-bug", row.issue_id].state is MatchState.BASELINE
    assert incidents(world) == []


@pytest.mark.parametrize(("priority", "opened"), [("1", 1), ("3", 0)])
def test_m16_a_match_of_ten_minutes_is_looked_at_once_more(priority: str, opened: int) -> None:
    world = World(PAGING)
    row = a_match(world, world.issue(priority={"id": priority})["id"])
    world.clock.forward(minutes=10)

    handled(world, row.issue_id)

    assert len(incidents(world)) == opened
    assert len(world.rows.stored) == opened


def test_g15_a_refusal_of_pagerduty_ends_the_attempt_and_the_next_one_opens() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400))

    report = handled(world, row.issue_id)
    claim = world.openings.find(row.issue_id)
    handled(world, row.issue_id)

    assert report.says == (f"Issue {row.issue_id} opens no incident (mapping ops-bug). No.",)
    assert report.refusals == 1
    assert claim is not None
    assert claim.attempt_at is None
    assert len(incidents(world)) == 1
    assert world.pagerduty.calls["find_by_key"] == 0


def test_g15_where_even_the_claim_cannot_be_ended_the_key_is_looked_up_next() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("pagerduty.open_incident", Temporary("down"))
    world.plan.fail(2, Temporary("down"), method="openings.put")

    with pytest.raises(Temporary):
        handled(world, row.issue_id)
    world.clock.forward(minutes=5)
    handled(world, row.issue_id)

    assert len(incidents(world)) == 1
    assert world.pagerduty.calls["find_by_key"] == 1


def test_g15_before_a_second_attempt_the_key_is_looked_up() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("cut"), after=True)

    with pytest.raises(Ambiguous):
        handled(world, row.issue_id)
    handled(world, row.issue_id)

    assert len(incidents(world)) == 1
    assert world.pagerduty.calls["open_incident"] == 1


def test_g15_an_open_incident_of_that_key_is_taken_or_waited_for() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    key = key_of(row.issue_id, jira_url="https://jira.example.com")
    known = world.pagerduty.model.trigger(CHECKOUT, "x", by=RESPONDER, incident_key=key)

    handled(world, row.issue_id)

    assert world.links.issues[row.issue_id] == (known.id, "ops-bug")


def test_g15_an_open_incident_that_is_not_shown_is_waited_for() -> None:
    world = World(PAGING)
    opener = replace(world.opener(), pager=_Shy())
    row = a_match(world, world.issue()["id"])
    signal = Signal(
        kind=SignalKind.ISSUE_MATCHED, id="1", issue_id=row.issue_id, mapping_id="ops-bug"
    )

    with pytest.raises(Temporary, match="does not show it yet"):
        opener.handle(signal)


class _Shy:
    """A PagerDuty that has the incident and does not show it."""

    def open_incident(self, draft: IncidentDraft) -> None:
        del draft

    def find_by_key(self, incident_key: str, *, since: datetime | None = None) -> None:
        del incident_key, since

    def is_by_user(self, incident: Incident) -> bool:
        raise AssertionError(incident)


def test_m16_a_mark_that_jira_refuses_is_told_and_the_work_goes_on() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("jira.mark", Refused("No properties here.", status=400))

    report = handled(world, row.issue_id)

    assert report.says[1] == "The issue bears no mark of the incident: No properties here."
    assert world.rows.stored["ops-bug", row.issue_id].state is MatchState.OPENED


def test_m16_a_linked_issue_opens_no_other_and_its_timeline_says_so() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    other = an_issue().ref
    world.links.complete(
        a_link(version=0, mapping_id="other", issue=replace(other, id=row.issue_id))
    )

    handled(world, row.issue_id)

    assert "also matches the JQL of mapping ops-bug" in world.timeline("QINCIDENT00001")[0]
    assert incidents(world) == []


def test_p27_a_brake_remembers_an_hour_and_which_issue_was_the_last() -> None:
    fresh = Brake(mapping_id="ops-bug")

    both = opened(opened(fresh, "1", now=NOW), "2", now=NOW)

    assert latest(fresh, now=NOW) == []
    assert latest(both, now=NOW) == ["2", "1"]
    assert latest(both, now=NOW + HOUR) == []


def test_a_claim_keeps_the_key_of_its_first_attempt() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    model = world.pagerduty.model
    known = model.trigger(CHECKOUT, "x", by=RESPONDER, incident_key="jira:old.example.com:1")
    world.openings.put(
        Opening(
            issue_id=row.issue_id,
            mapping_id="ops-bug",
            service_id=CHECKOUT,
            incident_key="jira:old.example.com:1",
            attempt_at=NOW,
        )
    )

    handled(world, row.issue_id)

    assert [it.id for it in incidents(world)] == [known.id]


def test_p27_without_an_incident_to_tell_the_pause_holds_nevertheless() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=0))
    row = a_match(world, world.issue()["id"])

    report = handled(world, row.issue_id)

    assert "waits to be released" in report.rests[0]
    assert world.brakes.find("ops-bug").is_announced


def test_p27_an_issue_counts_once_however_often_it_is_tried() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=2))
    row, other = (a_match(world, world.issue()["id"]) for _ in range(2))
    world.plan.fail(1, Temporary("down"), method="openings.put")

    with pytest.raises(Temporary):
        handled(world, row.issue_id)
    handled(world, row.issue_id)
    handled(world, other.issue_id)

    assert len(incidents(world)) == 2


def test_what_cannot_be_read_is_raised() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("jira.read_paging", Temporary("down"))

    with pytest.raises(Temporary):
        handled(world, row.issue_id)
