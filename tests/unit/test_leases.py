"""Two rounds of a kind never run at the same time."""

from datetime import timedelta

import pytest

from pdjira.errors import Temporary
from pdjira.sweep.work import MARGIN, Rounds
from tests.builders import FakeClock
from tests.fakes.leases import FakeLeases


def rounds(leases: FakeLeases, clock: FakeClock) -> Rounds:
    owners = iter(["first", "second", "third"])
    return Rounds(leases=leases, clock=clock, new_owner=lambda: next(owners))


def test_a_round_that_comes_while_another_runs_does_not_run() -> None:
    alone = rounds(FakeLeases(), FakeClock()).alone

    with alone("poll", seconds=300) as first, alone("poll", seconds=300) as second:
        assert (first, second) == (True, False)
    with alone("poll", seconds=300) as third:
        assert third


def test_a_round_that_crashes_gives_its_lease_back() -> None:
    leases = FakeLeases()

    with (
        pytest.raises(ZeroDivisionError),
        rounds(leases, FakeClock()).alone("poll", seconds=300),
    ):
        raise ZeroDivisionError

    assert leases.held == {}


def test_a_lease_outlives_its_round_by_a_margin_and_then_ends_by_itself() -> None:
    leases, clock = FakeLeases(), FakeClock()
    alone = rounds(leases, clock).alone
    leases.faults.fail_next("leases.give_back", Temporary("down"))

    with alone("poll", seconds=300):
        pass

    assert leases.held["poll"][1] == clock() + timedelta(seconds=300) + MARGIN
    clock.forward(seconds=311)
    with alone("poll", seconds=300) as second:
        assert second
