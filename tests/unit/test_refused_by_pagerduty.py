"""M27, G7: what PagerDuty refused is counted, tried again, and not mistaken for Jira's refusals."""

from datetime import timedelta

import pytest

from pdjira.errors import Refused
from pdjira.model.mapping import SyncNotes
from pdjira.model.signal import SignalKind
from tests.builders import three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import RESOLVE, START, Talk

NO = Refused("No.", status=403, messages=("No.",))


def test_g7_an_incident_that_pagerduty_does_not_change_counts_as_failed() -> None:
    talk = Talk(plan=FaultPlan().fail(1, NO, method="pagerduty.change_incident"))

    talk.moved(START, RESOLVE)

    assert talk.world.links.links[0].refused
    assert talk.world.links.counts().failed_incidents == (talk.incident,)


@pytest.mark.parametrize("event", ["incident.escalated", "incident.annotated"])
def test_g7_a_refused_change_is_tried_again_at_the_next_event_of_either_side(event: str) -> None:
    talk = Talk(plan=FaultPlan().fail(1, NO, method="pagerduty.change_incident"))
    talk.moved(START, RESOLVE)

    talk.hear(event)

    assert talk.state() == "resolved"
    assert not talk.world.links.links[0].refused
    assert talk.world.links.counts().failed == 0


def test_g7_as_long_as_it_is_refused_it_counts_whatever_else_comes() -> None:
    talk = Talk(plan=FaultPlan().fail(1, NO, method="pagerduty.change_incident", times=9))
    talk.moved(START, RESOLVE)

    talk.world.pagerduty.model.set_priority(talk.incident, "PP1", by=RESPONDER)
    talk.hear("incident.priority_updated")

    assert talk.world.links.counts().failed == 1
    assert len([note for note in talk.notes() if "does not follow" in note]) == 1


def test_m19_a_note_that_pagerduty_refuses_is_not_one_that_the_issue_lacks() -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", NO, times=2)

    talk.write("first")
    link = talk.world.links.links[0]
    talk.world.sweep(after=timedelta(hours=1))

    assert (link.notes_since, link.refused) == (None, True)
    assert len(talk.heard()) == 1
    assert not talk.world.links.links[0].refused


def test_m19_refusals_of_one_side_do_not_hold_back_what_goes_to_the_other() -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", NO, times=6)
    for number in range(3):
        talk.write(f"{number}", hear=False)
    talk.hear_jira()

    talk.world.note(talk.incident, "from PagerDuty")
    talk.world.work()

    assert talk.world.comments() == ["0", "1", "2", "[PagerDuty] Ada: from PagerDuty"]


def test_m19_notes_of_a_sweep_that_jira_refuses_are_still_lacking() -> None:
    talk = Talk()
    talk.world.clock.forward(minutes=5)
    since = talk.world.clock.now
    talk.world.note(talk.incident, "lost", hear=False)
    talk.world.plan.fail_next("jira.add_comment", NO)

    talk.world.signal(talk.incident, id="s", kind=SignalKind.RESYNC, agent=None, notes_since=since)
    talk.world.work()
    lacking = talk.world.links.links[0].notes_since
    talk.world.sweep(after=timedelta(hours=1))

    assert lacking is not None
    assert lacking <= since
    assert talk.world.comments() == ["[PagerDuty] Ada Marsh: lost"]


def test_p14_without_notes_to_jira_a_refused_comment_makes_no_notes_lacking() -> None:
    talk = Talk(three_statuses(sync_notes=SyncNotes.TO_PAGERDUTY))
    talk.world.plan.fail_next("jira.add_comment", NO)
    talk.move(START, RESOLVE)

    talk.act("acknowledge")

    link = talk.world.links.links[0]
    assert (link.notes_since, link.refused) == (None, True)
