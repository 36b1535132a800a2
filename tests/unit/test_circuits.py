"""P10, P17, P24: a side that does not answer, or does not know us, is left alone, not for ever."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.circuits.breaker import Breaker
from pdjira.circuits.rules import (
    FIRST_AFTER_TIMEOUTS,
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    PROBE_TAKES,
    TIMEOUTS,
    Circuit,
    Failure,
    closed,
    failed,
    probing,
    wait,
)
from pdjira.errors import (
    Ambiguous,
    CircuitOpen,
    Conflict,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
)
from pdjira.health.checks import Check, Status
from pdjira.model.incident import Reference
from pdjira.sync.situation import Situation, project_of
from pdjira.worker.consume import Deferred
from tests.builders import NOW, FakeClock, a_claim, a_link, a_mapping, a_signal, an_incident
from tests.fakes.circuits import FakeCircuits, FakeSecretVersions
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient
from tests.world import World

NO_TIME = timedelta()
PROJECT = Circuit(side=Side.JIRA, project_id="10100")
SIGN_IN = Circuit(side=Side.JIRA)


def a_failure(*, refused: bool = False, secret: str = "v1") -> Failure:
    return Failure(says="It broke.", cure="Mend it.", refused=refused, secret=secret)


def an_open_circuit(place: Circuit = SIGN_IN) -> Circuit:
    return failed(place, a_failure(refused=True), now=NOW)


def in_a_row(count: int, place: Circuit = PROJECT) -> Circuit:
    circuit = place
    for _ in range(count):
        circuit = failed(circuit, a_failure(), now=NOW)
    return circuit


seconds = st.floats(min_value=0, max_value=100_000)


@given(outcomes=st.lists(st.sampled_from(["answer", "timeout"]), max_size=40))
def test_timeouts_open_a_circuit_only_when_three_come_in_a_row(outcomes: list[str]) -> None:
    circuit, row = PROJECT, 0
    for outcome in outcomes:
        if outcome == "answer":
            circuit, row = closed(circuit), 0
        else:
            circuit, row = failed(circuit, a_failure(), now=NOW), row + 1

        assert circuit.is_open == (row >= TIMEOUTS)


def test_a_refused_sign_in_opens_the_circuit_at_once() -> None:
    assert an_open_circuit().is_open
    assert wait(an_open_circuit(), now=NOW, secret="v1") == FIRST_INTERVAL


@given(later=seconds)
def test_a_circuit_that_is_closed_holds_nothing_back(later: float) -> None:
    now = NOW + timedelta(seconds=later)

    assert wait(in_a_row(TIMEOUTS - 1), now=now, secret="v1") == NO_TIME
    assert wait(closed(an_open_circuit()), now=now, secret="v1") == NO_TIME


@given(pauses=st.lists(st.floats(min_value=0, max_value=2_000), min_size=1, max_size=60))
def test_p17_whoever_comes_when_there_is_one_probe_in_an_interval(pauses: list[float]) -> None:
    circuit, now, probes = an_open_circuit(), NOW, [NOW]
    for pause in pauses:
        now += timedelta(seconds=pause)
        left = wait(circuit, now=now, secret="v1")
        assert NO_TIME <= left <= LONGEST_INTERVAL
        if left == NO_TIME:
            circuit = probing(circuit, now=now, secret="v1")
            probes.append(now)

    gaps = [after - before for before, after in pairwise(probes)]
    least = [min(FIRST_INTERVAL * 2**number, LONGEST_INTERVAL) for number in range(len(gaps))]
    assert all(gap >= interval for gap, interval in zip(gaps, least, strict=True))


@given(probes=st.integers(min_value=0, max_value=2_000))
def test_an_interval_is_never_longer_than_fifteen_minutes(probes: int) -> None:
    circuit = an_open_circuit()
    for _ in range(min(probes, 20)):
        circuit = probing(circuit, now=NOW, secret="v1")

    assert circuit.probe_at is not None
    assert FIRST_INTERVAL <= circuit.probe_at - NOW <= LONGEST_INTERVAL


@given(probes=st.integers(min_value=0, max_value=60))
def test_r15_after_timeouts_each_interval_is_a_quarter_longer_up_to_fifteen_minutes(
    probes: int,
) -> None:
    circuit = in_a_row(TIMEOUTS)
    assert circuit.probe_at == NOW + FIRST_AFTER_TIMEOUTS

    for _ in range(probes):
        circuit = probing(circuit, now=NOW, secret="v1")

    expected = min(FIRST_AFTER_TIMEOUTS * 1.25**probes, LONGEST_INTERVAL)
    assert circuit.probe_at is not None
    assert abs(circuit.probe_at - NOW - expected) < timedelta(milliseconds=1)


def test_m3_a_sign_in_refused_while_a_side_did_not_answer_is_tried_as_seldom_as_any_other() -> None:
    """Each further try may prolong a CAPTCHA lock."""
    circuit = failed(in_a_row(TIMEOUTS), a_failure(refused=True), now=NOW)

    tried = probing(circuit, now=NOW, secret="v1")

    assert tried.probe_at == NOW + 2 * FIRST_INTERVAL


def test_r15_who_comes_during_a_probe_waits_a_quarter_of_a_short_interval_only() -> None:
    circuit = probing(in_a_row(TIMEOUTS), now=NOW, secret="v1")

    assert wait(circuit, now=NOW, secret="v1") == FIRST_AFTER_TIMEOUTS * 1.25 / 4


def test_while_a_probe_is_under_way_others_wait_for_its_end_only() -> None:
    now = NOW + timedelta(minutes=2)
    circuit = probing(an_open_circuit(), now=now, secret="v1")

    assert wait(circuit, now=now, secret="v1") == PROBE_TAKES
    after = wait(circuit, now=now + PROBE_TAKES, secret="v1")
    assert after == 2 * FIRST_INTERVAL - PROBE_TAKES


def test_p24_a_changed_secret_is_tried_at_once_and_begins_a_row_of_its_own() -> None:
    circuit = an_open_circuit()
    for _ in range(5):
        circuit = probing(circuit, now=NOW, secret="v1")

    assert wait(circuit, now=NOW, secret="v2") == NO_TIME
    tried = probing(circuit, now=NOW, secret="v2")
    assert tried.probe_at == NOW + FIRST_INTERVAL
    assert wait(tried, now=NOW, secret="v2") == FIRST_INTERVAL / 4


@given(count=st.integers(min_value=0, max_value=9), refused=st.booleans())
def test_a_success_closes_it_whatever_was_before(count: int, refused: bool) -> None:
    circuit = failed(in_a_row(count), a_failure(refused=refused), now=NOW)

    assert closed(circuit) == Circuit(side=Side.JIRA, project_id="10100")


def test_a_failure_while_it_is_open_changes_only_what_people_are_told() -> None:
    circuit = an_open_circuit()
    worse = Failure(says="A CAPTCHA now.", cure="Solve it.", refused=True, secret="v1")

    later = failed(circuit, worse, now=NOW + timedelta(minutes=1))

    assert (later.why, later.cure) == ("A CAPTCHA now.", "Solve it.")
    assert (later.opened_at, later.probe_at) == (circuit.opened_at, circuit.probe_at)


def test_a_step_is_about_the_project_of_the_issue_else_of_the_mapping() -> None:
    mapping = a_mapping(project=Reference(id="10200", name="WEB"))

    def about(**known: object) -> str | None:
        given = {"mapping": mapping, "link": None, **known}
        return project_of(
            Situation(signal=a_signal(), now=NOW, incident=an_incident(), **given)  # type: ignore[arg-type]
        )

    assert about() == "10200"
    assert about(link=a_claim()) == "10200"
    assert about(link=a_link()) == "10100"
    assert about(link=a_claim(), mapping=None) == "10100"
    assert about(mapping=None) is None


class Stage:
    """A breaker, and what it stands on."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.plan = FaultPlan()
        self.circuits = FakeCircuits(self.plan)
        self.secrets = FakeSecretVersions()
        self.breaker = Breaker(circuits=self.circuits, secrets=self.secrets, clock=self.clock)
        self.calls = 0

    def call(
        self,
        error: PdjiraError | None = None,
        *,
        side: Side = Side.JIRA,
        project: str | None = "10100",
    ) -> PdjiraError | None:
        """Make a call that ends so; what comes out of it."""
        try:
            with self.breaker.call(side, project):
                self.calls += 1
                if error:
                    raise error
        except PdjiraError as raised:
            return raised
        return None

    def held_back(self, *, side: Side = Side.JIRA, project: str | None = "10100") -> bool:
        """Whether a call is not made."""
        before = self.calls
        raised = self.call(side=side, project=project)
        assert isinstance(raised, CircuitOpen) == (self.calls == before)
        return self.calls == before


