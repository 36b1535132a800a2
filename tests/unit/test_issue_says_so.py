"""G24: an issue that cannot follow its incident says so itself, once for each cause."""

from datetime import timedelta

import pytest

from pdjira.errors import Refused, Temporary
from tests.builders import three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.scenes.lives import Life

BLAMED = "lacks the right Transition Issues in OPS"


def a_stuck_life(plan: FaultPlan | None = None) -> Life:
    """Our account may not move the issue."""
    life = Life(three_statuses(), plan=plan)
    life.world.jira.model.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project="10100")
    return life


def marks(life: Life) -> list[str]:
    """What the comments of ours that carry no note are."""
    comments = life.fields()["comment"]["comments"]
    found = [one["value"]["id"] for each in comments for one in each["properties"]]
    return [each for each in found if each.startswith("notice:")]


def test_g24_the_issue_says_what_the_incident_is_told() -> None:
    life = a_stuck_life()

    life.act("acknowledge")
    life.hear("incident.escalated")

    (said,) = life.world.comments()
    (note,) = life.notes()
    assert said.startswith("[PagerDuty] OPS-1 stays in Open and does not move to In Progress")
    assert BLAMED in said
    assert BLAMED in note
    assert len(marks(life)) == 1


def test_g24_what_has_another_cause_is_said_as_well() -> None:
    refused = Refused("no", status=400, fields={"summary": "is too long"})
    life = a_stuck_life(FaultPlan().fail(1, refused, method="jira.update_issue", times=9))

    life.act("set_title", title="Checkout is down", event="incident.escalated")
    life.act("acknowledge")

    assert len(marks(life)) == len(set(marks(life))) == len(life.notes()) == 2


@pytest.mark.parametrize("after", [False, True])
def test_p8_g24_a_crash_at_any_call_leaves_the_issue_with_one_such_comment(*, after: bool) -> None:
    clean = a_stuck_life()
    begun = len(clean.world.plan.calls)
    clean.act("acknowledge")

    calls = [*enumerate(clean.world.plan.calls, start=1)][begun:]
    for number, call in calls:
        if call == "queue.send":  # the test itself hands the event over
            continue
        life = a_stuck_life(FaultPlan().fail(number, Crash(), after=after))
        life.act("acknowledge")
        life.world.sweep(times=2)

        assert len(life.notes()) == 1, (number, call)
        assert len(marks(life)) == 1, (number, call)


@pytest.mark.parametrize("error", [Temporary("Down."), Refused("No.", status=403)])
def test_p34_g24_a_comment_that_fails_is_owed_until_it_can_be_added(error: Exception) -> None:
    life = a_stuck_life()
    life.world.plan.fail_next("jira.add_comment", error, times=9)

    life.act("acknowledge")
    assert any(BLAMED in note for note in life.notes())
    life.world.plan.heal("jira.add_comment")
    life.world.sweep(after=timedelta(hours=1), times=2)

    assert len(marks(life)) == 1
    assert life.world.links.links[0].owed == {}
