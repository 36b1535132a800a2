"""When a side is left alone: what opens a circuit, who may try again and when, what closes it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import Side
from pdjira.model.times import growing

TIMEOUTS = 3
"""How many timeouts in a row open a circuit. A sign-in that is refused opens it at once."""

FIRST_INTERVAL = timedelta(minutes=1)
"""After a sign-in that was refused: each further one may prolong a CAPTCHA lock."""

FIRST_AFTER_TIMEOUTS = timedelta(seconds=10)
"""Intervals then grow as the waits of messages do: what a short outage held up is done soon."""

LONGEST_INTERVAL = timedelta(minutes=15)

PROBE_TAKES = timedelta(seconds=30)
"""By then a probe has ended, one way or the other: no call may take longer than 20 seconds."""

_NAMES = {Side.JIRA: "Jira", Side.PAGERDUTY: "PagerDuty"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, in a sentence, with its cure.

    `refused`: the sign-in, otherwise the time was up. `secret` names the credentials.
    """

    says: str
    cure: str | None
    refused: bool
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """What stands between us and a side, or one project there.

    `failures` counts timeouts in a row, and is below `TIMEOUTS` where a refused sign-in opened it.
    While it is open, `probe_at` is when the next call may be
    tried, `probed_at` when the latest one was, `probes` how many were, and `secret` names the
    credentials that did not help. `version` 0 is one that was never stored.
    """

    side: Side
    project_id: str | None = None
    failures: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    probed_at: datetime | None = None
    probes: int = 0
    why: str = ""
    cure: str | None = None
    secret: str = ""
    version: int = 0

    @property
    def name(self) -> str:
        """Which circuit it is, as logs and people name it."""
        side = _NAMES[self.side]
        return side if self.project_id is None else f"{side}, project {self.project_id}"

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self.opened_at is not None

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to remember of it."""
        return not self.is_open and self.failures == 0


def wait(circuit: Circuit, *, now: datetime, secret: str) -> timedelta:
    """How long a call must wait; nothing where it may be made.

    A changed secret may be tried at once. While a probe is under way, its end is waited for, but no
    longer than a quarter of the interval: most probes end at once.
    """
    if circuit.probe_at is None or circuit.secret != secret:
        return timedelta()
    until = circuit.probe_at
    if circuit.probed_at is not None and now < circuit.probed_at + PROBE_TAKES:
        share = (circuit.probe_at - circuit.probed_at) / 4
        until = min(until, circuit.probed_at + PROBE_TAKES, now + share)
    return min(max(until - now, timedelta()), LONGEST_INTERVAL)


def probing(circuit: Circuit, *, now: datetime, secret: str) -> Circuit:
    """An open circuit once somebody has begun to try; whoever stores it is the only one who may.

    The interval is longer each time; a changed secret begins anew.
    """
    probes = circuit.probes + 1 if circuit.secret == secret else 0
    begun = replace(circuit, probes=probes, probed_at=now, secret=secret)
    return replace(begun, probe_at=now + _interval(begun))


def untried(circuit: Circuit) -> Circuit:
    """The circuit after a try that made no call: the next one may try at once."""
    return replace(circuit, probes=max(circuit.probes - 1, 0), probe_at=circuit.probed_at)


def failed(circuit: Circuit, failure: Failure, *, now: datetime) -> Circuit:
    """The circuit after a failure, which may open it; one that is open stays so.

    After a sign-in that was refused it is tried as seldom as if that had opened it.
    """
    after = replace(circuit, why=failure.says, cure=failure.cure)
    if failure.refused:
        after = replace(after, failures=min(after.failures, TIMEOUTS - 1))
    if circuit.is_open:
        return after
    counted = replace(after, failures=after.failures + (not failure.refused))
    if counted.failures < TIMEOUTS and not failure.refused:
        return counted
    opened = replace(counted, opened_at=now, probes=0, secret=failure.secret)
    return replace(opened, probe_at=now + _interval(opened))


def closed(circuit: Circuit) -> Circuit:
    """The circuit after a success."""
    return Circuit(side=circuit.side, project_id=circuit.project_id, version=circuit.version)


def is_tried(circuit: Circuit, *, now: datetime) -> bool:
    """Whether whoever waits for an open circuit will try it, so that nobody else has to.

    A message is delivered again within `LONGEST_INTERVAL`; when none has tried by then, none waits.
    """
    return circuit.probe_at is not None and now < circuit.probe_at + LONGEST_INTERVAL


def _interval(circuit: Circuit) -> timedelta:
    if circuit.failures >= TIMEOUTS:
        return timedelta(seconds=growing(FIRST_AFTER_TIMEOUTS.total_seconds(), circuit.probes))
    return min(FIRST_INTERVAL * (1 << min(circuit.probes, 10)), LONGEST_INTERVAL)
