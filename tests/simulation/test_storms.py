"""P27: whatever makes many issues match at once, few incidents open, and people are told once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Side, Temporary
from pdjira.model.mapping import JqlAppliesTo, Mapping
from tests.builders import a_mapping
from tests.world import World

MAPPINGS = 50
ISSUES = 200
STACK_LIMIT = 50
LIMIT = 3
PAGING = a_mapping(
    jql="priority = Highest",
    jql_applies_to=JqlAppliesTo.EXISTING,
    max_incidents_per_hour=LIMIT,
)


def a_world(*mappings: Mapping) -> World:
    """Half of its issues are urgent; each has one of fifty labels."""
    world = World(*mappings)
    world.stack_limit = STACK_LIMIT
    world.consumer = world.worker("limited")
    for number in range(ISSUES):
        label = f"label-{number % MAPPINGS}"
        world.issue(priority={"id": "1" if number % 2 else "4"}, labels=[label])
    return world


def go_on(world: World, **time: float) -> None:
    """Poll each minute, sweep each quarter of an hour, and work."""
    end = world.clock() + timedelta(**time)
    minutes = 0
    while world.clock() < end:
        world.poller().run()
        world.work(until=world.clock())
        minutes += 1
        world.clock.forward(minutes=1)
        if minutes % 15 == 0:
            world.sweeper().run()
    world.work(until=world.clock())


def pauses_told(world: World) -> list[str]:
    notes = [note.content for it in world.pagerduty.model.incidents.values() for note in it.notes]
    return [note for note in notes if "opens nothing more" in note]


def answer_every_jql_with_everything(world: World) -> None:
    model = world.jira.model
    search = model.search

    def careless(user: str, jql: str = "", **asked: Any) -> dict[str, Any]:
        del jql
        return search(user, "ORDER BY updated", **asked)

    model.search = careless  # type: ignore[method-assign,assignment]


def test_p27_fifty_mappings_at_once_open_no_more_than_the_stack_may() -> None:
    mappings = [
        replace(PAGING, id=f"mapping-{number}", jql=f"labels = label-{number}")
        for number in range(MAPPINGS)
    ]
    world = a_world(*mappings)

    go_on(world, minutes=30)

    opened = world.pagerduty.model.incidents
    assert len(opened) == STACK_LIMIT
    assert len({it.incident_key for it in opened.values()}) == STACK_LIMIT
    assert len(pauses_told(world)) == len({*pauses_told(world)}) <= MAPPINGS


def test_p27_a_jira_that_answers_every_jql_with_all_its_issues_makes_no_storm() -> None:
    world = a_world(PAGING)
    answer_every_jql_with_everything(world)

    go_on(world, minutes=50)

    assert len(world.pagerduty.model.incidents) == LIMIT
    assert len(pauses_told(world)) == 1


@pytest.mark.parametrize("hours", [3])
def test_p27_after_hours_without_pagerduty_as_many_open_as_an_hour_allows(hours: int) -> None:
    world = a_world(PAGING)
    world.plan.fail_next(
        "pagerduty.open_incident", Temporary("down", timed_out=Side.PAGERDUTY), times=40
    )
    go_on(world, hours=hours)

    world.plan._faults.clear()
    go_on(world, minutes=50)

    assert len(world.pagerduty.model.incidents) == LIMIT
    assert len(pauses_told(world)) == 1