@pytest.fixture
def stage() -> Stage:
    return Stage()


def refused_sign_in(side: Side = Side.JIRA) -> Unauthenticated:
    return Unauthenticated("Not you.", cure="Check the token.", side=side)


def time_out(side: Side = Side.JIRA) -> Temporary:
    return Temporary("No answer.", timed_out=side)


def test_where_all_is_well_nothing_is_written(stage: Stage) -> None:
    for _ in range(3):
        stage.call()

    assert set(stage.plan.calls) == {"circuits.known"}


def test_m3_a_refused_sign_in_holds_back_all_of_that_side_and_nothing_else(stage: Stage) -> None:
    raised = stage.call(refused_sign_in())

    assert isinstance(raised, CircuitOpen)
    assert (raised.opened, raised.circuit, raised.retry_after) == (True, "Jira", 60)
    assert (raised.says, raised.cure) == ("Not you.", "Check the token.")
    assert stage.held_back()
    assert stage.held_back(project="10200")
    assert not stage.held_back(side=Side.PAGERDUTY, project=None)


def test_m3_p10_three_timeouts_hold_back_their_project_and_no_other(stage: Stage) -> None:
    first, second, third = [stage.call(time_out()) for _ in range(3)]

    assert not isinstance(first, CircuitOpen)
    assert not isinstance(second, CircuitOpen)
    assert isinstance(third, CircuitOpen)
    assert (third.opened, third.circuit) == (True, "Jira, project 10100")
    assert stage.held_back()
    assert not stage.held_back(project="10200")


