"""P2, P17, P19 and the budget of a message: tried again, or given up with its reason."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain, repeat

import pytest

from pdjira.errors import Ambiguous, Misconfigured, PdjiraError, Refused, Temporary
from pdjira.model.signal import SWEEP, Message, Signal, SignalKind
from pdjira.worker import retries
from pdjira.worker.consume import DeadLettered, Deferred, Done, Outcome
from tests.builders import a_signal
from tests.fakes.faults import Crash, FaultPlan
from tests.world import World


def received(world: World, signal: Signal | None = None) -> Message:
    world.queue.send(signal or a_signal())
    message = world.queue.receive()
    assert message
    return message


def failing(error: BaseException, times: int = 1) -> World:
    return World(plan=FaultPlan().fail(1, error, method="pagerduty.get_incident", times=times))


def test_the_log_is_told_of_the_signal_and_of_what_became_of_it() -> None:
    world = World()
    incident = world.trigger()
    message = world.queue.receive()
    assert message

    outcome = world.consumer.consume(message)

    assert isinstance(outcome.verdict, Done)
    assert outcome.signal
    assert outcome.facts() == {
        "incident_id": incident,
        "kind": "incident_changed",
        "event_type": "incident.triggered",
        "event_id": outcome.signal.id,
        "says": outcome.verdict.report.says,
        "rests": outcome.verdict.report.rests,
    }


def test_refusals_of_which_people_were_told_are_counted_once() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=400), method="jira.create_issue", times=2)
    world = World(plan=plan)
    incident = world.trigger()
    world.work()
    world.signal(incident, id="again")
    world.work()

    counts = [
        one.verdict.report.refusals for one in world.outcomes if isinstance(one.verdict, Done)
    ]
    assert counts == [1, 0]
    assert len(world.notes(incident)) == 1


def test_the_log_is_told_why_a_message_comes_again_or_was_set_aside() -> None:
    deferred = Outcome(signal=None, verdict=Deferred(seconds=30, why="Jira is down."))
    dead = Outcome(signal=None, verdict=DeadLettered(why="No JSON."))

    assert deferred.facts() == {"retry_in_seconds": 30, "why": "Jira is down."}
    assert dead.facts() == {"why": "No JSON."}


def test_the_log_is_told_how_often_and_how_late_a_message_came() -> None:
    world = World()
    message = received(world)

    facts = message.facts(now=message.sent_at + timedelta(seconds=89.6))

    assert facts == {"message_id": message.id, "receives": 1, "age_seconds": 90}


def test_p2_an_unreadable_delivery_goes_to_the_dead_letter_queue_with_its_reason() -> None:
    world = World()

    outcome = world.consumer.consume(
        received(world, Signal(kind=SignalKind.UNREADABLE, id="1", body="eA==", reason="No JSON."))
    )

    assert outcome.verdict == DeadLettered(why="No JSON.")
    assert [letter.reason for letter in world.queue.dead] == ["No JSON."]


def test_p2_a_message_that_is_not_ours_goes_to_the_dead_letter_queue_with_its_reason() -> None:
    world = World()
    world.queue.send_body("hello", group="x")

    world.work()

    assert isinstance(world.outcomes[-1].verdict, DeadLettered)
    assert world.queue.dead[0].reason


def test_an_event_about_no_incident_is_done() -> None:
    world = World()
    signal = Signal(kind=SignalKind.NO_INCIDENT, id="1", event_type="pagey.ping")

    outcome = world.consumer.consume(received(world, signal))

    assert isinstance(outcome.verdict, Done)


@pytest.mark.parametrize(
    "error", [Temporary("busy"), Ambiguous("no answer"), Misconfigured("The secret is empty.")]
)
def test_what_may_pass_is_tried_again_and_counted_as_a_deferral(error: Exception) -> None:
    world = failing(error)
    message = received(world)

    verdict = world.consumer.consume(message).verdict

    assert isinstance(verdict, Deferred)
    assert verdict.why == str(error)
    assert world.queue.receive() is None


def test_p17_the_delay_that_the_other_side_named_is_honoured() -> None:
    world = failing(Temporary("slow down", retry_after=120))

    verdict = world.consumer.consume(received(world)).verdict

    assert isinstance(verdict, Deferred)
    assert 120 <= verdict.seconds <= 140


@pytest.mark.parametrize(
    "error", [Ambiguous("no answer"), Misconfigured("no right"), Refused("no", status=400)]
)
def test_p19_what_a_person_can_mend_waits_for_it_up_to_four_days_and_no_longer(
    error: PdjiraError,
) -> None:
    world = failing(error, times=2)
    message = received(world)
    sent_at = message.sent_at

    world.clock.now = sent_at + timedelta(days=4, seconds=-1)
    before = world.consumer.consume(message).verdict
    world.clock.now = sent_at + timedelta(days=4)
    after = world.consumer.consume(message).verdict

    assert isinstance(before, Deferred)
    assert after == DeadLettered(why=f"Given up after four days. {error.says}")


def test_temporary_errors_are_given_up_after_four_days_with_their_reason() -> None:
    world = failing(Temporary("Jira is down."), times=10_000)
    message = received(world)
    started = world.clock()

    world.clock.forward(days=3, hours=23)
    before = world.consumer.consume(message).verdict
    world.clock.forward(hours=2)
    after = world.consumer.consume(replace(message, sent_at=started)).verdict

    assert isinstance(before, Deferred)
    assert after == DeadLettered(why="Given up after four days. Jira is down.")


def test_p19_an_error_that_nobody_foresaw_is_tried_five_times() -> None:
    world = failing(RuntimeError("bug"), times=10_000)

    world.signal("Q1")
    world.work()

    assert len(world.outcomes) == 5
    (letter,) = world.queue.dead
    assert letter.reason.startswith("It ended 5 times in a row in an error. The last: RuntimeError")
    assert isinstance(world.outcomes[-1].error, RuntimeError)


def test_a_bug_at_telling_the_sweep_of_an_answer_is_logged_and_the_message_is_done() -> None:
    bug = RuntimeError("bug")
    world = World()
    world.plan.fail_next("resyncs.answered", bug)
    incident = world.trigger()
    world.work()
    world.signal(incident, id="sweep", kind=SignalKind.RESYNC, event_type=SWEEP)

    world.work()

    assert isinstance(world.outcomes[-1].verdict, Done)
    assert world.outcomes[-1].error is bug
    assert world.queue.dead == []


def test_p8_a_message_on_which_work_goes_on_for_long_is_kept_from_other_workers() -> None:
    world = World()
    world.trigger()
    message = world.queue.receive()
    assert message
    defer, held = world.queue.defer, list[int]()

    def count(message: Message, seconds: int) -> None:
        held.append(seconds)
        defer(message, seconds)

    world.queue.defer = count  # type: ignore[method-assign]

    def slow() -> float:
        world.clock.now += retries.HELD / 4
        return 250

    world.consumer.consume(message, slow)

    seconds = retries.HELD.total_seconds()
    assert len(held) > 1
    assert set(held) == {seconds}
    assert world.queue.receive() is None


def test_p19_a_message_that_kills_the_worker_is_set_aside_before_work_starts() -> None:
    world = failing(Crash(), times=10_000)
    world.signal("Q1")

    world.work()

    assert world.pagerduty.calls["get_incident"] == 5
    (letter,) = world.queue.dead
    assert letter.reason == "It ended 5 times in a row without an answer: a crash or a timeout."


@pytest.mark.parametrize("method", ["attempts.begin", "attempts.end"])
def test_p31_a_store_that_cannot_count_is_no_poison(method: str) -> None:
    plan = FaultPlan().fail(1, Temporary("throttled"), method=method, times=4)
    plan.fail(1, Temporary("Jira is down."), method="pagerduty.get_incident", times=10)
    world = World(plan=plan)

    world.trigger()
    world.work()

    assert world.queue.dead == []
    assert len(world.issues) == 1


def test_p31_a_table_that_is_down_for_a_while_loses_no_signal() -> None:
    plan = FaultPlan()
    for method in ("attempts.begin", "attempts.end", "links.of_incident"):
        plan.fail(1, Temporary("throttled"), method=method, times=7)
    world = World(plan=plan)

    world.trigger()
    world.work()

    assert world.queue.dead == []
    assert len(world.issues) == 1


def test_a_run_whose_time_is_up_is_a_deferral_and_goes_on_where_it_was() -> None:
    world = World()
    world.trigger()
    message = world.queue.receive()
    assert message
    left = chain([100.0, 100.0], repeat(10.0))

    verdict = world.consumer.consume(message, lambda: next(left)).verdict
    world.work()

    assert isinstance(verdict, Deferred)
    assert "time of this run" in verdict.why
    assert len(world.issues) == 1


def test_p19_deferrals_do_not_count_as_crashes() -> None:
    world = failing(Temporary("Jira is down."), times=30)
    incident = world.trigger()

    world.work()

    assert len(world.issues) == 1
    assert world.queue.dead == []
    assert world.notes(incident)


def test_p19_a_poison_event_does_not_hold_its_incident() -> None:
    world = failing(RuntimeError("bug"), times=5)
    incident = world.trigger()
    world.signal(incident, id="next", event_type="incident.acknowledged")

    world.work()

    assert len(world.queue.dead) == 1
    assert len(world.issues) == 1


def test_p19_a_dead_letter_that_is_sent_back_twice_makes_one_issue_and_one_note() -> None:
    """A redrive gives it ids of its own, so that the queue takes it each time."""
    world = failing(RuntimeError("bug"), times=5)
    incident = world.trigger()
    world.work()
    (letter,) = world.queue.dead

    for _ in range(2):
        world.queue.send_body(letter.message.body, group=letter.message.group)
    world.work()

    assert len(world.queue.dead) == 1
    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 1


def test_p17_what_the_other_side_names_holds_for_each_attempt_and_the_issue_comes_then() -> None:
    world = World(
        plan=FaultPlan().fail(
            1, Temporary("slow down", retry_after=120), method="jira.create_issue", times=3
        )
    )
    world.trigger()
    begun = world.clock()

    world.work()

    waits = [one.verdict.seconds for one in world.outcomes if isinstance(one.verdict, Deferred)]
    assert len(waits) == 3
    assert all(120 <= wait <= 140 for wait in waits)
    assert world.clock() - begun == timedelta(seconds=sum(waits))
    assert len(world.issues) == 1


MOST_RECEIVES = 1_000  # maxReceiveCount of the template: then SQS moves a message by itself


@pytest.mark.parametrize("uncounted", [(), ("attempts.begin", "attempts.end")])
def test_p17_a_retry_after_of_a_second_never_uses_up_what_the_queue_delivers(
    uncounted: tuple[str, ...],
) -> None:
    """Also where nobody can count how often it was named."""
    world = failing(Temporary("slow down", retry_after=1), times=100_000)
    for method in uncounted:
        world.plan.fail(1, Temporary("throttled"), method=method, times=100_000)
    world.signal("Q1")

    world.work()

    (letter,) = world.queue.dead
    assert letter.reason == "Given up after four days. slow down"
    assert letter.message.receives < MOST_RECEIVES


def test_p17_the_first_twenty_times_that_a_side_names_are_honoured_to_the_second() -> None:
    world = failing(Temporary("slow down", retry_after=1), times=21)
    world.signal("Q1")

    world.work()

    waits = [one.verdict.seconds for one in world.outcomes if isinstance(one.verdict, Deferred)]
    assert waits[:20] == [2] * 20
    assert waits[20] >= 120


def test_p17_what_goes_on_by_itself_is_no_wait_that_a_side_named() -> None:
    """Fifty runs whose time is up, then one Retry-After."""
    slow = Temporary("slow down", retry_after=1)
    world = World(plan=FaultPlan().fail(51, slow, method="pagerduty.get_incident"))
    world.trigger()

    waits = []
    for seconds in (*[10.0] * 50, 300.0):
        message = world.queue.receive()
        assert message
        waits.append(world.consumer.consume(message, partial(float, seconds)).verdict)
        world.clock.forward(seconds=5)

    assert {one.seconds for one in waits if isinstance(one, Deferred)} == {2}
    assert len(waits) == 51


def test_p17_without_a_named_time_each_wait_is_longer_than_the_last_up_to_fifteen_minutes() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.create_issue", times=14)
    world = World(plan=plan)
    world.trigger()

    world.work()

    waits = [one.verdict.seconds for one in world.outcomes if isinstance(one.verdict, Deferred)]
    assert len(waits) == 14
    assert waits == sorted(waits)
    assert max(waits) <= 900
    assert len(world.issues) == 1


def test_what_cannot_be_set_aside_stays_in_the_queue() -> None:
    plan = FaultPlan().fail(1, Temporary("no queue"), method="queue.dead_letter")
    world = World(plan=plan)
    world.queue.send(Signal(kind=SignalKind.UNREADABLE, id="1", reason="No JSON."))

    world.work()

    assert isinstance(world.outcomes[0].verdict, Deferred)
    assert len(world.queue.dead) == 1
