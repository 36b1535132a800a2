"""P10, P17, P24: one side is left alone while it fails, and everything is done afterwards."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pdjira.errors import Ambiguous, CircuitOpen, Misconfigured, Side, Temporary
from pdjira.model.incident import Reference
from pdjira.model.issue import CreateScreen, IssueDraft, IssueRef
from pdjira.worker.consume import Deferred, Done
from tests.builders import FakeClock, a_mapping
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS
from tests.world import World

INCIDENTS = 30
HANGING, WELL = "10100", "10200"
LONGEST_CALL = 20


def incidents(world: World, count: int = INCIDENTS, service: str = CHECKOUT) -> Sequence[str]:
    return [world.trigger(f"Slow {number}", service_id=service) for number in range(count)]


def calls_of(world: World, side: Side) -> int:
    return sum(name.startswith(f"{side.value}.") for name in world.plan.calls)


def tries_in(minutes: int) -> int:
    """How many calls there are at most: the first, then after 1, 2, 4, 8 and each 15 minutes."""
    return 1 + 4 + minutes // 15


def probes_in(minutes: int) -> int:
    """The same of a side that does not answer: its intervals grow by a quarter from ten seconds."""
    return 21 + minutes // 15


def everyone_has_one_issue(world: World, told: Sequence[str]) -> None:
    marks = [issue["properties"]["pagerduty.incident"]["id"] for issue in world.issues]
    assert sorted(marks) == sorted(told)
    assert all(len(world.notes(incident)) == 1 for incident in told)
    assert world.queue.stored == []
    assert world.queue.dead == []


@pytest.mark.parametrize("minutes", [10, 60, 6 * 60])
def test_p24_m3_a_refused_sign_in_is_not_tried_for_each_incident_and_its_cure_does_them_all(
    minutes: int,
) -> None:
    """A CAPTCHA lock would be prolonged by every try."""
    world = World()
    world.jira.authenticated = False
    told = incidents(world)
    world.work(until=world.clock() + timedelta(minutes=minutes))
    assert 2 <= calls_of(world, Side.JIRA) <= tries_in(minutes)

    world.jira.authenticated = True
    world.secrets.change(Side.JIRA)
    cured = world.clock()
    world.work()

    everyone_has_one_issue(world, told)
    assert world.clock() - cured <= timedelta(minutes=15)


def test_p24_a_secret_that_is_wrong_again_is_tried_once_not_once_for_each_incident() -> None:
    world = World()
    world.jira.authenticated = False
    incidents(world)
    world.work(until=world.clock() + timedelta(hours=2))
    before = calls_of(world, Side.JIRA)

    world.secrets.change(Side.JIRA)
    world.work(until=world.clock() + timedelta(minutes=30))

    assert calls_of(world, Side.JIRA) - before <= tries_in(30)


def test_p24_a_jira_that_takes_us_again_without_a_new_secret_is_found_by_the_probe() -> None:
    world = World()
    world.jira.authenticated = False
    told = incidents(world)
    world.work(until=world.clock() + timedelta(hours=1))

    world.jira.authenticated = True
    world.work()

    everyone_has_one_issue(world, told)


def test_p24_m3_a_revoked_key_of_pagerduty_and_its_cure() -> None:
    world = World()
    world.pagerduty.authenticated = False
    told = incidents(world)
    world.work(until=world.clock() + timedelta(hours=1))
    assert 2 <= calls_of(world, Side.PAGERDUTY) <= tries_in(60)
    assert calls_of(world, Side.JIRA) == 0

    world.pagerduty.authenticated = True
    world.secrets.change(Side.PAGERDUTY)
    world.work()

    everyone_has_one_issue(world, told)


def test_it_is_said_once_that_a_circuit_was_opened_and_by_each_signal_that_it_waits() -> None:
    world = World()
    world.jira.authenticated = False
    incidents(world)

    world.work(until=world.clock() + timedelta(hours=1))

    deferrals = [one.verdict for one in world.outcomes if isinstance(one.verdict, Deferred)]
    assert sum(one.opened for one in deferrals) == 1
    held = [one for one in deferrals if one.circuit == "Jira"]
    assert len(deferrals) - len(held) < tries_in(60)
    assert all(one.seconds <= 900 for one in held)


class HangingJira(FakeJira):
    """Jira, one project of which does not answer while it `hangs`; each call takes its time."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        super().__init__(world.jira.model, clock=clock, plan=world.plan)
        self.hangs = True
        self.waited = 0
        self._time = clock

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        self._hang(project_id, Temporary("No answer.", timed_out=Side.JIRA))
        return super().create_screen(project_id=project_id, issue_type_id=issue_type_id)

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        self._hang(draft.project_id, Ambiguous("No answer.", timed_out=Side.JIRA))
        return super().create_issue(draft)

    def _hang(self, project_id: str, error: Exception) -> None:
        if self.hangs and project_id == HANGING:
            self.waited += 1
            self._time.forward(seconds=LONGEST_CALL)
            raise error


