"""P27, P7: what counts towards the limits, and that it holds after an outage as well."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from pdjira.circuits.rules import TIMEOUTS, Circuit
from pdjira.errors import Ambiguous, Conflict, PdjiraError, Refused, Side, Temporary
from pdjira.jql.braking import Released
from pdjira.jql.opening_rules import paused
from tests.builders import HIGHEST, PAGING
from tests.scenes.matches import a_while, incident_count
from tests.world import World


@contextmanager
def meddling(world: World, *methods: str, act: Callable[[], None]) -> Iterator[None]:
    """Something happens right before each of these calls."""
    real = world.plan.before

    def before(method: str) -> None:
        real(method)
        if method in methods:
            act()

    world.plan.before = before  # type: ignore[method-assign]
    yield
    world.plan.before = real  # type: ignore[method-assign]


@contextmanager
def failing(world: World, error: PdjiraError) -> Iterator[None]:
    """PagerDuty answers nothing about incidents by their keys."""

    def fail() -> None:
        raise error

    methods = ("pagerduty.open_incident", "pagerduty.find_by_key")
    with meddling(world, *methods, act=fail):
        yield


def test_p7_a_request_whose_timeout_opens_the_circuit_is_looked_up_before_the_next_one() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    lost = Ambiguous("no answer", timed_out=Side.PAGERDUTY)
    world.plan.fail_next("pagerduty.open_incident", lost, after=True)
    world.circuits.put(Circuit(side=Side.PAGERDUTY, failures=TIMEOUTS - 1))
    world.poller().run()
    world.work(until=world.clock.now)

    (incident,) = world.pagerduty.model.incidents.values()
    incident.status = "resolved"
    world.work()

    assert incident_count(world) == 1
    assert world.links.links[0].incident_id == incident.id


@pytest.mark.parametrize(
    "error",
    [
        Temporary("PagerDuty is down"),
        Temporary("no answer", timed_out=Side.PAGERDUTY),
        Ambiguous("cut"),
        Ambiguous("no answer", timed_out=Side.PAGERDUTY),
    ],
    ids=["failure", "timeout", "lost answer", "lost answer by timeout"],
)
def test_p27_after_an_outage_as_many_open_as_an_hour_allows_and_the_rest_waits(
    error: PdjiraError,
) -> None:
    world = World(PAGING)
    with failing(world, error):
        for _ in range(4):
            for _ in range(8):
                world.issue(**HIGHEST)
            a_while(world, minutes=60)

    a_while(world, minutes=30)
    soon = incident_count(world)
    a_while(world, minutes=180)

    assert (soon, incident_count(world)) == (10, 10)
    assert world.pauses.shown["ops-bug"] is not None
    assert sum("opens nothing" in one for it in told(world) for one in it) == 1


def told(world: World) -> list[list[str]]:
    """The notes of each incident."""
    return [[*world.notes(one)] for one in world.pagerduty.model.incidents]


def test_p27_what_was_let_in_long_ago_counts_again_when_it_opens() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    first = world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", Temporary("busy"), times=3)
    world.poller().run()
    world.work(until=world.clock.now)
    world.jira.model.edit_issue("alice", first["id"], {"fields": {"priority": {"id": "3"}}})
    world.clock.forward(minutes=11)
    world.work()
    world.clock.forward(hours=2)
    world.issue(**HIGHEST)
    a_while(world, minutes=5)

    world.jira.model.edit_issue("alice", first["id"], {"fields": {"priority": {"id": "1"}}})
    a_while(world, minutes=5)

    assert incident_count(world) == 1


def test_p27_what_pagerduty_has_refused_does_not_count() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400))
    for _ in range(2):
        world.issue(**HIGHEST)

    world.poller().run()
    world.work()

    assert incident_count(world) == 1
    assert world.brakes.find("ops-bug").paused_at is None
    assert len(world.brakes.find(None).openings) == 1


def test_p27_one_of_those_let_in_goes_on_in_a_pause() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=2))
    for _ in range(4):
        world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", Temporary("busy"))

    a_while(world, minutes=5)

    assert incident_count(world) == 2


@pytest.mark.parametrize("conflicts", [1, 10])
def test_p27_a_count_that_others_change_is_given_back_if_it_can_be(conflicts: int) -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400))
    world.plan.fail(3, Conflict("lost"), method="brakes.put", times=conflicts)

    world.poller().run()
    world.work()

    assert bool(world.brakes.find("ops-bug").openings) is (conflicts > 1)


def test_p27_a_storm_asks_jira_and_the_queue_little_more_than_may_open() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=3))
    for _ in range(100):
        world.issue(**HIGHEST)

    sent = []
    for _ in range(3):
        world.poller().run()
        sent.append(len(world.queue.stored))
        world.work()
        world.clock.forward(minutes=1)

    calls = Counter(world.plan.calls)
    assert incident_count(world) == 3
    assert max(sent) <= 4
    assert calls["jira.read_paging"] <= 4
    assert calls["rows.count_waiting"] == 1


def test_p27_the_limit_of_the_stack_holds_the_queue_back_as_well() -> None:
    world = World(PAGING)
    world.stack_limit = 2
    for _ in range(9):
        world.issue(**HIGHEST)

    assert world.poller().run()[0].signals == 3


def test_p27_what_is_refused_stands_in_nobodys_way() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=2))
    trigger = world.pagerduty.model.trigger

    def refusing(service_id: str, title: str, **details: Any) -> Any:
        if title == "Bad":
            raise Refused("No.", status=400)
        return trigger(service_id, title, **details)

    world.pagerduty.model.trigger = refusing  # type: ignore[method-assign]
    for _ in range(12):
        world.issue(summary="Bad", **HIGHEST)
    a_while(world, minutes=10)
    good = world.issue(**HIGHEST)

    a_while(world, minutes=90)

    assert good["id"] in world.links.issues


def test_m16_release_lets_all_through_at_once() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(6):
        world.issue(**HIGHEST)
    a_while(world, minutes=5)

    assert world.release().run("ops-bug") == Released(waiting=5, matching=5)
    assert world.poller().run()[0].signals == 5
    world.work()
    assert incident_count(world) == 6


def test_p27_a_pause_that_begins_while_jira_is_asked_holds_the_match() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.poller().run()

    with meddling(world, "jira.read_paging", act=lambda: pause(world)):
        world.work()

    assert incident_count(world) == 0
    assert "waits to be released" in str(world.outcomes[-1].facts()["rests"])


def pause(world: World) -> None:
    """Somebody else pulls the brake."""
    world.brakes.put(paused(world.brakes.find("ops-bug"), now=world.clock(), limit="x, 1"))


def test_m16_a_released_match_that_is_refused_gives_nothing_back() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.poller().run()
    assert world.release().run("ops-bug") == Released(waiting=1, matching=1)
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400))

    world.work()

    assert incident_count(world) == 1
    assert world.brakes.find("ops-bug").openings == ()


def test_p7_what_another_mapping_has_opened_is_looked_up_and_no_pause_holds_it_back() -> None:
    world = World(PAGING, replace(PAGING, id="other", priorities=()))
    world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("cut"), after=True)
    world.poller().run()
    first = world.queue.receive()
    assert first is not None
    world.consumer.consume(first)
    world.queue.delete(first)
    world.brakes.put(paused(world.brakes.find("other"), now=world.clock(), limit="x, 1"))

    world.work()

    (link,) = world.links.links
    assert (incident_count(world), link.mapping_id) == (1, "ops-bug")