def test_a_write_without_an_answer_in_time_is_a_timeout_as_well(stage: Stage) -> None:
    for _ in range(3):
        stage.call(Ambiguous("No answer.", timed_out=Side.JIRA))

    assert stage.held_back()


def test_timeouts_of_pagerduty_hold_back_pagerduty(stage: Stage) -> None:
    for _ in range(3):
        stage.call(time_out(Side.PAGERDUTY), side=Side.PAGERDUTY, project=None)

    assert stage.held_back(side=Side.PAGERDUTY, project=None)
    assert not stage.held_back()


def test_whose_error_it_was_counts_and_not_whom_the_step_is_about(stage: Stage) -> None:
    stage.call(refused_sign_in(Side.PAGERDUTY))

    assert not stage.held_back()
    assert stage.held_back(side=Side.PAGERDUTY, project=None)


@pytest.mark.parametrize(
    "error",
    [Temporary("503"), Conflict("lost"), Ambiguous("cut"), Unauthenticated("of nobody")],
)
def test_what_is_neither_tells_nothing(stage: Stage, error: PdjiraError) -> None:
    stage.call(time_out())
    stage.call(time_out())
    for _ in range(5):
        assert stage.call(error) is error

    assert isinstance(stage.call(time_out()), CircuitOpen)


@pytest.mark.parametrize("answer", [None, Refused("no", status=400), NotFound("no")])
def test_an_answer_breaks_the_row_be_it_a_refusal(stage: Stage, answer: PdjiraError | None) -> None:
    for _ in range(4):
        stage.call(time_out())
        stage.call(time_out())
        assert stage.call(answer) is answer

    assert not stage.held_back()


@pytest.mark.parametrize("answer", [None, Refused("no", status=400), NotFound("no")])
def test_an_answer_to_the_probe_closes_the_circuit(
    stage: Stage, answer: PdjiraError | None
) -> None:
    stage.call(refused_sign_in())
    stage.clock.forward(minutes=1)

    assert stage.call(answer) is answer

    assert not stage.held_back()
    assert not stage.circuits.known(Side.JIRA)


def test_both_circuits_of_a_project_hold_back_and_one_answer_closes_both(stage: Stage) -> None:
    for _ in range(3):
        stage.call(time_out())
    stage.clock.forward(minutes=1)
    stage.call(refused_sign_in())

    assert stage.held_back()
    stage.clock.forward(minutes=2)
    assert not stage.held_back()
    assert not stage.circuits.known(Side.JIRA)


