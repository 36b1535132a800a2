"""Stacks that sweep: links at rest, sweeps that are cut short, issues that are there twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pdjira.adapters.aws.queue import decode
from pdjira.model.issue import IssueDraft, IssueRef, Mark
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping
from pdjira.model.signal import Signal
from pdjira.sweep.ports import SweepResult
from tests.builders import three_statuses
from tests.fakes.sweeps import FakeOpenLinks
from tests.world import World

ENOUGH = 900.0
"""Seconds that a sweep may take."""


def linked(world: World) -> str:
    """An incident and its issue."""
    incident_id = world.trigger()
    world.work()
    return incident_id


def swept(world: World, **passing: float) -> SweepResult:
    """A sweep after 15 minutes, or after what is passed; what it found is not worked on."""
    world.clock.forward(**(passing or {"minutes": 15}))
    return world.sweeper().run()


def a_second(world: World, incident_id: str, **changes: Any) -> IssueRef:
    """An issue of our own account with the incident's mark, as a create that came late leaves."""
    url = world.pagerduty.get_incident(incident_id).html_url
    line = changes.pop("line", f"PagerDuty: {url}")
    mark = Mark(incident_id=incident_id, mapping_id=changes.pop("mapping_id", "ops-bug"), line=line)
    fields = {"summary": "Checkout answers slowly", "description": f"Slow\n\n{line}"}
    return world.jira.create_issue(
        IssueDraft(project_id="10100", issue_type_id="10001", fields=fields, mark=mark)
    )


def a_swept_world(*mappings: Mapping) -> World:
    """A stack that has swept before: its first sweep reads no log of earlier times."""
    world = World(*(mappings or (three_statuses(),)))
    swept(world)
    return world


def agreed(world: World) -> str:
    """An incident and its issue, which agree."""
    incident_id = linked(world)
    healed(world)
    return incident_id


def healed(world: World) -> None:
    """A sweep, and what the worker makes of it."""
    swept(world)
    world.work()


def answered(world: World) -> None:
    """Every message is done with, whatever became of it."""
    while message := world.queue.receive():
        world.queue.delete(message)


def signals(world: World) -> list[Signal]:
    """What the queue holds."""
    return [decode(message.body) for message in world.queue.stored]


def status_of_issue(world: World) -> object:
    return world.issues[0]["fields"]["status"]["name"]


def cut_after(world: World, call: str, times: int) -> Callable[[], float]:
    """The time that a sweep has which ends after so many calls of a kind."""
    before = world.plan.calls.count(call)
    return lambda: ENOUGH if world.plan.calls.count(call) - before < times else 10.0


def cut(world: World, call: str, times: int) -> SweepResult:
    """A sweep that is cut short so."""
    world.clock.forward(minutes=15)
    return world.sweeper().run(cut_after(world, call, times))


class _OneByOne(FakeOpenLinks):
    """Links in batches of one."""

    def batches(self, *, start: str = "") -> Iterator[Sequence[Link]]:
        for batch in super().batches(start=start):
            for link in batch:
                with self._links.faults.call("open_links.one"):
                    pass
                yield (link,)


def one_by_one(world: World) -> None:
    """Have the sweeps of a world compare one link at a time."""
    sweeper = world.sweeper

    def begin() -> object:
        sweep = sweeper()
        comparing = replace(sweep.comparing, open_links=_OneByOne(world.links))
        return replace(sweep, comparing=comparing)

    vars(world)["sweeper"] = begin


def several(world: World, count: int = 4) -> list[str]:
    """Incidents with issues that agree."""
    ids = [world.trigger(f"Incident {number}") for number in range(count)]
    world.work()
    healed(world)
    return sorted(ids)
