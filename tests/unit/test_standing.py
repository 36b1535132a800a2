"""How things stand, without a call to either side."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from pdjira.errors import Temporary
from pdjira.health.checks import Check, Status
from pdjira.health.standing import Seen, Stand
from pdjira.jql.matches import Cursor
from pdjira.sweep.ports import Day, SweepResult
from tests.builders import a_mapping, a_signal
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient
from tests.world import World

SIGN_IN = Check(
    area="jira", name="sign-in", status=Status.BROKEN, says="Wrong password.", cure="Mend it."
)
KEY = Check(area="pagerduty", name="key", status=Status.BROKEN, says="Wrong key.", cure="Mend it.")
RIGHTS = Check(area="jira", name="rights OPS", status=Status.ATTENTION, says="Lacks.", cure="Give.")


def a_world(**changes: object) -> World:
    return World(a_mapping(**changes), plan=FaultPlan())


def standing(world: World) -> Stand:
    return world.admin_stack().standing().now()


def seen(world: World, *checks: Check, ago: timedelta = timedelta(minutes=1)) -> None:
    world.seen.put(Seen(at=world.clock() - ago, checks=checks))


def faults(world: World) -> list[str]:
    return [check.says for check in standing(world).faults]


def test_neither_side_is_called() -> None:
    world = a_world()
    seen(world, SIGN_IN)
    world.plan.calls.clear()

    standing(world)

    assert not [call for call in world.plan.calls if call.startswith(("jira.", "pagerduty."))]


def test_what_health_saw_is_told_with_its_time_and_the_gravest_first() -> None:
    world = a_world()
    seen(world, RIGHTS, SIGN_IN)

    now = standing(world)

    assert now.at == world.clock() - timedelta(minutes=1)
    assert [check.says for check in now.faults] == ["Wrong password.", "Lacks."]


def test_what_health_saw_of_what_is_stored_is_looked_at_anew() -> None:
    world = a_world()
    dead = Check(area="queue", name="dead letters", status=Status.ATTENTION, says="3", cure="x")
    circuit = replace(SIGN_IN, name="circuits", says="Jira was not called.")
    seen(world, dead, circuit)

    assert faults(world) == []


def test_g19_what_health_saw_of_the_former_integration_is_told() -> None:
    world = a_world()
    former = Check(
        area="mappings", name="old integration", status=Status.ATTENTION, says="It makes two."
    )
    seen(world, former)

    assert faults(world) == ["It makes two."]


def test_what_health_saw_a_day_ago_is_not_told() -> None:
    world = a_world()
    seen(world, SIGN_IN, ago=timedelta(hours=25))

    now = standing(world)

    assert (now.faults, now.at) == ([], None)


def test_what_health_saw_of_the_way_to_jira_is_over_once_a_search_was_answered() -> None:
    world = a_world()
    seen(world, SIGN_IN, RIGHTS, KEY)
    world.cursors.put(Cursor(id="mapping ops-bug", until=world.clock(), reads="x"))

    told = {check.name: check for check in standing(world).checks}

    assert faults(world) == ["Wrong key.", "Lacks."]
    assert told["sign-in"].status is Status.UNCHECKED
    assert told["sign-in"].says == "It works again; before, `health` said: Wrong password."


@pytest.mark.parametrize(("problems", "left"), [((), []), (("No.",), ["Wrong key."])])
def test_what_health_saw_of_pagerduty_is_over_once_a_sweep_had_no_problem(
    problems: tuple[str, ...], left: list[str]
) -> None:
    world = a_world()
    seen(world, KEY)
    world.sweep_results.put(SweepResult(at=world.clock(), since=None, problems=problems))

    assert [says for says in faults(world) if says == KEY.says] == left


def test_what_ends_soon_is_told_from_the_first_sweep_of_the_day_until_health_looked() -> None:
    world = a_world()
    world.days.put(Day(at=world.clock(), soon=("The token ends.",), lost=("Edit Issues in OPS",)))
    before = faults(world)
    world.clock.forward(hours=1)
    seen(world)

    assert before == [
        "Since yesterday our account has lost: Edit Issues in OPS.",
        "The token ends.",
    ]
    assert faults(world) == ["Since yesterday our account has lost: Edit Issues in OPS."]


@pytest.mark.parametrize("method", ["seen.last", "days.last", "cursors.known"])
def test_what_cannot_be_read_costs_itself_alone(method: str) -> None:
    world = a_world()
    seen(world, RIGHTS)
    world.plan.fail_next(method, Temporary("Throttled."), times=9)

    now = standing(world)

    assert [check for check in now.checks if check.area == "queue"]


def test_an_open_circuit_is_told_as_it_is_now() -> None:
    world = a_world()
    world.jira.authenticated = False
    world.trigger()
    world.work(until=world.clock() + timedelta(seconds=30))

    told = faults(world)

    assert any(says.startswith("Jira has not been called since") for says in told), told


def test_health_keeps_what_it_saw_also_where_that_cannot_be_kept() -> None:
    world = a_world()
    patient = Patient(world, "secret")
    checks = patient.looking().checks()
    kept = world.seen.last()
    world.plan.fail_next("seen.put", Temporary("Throttled."))

    assert kept is not None
    assert [check.says for check in kept.checks] == [check.says for check in checks]
    assert patient.looking().checks()


# ---- deliveries that are refused now


@dataclass
class Deliveries:
    """What one short look at the log of the webhook finds."""

    fault: Check | None = None
    is_proven: bool = False

    def lately(self) -> Check | None:
        return self.fault

    def is_proven_since(self, since: datetime) -> bool:
        del since
        return self.is_proven


REFUSED = Check(area="webhooks", name="deliveries", status=Status.ATTENTION, says="7 refused.")


def after(world: World, deliveries: Deliveries) -> list[str]:
    now = replace(world.admin_stack().standing(), refused=deliveries).now()
    return [check.says for check in now.faults]


def test_p3_deliveries_that_are_refused_now_are_told_before_anybody_looks_at_both_sides() -> None:
    world = a_world()
    refused = Deliveries(fault=REFUSED)

    assert after(world, refused) == ["7 refused."]
    seen(world, replace(REFUSED, status=Status.OK, says="Nothing was refused."), KEY)
    assert after(world, refused) == ["Wrong key.", "7 refused."]


def test_p3_refused_deliveries_are_over_once_one_is_proven() -> None:
    world = a_world()
    assert after(world, Deliveries(is_proven=True)) == []
    seen(world, REFUSED)

    assert after(world, Deliveries()) == ["7 refused."]
    assert after(world, Deliveries(is_proven=True)) == []


def test_nothing_is_known_until_a_sweep_was_well_or_both_sides_were_looked_at() -> None:
    world = a_world()
    assert not standing(world).is_known

    seen(world)
    assert standing(world).is_known

    world = a_world()
    world.sweep_results.put(SweepResult(at=world.clock(), since=None, compared=1))
    assert standing(world).is_known


def test_events_that_wait_for_another_try_are_counted() -> None:
    world = a_world()
    assert standing(world).waiting == 0

    world.queue.send(a_signal())

    assert standing(world).waiting == 1
