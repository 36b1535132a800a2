"""G7: the incident's assignee and watchers come onto the issue, by e-mail address alone."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.aws.stored_link import people_item, read_people
from pdjira.admin.stand_ins import Nobody
from pdjira.errors import NotFound, Refused, Side, Temporary
from pdjira.model.incident import (
    ASSIGN,
    MOST_WATCHERS,
    Account,
    Accounts,
    Lack,
    PeopleAgreement,
    short_digest,
    with_lack,
)
from pdjira.model.issue import IssueRef
from pdjira.model.link import Agreement
from pdjira.model.mapping import SyncPeople
from pdjira.model.signal import ABOUT_PEOPLE, SWEEP, SignalKind
from pdjira.sync.people.rules import AddWatcher, AssignIssue, FindAccounts, FindEmail, next_person
from pdjira.sync.situation import PeopleFacts, StatusFacts
from pdjira.sync.step import ReadIssue
from pdjira.worker.consume import Done
from tests.builders import a_link, a_mapping, an_incident
from tests.sandbox.jira.world import User as JiraUser
from tests.sandbox.pagerduty import happenings
from tests.sandbox.pagerduty.records import User
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER, RESPONDER_EMAIL, SYNC_USER
from tests.scenes.people import ADA, ASSIGNEE, BEN, RIGHTS, WATCHERS, Team, situation


def test_g7_the_first_assignee_is_assigned_and_everybody_watches() -> None:
    team = Team()

    assert team.assignee == "bob"
    assert team.watchers == ["bob"]
    assert team.said("Assigned OPS-1 to Ada Marsh.") == 1
    assert team.said("Ada Marsh watches OPS-1.") == 1


def test_r4_without_sync_people_nobody_is_looked_up() -> None:
    team = Team(SyncPeople())

    team.act("reassign", user_ids=[SYNC_USER])

    assert (team.assignee, team.watchers) == (None, [])
    assert "accounts" not in team.world.jira.calls
    assert "email_of" not in team.world.pagerduty.calls


@pytest.mark.parametrize(
    ("who", "assignee", "watchers"), [(ASSIGNEE, "bob", []), (WATCHERS, None, ["bob"])]
)
def test_g7_each_half_goes_by_itself(
    who: SyncPeople, assignee: str | None, watchers: list[str]
) -> None:
    team = Team(who)

    assert (team.assignee, team.watchers) == (assignee, watchers)


def test_g7_a_reassigned_incident_reassigns_its_issue_and_nobody_stops_watching() -> None:
    team = Team()

    team.act("reassign", user_ids=[SYNC_USER, RESPONDER])

    assert team.assignee == "alice"
    assert team.watchers == ["bob", "alice"]


def test_g7_whom_a_person_assigned_in_jira_stays_until_the_incident_is_reassigned() -> None:
    team = Team()
    team.jira.assign("alice", "OPS-1", {"name": "alice"})

    team.hear(event_type="incident.annotated")
    team.hear(kind=SignalKind.ISSUE_CHANGED)
    team.resync()
    left = team.assignee
    team.act("reassign", user_ids=[SYNC_USER])
    team.act("reassign", user_ids=[RESPONDER])

    assert left == "alice"
    assert team.assignee == "bob"


def test_g7_who_stopped_watching_is_not_made_a_watcher_again() -> None:
    team = Team()
    team.jira.unwatch("bob", "OPS-1", "bob")

    team.act("reassign", user_ids=[RESPONDER, SYNC_USER])
    team.resync()

    assert team.watchers == ["alice"]


def test_g7_a_resolved_incident_unassigns_nobody_and_its_reopening_takes_nothing_back() -> None:
    team = Team()

    team.act("resolve")
    resolved = team.assignee
    team.jira.assign("alice", "OPS-1", {"name": "alice"})
    team.world.pagerduty.model.reopen(team.incident, by=RESPONDER)
    team.hear(event_type="incident.reopened")

    assert (resolved, team.assignee) == ("bob", "alice")
    assert team.watchers == ["bob"]


def test_g7_who_is_assigned_already_is_not_assigned_again() -> None:
    team = Team()
    team.jira.assign("alice", "OPS-1", {"name": "alice"})
    before = team.calls("assign")

    team.act("reassign", user_ids=[SYNC_USER])
    team.hear(event_type="incident.annotated")

    assert (team.assignee, team.calls("assign")) == ("alice", before)


def test_g7_responders_watch_unless_they_decline() -> None:
    team = Team()
    model = team.world.pagerduty.model
    model.users["PCAT"] = User(id="PCAT", name="Cat", email="admin@example.com")

    happenings.add_responder(model, team.incident, "PCAT", by=RESPONDER)
    happenings.reply_as_responder(model, team.incident, by="PCAT", state="declined")
    happenings.add_responder(model, team.incident, SYNC_USER, by=RESPONDER)
    team.hear(event_type="incident.responder.added")

    assert team.watchers == ["bob", "alice"]
    assert team.world.pagerduty.calls["email_of"] == 1


@pytest.mark.parametrize("event", sorted(ABOUT_PEOPLE))
def test_m24_events_about_people_are_no_longer_named_as_ignored(event: str) -> None:
    ignoring, following = Team(SyncPeople()), Team(WATCHERS)

    rests: list[str] = []
    for team in (ignoring, following):
        team.hear(event_type=event)
        verdict = team.world.outcomes[-1].verdict
        assert isinstance(verdict, Done)
        rests += verdict.report.rests

    agree = "Mapping ops-bug: The incident and its issue agree."
    assert rests == [f"{agree} {event} changes nothing that is kept in step.", agree]


def test_g7_somebody_without_an_account_is_told_once_and_tried_again_when_asked() -> None:
    team = Team(bob="bob@example.com")
    lookups = team.calls("accounts")
    team.hear(event_type="incident.annotated")
    team.resync(event_type=SWEEP)
    quiet = team.calls("accounts") - lookups
    team.resync()
    told = team.said("Jira has no account with the e-mail address of Ada Marsh.")

    team.jira.world.users["bob"].email = RESPONDER_EMAIL
    team.resync()

    assert (quiet, told) == (0, 1)
    assert (team.assignee, team.watchers) == ("bob", ["bob"])


def test_g7_who_was_assigned_meanwhile_stays_when_asked_to_try_again() -> None:
    team = Team(ASSIGNEE, bob="bob@example.com")
    team.jira.assign("alice", "OPS-1", {"name": "alice"})

    team.jira.world.users["bob"].email = RESPONDER_EMAIL
    team.resync()

    assert team.assignee == "alice"


def test_g7_of_two_accounts_with_that_address_none_is_taken() -> None:
    team = Team(bob=RESPONDER_EMAIL.upper())
    double = replace(team.jira.world.users["bob"], name="bob2", key="bob2", permissions=set())
    team.jira.world.users["bob2"] = double

    team.act("reassign", user_ids=[SYNC_USER])
    team.act("reassign", user_ids=[RESPONDER])

    assert team.assignee == "alice"
    assert team.said("not assigned to Ada Marsh: Jira has 2 accounts") == 1


def test_m6_without_browse_users_those_who_can_be_assigned_are_found_all_the_same() -> None:
    team = Team(browse=False)

    assert (team.assignee, team.watchers) == ("bob", ["bob"])


def test_m6_without_browse_users_it_is_said_once_whoever_is_not_shown() -> None:
    team = Team(browse=False, bob="bob@example.com")
    team.jira.world.users["alice"].email = "alice@example.com"

    team.act("reassign", user_ids=[SYNC_USER])

    assert team.said("ours lacks the right Browse Users") == 1


@pytest.mark.parametrize(
    ("right", "said"),
    [("ASSIGN_ISSUES", "takes Assign Issues"), ("MANAGE_WATCHERS", "takes Manage Watchers")],
)
def test_m6_without_a_right_it_is_said_once_and_once_it_is_there_the_work_goes_on(
    right: str, said: str
) -> None:
    team = Team(rights=[one for one in RIGHTS if one != right])

    team.act("reassign", user_ids=[SYNC_USER])
    team.hear(event_type="incident.annotated")
    told = team.said(said)
    team.allow(right)
    team.resync()

    assert told == 1
    assert team.assignee == "alice"
    assert "alice" in team.watchers
    assert team.world.queue.dead == []


def test_g7_who_cannot_be_assigned_is_told_with_jiras_reason() -> None:
    team = Team(ASSIGNEE, rights=())
    team.allow("ASSIGN_ISSUES")
    team.jira.world.revoke("alice", "ASSIGNABLE_USER", project="OPS")

    team.act("reassign", user_ids=[SYNC_USER])

    assert team.said("not assigned to Jira Sync: Jira says: assignee: User 'alice'") == 1


def test_g7_a_user_whom_pagerduty_does_not_show_is_told_once() -> None:
    team = Team(WATCHERS)
    happenings.add_responder(team.world.pagerduty.model, team.incident, SYNC_USER, by=RESPONDER)
    del team.world.pagerduty.model.users[SYNC_USER]

    team.hear(event_type="incident.responder.added")
    team.hear(event_type="incident.annotated")

    assert team.said("PagerDuty tells no e-mail address of Jira Sync.") == 1


def test_g7_a_key_that_may_not_read_users_is_told_once() -> None:
    team = Team(WATCHERS)
    forbidden = Refused("PagerDuty does not allow it.", status=403)
    team.world.plan.fail_next("pagerduty.email_of", forbidden, times=9)
    model = team.world.pagerduty.model
    model.users["PCAT"] = User(id="PCAT", name="Cat", email="admin@example.com")

    for user in (SYNC_USER, "PCAT"):
        happenings.add_responder(model, team.incident, user, by=RESPONDER)
        team.hear(event_type="incident.responder.added")

    assert team.said("PagerDuty does not allow it.") == 1


def test_g7_an_issue_that_is_gone_ends_in_no_loop() -> None:
    team = Team(ASSIGNEE)
    team.world.plan.fail_next("jira.read_issue", NotFound("Gone."), times=9)

    team.act("reassign", user_ids=[SYNC_USER])

    assert team.assignee == "bob"


@pytest.mark.parametrize("method", ["jira.accounts", "jira.assign", "jira.watch"])
@pytest.mark.parametrize("after", [False, True])
def test_p8_a_lost_answer_is_made_good(method: str, *, after: bool) -> None:
    team = Team(bob="bob@example.com")
    team.jira.world.users["bob"].email = RESPONDER_EMAIL
    team.world.plan.fail_next(method, Temporary("busy"), after=after)

    team.act("reassign", user_ids=[SYNC_USER, RESPONDER])
    team.resync()

    assert team.assignee == "alice"
    assert sorted(team.watchers) == ["alice", "bob"]


def test_g7_no_more_than_eight_people_become_watchers() -> None:
    team = Team(WATCHERS)
    model = team.world.pagerduty.model
    for number in range(20):
        name = f"user{number}"
        model.users[name] = User(id=name, name=name, email=f"{name}@example.com")
        team.jira.world.users[name] = JiraUser(
            name=name, key=name, display_name=name, email=f"{name}@example.com", password="x"
        )
        team.jira.world.grant(name, "BROWSE_PROJECTS", project="OPS")

    team.act("reassign", user_ids=[f"user{number}" for number in range(20)])

    assert len(team.watchers) == MOST_WATCHERS


def test_g7_a_merge_carries_nobody() -> None:
    team = Team()
    other = team.world.pagerduty.model.trigger(CHECKOUT, "The cause", by=RESPONDER)
    before = team.calls("accounts")

    team.world.pagerduty.model.merge([team.incident], other.id, by=RESPONDER)
    team.hear(event_type="incident.resolved")

    assert team.calls("accounts") == before


def test_g7_people_are_looked_up_before_the_issue_is_read() -> None:
    mapping, found = (
        a_mapping(sync_people=ASSIGNEE),
        Accounts(found=(Account(name="a", shown="A"),)),
    )
    known = situation(people=PeopleFacts(accounts={"ada@example.com": found}))
    stuck = known.knowing(StatusFacts(stuck=True))

    assert next_person(situation(), a_link(), mapping) == FindAccounts(email="ada@example.com")
    assert next_person(known, a_link(), mapping) == ReadIssue()
    assert next_person(stuck, a_link(), mapping) is None


def test_g7_a_responders_address_is_asked_for() -> None:
    incident = an_incident(involved=(BEN,))

    step = next_person(situation(incident=incident), a_link(), a_mapping(sync_people=WATCHERS))

    assert step == FindEmail(person=BEN)


def test_the_steps_about_people_call_the_side_that_they_ask() -> None:
    account, agreed = Account(name="ada", shown="Ada"), Agreement()
    write: dict[str, Any] = {"person": ADA, "account": account, "agreed": agreed}

    assert FindEmail(person=ADA).side is Side.PAGERDUTY
    assert {
        FindAccounts(email="x").side,
        AssignIssue(**write).side,
        AddWatcher(**write).side,
    } == {Side.JIRA}


def test_g7_what_was_said_of_people_who_left_is_forgotten() -> None:
    lack = Lack(cause="none:PBEN", says="x")
    before = with_lack(PeopleAgreement(), lack, task=ASSIGN, person=BEN, around=(BEN,))

    after = with_lack(before, Lack(cause="none:PADA", says="x"), task=ASSIGN, person=ADA, around=())

    assert short_digest("none:PBEN") in before.lacking
    assert after.lacking == {short_digest("none:PADA"), short_digest(f"{ASSIGN}:PADA")}


MARKS = st.text(max_size=5).map(short_digest)


@given(
    assignee=st.none() | MARKS,
    watchers=st.frozensets(MARKS, max_size=8),
    lacking=st.frozensets(MARKS, max_size=20),
)
def test_what_a_link_keeps_of_people_is_read_as_it_was_written(
    assignee: str | None, watchers: frozenset[str], lacking: frozenset[str]
) -> None:
    people = PeopleAgreement(assignee=assignee, watchers=watchers, lacking=lacking)

    assert read_people(people_item(people)) == people


def test_what_is_no_such_text_is_not_read() -> None:
    with pytest.raises(ValueError, match="unpack"):
        read_people("x")


def test_a_test_issue_has_nobody() -> None:
    nobody, issue = Nobody(), IssueRef(id="1", key="OPS-1")

    nobody.assign("1", "ada")
    nobody.watch("1", "ada")

    assert nobody.accounts("ada@example.com", issue=issue) == Accounts()
    assert nobody.email_of("PADA") is None
