"""R4: what one event costs in calls to Jira and to PagerDuty."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tests.benchmarks.budget import Figure
from tests.benchmarks.scene import a_change
from tests.benchmarks.stage import Stage, whole_worker
from tests.world import World

CREATION_LIMIT = 3
"""The create call, the remote link, and the read that a status map costs."""

ECHO_LIMIT = 1

_LEARNING = re.compile(r"serverInfo|createmeta|/search|/properties/|server_info|_screen|find_issue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How often each call was made by one event."""

    jira: Mapping[str, int]
    pagerduty: Mapping[str, int]

    @property
    def learning(self) -> Mapping[str, int]:
        """Calls to Jira that learn its shape or look for a mark; most are remembered."""
        return {name: count for name, count in self.jira.items() if _LEARNING.search(name)}

    @property
    def work(self) -> int:
        """How many other calls to Jira there were."""
        return sum(self.jira.values()) - sum(self.learning.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the events of an incident's life cost."""

    creation: Calls
    echo: Calls
    later_creation: Calls


class Side(Protocol):
    """A worker whose calls are counted."""

    def trigger(self) -> str:
        """Open an incident; answers its id."""

    def deliver(self, incident_id: str) -> None:
        """Let the worker handle an event of the incident."""

    def take_calls(self) -> Calls:
        """The calls since the last time."""


def measure() -> list[Figure]:
    """Requests that reach the sandbox's servers from the whole worker function."""
    with over_http() as side:
        story = tell(side)
    return [
        Figure(
            budget="R4",
            what="Jira calls of a creation with a status map",
            value=max(story.creation.work, story.later_creation.work),
            limit=CREATION_LIMIT,
            unit="calls",
            details=(
                *_lines("the first one", story.creation),
                *_lines("another one, with what Jira is like remembered", story.later_creation),
            ),
        ),
        Figure(
            budget="R4",
            what="Jira calls of an event that changes nothing",
            value=sum(story.echo.jira.values()),
            limit=ECHO_LIMIT,
            unit="calls",
            details=_lines("the event again", story.echo),
        ),
    ]


def tell(side: Side) -> Story:
    """An incident's issue, an event that brings nothing new, and another incident's issue."""
    first = side.trigger()
    side.take_calls()
    side.deliver(first)
    creation = side.take_calls()
    side.deliver(first)
    echo = side.take_calls()
    side.deliver(side.trigger())
    return Story(creation=creation, echo=echo, later_creation=side.take_calls())


class InProcess:
    """The worker over fakes: calls of the ports are counted."""

    def __init__(self) -> None:
        self._world = World()
        self._seen = 0

    def trigger(self) -> str:
        """Open an incident; its own webhook is worked on by `deliver`."""
        incident = self._world.trigger(details={"host": "web-7"})
        message = self._world.queue.receive()
        assert message is not None
        self._world.queue.delete(message)
        return incident

    def deliver(self, incident_id: str) -> None:
        """Store an event and let the worker go on until the queue is empty."""
        self._world.signal(incident_id, id=a_change(incident_id).id)
        self._world.work()

    def take_calls(self) -> Calls:
        """From the plan of faults, which sees every call."""
        names = self._world.plan.calls
        new, self._seen = names[self._seen :], len(names)
        counted = Counter(new)
        return Calls(
            jira={name: n for name, n in counted.items() if name.startswith("jira.")},
            pagerduty={name: n for name, n in counted.items() if name.startswith("pagerduty.")},
        )


class _OverHttp:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def trigger(self) -> str:
        return self._stage.trigger()

    def deliver(self, incident_id: str) -> None:
        self._stage.work(a_change(incident_id))

    def take_calls(self) -> Calls:
        logs = self._stage.jira.calls, self._stage.pagerduty.calls
        jira, pagerduty = (log.counts() for log in logs)
        for log in logs:
            log.reset()
        return Calls(jira=jira, pagerduty=pagerduty)


@contextmanager
def over_http() -> Iterator[Side]:
    """The whole worker function; requests that reach the servers are counted."""
    with whole_worker() as stage:
        yield _OverHttp(stage)


def _lines(what: str, calls: Calls) -> list[str]:
    work = {name: n for name, n in calls.jira.items() if name not in calls.learning}
    return [
        f"{what}:",
        f"  Jira       {_listed(work)}",
        f"  learning   {_listed(calls.learning)}",
        f"  PagerDuty  {_listed(calls.pagerduty)}",
    ]


def _listed(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{n} x {name}" for name, n in calls.items()) or "none"
