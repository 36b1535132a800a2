"""R4: what one event costs in calls to Jira and to PagerDuty."""

import re
from collections import Counter, abc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from pdjira.model.signal import Signal
from tests.benchmarks.budget import Figure
from tests.benchmarks.life import Kind, live
from tests.benchmarks.scene import a_world
from tests.benchmarks.stage import Stage, whole_worker
from tests.sandbox.pagerduty.model import PagerDutyModel

LIMITS: abc.Mapping[Kind, int] = {
    Kind.CREATION: 3,
    Kind.LATE_CREATION: 4,
    Kind.STATUS: 2,
    Kind.END: 2,
    Kind.TWO_STEPS: 3,
    Kind.NOTE: 1,
    Kind.PRIORITY: 2,
    Kind.TITLE: 2,
    Kind.AGAIN: 1,
    Kind.ECHO: 0,
    Kind.LOOK: 1,
    Kind.LOOK_AT_COMMENT: 1,
}
"""A creation: the create call, the remote link, and what a status map costs: a read and each step.

A change of status: a read and each step. A change of priority or title: a read, since Jira's may
have been changed as well, and the write.
"""

_LEARNING = re.compile(
    r"serverInfo|createmeta|/search|/properties/|GET .*/transitions"
    r"|server_info|_screen|find_issue|find_moved_issue|issue_in|\.transitions$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How often each call was made by one event."""

    jira: abc.Mapping[str, int]
    pagerduty: abc.Mapping[str, int]

    @property
    def learning(self) -> abc.Mapping[str, int]:
        """Calls to Jira that learn its shape or look for a mark; most are remembered."""
        return {name: count for name, count in self.jira.items() if _LEARNING.search(name)}

    @property
    def work(self) -> int:
        """How many other calls to Jira there were."""
        return sum(self.jira.values()) - sum(self.learning.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What each kind of event costs: the first time, and with what Jira is like remembered."""

    first: abc.Mapping[Kind, Calls]
    later: abc.Mapping[Kind, Calls]

    def work(self, kind: Kind) -> int:
        """Calls to Jira that such an event costs, learning apart."""
        return max(self.first[kind].work, self.later[kind].work)


class Side(Protocol):
    """A worker whose calls are counted."""

    pagerduty: PagerDutyModel

    def work(self, signal: Signal) -> Calls:
        """Let the worker handle a signal; answers the calls that this took."""


def measure() -> list[Figure]:
    """Requests that reach the sandbox's servers from the whole worker function."""
    with over_http() as side:
        story = tell(side)
    return [_figure(kind, story) for kind in Kind]


def tell(side: Side) -> Story:
    """Twice the same life, of different incidents."""
    return Story(first=live(side.pagerduty, side.work), later=live(side.pagerduty, side.work))


class InProcess:
    """The worker over fakes: calls of the ports are counted."""

    def __init__(self) -> None:
        self._world = a_world()
        self.pagerduty = self._world.pagerduty.model

    def work(self, signal: Signal) -> Calls:
        """Store the signal and let the worker go on until the queue is empty."""
        seen = len(self._world.plan.calls)
        self._world.queue.send(signal)
        self._world.work()
        counted = Counter(self._world.plan.calls[seen:])
        return Calls(
            jira={name: n for name, n in counted.items() if name.startswith("jira.")},
            pagerduty={name: n for name, n in counted.items() if name.startswith("pagerduty.")},
        )


class _OverHttp:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.pagerduty = stage.pagerduty.model

    def work(self, signal: Signal) -> Calls:
        logs = self._stage.jira.calls, self._stage.pagerduty.calls
        for log in logs:
            log.reset()
        self._stage.work(signal)
        jira, pagerduty = (log.counts() for log in logs)
        return Calls(jira=jira, pagerduty=pagerduty)


@contextmanager
def over_http() -> Iterator[Side]:
    """The whole worker function; requests that reach the servers are counted."""
    with whole_worker() as stage:
        yield _OverHttp(stage)


def _figure(kind: Kind, story: Story) -> Figure:
    first, later = story.first[kind], story.later[kind]
    apart = sum(first.learning.values()), sum(later.learning.values())
    return Figure(
        budget="R4",
        what=f"Jira calls: {kind}",
        value=story.work(kind),
        limit=LIMITS[kind],
        unit="calls",
        details=[
            f"Jira       {_listed(_without_learning(later))}",
            f"learning   {apart[0]} the first time, {apart[1]} later: {_listed(first.learning)}",
            f"PagerDuty  {sum(later.pagerduty.values())}: {_listed(later.pagerduty)}",
        ],
    )


def _without_learning(calls: Calls) -> abc.Mapping[str, int]:
    return {name: n for name, n in calls.jira.items() if name not in calls.learning}


def _listed(calls: abc.Mapping[str, int]) -> str:
    return ", ".join(f"{n} x {name}" for name, n in calls.items()) or "none"
