"""R10: what a million events cost at AWS, and a month in which nothing happens."""

import io
import json
import time
from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pdjira.model.signal import Signal
from tests.aws import TEMPLATE, resources
from tests.benchmarks import prices, r1_import, r5_dynamodb, r7_poll
from tests.benchmarks.budget import Figure
from tests.benchmarks.life import Kind, live
from tests.benchmarks.machine import core_share, megabytes
from tests.benchmarks.prices import MILLION, MONTH_MINUTES, MONTH_SECONDS
from tests.benchmarks.r2_webhook import warm_webhook
from tests.benchmarks.scene import a_delivery_of, a_request
from tests.benchmarks.stage import Stage, whole_worker
from tests.cloudformation import Template

EVENTS_LIMIT = 16
IDLE_LIMIT = 8

MIX: abc.Mapping[Kind, float] = {
    Kind.CREATION: 0.10,
    Kind.ECHO: 0.10,
    Kind.STATUS: 0.10,
    Kind.END: 0.10,
    Kind.NOTE: 0.20,
    Kind.PRIORITY: 0.05,
    Kind.TITLE: 0.05,
    Kind.AGAIN: 0.30,
}
"""An incident of ten events: what share of a million deliveries of PagerDuty each kind has."""

TOLD = 1 + 5 / 60
"""Runs of the worker for each write to Jira, because a poll sees it: each has a minute of its own
at worst, and what is younger than five seconds is told again by the next poll.
"""

WORK: abc.Mapping[Kind, float] = {
    **MIX,
    Kind.LOOK: 0.4 * TOLD,
    Kind.LOOK_AT_COMMENT: MIX[Kind.NOTE] * TOLD,
}
"""Runs of the worker per event, by what they are for."""

SIDE_SECONDS, SLOW_SIDE_SECONDS = 0.1, 0.3
AWS_SECONDS = 0.01
"""Assumed for a call to Jira or PagerDuty, and for one to AWS: the worker mostly waits."""

MAPPINGS, MANY_MAPPINGS = 20, 500
PROCESS_HOURS = 2
"""Assumed time after which Lambda starts a process anew that is never idle."""

PLATFORM_LOG = 350
"""Bytes of Lambda's own START, END and REPORT; each line costs 26 bytes more."""
ACCESS_LOG = 420
LINE = 26
CALL_BYTES = 1_500
"""What one call to Jira or PagerDuty sends, its share of TLS included."""

WARM = 3
"""Processes that read a secret every minute while events come: one webhook, two workers."""
POLLERS = 5
"""Lambda asks a queue by so many connections, each for up to 20 seconds:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
SWEEP_SECONDS = 3.0
SWEEPS = MONTH_MINUTES / 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: memory by time, bytes that it logs, calls to both sides, figures for CloudWatch.

    `queue_calls` are requests to the queue beside those that store, deliver and delete a message.
    """

    gb_seconds: float
    logged: float
    calls: float = 0.0
    queue_calls: int = 0
    metrics: frozenset[str] = frozenset()


def measure() -> list[Figure]:
    """From units that the functions consume here; what is assumed stands above."""
    return [
        _figure(
            "a million events",
            events(MAPPINGS),
            EVENTS_LIMIT,
            _mix(),
            _beside(f"calls of {SLOW_SIDE_SECONDS} s", events(MAPPINGS, SLOW_SIDE_SECONDS)),
            _beside(f"{MANY_MAPPINGS} mappings", events(MANY_MAPPINGS)),
            _with_nat(events(MAPPINGS)),
        ),
        _figure(
            "a month without events",
            idle(MAPPINGS),
            IDLE_LIMIT,
            f"{MAPPINGS} mappings with JQL, calls of {SIDE_SECONDS} s",
            _beside(f"calls of {SLOW_SIDE_SECONDS} s", idle(MAPPINGS, SLOW_SIDE_SECONDS)),
            _beside(f"{MANY_MAPPINGS} mappings, as many as R7 has", idle(MANY_MAPPINGS)),
            _with_nat(idle(MAPPINGS)),
        ),
    ]