def test_p17_no_call_but_one_in_an_interval_while_the_sign_in_is_refused(stage: Stage) -> None:
    """A CAPTCHA lock is not prolonged."""
    stage.call(refused_sign_in())
    for _ in range(3600):
        stage.clock.forward(seconds=1)
        stage.call(refused_sign_in())

    assert stage.calls == 1 + 7


def test_a_failed_probe_is_no_second_opening(stage: Stage) -> None:
    stage.call(refused_sign_in())
    stage.clock.forward(minutes=1)

    raised = stage.call(refused_sign_in())

    assert isinstance(raised, Unauthenticated)


def test_of_two_who_come_at_once_one_tries(stage: Stage) -> None:
    stage.call(refused_sign_in())
    stage.clock.forward(minutes=1)
    stage.plan.fail_next("circuits.put", Conflict("lost"))

    assert stage.held_back()
    assert isinstance(stage.call(refused_sign_in()), Unauthenticated)


def test_whoever_lost_a_write_of_ours_before_the_call_takes_nobodys_turn_to_try(
    stage: Stage,
) -> None:
    stage.call(refused_sign_in())
    stage.clock.forward(minutes=1)

    raised = stage.call(Conflict("Somebody else wrote first."))

    assert isinstance(raised, Conflict)
    assert not stage.held_back()


def test_a_try_that_came_to_no_call_makes_no_interval_longer(stage: Stage) -> None:
    stage.call(refused_sign_in())
    for _ in range(3):
        stage.clock.forward(minutes=1)
        stage.call(Conflict("Somebody else wrote first."))

    stage.call(refused_sign_in())
    stage.clock.now += 2 * FIRST_INTERVAL

    assert not stage.held_back()


def test_p24_a_changed_secret_is_tried_at_once(stage: Stage) -> None:
    stage.call(refused_sign_in())
    assert stage.held_back()

    stage.secrets.change(Side.JIRA)

    assert not stage.held_back()
    assert not stage.circuits.known(Side.JIRA)


def test_p24_a_secret_that_was_changed_before_its_old_value_was_refused_opens_nothing(
    stage: Stage,
) -> None:
    stage.secrets.lags = True
    stage.secrets.change(Side.JIRA)

    assert isinstance(stage.call(refused_sign_in()), Unauthenticated)

    assert not stage.held_back()


@pytest.mark.parametrize("method", ["circuits.find", "circuits.put"])
def test_p31_what_cannot_be_stored_counts_as_nothing(stage: Stage, method: str) -> None:
    error = refused_sign_in()
    stage.plan.fail_next(method, Temporary("throttled"))

    assert stage.call(error) is error

    assert isinstance(stage.call(refused_sign_in()), CircuitOpen)


def test_p31_a_success_that_cannot_be_stored_is_a_success(stage: Stage) -> None:
    stage.call(time_out())
    stage.plan.fail_next("circuits.put", Temporary("throttled"))

    assert stage.call() is None


@pytest.mark.parametrize(("lost", "opens"), [(1, True), (2, True), (3, False)])
def test_whoever_is_slower_reads_again_a_few_times(stage: Stage, lost: int, *, opens: bool) -> None:
    stage.plan.fail_next("circuits.put", Conflict("lost"), times=lost)

    assert isinstance(stage.call(refused_sign_in()), CircuitOpen) == opens


def test_the_log_names_the_circuit_and_says_once_that_it_was_opened() -> None:
    world = World()
    world.trigger()
    world.trigger("Another one")
    world.pagerduty.authenticated = False

    for _ in range(2):
        message = world.queue.receive()
        assert message
        world.outcomes.append(world.consumer.consume(message))

    facts = [outcome.facts() for outcome in world.outcomes]
    assert [fact["circuit"] for fact in facts] == ["PagerDuty", "PagerDuty"]
    assert [fact["circuit_opened"] for fact in facts] == [True, False]


def test_a_wait_without_a_circuit_names_none() -> None:
    deferred = Deferred(seconds=2, why="busy")

    assert "circuit" not in deferred.facts()


