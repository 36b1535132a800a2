"""P8, P9: an incident's whole life, with every outside call failing once, in every order."""

import itertools
from collections.abc import Callable

import pytest

from pdjira.errors import Ambiguous, Temporary
from tests.builders import PRIORITIES, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World


def a_life(plan: FaultPlan) -> tuple[World, str]:
    """Triggered, acknowledged, given a priority, resolved: the worker comes to rest in between."""
    world = World(three_statuses(priorities=PRIORITIES), plan=plan)
    incident = world.trigger("Slow")
    model = world.pagerduty.model
    acts: list[tuple[str, Callable[[], object]]] = [
        ("incident.acknowledged", lambda: model.acknowledge(incident, by=RESPONDER)),
        (
            "incident.priority_updated",
            lambda: model.set_priority(incident, "PP1", by=RESPONDER),
        ),
        ("incident.escalated", lambda: world.note(incident, "Restarted web-7.")),
        ("incident.resolved", lambda: model.resolve(incident, by=RESPONDER)),
    ]
    world.work()
    for event, act in acts:
        act()
        world.signal(incident, id=event, event_type=event)
        world.work()
    world.pay()
    (comment,) = world.comments()
    assert comment.endswith(": Restarted web-7.")
    return world, incident


def check(world: World, incident: str) -> None:
    world.pay()
    (issue,) = world.issues
    assert issue["fields"]["status"]["name"] == "Resolved"
    assert issue["fields"]["priority"]["id"] == "1"
    ours = [note for note in world.notes(incident) if note != "Restarted web-7."]
    assert ours == ["Jira issue OPS-1: http://jira.example.com/browse/OPS-1"]
    assert world.queue.stored == []
    assert world.queue.dead == []


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (Crash(), False),
        (Crash(), True),
        (Temporary("busy"), False),
        (Ambiguous("cut"), False),
        (Ambiguous("cut"), True),
    ],
)
def test_p8_a_life_ends_in_the_same_state_whatever_call_fails(
    error: BaseException, *, after: bool
) -> None:
    whole = FaultPlan()
    check(*a_life(whole))

    for number, name in enumerate(whole.calls, start=1):
        if name == "queue.send":
            continue
        world, incident = a_life(FaultPlan().fail(number, error, after=after))
        try:
            check(world, incident)
        except AssertionError as problem:
            raise AssertionError(f"call {number} ({name}) failed, after={after}") from problem


EVENTS = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.priority_updated",
    "incident.escalated",
    "incident.resolved",
)


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)))
def test_p9_the_events_of_a_life_end_in_one_state_in_whatever_order_they_come(
    order: tuple[str, ...],
) -> None:
    world = World(three_statuses(priorities=PRIORITIES))
    model = world.pagerduty.model
    incident = model.trigger("PABC123", "Slow", by=RESPONDER).id
    model.acknowledge(incident, by=RESPONDER)
    model.set_priority(incident, "PP1", by=RESPONDER)
    model.resolve(incident, by=RESPONDER)

    for event in order:
        world.signal(incident, id=event, event_type=event)
    world.work()

    check(world, incident)
