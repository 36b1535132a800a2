"""R3: CPU time of our own for one event, worker warm, network excluded."""

import time
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Any, TypeVar

from pdjira.bootstrap.stack import Stack
from pdjira.bootstrap.sync_worker import WorkerStack
from pdjira.model.signal import Signal
from pdjira.worker.consume import Consumer, Done
from tests.benchmarks.budget import Figure
from tests.benchmarks.life import Kind, live
from tests.benchmarks.scene import a_world
from tests.benchmarks.stage import Stage, whole_worker
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.world import World

LIMIT = 5.0
LIVES = 150
WHOLE_LIVES = 25
SHOWN = (Kind.CREATION, Kind.STATUS, Kind.NOTE, Kind.AGAIN)
"""Kinds of event with a figure of their own; the others stand beside the last one."""

NO_PORTS = frozenset({"stack", "clock", "jira_url", "jitter", "stack_limit"})
"""What a worker is put together from beside its ports; whoever calls it pays for it."""

Ports = TypeVar("Ports", Stack, WorkerStack)
Spent = TypeVar("Spent")


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
    whole, core = _whole(), _core()
    figures = [_figure(kind, core[kind], whole[kind]) for kind in SHOWN]
    others = [kind for kind in Kind if kind not in SHOWN]
    dearest = max(others, key=lambda kind: core[kind].own)
    return [*figures, _figure(dearest, core[dearest], whole[dearest], "dearest other event: ")]


def _figure(kind: Kind, core: Cost, whole: str, prefix: str = "") -> Figure:
    return Figure(
        budget="R3",
        what=f"worker's core, {kind}",
        value=core.own,
        limit=LIMIT,
        unit="ms CPU",
        digits=2,
        details=(
            *((prefix + kind,) if prefix else ()),
            "included: reading the message, the rules, the use cases with the claim protocol",
            f"not included: the adapters; their in-memory doubles took {core.others:.2f} ms more",
            whole,
        ),
    )


def _core() -> abc.Mapping[Kind, Cost]:
    world, watch = a_world(), Watch()
    consumer = _consumer(world, watch)

    def work(signal: Signal) -> tuple[float, float]:
        world.queue.send(signal)
        return _handle(world, consumer, watch)

    return {kind: _cost(spent) for kind, spent in _lives(world.pagerduty.model, work, LIVES)}


def _consumer(world: World, watch: Watch) -> Consumer:
    def timed(ports: Ports) -> Ports:
        names = {port.name for port in fields(ports)} - NO_PORTS
        watched: dict[str, Any] = {name: _Timed(getattr(ports, name), watch) for name in names}
        return replace(ports, **watched)

    worker = world.worker_stack()
    return timed(replace(worker, stack=timed(worker.stack))).consumer()


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


def _whole() -> abc.Mapping[Kind, str]:
    with whole_worker() as stage:
        lives = _lives(stage.pagerduty.model, lambda signal: _work(stage, signal), WHOLE_LIVES)
        return {kind: _describe(spent) for kind, spent in lives}


def _work(stage: Stage, signal: Signal) -> tuple[float, int]:
    """CPU seconds of the function without the AWS behind it, and its AWS calls."""
    aws, calls = stage.aws.seconds, stage.aws.calls
    begun = time.thread_time()
    stage.work(signal)
    spent = time.thread_time() - begun
    return spent - (stage.aws.seconds - aws), stage.aws.calls - calls


def _describe(events: Sequence[tuple[float, int]]) -> str:
    spent, calls = zip(*events, strict=True)
    return (
        f"the whole function: {median(spent) * 1000:.1f} ms with requests, pydantic, the log and "
        f"boto3 ({median(calls):.0f} AWS calls)"
    )


def _lives(
    pagerduty: PagerDutyModel, work: Callable[[Signal], Spent], count: int
) -> Iterator[tuple[Kind, list[Spent]]]:
    """What each kind of event took in so many lives, after one that only warms up."""
    live(pagerduty, work)
    lives = [live(pagerduty, work) for _ in range(count)]
    for kind in Kind:
        yield kind, [answers[kind] for answers in lives]
