"""P5-P8: exactly one issue and one note, whatever is redelivered, raced, lost or killed."""

import itertools
import random
import threading
from collections.abc import Callable

import pytest

from pdjira.errors import (
    Ambiguous,
    Conflict,
    Misconfigured,
    NotFound,
    Refused,
    Temporary,
    Unauthenticated,
)
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.signal import SignalKind
from tests.builders import a_mapping
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import PAYMENTS, RESPONDER
from tests.simulation.every_call import at_every_call
from tests.world import World

Scene = Callable[[FaultPlan], tuple[World, str]]


def a_creation(plan: FaultPlan) -> tuple[World, str]:
    world = World(plan=plan)
    incident = world.trigger("Slow", details=None)
    world.work()
    return world, incident


def a_refusal_and_its_cure(plan: FaultPlan) -> tuple[World, str]:
    world = World(plan=plan)
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    incident = world.trigger("Slow")
    world.work()
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=False)
    world.signal(incident, id="cured", kind=SignalKind.RESYNC)
    world.work()
    return world, incident


def check(world: World, incident: str) -> None:
    """The one final state: an issue, its note, a complete link, and nothing in the queue."""
    world.pay()
    assert len(world.issues) == 1
    assert len(world.issues[0]["remotelinks"]) == 1
    assert sum("browse/OPS-1" in note for note in world.notes(incident)) == 1
    assert len(world.notes(incident)) == len(set(world.notes(incident)))
    (link,) = world.links.links
    assert link.state is LinkState.LINKED
    assert link.remote_linked
    assert world.links.issues == {world.issues[0]["id"]: (incident, "ops-bug")}
    assert world.queue.stored == []
    assert world.queue.dead == []


def outside_calls(scene: Scene) -> list[str]:
    plan = FaultPlan()
    check(*scene(plan))
    return list(plan.calls)


def sweep(scene: Scene, error: Callable[[], BaseException], *, after: bool) -> None:
    """Let every outside call of the worker fail once, one run for each."""

    def run(number: int) -> None:
        check(*scene(FaultPlan().fail(number, error(), after=after)))

    at_every_call(outside_calls(scene), run, but=("queue.send",))


@pytest.mark.parametrize("scene", [a_creation, a_refusal_and_its_cure])
@pytest.mark.parametrize("after", [False, True])
def test_p8_killed_at_any_call_the_final_state_is_the_same(scene: Scene, *, after: bool) -> None:
    sweep(scene, Crash, after=after)


@pytest.mark.parametrize("scene", [a_creation, a_refusal_and_its_cure])
@pytest.mark.parametrize(
    "error",
    [
        Temporary("busy"),
        Conflict("lost"),
        Unauthenticated("bad token"),
        Misconfigured("The secret is empty."),
        RuntimeError("a bug of ours"),
    ],
)
def test_p31_an_error_that_passes_at_any_call_ends_in_the_same_state(
    scene: Scene, error: Exception
) -> None:
    sweep(scene, lambda: error, after=False)


@pytest.mark.parametrize("after", [False, True])
def test_p7_an_answer_lost_at_any_call_ends_in_the_same_state(*, after: bool) -> None:
    sweep(a_creation, lambda: Ambiguous("no answer"), after=after)


@pytest.mark.parametrize("lag", [0, 30, 120])
def test_p7_jira_commits_and_its_answer_is_lost_still_one_issue_with_a_lagging_index(
    lag: int,
) -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    world = World(plan=plan)
    world.jira.model.lag = lag

    incident = world.trigger()
    world.work()

    check(world, incident)
    assert world.jira.calls["create_issue"] == 1


@pytest.mark.parametrize(("late", "lag"), [*itertools.product([0, 10, 60], [0, 30, 120])])
def test_p7_a_commit_that_comes_late_is_still_the_only_issue(late: int, lag: int) -> None:
    world = World()
    world.jira.model.lag = lag
    world.jira.commit_late("create_issue", late)

    incident = world.trigger()
    world.work()

    check(world, incident)


@pytest.mark.parametrize("late", [0, 10, 60])
def test_p7_a_note_whose_answer_is_lost_is_the_only_one_however_late_it_commits(late: int) -> None:
    world = World()
    world.pagerduty.commit_late("add_note", late)

    incident = world.trigger()
    world.work()

    check(world, incident)


def test_p7_the_issue_of_the_first_attempt_is_found_after_later_ones_were_lost_too() -> None:
    """The index lags for an hour: what then shows is far older than the latest attempt."""
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    plan.fail(2, Ambiguous("cut"), method="jira.create_issue", times=20)
    world = World(plan=plan)
    world.jira.model.lag = 3_600

    incident = world.trigger()
    world.work()

    check(world, incident)


def test_p7_what_never_took_effect_is_created_after_five_minutes() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue")
    world = World(plan=plan)
    started = world.clock()

    incident = world.trigger()
    world.work()

    check(world, incident)
    assert (world.clock() - started).total_seconds() >= 300


def test_what_was_surely_not_sent_is_repeated_at_once() -> None:
    plan = FaultPlan().fail(1, Temporary("connection refused"), method="jira.create_issue")
    world = World(plan=plan)
    started = world.clock()

    incident = world.trigger()
    world.work()

    check(world, incident)
    assert (world.clock() - started).total_seconds() < 5


