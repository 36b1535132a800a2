"""P8: what the claim protocol could not prevent is healed, whatever is killed, lost or repeated."""

import pytest

from pdjira.errors import PdjiraError
from pdjira.model.link import LinkState
from tests.builders import a_mapping
from tests.fakes.faults import Crash
from tests.simulation.every_call import at_every_call, each_error
from tests.world import World

HERE = "the sweep begins"
"""Stands among the calls where those begin that are made to fail."""


def a_late_create(
    number: int = 0, error: BaseException | None = None, *, after: bool = False
) -> World:
    """Jira carries the first create out long after its answer was lost, so there are two issues.

    Then the sweep runs as on its schedule; the `number`-th call from there on fails.
    """
    world = World(a_mapping())
    world.jira.commit_late("create_issue", 1_200)
    world.trigger()
    world.work()
    world.clock.forward(seconds=1_200)
    world.plan.calls.append(HERE)
    if error:
        world.plan.fail(len(world.plan.calls) + number, error, after=after)
    for _ in range(4):
        world.clock.forward(minutes=15)
        try:
            world.sweeper().run()
        except (Crash, RuntimeError, PdjiraError):
            continue
        world.work()
    return world


def check(world: World) -> None:
    """The one final state: both issues lead to the incident, one is kept in step, told once."""
    (incident,) = world.pagerduty.model.incidents.values()
    first, second = sorted(world.issues, key=lambda one: one["id"])
    (link,) = world.links.links
    assert link.state is LinkState.LINKED
    assert link.issue is not None
    assert world.links.issues == {one["id"]: (incident.id, "ops-bug") for one in (first, second)}
    other = next(one for one in (first, second) if one["id"] != link.issue.id)
    says = [note.content for note in incident.notes if "duplicate" in note.content]
    assert len(says) == 1
    assert says[0].startswith(f"{other['key']} stays in Jira as a duplicate of {link.issue.key}")
    assert says[0] in world.timeline(incident.id)
    assert [len(one["remotelinks"]) for one in (first, second)] == [1, 1]
    assert [len(one["fields"]["issuelinks"]) for one in (first, second)] == [1, 1]
    assert world.queue.stored == []
    assert world.queue.dead == []


def test_p8_a_create_that_comes_too_late_is_joined_by_the_sweep() -> None:
    check(a_late_create())


@pytest.mark.parametrize("after", [False, True])
@each_error
def test_p8_a_fault_at_any_call_ends_in_one_joined_duplicate(
    error: BaseException, *, after: bool
) -> None:
    calls = a_late_create().plan.calls
    names = calls[calls.index(HERE) + 1 :]

    at_every_call(names, lambda number: check(a_late_create(number, error, after=after)))


@pytest.mark.parametrize("lag", [30, 120])
def test_p7_an_index_that_lags_hides_no_duplicate(lag: float) -> None:
    world = World(a_mapping())
    world.jira.model.lag = lag
    world.jira.commit_late("create_issue", 900)
    world.trigger()
    world.work()
    world.clock.forward(minutes=15)

    for _ in range(6):
        world.clock.forward(minutes=15)
        world.sweeper().run()
        world.work()

    check(world)
