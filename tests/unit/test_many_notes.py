"""M19, P7, P21: however many notes and comments come at once, each is carried, oldest first."""

from datetime import timedelta

import pytest

from pdjira.errors import Refused
from pdjira.model.comment import MOST_AT_ONCE
from pdjira.model.signal import SignalKind
from pdjira.sync import round as rounds
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import Talk

MANY = 2 * MOST_AT_ONCE + 20


def numbers(texts: list[str]) -> list[int]:
    """The numbers that were written, in the order in which they were carried."""
    return [int(text.split(": ")[1].split("\n")[0]) for text in texts]


@pytest.mark.parametrize("seconds", [0, 0.1, 30])
def test_p21_every_comment_becomes_a_note_however_many_come_at_once(seconds: float) -> None:
    talk = Talk()
    for number in range(MANY):
        talk.write(f"{number}", hear=False)
        talk.world.clock.forward(seconds=seconds)

    talk.hear_jira()

    assert numbers(talk.heard()) == list(range(MANY))
    assert talk.world.queue.dead == []


def test_p21_what_was_carried_is_not_carried_again_by_later_signals() -> None:
    talk = Talk()
    for number in range(MANY):
        talk.write(f"{number}", hear=False)
        talk.world.clock.forward(seconds=30)
    talk.hear_jira()
    before = talk.world.plan.calls.count("comment_records.begin")

    talk.hear_jira()

    assert len(talk.heard()) == MANY
    assert talk.world.plan.calls.count("comment_records.begin") - before <= 1


@pytest.mark.parametrize("seconds", [0, 0.1, 90])
def test_p21_every_note_becomes_a_comment_however_many_were_missed(seconds: float) -> None:
    talk = Talk()
    talk.world.clock.forward(minutes=5)
    first = talk.world.clock.now
    for number in range(MANY):
        talk.world.note(talk.incident, f"{number}", hear=False)
        talk.world.clock.forward(seconds=seconds)
    talk.world.signal(
        talk.incident, id="sweep", kind=SignalKind.RESYNC, agent=None, notes_since=first
    )

    talk.world.work()

    assert numbers(talk.world.comments()) == list(range(MANY))
    assert talk.world.links.links[0].notes_since is None
    assert talk.world.queue.dead == []


def test_p21_a_crowd_of_notes_of_one_instant_is_no_circle_of_the_planner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "MOST_ACTIONS", 2 * MOST_AT_ONCE)
    talk = Talk()
    crowd = 4 * MOST_AT_ONCE
    for number in range(crowd):
        talk.write(f"{number}", hear=False)

    talk.hear_jira()

    assert len(talk.heard()) == crowd
    assert talk.world.queue.dead == []


def test_p21_a_merge_is_told_after_all_notes() -> None:
    talk = Talk()
    talk.world.clock.forward(minutes=5)
    first = talk.world.clock.now
    for number in range(MOST_AT_ONCE):
        talk.world.note(talk.incident, f"{number}", hear=False)
    other = talk.world.trigger("The other one")
    talk.world.pagerduty.model.merge([talk.incident], other, by=RESPONDER)
    talk.world.signal(
        talk.incident, id="sweep", kind=SignalKind.RESYNC, agent=None, notes_since=first
    )

    talk.world.work()

    assert len(talk.world.comments()) == MOST_AT_ONCE + 1
    assert "merged" in talk.world.comments()[-1]


def test_p21_a_comment_that_pagerduty_refuses_is_not_passed_over() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    plan.fail_next("pagerduty.add_note", Refused("The incident is full.", status=400), times=2)
    for number in range(3):
        talk.write(f"{number}", hear=False)
        talk.world.clock.forward(minutes=1)

    talk.hear_jira()
    early = numbers(talk.heard())
    talk.world.sweep(after=timedelta(hours=1))

    assert early == [1, 2]
    assert numbers(talk.heard()) == [1, 2, 0]
