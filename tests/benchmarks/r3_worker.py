"""R3: CPU time of our own for one event, worker warm, network excluded."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar, cast

from pdjira.adapters.aws.messages import decode
from pdjira.application.assemble import Sides, Stores, synchroniser
from pdjira.application.consume import Consumer, Done
from tests.benchmarks.budget import Figure
from tests.benchmarks.scene import a_change
from tests.benchmarks.stage import Stage, whole_worker
from tests.world import World

LIMIT = 5.0
EVENTS = 400
WHOLE_EVENTS = 80

Port = TypeVar("Port")


@dataclass(slots=True)
class Watch:
    """CPU seconds of this thread spent behind the ports."""

    seconds: float = 0.0


class _Timed:
    """Passes every call on to a port and times it."""

    def __init__(self, port: object, watch: Watch) -> None:
        self._port = port
        self._watch = watch

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def timed(*values: Any, **named: Any) -> Any:
            begun = time.thread_time()
            try:
                return method(*values, **named)
            finally:
                self._watch.seconds += time.thread_time() - begun

        return timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Medians of CPU milliseconds per event, ours and theirs."""

    own: float
    others: float


def measure() -> list[Figure]:
    """With in-memory ports; beside it the whole function with the real clients."""
    whole_creation, whole_again = _whole()
    creation, again = _core()
    return [
        _figure("worker's core, a creation", creation, whole_creation),
        _figure("worker's core, an event that changes nothing", again, whole_again),
    ]


def _figure(what: str, core: Cost, whole: str) -> Figure:
    return Figure(
        budget="R3",
        what=what,
        value=core.own,
        limit=LIMIT,
        unit="ms CPU",
        digits=2,
        details=(
            "included: reading the message, the rules, the use cases with the claim protocol",
            f"not included: the adapters; their in-memory doubles took {core.others:.2f} ms more",
            whole,
        ),
    )


def _core() -> tuple[Cost, Cost]:
    world, watch = World(), Watch()
    consumer = _consumer(world, watch)
    creations, agains = [], []
    for _ in range(EVENTS):
        incident = world.trigger(details={"host": "web-7", "p99": "8 s"})
        creations.append(_handle(world, consumer, watch))
        world.signal(incident, id=f"again-{incident}")
        agains.append(_handle(world, consumer, watch))
    return _cost(creations), _cost(agains)


def _consumer(world: World, watch: Watch) -> Consumer:
    def timed(port: Port) -> Port:
        return cast("Port", _Timed(port, watch))

    return Consumer(
        synchroniser=synchroniser(
            sides=Sides(
                jira=timed(world.jira),
                issues=timed(world.jira),
                comments=timed(world.jira),
                pagerduty=timed(world.pagerduty),
            ),
            stores=Stores(
                mappings=timed(world.mappings),
                links=timed(world.links),
                workflows=timed(world.workflows),
                comment_records=timed(world.comment_records),
            ),
            clock=world.clock,
        ),
        queue=timed(world.queue),
        attempts=timed(world.attempts),
        decode=decode,
        clock=world.clock,
        jitter=lambda: 0.5,
    )


def _handle(world: World, consumer: Consumer, watch: Watch) -> tuple[float, float]:
    """CPU seconds of our own and of the fakes, for the next message."""
    message = world.queue.receive()
    assert message is not None
    watch.seconds = 0.0
    begun = time.thread_time()
    outcome = consumer.consume(message)
    spent = time.thread_time() - begun
    assert isinstance(outcome.verdict, Done), outcome
    world.queue.delete(message)
    return spent - watch.seconds, watch.seconds


def _cost(events: list[tuple[float, float]]) -> Cost:
    own, others = (median(each) * 1000 for each in zip(*events, strict=True))
    return Cost(own=own, others=others)


def _whole() -> tuple[str, str]:
    creations, agains = [], []
    with whole_worker() as stage:
        stage.work(a_change(stage.trigger()))
        for _ in range(WHOLE_EVENTS):
            incident = stage.trigger()
            creations.append(_work(stage, incident))
            agains.append(_work(stage, incident))
    return _describe(creations), _describe(agains)


def _work(stage: Stage, incident: str) -> tuple[float, int]:
    """CPU seconds of the function without the AWS behind it, and its AWS calls."""
    signal = a_change(incident)
    aws, calls = stage.aws.seconds, stage.aws.calls
    begun = time.thread_time()
    stage.work(signal)
    spent = time.thread_time() - begun
    return spent - (stage.aws.seconds - aws), stage.aws.calls - calls


def _describe(events: list[tuple[float, int]]) -> str:
    spent, calls = zip(*events, strict=True)
    return (
        f"the whole function: {median(spent) * 1000:.1f} ms with requests, pydantic, the log and "
        f"boto3 ({median(calls):.0f} calls)"
    )