def test_of_several_mappings_the_one_that_may_go_on_first_says_when() -> None:
    """P10: a project that is left alone does not hold back what another mapping has to repeat."""
    held, busy = a_mapping(), a_mapping(id="web-bug", project=Reference(id="10200", name="WEB"))
    world = World(held, busy)
    world.circuits.put(an_open_circuit(Circuit(side=Side.JIRA, project_id=held.project.id)))
    world.plan.fail_next("jira.create_issue", Temporary("busy", retry_after=3))
    world.trigger()
    message = world.queue.receive()
    assert message

    verdict = world.consumer.consume(message).verdict

    assert isinstance(verdict, Deferred)
    assert (verdict.circuit, verdict.seconds) == (None, 4)


@pytest.mark.parametrize("swap", [False, True])
def test_of_two_projects_that_are_left_alone_the_shorter_wait_counts(*, swap: bool) -> None:
    first, second = a_mapping(), a_mapping(id="web", project=Reference(id="10200", name="WEB"))
    world = World(first, second)
    early, late = ("10200", "10100") if swap else ("10100", "10200")
    world.circuits.put(an_open_circuit(Circuit(side=Side.JIRA, project_id=early)))
    circuit = probing(
        an_open_circuit(Circuit(side=Side.JIRA, project_id=late)),
        now=NOW - timedelta(seconds=31),
        secret="v1",
    )
    world.circuits.put(circuit)
    world.secrets = Pinned("v1")
    world.consumer = world.worker("again")
    world.trigger()
    message = world.queue.receive()
    assert message

    verdict = world.consumer.consume(message).verdict

    assert isinstance(verdict, Deferred)
    assert verdict.circuit == f"Jira, project {early}"


class Pinned(FakeSecretVersions):
    """Credentials of one name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def version(self, side: Side) -> str:
        return self._name if side else ""


def circuits_of(world: World) -> list[Check]:
    return [check for check in Patient(world, "secret").health.checks() if check.name == "circuits"]


def test_health_names_an_open_circuit_with_its_cause_and_cure() -> None:
    world = World()
    assert circuits_of(world) == []
    world.circuits.put(an_open_circuit(SIGN_IN))
    world.circuits.put(in_a_row(2, Circuit(side=Side.JIRA, project_id="10200")))
    world.secrets = Pinned("v1")

    (check,) = circuits_of(world)

    assert (check.area, check.status) == ("jira", Status.BROKEN)
    assert check.cure == "Mend it. Then it is tried again at 03:01:00 UTC."
    assert check.says.startswith("Jira has not been called since 2026-11-24 03:00:00 UTC: It broke")


def test_g6_health_says_when_a_side_that_passes_by_itself_is_tried_again() -> None:
    world = World()
    opened = replace(an_open_circuit(Circuit(side=Side.PAGERDUTY)), cure=None)
    world.circuits.put(opened)
    world.secrets = Pinned(opened.secret)

    (check,) = circuits_of(world)

    assert check.cure == f"Nothing to do: tried again at {opened.probe_at:%H:%M:%S} UTC."


def test_health_knows_that_a_changed_secret_has_not_been_tried_yet() -> None:
    world = World()
    world.circuits.put(an_open_circuit(Circuit(side=Side.PAGERDUTY)))

    (check,) = circuits_of(world)

    assert (check.area, check.status) == ("pagerduty", Status.ATTENTION)
    assert "changed since" in check.says
    assert check.cure == "Nothing to do: tried by the next signal or poll, within a minute or two."


@pytest.mark.parametrize("side", Side)
def test_g6_the_next_poll_tries_a_secret_that_was_replaced(side: Side) -> None:
    world = World()
    world.circuits.put(an_open_circuit(Circuit(side=side)))

    world.poller().run()

    assert world.circuits.known(side) == []


def test_g6_a_poll_calls_nobody_whose_secret_is_still_the_same() -> None:
    world = World()
    opened = an_open_circuit(Circuit(side=Side.PAGERDUTY))
    world.circuits.put(opened)
    world.secrets = Pinned(opened.secret)

    world.poller().run()

    assert "pagerduty.log" not in world.plan.calls
    assert world.circuits.known(Side.PAGERDUTY) != []


def test_g6_a_secret_that_is_refused_again_stops_no_poll() -> None:
    plan = FaultPlan().fail(1, Unauthenticated("No.", side=Side.PAGERDUTY), method="pagerduty.log")
    world = World(plan=plan)
    world.circuits.put(an_open_circuit(Circuit(side=Side.PAGERDUTY)))

    assert world.poller().run()
    assert world.circuits.known(Side.PAGERDUTY) != []
