"""G7, M19: nothing waits for an incident's people where they cannot be looked up for now."""

from datetime import timedelta

import pytest

from pdjira.errors import PdjiraError, Side, Temporary, Unauthenticated
from pdjira.health.checks import Status
from pdjira.health.sweep import SweepHealth
from pdjira.model.link import Extra
from pdjira.worker.consume import Deferred
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.people import WATCHERS, Team

NOT_NOW = "OPS-2 has lacked people of this incident since"
BUSY = Temporary("Jira failed at GET /user/search.")


def waiting(error: PdjiraError = BUSY, *, method: str = "jira.accounts", times: int = 999) -> Team:
    """A team whose people cannot be looked up."""
    team = Team()
    team.world.plan.fail_next(method, error, times=times)
    team.incident = team.world.trigger("second")
    return team


def test_m19_notes_do_not_wait_for_people_who_cannot_be_looked_up() -> None:
    team = waiting()
    begun = team.world.clock.now

    team.world.note(team.incident, "please help")
    team.world.work()

    assert team.world.comments(1) == ["[PagerDuty] Ada: please help"]
    assert team.world.clock.now - begun <= timedelta(minutes=2)
    assert team.said(NOT_NOW) == 0


def test_the_note_of_the_same_event_goes_first() -> None:
    team = waiting()

    team.world.work(until=team.world.clock.now)
    team.world.note(team.incident, "please help")
    team.world.work()
    team.hear(event_type="incident.escalated")

    assert team.world.comments(1) == ["[PagerDuty] Ada: please help"]
    assert team.world.links.links[1].owed.keys() == {Extra.PEOPLE}


def test_p34_people_who_do_not_come_for_an_hour_are_told_once() -> None:
    team = waiting()
    team.world.work()

    team.world.sweep(times=3)
    early = team.said(NOT_NOW)
    team.world.sweep(times=8)

    assert early == 0
    assert team.said(NOT_NOW) == 1
    assert len([note for note in team.world.notes(team.incident) if NOT_NOW in note]) == 1


def test_people_come_with_the_next_event_once_they_can_be_looked_up() -> None:
    team = waiting()
    team.world.work()
    team.world.plan.heal("jira.accounts")

    team.hear(event_type="incident.escalated")

    assert team.world.issues[1]["fields"]["assignee"]["name"] == "bob"
    assert team.world.links.counts().failed == 0


def test_the_sweep_tries_again_within_an_hour() -> None:
    team = waiting()
    team.world.work()
    team.world.plan.heal("jira.accounts")

    for _ in range(4):
        team.world.clock.forward(minutes=15)
        team.world.sweeper().run()
        team.world.work()

    assert team.world.issues[1]["fields"]["assignee"]["name"] == "bob"


def test_a_lookup_that_fails_for_a_moment_is_tried_again_at_once() -> None:
    team = waiting(times=1)

    team.world.work()

    assert team.world.issues[1]["fields"]["assignee"]["name"] == "bob"
    assert team.said(NOT_NOW) == 0


def test_while_people_are_known_to_wait_each_event_tries_them_once() -> None:
    team = waiting()
    team.world.work()
    before, begun = team.calls("accounts"), team.world.clock.now

    team.hear(event_type="incident.escalated")

    assert team.calls("accounts") == before + 1
    assert team.world.clock.now == begun


def test_p34_lookups_that_hang_open_no_circuit_and_are_left_to_the_sweep() -> None:
    team = waiting(Temporary("Jira did not answer.", timed_out=Side.JIRA))
    team.world.work()
    before = team.calls("accounts")

    team.hear(event_type="incident.escalated")
    at_an_event = team.calls("accounts")
    team.world.sweep()

    assert team.world.circuits.known(Side.JIRA) == []
    assert (at_an_event, team.calls("accounts")) == (before, before + 1)


def test_a_side_that_refuses_our_sign_in_is_left_alone_all_the_same() -> None:
    error = Unauthenticated("Jira does not accept our credentials.", side=Side.JIRA)
    team = waiting(error)

    team.world.work(until=team.world.clock.now + timedelta(seconds=90))

    assert isinstance(team.world.outcomes[-1].verdict, Deferred)
    (circuit,) = team.world.circuits.known(Side.JIRA)
    assert circuit.why == error.says


def test_what_fails_but_does_not_concern_people_alone_is_waited_for() -> None:
    team = Team(WATCHERS)
    team.world.plan.fail_next("pagerduty.get_incident", BUSY)
    team.world.plan.fail_next("jira.read_issue", BUSY)

    team.act("acknowledge")

    assert team.said(NOT_NOW) == 0
    assert team.world.issues[0]["fields"]["status"]["name"] == "In Progress"


@pytest.mark.parametrize("is_waiting", [True, False])
def test_p20_a_lost_resolution_is_found_while_people_wait(*, is_waiting: bool) -> None:
    team = waiting() if is_waiting else Team()
    team.world.work()
    team.world.pagerduty.model.resolve(team.incident, by=RESPONDER)

    for _ in range(5):
        team.world.clock.forward(minutes=15)
        team.world.sweeper().run()
        team.world.work(until=team.world.clock.now)

    assert team.world.issues[-1]["fields"]["status"]["name"] == "Resolved"


def test_r4_what_waits_is_looked_at_once_after_the_incident_is_resolved() -> None:
    team = waiting()
    team.world.work()
    team.world.pagerduty.model.resolve(team.incident, by=RESPONDER)
    sent = []

    for _ in range(16):
        team.world.clock.forward(minutes=15)
        before = len(team.world.outcomes)
        team.world.sweeper().run()
        team.world.work(until=team.world.clock.now)
        sent.append(len(team.world.outcomes) - before)

    assert sum(sent[8:]) == 0


def test_p34_an_error_that_nobody_foresaw_gives_no_message_up_and_is_owed() -> None:
    """It is raised for a while, so that the log tells it."""
    team = waiting()
    team.world.plan.heal("jira.accounts")
    team.world.plan.fail_next("jira.accounts", RuntimeError("a bug of ours"), times=999)

    team.world.note(team.incident, "please help")
    team.world.work()

    assert team.world.queue.dead == []
    assert any(isinstance(one.error, RuntimeError) for one in team.world.outcomes)
    assert team.world.comments(1) == ["[PagerDuty] Ada: please help"]
    assert team.world.links.links[1].owed.keys() == {Extra.PEOPLE}


def test_p34_health_counts_what_is_owed_and_asks_for_attention_after_an_hour() -> None:
    team = waiting()
    team.world.work()
    health = SweepHealth(
        results=team.world.sweep_results,
        mappings=team.world.mappings,
        cursors=team.world.cursors,
        clock=team.world.clock,
    )

    nothing = [one.says for one in health.owed()]
    team.world.sweep()
    (early,) = health.owed()
    team.world.sweep(times=4)
    (late,) = health.owed()

    assert nothing == ["No sweep has looked yet whether anything is owed."]
    assert early.status is Status.OK
    assert late.status is Status.ATTENTION
    assert team.incident in late.says