@cache
def events(mappings: int, side_seconds: float = SIDE_SECONDS) -> abc.Mapping[str, float]:
    """USD for a million deliveries of PagerDuty in one month, by what they are paid for."""
    runs = _worker_runs(mappings, side_seconds)
    units = r5_dynamodb.tell(mappings=mappings).later
    webhook = _webhook_run()
    worked = sum(WORK.values())
    gb_seconds = webhook.gb_seconds + _worked(runs, "gb_seconds")
    logged = webhook.logged + ACCESS_LOG + LINE + _worked(runs, "logged")
    sent = _worked(runs, "calls") * CALL_BYTES
    metrics = frozenset[str]().union(*(runs[kind].metrics for kind in WORK))
    by_event = {
        "gateway": prices.GATEWAY_REQUEST,
        "queue": (3 * worked + _worked(runs, "queue_calls")) * prices.SQS_REQUEST,
        "functions": (1 + worked) * prices.LAMBDA_REQUEST + gb_seconds * prices.LAMBDA_GB_SECOND,
        "tables": _worked(units, "write") * prices.WRITE_UNIT
        + _worked(units, "read") * prices.READ_UNIT,
        "logs": logged * (prices.LOGS_GB + prices.LOGS_GB_MONTH) / prices.GIGABYTE,
        "sent": sent * prices.SENT_GB / prices.GIGABYTE,
        "traces": _traces(1 + worked),
    }
    by_month = {
        "starts": _starts("PagerDutyWebhookFunction", 1) + _starts("SyncWorkerFunction", WARM - 1),
        "secrets": WARM * MONTH_MINUTES * prices.SECRET_READ,
        "keys": keys(),
        "metrics": len(metrics) * prices.METRIC_MONTH,
    }
    return {what: MILLION * usd for what, usd in by_event.items()} | by_month


@cache
def idle(mappings: int, side_seconds: float = SIDE_SECONDS) -> abc.Mapping[str, float]:
    """USD for a month of nothing but polls and sweeps, by what they are paid for."""
    found = r7_poll.idle_round(mappings=mappings, seconds=side_seconds)
    types = [one["Type"] for one in resources().values()]
    rounds = MONTH_MINUTES + SWEEPS
    poll = _billed("JqlPollerFunction", cpu=found.cpu, waited=found.seconds)
    sweep = _billed("JqlPollerFunction", cpu=0, waited=SWEEP_SECONDS)
    billed = MONTH_MINUTES * poll + SWEEPS * sweep
    reads = 2 * rounds
    return {
        "alarms": types.count("AWS::CloudWatch::Alarm") * prices.ALARM_MONTH,
        "secrets": types.count("AWS::SecretsManager::Secret") * prices.SECRET_MONTH
        + reads * prices.SECRET_READ,
        "queue": POLLERS * MONTH_SECONDS / 20 * prices.SQS_REQUEST,
        "functions": rounds * prices.LAMBDA_REQUEST + billed * prices.LAMBDA_GB_SECOND,
        "starts": _starts("JqlPollerFunction", 1),
        "keys": keys(),
        "schedules": rounds * prices.SCHEDULED,
        "tables": rounds * (found.write * prices.WRITE_UNIT + found.read * prices.READ_UNIT)
        + prices.TABLE_GB_MONTH,
        "logs": rounds
        * (PLATFORM_LOG + 3 * LINE)
        * (prices.LOGS_GB + prices.LOGS_GB_MONTH)
        / prices.GIGABYTE,
        "traces": rounds * _traces(1),
    }


def keys() -> float:
    """USD of KMS: the tables' key of AWS is asked for by each table once in five minutes.

    The queues' own encryption and the secrets' key cost nothing:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    tables = [one["Type"] for one in resources().values()].count("AWS::DynamoDB::Table")
    return tables * MONTH_MINUTES / 5 * prices.KMS_REQUEST


def _starts(function: str, processes: int) -> float:
    """USD of a month's cold starts, which Lambda bills like runs."""
    started = processes * MONTH_SECONDS / 3600 / PROCESS_HOURS
    billed = _billed(function, cpu=_cold_start_cpu(function), waited=0)
    return started * billed * prices.LAMBDA_GB_SECOND


@cache
def _cold_start_cpu(function: str) -> float:
    folder = Template.read(TEMPLATE).functions()[function]["CodeUri"].rsplit("/")[-1]
    return r1_import.cold_start_cpu(folder)