def test_an_error_of_jiras_own_after_it_stored_the_issue_makes_no_second_one() -> None:
    plan = FaultPlan().fail(
        1, Temporary("a post function failed"), method="jira.create_issue", after=True, times=8
    )
    world = World(plan=plan)

    incident = world.trigger()
    world.work()

    check(world, incident)


def test_p7_the_search_is_where_the_attempt_was_whatever_the_mapping_says_by_now() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    world = World(plan=plan)
    incident = world.trigger()
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    world.mappings.put(a_mapping(project=Reference(id="10200", name="WEB")))
    world.work()

    check(world, incident)


def test_p7_an_issue_of_another_incident_or_mapping_is_never_taken_for_ours() -> None:
    world = World(a_mapping(), a_mapping(id="second"))
    world.plan.fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    world.plan.fail(2, Ambiguous("cut"), method="jira.create_issue", after=True)
    first, second = world.trigger("one"), world.trigger("two")

    world.work()

    assert len(world.issues) == 4
    owners = {
        issue["id"]: tuple(issue["properties"]["pagerduty.incident"].values())
        for issue in world.issues
    }
    assert world.links.issues == owners
    assert len(world.notes(first)) == len(world.notes(second)) == 2


def test_p5_a_replay_after_the_queues_deduplication_window_changes_nothing() -> None:
    world = World()
    incident = world.trigger()
    world.work()

    for _ in range(5):
        world.clock.forward(hours=7)
        world.signal(incident)
        world.work()

    check(world, incident)
    assert len(world.outcomes) == 6


@pytest.mark.parametrize("seed", range(5))
def test_p6_a_hundred_concurrent_copies_make_one_issue(seed: int) -> None:
    """Workers that share no queue, so that nothing but the claim keeps them apart."""
    world = World()
    incident = world.trigger()
    message = world.queue.receive()
    assert message
    jitter = random.Random(seed)
    delays = [jitter.random() / 50 for _ in range(100)]
    start = threading.Event()

    def copy(number: int) -> None:
        worker = world.worker(f"copy-{number}")
        start.wait()
        threading.Event().wait(delays[number])
        worker.consume(message)

    threads = [threading.Thread(target=copy, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    world.signal(incident, id="afterwards")
    world.work()

    assert len(world.issues) == 1
    assert world.links.links[0].state is LinkState.LINKED


@pytest.mark.parametrize("seed", range(30))
def test_random_faults_at_random_calls_end_in_the_same_state(seed: int) -> None:
    chance = random.Random(seed)
    plan = FaultPlan()
    for _ in range(6):
        error = chance.choice([Crash(), Temporary("busy"), Ambiguous("cut"), Conflict("lost")])
        after = chance.random() < 0.5 and not isinstance(error, Temporary)
        plan.fail(chance.randint(2, 30), error, after=after)

    world, incident = a_creation(plan)

    check(world, incident)


@pytest.mark.parametrize("error", [Refused("no", status=403), NotFound("gone")])
def test_a_refusal_at_any_call_is_told_or_on_the_timeline_and_done_by_a_resync(
    error: Exception,
) -> None:
    for number, name in enumerate(outside_calls(a_creation), start=1):
        if not name.startswith(("jira.", "pagerduty.")):
            continue
        world, incident = a_creation(FaultPlan().fail(number, error))
        refused = name in ("jira.create_screen", "jira.create_issue", "pagerduty.add_note")
        assert bool(world.timeline(incident)) or not refused, name

        world.signal(incident, id="again", kind=SignalKind.RESYNC)
        world.work()

        assert len(world.issues) == 1, name
        assert world.links.links[0].state is LinkState.LINKED, name
        assert sum("browse/OPS-1" in note for note in world.notes(incident)) == 1, name


def test_a_search_that_jira_refuses_is_told_once_and_loses_no_issue() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    plan.fail(1, Refused("no project", status=400), method="jira.find_issue", times=2)
    world = World(plan=plan)
    incident = world.trigger()
    world.work()
    told = list(world.notes(incident))

    for number in range(2):
        world.signal(incident, id=f"again-{number}", event_type="incident.escalated")
        world.work()

    assert len(told) == 1
    assert "Whether Jira has an issue" in told[0]
    assert len(world.issues) == 1
    assert world.links.links[0].state is LinkState.LINKED
    assert len(world.notes(incident)) == 2


def test_an_error_under_one_mapping_keeps_neither_the_others_nor_the_timeline_waiting() -> None:
    plan = FaultPlan().fail(2, RuntimeError("bug"), method="jira.create_issue", times=10)
    world = World(a_mapping(), a_mapping(id="second"), plan=plan)

    incident = world.trigger()
    world.work()

    assert "Created OPS-1 (mapping ops-bug)." in world.timeline(incident)
    assert len(world.queue.dead) == 1


def test_a_claim_is_finished_when_its_incident_moves_to_another_service() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    world = World(plan=plan)
    incident = world.trigger()
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    world.pagerduty.model.set_service(incident, PAYMENTS, by=RESPONDER)
    world.work()

    check(world, incident)
