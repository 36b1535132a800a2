"""What was given up: known with its reason, and sent back when somebody asks."""

from collections.abc import Iterator

import pytest

from pdjira.adapters.aws.queue import decode, encode
from pdjira.admin.problem_jobs import Redrive, Redriven
from pdjira.errors import Temporary
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import unlimited
from tests.builders import a_signal
from tests.fakes.faults import FaultPlan
from tests.fakes.given_up import FakeDeadLetters
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World


class Story:
    """A stack whose worker gives up what a fault keeps it from doing."""

    def __init__(self) -> None:
        self.world = World(plan=FaultPlan())
        self.letters = FakeDeadLetters(self.world.queue)

    def give_up(self, *titles: str) -> list[str]:
        """The ids of incidents whose first event ends five times in a row in a crash."""
        world = self.world
        found = []
        for title in titles:
            world.plan.fail_next("pagerduty.get_incident", ValueError("?"), times=5)
            found.append(world.pagerduty.model.trigger(CHECKOUT, title, by=RESPONDER).id)
            world.signal(found[-1])
            world.work()
        return found

    def redrive(self, only: str | None = None, seconds: Iterator[float] | None = None) -> Redriven:
        redrive = Redrive(
            letters=self.letters,
            given_up=self.world.given_up,
            decode=decode,
        )
        return redrive.run(unlimited if seconds is None else lambda: next(seconds), only)


def test_what_was_given_up_is_on_record_with_its_reason_and_its_incident() -> None:
    story = Story()
    (incident,) = story.give_up("Slow")

    (record,) = story.world.given_up.latest()

    assert record.why.startswith("It ended 5 times in a row in an error.")
    assert (record.incident_id, record.event) == (incident, "incident.triggered")
    assert record.is_readable


@pytest.mark.parametrize("body", ["hello", encode(Signal(kind=SignalKind.UNREADABLE, id="1"))])
def test_p2_what_nobody_can_read_is_on_record_as_such(body: str) -> None:
    world = World()
    world.queue.send_body(body, group="other:x")
    world.work()

    (record,) = world.given_up.latest()

    assert record.why
    assert not record.is_readable


def test_a_record_that_cannot_be_kept_keeps_no_message_from_the_dead_letters() -> None:
    story = Story()
    story.world.plan.fail_next("given_up.put", Temporary("Throttled."), times=9)
    story.give_up("Slow")

    assert len(story.world.queue.dead) == 1
    assert story.world.given_up.latest() == []


def test_all_that_can_be_tried_is_sent_back_and_no_longer_told() -> None:
    story = Story()
    story.give_up("Slow", "Slower")
    story.letters.moved.append(encode(a_signal(id="moved", kind=SignalKind.NO_INCIDENT)))

    redriven = story.redrive()
    story.world.work()

    assert (redriven.sent, redriven.left, redriven.is_whole) == (3, 0, True)
    assert redriven.says == "3 were sent again."
    assert len(story.world.issues) == 2
    assert story.world.queue.dead == []
    assert story.world.given_up.latest() == []


def test_one_is_sent_back_and_the_others_stay() -> None:
    story = Story()
    first, second = story.give_up("Slow", "Slower")
    record = next(one for one in story.world.given_up.latest() if one.incident_id == first)

    redriven = story.redrive(only=record.message_id)
    story.world.work()

    assert redriven.says == "1 was sent again."
    assert [one.incident_id for one in story.world.given_up.latest()] == [second]
    assert len(story.redrive().says) > 0
    assert story.world.queue.dead == []


def test_what_nobody_can_read_stays_and_is_said() -> None:
    story = Story()
    for number, body in enumerate(["hello", encode(Signal(kind=SignalKind.UNREADABLE, id="1"))]):
        story.world.queue.send_body(body, group=f"other:{number}")
    story.world.work()

    one, again = story.redrive(), story.redrive()

    assert (one.sent, one.left) == (0, 2) == (again.sent, again.left)
    assert one.says == (
        "0 were sent again. 2 stay: each is no event that can be tried; the queue forgets it after "
        "14 days."
    )
    assert Redriven(sent=1, left=1).says.startswith("1 was sent again. 1 stays: it is no event")


def test_a_redrive_that_has_no_time_left_says_so_and_goes_on_later() -> None:
    story = Story()
    story.give_up("Slow")

    in_haste = story.redrive(seconds=iter([1.0]))
    later = story.redrive()

    assert (in_haste.sent, in_haste.is_whole) == (0, False)
    assert (later.sent, later.is_whole) == (1, True)


def test_p8_a_redrive_that_fails_half_way_loses_nothing() -> None:
    story = Story()
    story.give_up("Slow", "Slower")
    story.letters.faults.fail(2, Temporary("Throttled."), method="dead_letters.send_back")

    with pytest.raises(Temporary):
        story.redrive()

    assert len(story.world.queue.stored) == 1
    assert len(story.world.queue.dead) == 1
    assert len(story.world.given_up.latest()) == 1
