"""Health says when something stands still: sweeps that never end, a queue that only grows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.errors import Temporary
from pdjira.health.checks import Check, Status
from pdjira.health.health import MANY
from pdjira.model.signal import QueueDepth
from pdjira.sweep.ports import SweepResult
from tests.builders import PAGING_NEW
from tests.fakes.health import Patient, a_subscription
from tests.world import World


def of_sweeps(world: World) -> Check:
    """What health says of sweeps."""
    (check,) = Patient(world).health.stored.sweep.checks()
    return check


def test_a_young_stack_waits_for_its_first_sweep() -> None:
    world = World(replace(PAGING_NEW, enabled_since=World().clock()))
    world.poller().run()

    world.clock.forward(minutes=44)

    assert of_sweeps(world).status is Status.UNCHECKED


@pytest.mark.parametrize("is_polled", [False, True])
def test_a_stack_whose_sweeps_never_end_is_told(*, is_polled: bool) -> None:
    since = None if is_polled else World().clock()
    world = World(replace(PAGING_NEW, enabled_since=since))
    if is_polled:
        world.poller().run()

    world.clock.forward(minutes=46)
    check = of_sweeps(world)

    assert check.status is Status.ATTENTION
    assert check.says == "No sweep has ended yet, though the stack runs for longer."
    assert "JqlPollerFunction" in str(check.cure)


def test_the_last_sweep_is_told_with_what_it_read_and_switched_on() -> None:
    world = World(PAGING_NEW)
    at = world.clock()
    world.sweep_results.put(SweepResult(at=at, since=at - timedelta(days=1), compared=7, enabled=1))

    check = of_sweeps(world)

    assert check.status is Status.OK
    assert "compared 7 links" in check.says
    assert f"from {(at - timedelta(days=1)).isoformat(timespec='seconds')} on" in check.says
    assert "switched 1 webhook subscription on" in check.says


def test_a_sweep_that_could_read_no_log_does_not_say_that_it_did() -> None:
    world = World(PAGING_NEW)
    world.sweep_results.put(SweepResult(at=world.clock(), since=None))

    assert "log" not in of_sweeps(world).says


class _Full:
    """A queue in which so many signals wait."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def depth(self) -> QueueDepth:
        return QueueDepth(waiting=self._waiting, dead=0)


def of_queue(waiting: int) -> Check:
    """What health says of a queue in which so many signals wait."""
    health = Patient(World()).health
    stored = replace(health.stored, queue=_Full(waiting))  # type: ignore[arg-type]
    health = replace(health, stored=stored)
    return next(one for one in health.checks() if (one.area, one.name) == ("queue", "waiting"))


def test_so_many_signals_as_an_hour_brings_may_wait() -> None:
    check = of_queue(MANY)

    assert (check.status, check.says) == (Status.OK, "1,000 signals wait.")


def test_more_signals_than_that_are_told_with_where_to_look() -> None:
    check = of_queue(MANY + 1)

    assert check.status is Status.ATTENTION
    assert "signal deferred" in str(check.cure)
    assert "SlowSyncAlarm" in str(check.cure)


def test_whoever_reads_of_a_switched_off_webhook_has_only_its_cause_to_mend() -> None:
    patient = Patient(World())
    patient.subscriptions.rows = [a_subscription(disabled=True)]

    (check,) = patient.health.webhooks._subscriptions()

    assert "The next sweep switches the webhook on and fetches what was dropped" in str(check.cure)
    assert "`recover` reaches further back" in str(check.cure)


def test_sweeps_that_end_no_more_are_told_and_those_that_end_are_well() -> None:
    world = World(PAGING_NEW)
    world.sweeper().run()

    well = of_sweeps(world)
    world.clock.forward(minutes=46)
    late = of_sweeps(world)

    assert well.status is Status.OK
    assert late.status is Status.ATTENTION
    assert late.says.endswith("None has ended since.")


def test_what_a_sweep_could_not_do_is_told_with_its_cure() -> None:
    world = World(PAGING_NEW)
    world.plan.fail_next("pagerduty.open_incidents", Temporary("Busy.", cure="Wait."), times=9)
    world.sweeper().run()

    check = of_sweeps(world)

    assert check.status is Status.ATTENTION
    assert "Busy. What to do: Wait." in check.says
