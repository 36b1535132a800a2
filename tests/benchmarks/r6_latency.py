"""R6: how long after a change in PagerDuty it is written in Jira, on the deployed stack."""

import math
from collections import abc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from subprocess import SubprocessError
from typing import Any

from tests.benchmarks import r6_back
from tests.benchmarks.budget import Figure, NotMeasuredError
from tests.benchmarks.scene import MAPPING
from tests.sandbox.calls import CallLog
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.faults import FaultKind
from tests.sandbox.pagerduty.seed import RESPONDER

LIMIT = 0.5
JIRA_SECONDS = 0.05
CHANGES = 40
WARMING = 3
"""So many changes come first and are not counted: functions start and learn the workflow."""

Call = abc.Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """When a change came to each place on its way.

    `answered` is PagerDuty's webhook, `begun` the worker's first call, `read` and `sent` its calls
    to Jira; `done` is when Jira has written.
    """

    changed: datetime
    answered: datetime
    begun: datetime
    read: datetime
    sent: datetime
    done: datetime


STAGES: Sequence[tuple[str, Callable[[Way], timedelta]]] = (
    (
        "through webhook and queue, until the worker asks PagerDuty",
        lambda way: way.begun - way.changed,
    ),
    ("until it reads the issue", lambda way: way.read - way.begun),
    ("until it takes the transition", lambda way: way.sent - way.read),
    ("until Jira has written", lambda way: way.done - way.sent),
)
"""The parts of the way, in their order."""


def measure() -> list[Figure]:
    """Acknowledgements of different incidents, one after another, on a stack of its own; then back.

    Raises `NotMeasuredError` where no stack starts here.
    """
    with ExitStack() as opened:
        sandbox = _started(opened)
        incidents = _opened(sandbox, CHANGES + WARMING)
        sandbox.jira.faults.add(FaultKind.SLOW, times=None, seconds=JIRA_SECONDS)
        ways = [_acknowledged(sandbox, incident) for incident in incidents]
        return [_figure(ways[WARMING:]), *r6_back.figures(sandbox, incidents)]


def _started(opened: ExitStack) -> Sandbox:
    try:
        return opened.enter_context(Sandbox(say=lambda line: print(f"      {line}", flush=True)))
    except (RuntimeError, OSError, SubprocessError) as error:
        raise NotMeasuredError(f"the stack does not start here: {error}") from error
    except SystemExit as error:
        if not isinstance(error.code, str):
            raise
        raise NotMeasuredError(f"the stack does not start here: {error.code}") from error


def _opened(sandbox: Sandbox, count: int) -> list[str]:
    """So many incidents, each with its issue, under a mapping that maps every status."""
    sandbox.allow_links(allowed=True)
    sandbox.put_mapping(**{key: MAPPING[key] for key in ("status_mapping", "custom_fields")})
    incidents = [sandbox.trigger(f"Checkout answers slowly ({n})") for n in range(count)]
    for incident in incidents:
        eventually(partial(sandbox.is_linked, incident), seconds=120, what="the issue")
        sandbox.at_rest(incident)
    return incidents


def _acknowledged(sandbox: Sandbox, incident: str) -> Way:
    """Acknowledge; the servers' own records tell when it came where."""
    (issue,) = sandbox.issues_of(incident)
    path = f"/rest/api/2/issue/{issue['id']}"
    changed = datetime.now(UTC)
    sandbox.pagerduty.model.acknowledge(incident, by=RESPONDER)
    write = partial(_calls, sandbox.jira.calls, f"POST {path}/transitions", since=changed)
    written = eventually(write, seconds=60, what="the transition")[0]
    sandbox.at_rest(incident)
    assert written["status"] == 204, written
    asked = _calls(sandbox.pagerduty.calls, f"GET /incidents/{incident}", since=changed)
    read = _calls(sandbox.jira.calls, f"GET {path}", since=changed)
    return Way(
        changed=changed,
        answered=_answered_at(sandbox, incident),
        begun=_at(asked[0]),
        read=_at(read[0]),
        sent=_at(written),
        done=_at(written) + timedelta(milliseconds=written["milliseconds"]),
    )


def _calls(log: CallLog, request: str, *, since: datetime) -> list[Call]:
    """The requests of that method and path that were answered, oldest first."""
    return [
        call
        for call in log.calls()
        if f"{call['method']} {call['path']}" == request
        and call["milliseconds"] is not None
        and _at(call) >= since
    ]


def _answered_at(sandbox: Sandbox, incident: str) -> datetime:
    """When PagerDuty had the answer to its webhook."""
    return next(
        line.at
        for line in sandbox.pagerduty.webhooks.log()
        if (line.resource_id, line.event_type) == (incident, "incident.acknowledged")
    )


def _at(call: Call) -> datetime:
    return datetime.fromisoformat(call["at"])


def _figure(ways: Sequence[Way]) -> Figure:
    taken = sorted((way.done - way.changed).total_seconds() for way in ways)
    p99 = taken[math.ceil(0.99 * len(taken)) - 1]
    return Figure(
        budget="R6",
        what="from PagerDuty's change to Jira's write",
        value=median(taken),
        limit=LIMIT,
        unit="s",
        digits=3,
        details=[
            f"median of {len(taken)} acknowledgements, Jira at {JIRA_SECONDS * 1000:.0f} ms a call",
            f"p99 {p99:.3f} s, fastest {taken[0]:.3f} s",
            *(f"{_median_ms(ways, take):>6.0f} ms {what}" for what, take in STAGES),
            f"PagerDuty has the answer to its webhook after {_median_ms(ways, _answer):.0f} ms",
            "functions warm; the local AWS is without a network, and its queue hands over at once",
        ],
    )


def _answer(way: Way) -> timedelta:
    return way.answered - way.changed


def _median_ms(ways: Sequence[Way], take: Callable[[Way], timedelta]) -> float:
    return median(take(way).total_seconds() * 1000 for way in ways)
