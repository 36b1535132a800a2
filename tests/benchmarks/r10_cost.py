"""R10: what a million events cost at AWS, and a month in which nothing happens."""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pdjira.domain.signals import Signal
from tests.aws import TEMPLATE, resources
from tests.benchmarks import prices, r5_dynamodb
from tests.benchmarks.budget import Figure
from tests.benchmarks.life import Kind, live
from tests.benchmarks.prices import MILLION, MONTH_MINUTES, MONTH_SECONDS
from tests.benchmarks.r2_webhook import warm_webhook
from tests.benchmarks.r7_poll import idle_round
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

LOOKS = 0.45
"""Runs of the worker per event because a poll sees what we wrote; those of a minute are one."""

SIDE_SECONDS = 0.1
AWS_SECONDS = 0.01
"""Assumed for a call to Jira or PagerDuty, and for one to AWS: the worker mostly waits."""

MEMORY_GB = 0.5
CPU_SHARE = 512 / 1769
"""Of a core, at 512 MB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

PLATFORM_LOG = 350
"""Bytes of Lambda's own START, END and REPORT; each line costs 26 bytes more."""
ACCESS_LOG = 420
LINE = 26
CALL_BYTES = 1_500
"""What one call to Jira or PagerDuty sends, its share of TLS included."""

WARM = 3
"""Processes that read a secret every minute while events come: one webhook, two workers."""
METRICS = 5
"""Figures that have a value in every hour of a busy month."""
IDLE_MAPPINGS = 20
POLLERS = 5
"""Lambda asks a queue by so many connections, each for up to 20 seconds:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
SWEEP_SECONDS = 3.0
SWEEPS = MONTH_MINUTES / 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the worker: seconds that are billed, bytes that it logs, calls to both sides."""

    seconds: float
    logged: float
    calls: float


def measure() -> list[Figure]:
    """From units that the functions consume here; what is assumed stands above."""
    return [
        _figure("a million events", events(), EVENTS_LIMIT, _mix()),
        _figure("a month without events", idle(), IDLE_LIMIT, f"{IDLE_MAPPINGS} mappings with JQL"),
    ]


def events() -> dict[str, float]:
    """USD for a million deliveries of PagerDuty in one month, by what they are paid for."""
    runs, units = _worker_runs(), r5_dynamodb.tell().later
    webhook = _webhook_run()
    worked = 1 + LOOKS
    seconds = webhook.seconds + _mean(runs, "seconds")
    logged = webhook.logged + ACCESS_LOG + LINE + _mean(runs, "logged")
    write = sum(share * units[kind].write for kind, share in MIX.items())
    read = sum(share * units[kind].read for kind, share in MIX.items())
    look = units[Kind.AGAIN]
    reads = WARM * MONTH_MINUTES
    by_event = {
        "gateway": prices.GATEWAY_REQUEST,
        "queue": 3 * worked * prices.SQS_REQUEST,
        "functions": (1 + worked) * prices.LAMBDA_REQUEST
        + (seconds + LOOKS * runs[Kind.AGAIN].seconds) * MEMORY_GB * prices.LAMBDA_GB_SECOND,
        "tables": (write + LOOKS * look.write) * prices.WRITE_UNIT
        + (read + LOOKS * look.read) * prices.READ_UNIT,
        "logs": (logged + LOOKS * runs[Kind.AGAIN].logged)
        * (prices.LOGS_GB + prices.LOGS_GB_MONTH)
        / prices.GIGABYTE,
        "sent": _mean(runs, "calls") * worked * CALL_BYTES * prices.SENT_GB / prices.GIGABYTE,
        "traces": _traces(1 + worked),
    }
    by_month = {
        "secrets": reads * (prices.SECRET_READ + prices.KEY_USE),
        "metrics": METRICS * prices.METRIC_MONTH,
    }
    return {what: MILLION * usd for what, usd in by_event.items()} | by_month


def idle() -> dict[str, float]:
    """USD for a month of nothing but polls and sweeps, by what they are paid for."""
    found = idle_round(mappings=IDLE_MAPPINGS)
    templates = [one["Type"] for one in resources().values()]
    rounds = MONTH_MINUTES + SWEEPS
    poll_seconds = found.cpu / CPU_SHARE + found.seconds
    billed = MONTH_MINUTES * poll_seconds + SWEEPS * SWEEP_SECONDS
    reads = 2 * rounds
    return {
        "alarms": templates.count("AWS::CloudWatch::Alarm") * prices.ALARM_MONTH,
        "secrets": templates.count("AWS::SecretsManager::Secret") * prices.SECRET_MONTH
        + reads * (prices.SECRET_READ + prices.KEY_USE),
        "queue": POLLERS * MONTH_SECONDS / 20 * prices.SQS_REQUEST,
        "functions": rounds * prices.LAMBDA_REQUEST + billed * MEMORY_GB * prices.LAMBDA_GB_SECOND,
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
    return Run(seconds=cpu / CPU_SHARE + waited, logged=_logged(log), calls=calls)


def _webhook_run() -> Run:
    log = io.StringIO()
    with warm_webhook(log) as (handler, _):
        log.seek(0)
        log.truncate()
        begun = time.process_time()
        handler(a_request(a_delivery_of(4096)), None)
        cpu = time.process_time() - begun
    return Run(seconds=cpu / CPU_SHARE + AWS_SECONDS, logged=_logged(log), calls=0)


def _logged(log: io.StringIO) -> int:
    text = log.getvalue()
    return len(text.encode()) + text.count("\n") * LINE + PLATFORM_LOG + 3 * LINE


def _mean(runs: Mapping[Kind, Run], what: str) -> float:
    return sum(share * float(getattr(runs[kind], what)) for kind, share in MIX.items())


def _traces(count: float) -> float:
    """USD for runs that are traced, where the template has them traced by default: nearly all.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    default = Template.read(TEMPLATE).parameters["Tracing"]["Default"]
    return count * prices.TRACE if default == "Active" else 0.0


def _mix() -> str:
    return ", ".join(f"{share:.0%} {kind}" for kind, share in MIX.items())


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