def a_world_of_two_projects() -> tuple[World, HangingJira]:
    other = a_mapping(
        id="web",
        service=Reference(id=PAYMENTS, name="Payments"),
        project=Reference(id=WELL, name="WEB"),
    )
    world = World(a_mapping(), other)
    jira = HangingJira(world, world.clock)
    world.jira = jira
    world.consumer = world.worker("first")
    return world, jira


def test_p10_one_project_hangs_and_the_other_is_worked_on_without_any_added_wait() -> None:
    world, jira = a_world_of_two_projects()
    stuck = incidents(world)
    world.work(until=world.clock() + timedelta(minutes=3))
    waited = jira.waited
    assert waited <= 3 + probes_in(3)

    begun = world.clock()
    well = incidents(world, 10, PAYMENTS)
    world.work(until=begun)

    assert world.clock() == begun
    assert jira.waited == waited
    assert len(world.issues) == len(well)
    jira.hangs = False
    world.work()
    everyone_has_one_issue(world, [*stuck, *well])


def test_p10_while_many_wait_for_a_project_that_hangs_the_others_get_every_worker() -> None:
    """Both kinds come in turns: all that hanging may cost is three calls, then one in a while."""
    world, jira = a_world_of_two_projects()
    begun = world.clock()
    for _ in range(INCIDENTS):
        incidents(world, 1)
        incidents(world, 1, PAYMENTS)

    world.work(until=begun + timedelta(seconds=3 * LONGEST_CALL))

    done = [one for one in world.outcomes if isinstance(one.verdict, Done)]
    assert len(done) == INCIDENTS
    assert jira.waited == 3


class Hanging(FaultPlan):
    """Jira does not answer while it `hangs`."""

    hangs = False

    def before(self, method: str) -> None:
        super().before(method)
        if self.hangs and method.startswith("jira."):
            raise Temporary("No answer.", timed_out=Side.JIRA)


def test_p10_a_jira_that_hangs_when_notes_come_is_left_alone_and_gets_each_in_the_end() -> None:
    """A comment that hangs opens no circuit (P34): the reading of the issue that follows does."""
    plan = Hanging()
    world = World(plan=plan)
    told = incidents(world, 5)
    world.work()
    plan.hangs = True
    for number, incident in enumerate(told):
        world.note(incident, f"Note {number}")
    before = calls_of(world, Side.JIRA)

    world.work(until=world.clock() + timedelta(hours=1))
    tried = calls_of(world, Side.JIRA) - before
    plan.hangs = False
    world.work()

    assert 3 < tried <= 3 + len(told) + probes_in(60)
    assert [len(world.comments(number)) for number in range(5)] == [1] * 5
    assert world.queue.dead == []


def hang(world: World) -> None:
    with world.breaker().call(Side.JIRA, HANGING):
        raise Temporary("No answer.", timed_out=Side.JIRA)


def come_to_no_call(world: World) -> None:
    with world.breaker().call(Side.JIRA, HANGING) as trial:
        trial.was_made = False


def test_p10_what_came_to_no_call_is_no_answer_and_takes_no_turn_to_try() -> None:
    """A comment whose attempt is on record needs none: that is no sign of Jira's being well."""
    world = World()
    for _ in range(2):
        with pytest.raises(Temporary, match="No answer"):
            hang(world)
        come_to_no_call(world)
    with pytest.raises(CircuitOpen):
        hang(world)
    with pytest.raises(CircuitOpen):
        come_to_no_call(world)

    world.clock.forward(minutes=1)
    come_to_no_call(world)
    with world.breaker().call(Side.JIRA, HANGING):
        pass

    come_to_no_call(world)


def test_an_incident_with_two_mappings_gets_the_issue_of_the_project_that_answers() -> None:
    world = World(a_mapping(), a_mapping(id="web", project=Reference(id=WELL, name="WEB")))
    jira = HangingJira(world, world.clock)
    world.jira = jira
    world.consumer = world.worker("first")
    incidents(world, 5)

    world.work(until=world.clock() + timedelta(minutes=30))

    keys = [issue["key"] for issue in world.issues]
    assert len(keys) == 5
    assert all(key.startswith("WEB-") for key in keys)
    jira.hangs = False
    world.work()
    assert len(world.issues) == 10


def test_a_secret_that_cannot_be_read_is_no_fault_of_the_other_side() -> None:
    world = World()
    world.plan.fail_next("jira.server_info", Misconfigured("The secret is empty."), times=5)
    told = incidents(world, 2)

    world.work()

    everyone_has_one_issue(world, told)
    assert all(
        one.verdict.circuit is None for one in world.outcomes if isinstance(one.verdict, Deferred)
    )
