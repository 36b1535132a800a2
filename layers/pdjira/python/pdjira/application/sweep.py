"""The sweep: what no event has told, found by comparing both sides with what was agreed on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from pdjira.application.circuits import Breaker
from pdjira.application.comparing import Comparing
from pdjira.application.duplicates import Duplicates
from pdjira.application.intake import SignalSink
from pdjira.application.jql_sweep import JqlSweep
from pdjira.application.log_reading import LogReading, Slice
from pdjira.application.openings import Cursors
from pdjira.application.ports import Clock, Mappings
from pdjira.application.subscription_watch import SubscriptionWatch
from pdjira.application.sweeping import TIME_IS_UP, Sweeping
from pdjira.application.sweeps import Incidents, SweepResult, SweepResults
from pdjira.application.synchronise import TimeLeft, unlimited
from pdjira.domain.incident import Incident
from pdjira.domain.matches import Cursor
from pdjira.domain.moved_projects import MOVED, with_moved
from pdjira.errors import Side, Temporary

HOURLY = Cursor(id="hourly", until=datetime.min.replace(tzinfo=UTC), reads="hourly")
"""Tells when what was refused was tried again."""

_HOUR = timedelta(hours=1)
_LEEWAY = timedelta(minutes=5)
"""Schedules are not exact to the minute."""

_SECONDS = 60.0
"""What a part of a sweep may need; with less time than that none is begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Looks at everything in pages; the worker then does what is to be done, incident by incident.

    A sweep that dies half-way does no harm: its cursor has not moved past what it had not done.
    """

    mappings: Mappings
    incidents: Incidents
    log: LogReading
    comparing: Comparing
    duplicates: Duplicates
    jql: JqlSweep
    subscriptions: SubscriptionWatch
    cursors: Cursors
    results: SweepResults
    queue: SignalSink
    breaker: Breaker
    clock: Clock

    def run(self, time_left: TimeLeft = unlimited) -> SweepResult:
        """Sweep once; what one part fails at stops no other.

        `time_left` tells the seconds until this process is ended. Raises `Temporary` where the
        mappings cannot be read or the result cannot be kept.
        """
        sweep = self._begin()
        parts: tuple[Callable[[], None], ...] = (
            partial(self._list_open, sweep),
            partial(self._read_log, sweep, time_left),
            partial(self._compare, sweep, time_left),
            partial(self._find_duplicates, sweep, time_left),
            partial(self.comparing.opened_again, sweep),
            partial(self._run_jql, sweep, time_left),
            partial(self._watch, sweep),
        )
        for part in parts:
            sweep.guarded(part)
        result = sweep.result()
        self.results.put(result)
        return result

    def _begin(self) -> Sweeping:
        now = self.clock()
        hourly = self.cursors.find(HOURLY.id) or HOURLY
        is_hourly = hourly.version == 0 or now - hourly.until >= _HOUR - _LEEWAY
        mappings = {mapping.id: mapping for mapping in self.mappings.in_force()}
        return Sweeping(at=now, mappings=mappings, queue=self.queue, is_hourly=is_hourly)

    def _tried(self, sweep: Sweeping) -> None:
        before = self.cursors.find(HOURLY.id) or HOURLY
        self.cursors.put(replace(before, until=sweep.at))

    def _list_open(self, sweep: Sweeping) -> None:
        found: dict[str, Incident] = {}
        with self.breaker.call(Side.PAGERDUTY):
            for page in self.incidents.open_incidents():
                found |= {incident.id: incident for incident in page}
        sweep.open = found

    def _read_log(self, sweep: Sweeping, time_left: TimeLeft) -> None:
        for part in self.log.slices(now=sweep.at):
            sweep.since = sweep.since or part.since
            self._work_on(part, sweep)
            _check(time_left)

    def _work_on(self, part: Slice, sweep: Sweeping) -> None:
        sweep.entries += len(part.touched)
        for touched in part.touched.values():
            self.comparing.touched(touched, sweep)
        if part.is_cut:
            sweep.problems.append(
                f"PagerDuty's log from {part.since.isoformat()} to {part.until.isoformat()} is "
                "longer than it shows; what began or was noted then may be missing. What to do: "
                "invoke resync for the incidents of this time."
            )

    def _compare(self, sweep: Sweeping, time_left: TimeLeft) -> None:
        for _ in self.comparing.batches(sweep):
            _check(time_left)
        self._follow_moved(sweep)
        if sweep.is_hourly:
            self._tried(sweep)

    def _follow_moved(self, sweep: Sweeping) -> None:
        """Have the poller read the projects of no mapping into which linked issues were moved."""
        before = self.cursors.find(MOVED.id) or MOVED
        away = sweep.projects - {mapping.project.id for mapping in sweep.mappings.values()}
        after = with_moved(before, away, at=sweep.at)
        if after != before:
            self.cursors.put(after)

    def _find_duplicates(self, sweep: Sweeping, time_left: TimeLeft) -> None:
        for _ in self.duplicates.pages(sweep):
            _check(time_left)

    def _run_jql(self, sweep: Sweeping, time_left: TimeLeft) -> None:
        for mapping in sweep.mappings.values():
            if mapping.jql is not None:
                _check(time_left)
                sweep.guarded(partial(self.jql.run, mapping, now=sweep.at))

    def _watch(self, sweep: Sweeping) -> None:
        """Only where something happened or an hour has passed: it costs a call."""
        if sweep.entries or sweep.is_hourly:
            sweep.enabled = self.subscriptions.enable()


def _check(time_left: TimeLeft) -> None:
    if time_left() < _SECONDS:
        raise Temporary(TIME_IS_UP)
