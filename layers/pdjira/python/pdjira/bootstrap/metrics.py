"""Figures of a message for CloudWatch, as keys of the log line that tells what became of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from pdjira.model.signal import SWEEP, Signal, SignalKind
from pdjira.worker.consume import DeadLettered, Deferred, Done, Outcome

_COUNTED = {
    SignalKind.INCIDENT_CHANGED: "IncidentsChanged",
    SignalKind.ISSUE_CHANGED: "IssuesChanged",
    SignalKind.ISSUE_MATCHED: "IssuesMatched",
    SignalKind.ISSUE_FOUND: "IssuesFound",
    SignalKind.RESYNC: "Resyncs",
    SignalKind.CREATE_REQUESTED: "CreatesRequested",
    SignalKind.NO_INCIDENT: "OtherEvents",
    SignalKind.UNREADABLE: "Unreadable",
}

Figure = tuple[str, MetricUnit, float]


def figures(outcome: Outcome, *, now: datetime) -> dict[str, object]:
    """Keys that CloudWatch makes metrics of, in its embedded metric format.

    The namespace and the only dimension, the service, stand in the environment. A metric costs by
    the month, so there are few, and no dimension that could multiply them:
    https://docs.aws.amazon.com/AmazonCloudWatch (Embedded metric format, pricing).
    """
    metrics = EphemeralMetrics()
    for name, unit, value in _figures(outcome, now):
        metrics.add_metric(name=name, unit=unit, value=value)
    return dict(metrics.serialize_metric_set())


def _figures(outcome: Outcome, now: datetime) -> Iterator[Figure]:
    match outcome.verdict:
        case Done(report=report):
            yield from _finished(outcome.signal)
            yield from _lag(outcome.signal, now)
            if report.refusals:
                yield "Refusals", MetricUnit.Count, report.refusals
            if report.repairs and _is_swept(outcome.signal):
                yield "Drift", MetricUnit.Count, report.repairs
        case Deferred(opened=opened):
            yield "Deferrals", MetricUnit.Count, 1
            if opened:
                yield "CircuitsOpened", MetricUnit.Count, 1
        case DeadLettered():
            yield from _finished(outcome.signal)
            yield "DeadLetters", MetricUnit.Count, 1
        case _:
            assert_never(outcome.verdict)


def _finished(signal: Signal | None) -> Iterator[Figure]:
    """A message counts once, when it is over, however often it was delivered."""
    kind = signal.kind if signal else SignalKind.UNREADABLE
    yield _COUNTED[kind], MetricUnit.Count, 1


def _is_swept(signal: Signal | None) -> bool:
    """Whether the sweep asked: then what was repaired is what no event had reported."""
    return signal is not None and signal.event_type == SWEEP


def _lag(signal: Signal | None, now: datetime) -> Iterator[Figure]:
    if signal is not None and signal.occurred_at is not None:
        seconds = (now - signal.occurred_at).total_seconds()
        yield "Lag", MetricUnit.Seconds, max(seconds, 0.0)
