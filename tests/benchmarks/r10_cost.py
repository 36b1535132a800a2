"""R10: what a million events cost at AWS, and a month in which nothing happens."""

import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pdjira.domain.signals import Signal
from tests.aws import TEMPLATE, resources
from tests.benchmarks import prices, r5_dynamodb, r7_poll
from tests.benchmarks.budget import Figure
from tests.benchmarks.life import Kind, live
from tests.benchmarks.machine import core_share, megabytes
from tests.benchmarks.prices import MILLION, MONTH_MINUTES, MONTH_SECONDS
from tests.benchmarks.r2_webhook import warm_webhook
from tests.benchmarks.scene import a_delivery_of, a_request
from tests.benchmarks.stage import Stage, whole_worker
from tests.cloudformation import Template

EVENTS_LIMIT = 15
IDLE_LIMIT = 8

MIX: Mapping[Kind, float] = {
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

WORK: Mapping[Kind, float] = {
    **MIX,
    Kind.LOOK: 0.4 * TOLD,
    Kind.LOOK_AT_COMMENT: MIX[Kind.NOTE] * TOLD,
}
"""Runs of the worker per event, by what they are for."""

SIDE_SECONDS = 0.1
AWS_SECONDS = 0.01
"""Assumed for a call to Jira or PagerDuty, and for one to AWS: the worker mostly waits."""

PLATFORM_LOG = 350
"""Bytes of Lambda's own START, END and REPORT; each line costs 26 bytes more."""
ACCESS_LOG = 420
LINE = 26
CALL_BYTES = 1_500
"""What one call to Jira or PagerDuty sends, its share of TLS included."""

WARM = 3
"""Processes that read a secret every minute while events come: one webhook, two workers."""
IDLE_MAPPINGS = 20
POLLERS = 5
"""Lambda asks a queue by so many connections, each for up to 20 seconds:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
SWEEP_SECONDS = 3.0
SWEEPS = MONTH_MINUTES / 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: memory by time, bytes that it logs, calls to both sides, figures for CloudWatch."""

    gb_seconds: float
    logged: float
    calls: float = 0.0
    metrics: frozenset[str] = frozenset()


def measure() -> list[Figure]:
    """From units that the functions consume here; what is assumed stands above."""
    many = sum(idle(r7_poll.MAPPINGS).values())
    about = (
        f"{IDLE_MAPPINGS} mappings with JQL; {r7_poll.MAPPINGS}, as many as R7 has, {many:.2f} USD"
    )
    return [
        _figure("a million events", events(), EVENTS_LIMIT, _mix()),
        _figure("a month without events", idle(IDLE_MAPPINGS), IDLE_LIMIT, about),
    ]


def events() -> dict[str, float]:
    """USD for a million deliveries of PagerDuty in one month, by what they are paid for."""
    runs, units = _worker_runs(), r5_dynamodb.tell().later
    webhook = _webhook_run()
    worked = sum(WORK.values())
    gb_seconds = webhook.gb_seconds + _worked(runs, "gb_seconds")
    logged = webhook.logged + ACCESS_LOG + LINE + _worked(runs, "logged")
    sent = _worked(runs, "calls") * CALL_BYTES
    metrics = frozenset[str]().union(*(runs[kind].metrics for kind in WORK))
    by_event = {
        "gateway": prices.GATEWAY_REQUEST,
        "queue": 3 * worked * prices.SQS_REQUEST,
        "functions": (1 + worked) * prices.LAMBDA_REQUEST + gb_seconds * prices.LAMBDA_GB_SECOND,
        "tables": _worked(units, "write") * prices.WRITE_UNIT
        + _worked(units, "read") * prices.READ_UNIT,
        "logs": logged * (prices.LOGS_GB + prices.LOGS_GB_MONTH) / prices.GIGABYTE,
        "sent": sent * prices.SENT_GB / prices.GIGABYTE,
        "traces": _traces(1 + worked),
    }
    by_month = {
        "secrets": WARM * MONTH_MINUTES * prices.SECRET_READ,
        "metrics": len(metrics) * prices.METRIC_MONTH,
    }
    return {what: MILLION * usd for what, usd in by_event.items()} | by_month


def idle(mappings: int) -> dict[str, float]:
    """USD for a month of nothing but polls and sweeps, by what they are paid for."""
    found = r7_poll.idle_round(mappings=mappings)
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
        "schedules": rounds * prices.SCHEDULED,
        "tables": rounds * (found.write * prices.WRITE_UNIT + found.read * prices.READ_UNIT)
        + prices.TABLE_GB_MONTH,
        "logs": rounds
        * (PLATFORM_LOG + 3 * LINE)
        * (prices.LOGS_GB + prices.LOGS_GB_MONTH)
        / prices.GIGABYTE,
        "traces": rounds * _traces(1),
    }


def _worker_runs() -> Mapping[Kind, Run]:
    """The second life of incidents, when all there is to learn of Jira is known."""
    log = io.StringIO()
    with whole_worker(log) as stage:
        live(stage.pagerduty.model, stage.work)
        return live(stage.pagerduty.model, lambda signal: _run(stage, log, signal))


def _run(stage: Stage, log: io.StringIO, signal: Signal) -> Run:
    sides = (stage.jira.calls, stage.pagerduty.calls)
    for side in sides:
        side.reset()
    log.seek(0)
    log.truncate()
    asked, elsewhere, begun = stage.aws.calls, stage.aws.seconds, time.thread_time()
    stage.work(signal)
    cpu = time.thread_time() - begun - (stage.aws.seconds - elsewhere)
    calls = sum(len(side.calls()) for side in sides)
    waited = calls * SIDE_SECONDS + (stage.aws.calls - asked) * AWS_SECONDS
    return Run(
        gb_seconds=_billed("SyncWorkerFunction", cpu=cpu, waited=waited),
        logged=_logged(log),
        calls=calls,
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


def _worked(spent: Mapping[Kind, object], what: str) -> float:
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


def _figure(what: str, paid: Mapping[str, float], limit: float, about: str) -> Figure:
    parts = sorted(paid.items(), key=lambda part: -part[1])
    return Figure(
        budget="R10",
        what=f"cost of {what}",
        value=sum(paid.values()),
        limit=limit,
        unit="USD",
        digits=2,
        details=[
            about,
            ", ".join(f"{name} {usd:.2f}" for name, usd in parts),
            "list prices of us-east-1 early in 2026, no free tier; units counted here",
        ],
    )