def _worker_runs(mappings: int, side_seconds: float) -> abc.Mapping[Kind, Run]:
    """The second life of incidents, when all there is to learn of Jira is known."""
    log = io.StringIO()
    with whole_worker(log, mappings=mappings) as stage:
        live(stage.pagerduty.model, stage.work)
        return live(stage.pagerduty.model, lambda signal: _run(stage, log, signal, side_seconds))


def _run(stage: Stage, log: io.StringIO, signal: Signal, side_seconds: float) -> Run:
    sides = (stage.jira.calls, stage.pagerduty.calls)
    for side in sides:
        side.reset()
    log.seek(0)
    log.truncate()
    asked, of_queue, elsewhere = stage.aws.calls, stage.aws.queue_calls, stage.aws.seconds
    begun = time.thread_time()
    stage.work(signal)
    cpu = time.thread_time() - begun - (stage.aws.seconds - elsewhere)
    calls = sum(len(side.calls()) for side in sides)
    waited = calls * side_seconds + (stage.aws.calls - asked) * AWS_SECONDS
    return Run(
        gb_seconds=_billed("SyncWorkerFunction", cpu=cpu, waited=waited),
        logged=_logged(log),
        calls=calls,
        queue_calls=stage.aws.queue_calls - of_queue,
        metrics=frozenset(_metrics(log)),
    )


def _metrics(log: io.StringIO) -> Iterator[str]:
    """The names of what CloudWatch makes metrics of, in the embedded metric format."""
    for line in log.getvalue().splitlines():
        for directive in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", ()):
            yield from (metric["Name"] for metric in directive["Metrics"])


def _webhook_run() -> Run:
    log = io.StringIO()
    with warm_webhook(log) as (handler, _):
        log.seek(0)
        log.truncate()
        begun = time.process_time()
        handler(a_request(a_delivery_of(4096)), None)
        cpu = time.process_time() - begun
    billed = _billed("PagerDutyWebhookFunction", cpu=cpu, waited=AWS_SECONDS)
    return Run(gb_seconds=billed, logged=_logged(log))


def _billed(function: str, *, cpu: float, waited: float) -> float:
    """GB-seconds of a run, by its CPU seconds on a whole core and the seconds that it waits."""
    return (cpu / core_share(function) + waited) * megabytes(function) / 1024


def _logged(log: io.StringIO) -> int:
    text = log.getvalue()
    return len(text.encode()) + text.count("\n") * LINE + PLATFORM_LOG + 3 * LINE


def _worked(spent: abc.Mapping[Kind, object], what: str) -> float:
    """What the worker spends for each event of PagerDuty, the looks of the poll included."""
    return sum(share * float(getattr(spent[kind], what)) for kind, share in WORK.items())


def _traces(count: float) -> float:
    """USD for runs that are traced, where the template has them traced by default: nearly all.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    default = Template.read(TEMPLATE).parameters["Tracing"]["Default"]
    return count * prices.TRACE if default == "Active" else 0.0


def _mix() -> str:
    shares = ", ".join(f"{share:.0%} {kind}" for kind, share in MIX.items())
    return f"{shares}; {sum(WORK.values()):.2f} runs of the worker for each"


def _beside(what: str, paid: abc.Mapping[str, float]) -> str:
    return f"with {what}: {sum(paid.values()):.2f} USD"


def _with_nat(paid: abc.Mapping[str, float]) -> str:
    """A gateway of one zone: its hours, and what it carries (what comes back assumed as large)."""
    carried = 2 * paid.get("sent", 0) / prices.SENT_GB * prices.NAT_GB
    more = prices.NAT_HOUR * MONTH_SECONDS / 3600 + carried
    return f"with a NAT gateway for a private Jira: {sum(paid.values()) + more:.2f} USD"


def _figure(what: str, paid: abc.Mapping[str, float], limit: float, *about: str) -> Figure:
    parts = sorted(paid.items(), key=lambda part: -part[1])
    return Figure(
        budget="R10",
        what=f"cost of {what}",
        value=sum(paid.values()),
        limit=limit,
        unit="USD",
        digits=2,
        details=[
            *about,
            ", ".join(f"{name} {usd:.2f}" for name, usd in parts),
            "list prices of us-east-1 early in 2026, no free tier; units counted here",
        ],
    )
