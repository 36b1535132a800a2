"""P7, P8: people are told once, also where it is forgotten that the answer to a note was lost."""

import pytest

from pdjira.errors import Temporary
from tests.fakes.faults import FaultPlan
from tests.world import World


class Forgetful(FaultPlan):
    """The first link that is to be stored after the `number`-th note is not stored."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._is_over = False

    def before(self, method: str) -> None:
        super().before(method)
        notes = self.calls.count("pagerduty.add_note")
        if method == "links.save" and notes == self._number and not self._is_over:
            self._is_over = True
            raise Temporary("busy")


def work_and_wait(world: World) -> None:
    """Until everything that was late has come."""
    world.work()
    world.clock.forward(seconds=60)
    world.pagerduty.settle()


@pytest.mark.parametrize("late", [1, 10, 60])
def test_p7_a_note_that_comes_late_is_the_only_one_though_its_loss_was_not_stored(
    late: int,
) -> None:
    world = World(plan=Forgetful(1))
    world.pagerduty.commit_late("add_note", late)

    incident = world.trigger()
    work_and_wait(world)

    assert world.notes(incident) == ["Jira issue OPS-1: http://jira.example.com/browse/OPS-1"]


@pytest.mark.parametrize("late", [1, 10, 60])
def test_p7_the_same_holds_for_the_second_try_of_a_note(late: int) -> None:
    plan = Forgetful(2).fail(1, Temporary("busy"), method="pagerduty.add_note")
    world = World(plan=plan)
    world.trigger()
    world.work(until=world.clock())
    world.pagerduty.commit_late("add_note", late)

    work_and_wait(world)

    (incident,) = world.pagerduty.model.incidents
    assert world.notes(incident) == ["Jira issue OPS-1: http://jira.example.com/browse/OPS-1"]


def test_a_note_that_was_surely_not_sent_is_told_within_seconds() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="pagerduty.add_note")
    world = World(plan=plan)
    started = world.clock()

    incident = world.trigger()
    world.work()

    assert len(world.notes(incident)) == 1
    assert (world.clock() - started).total_seconds() < 5
