"""Reads PagerDuty's log since the last sweep, for what no webhook has told."""

from collections import abc
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Conflict, Misconfigured, Side, Temporary
from pdjira.jql.cursors import OVERLAP, Cursor
from pdjira.jql.ports import Cursors
from pdjira.model.ports import Clock
from pdjira.model.time_budget import TimeBudget
from pdjira.sweep.differences import Touched, touched_by
from pdjira.sweep.ports import Incidents, Starter

CURSOR = "pagerduty log"

SLICE = timedelta(days=1)
"""How much of the log is read before the cursor moves."""

SHORTEST = timedelta(minutes=1)
"""PagerDuty shows 10,000 entries of a span of time; of one as short as this no more can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a part of the log tells of its incidents, by their ids.

    `is_cut`: PagerDuty showed only the newest entries of this time.
    """

    since: datetime
    until: datetime
    touched: abc.Mapping[str, Touched]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """Reads the log slice by slice, oldest first; the cursor moves when a slice is worked on."""

    incidents: Incidents
    cursors: Cursors
    breaker: Breaker

    def slices(self, *, now: datetime, budget: TimeBudget) -> Iterator[Slice]:
        """Each slice up to now. Asking for the next one says that this one is done.

        The first is read in any case. Raises `Refused` where the log may not be read, and
        `TimeIsUp`.
        """
        cursor = self.cursors.find(CURSOR) or Cursor(id=CURSOR, until=now, reads=CURSOR)
        until = cursor.until
        while True:
            found = self._read(until, min(until + SLICE, now), budget)
            yield found
            until = max(found.until, until)
            cursor = replace(cursor, until=until)
            self.cursors.put(cursor)
            if until >= now:
                return
            budget.check()
            cursor = replace(cursor, version=cursor.version + 1)

    def _read(self, start: datetime, until: datetime, budget: TimeBudget) -> Slice:
        """A slice from a time on, with the overlap; half as long where there is too much in it."""
        while True:
            found = self._pages(start - OVERLAP, until, budget)
            if not found.is_cut or until - start < SHORTEST:
                return found
            until = start + (until - start) / 2

    def _pages(self, since: datetime, until: datetime, budget: TimeBudget) -> Slice:
        touched: dict[str, Touched] = {}
        start: int | None = 0
        is_cut = False
        while start is not None:
            with self.breaker.call(Side.PAGERDUTY):
                page = self.incidents.log(since=since, until=until, start=start)
            touched = touched_by(page.entries, touched)
            start, is_cut = page.next_start, page.is_cut
            if start is not None:
                budget.check_end()
        return Slice(since=since, until=until, touched=touched, is_cut=is_cut)


FURTHEST = timedelta(days=180)
"""PagerDuty shows its log for six months at a time (developer documents, Log Entries)."""

_CLOCKS = timedelta(minutes=1)
"""A person's clock may be ahead by so much."""

RECOVERIES = Cursor(id="recoveries", until=datetime.min.replace(tzinfo=UTC), reads="")
"""Reads the ids of the requests which no sweep has answered."""

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Lets the sweep read the log once more. What was done already is not done twice."""

    cursors: Cursors
    starter: Starter
    clock: Clock

    def start_of(self, since: datetime) -> datetime:
        """From when on the log can be read. Raises `Misconfigured` for a time to come."""
        now = self.clock()
        if since > now + _CLOCKS:
            raise Misconfigured(
                f"{since.isoformat()} lies in the future: it is {now.isoformat(timespec='seconds')}"
                " now.",
                cure="Give the time since when something is missing.",
            )
        return min(max(since, now - FURTHEST), now)

    def run(self, start: datetime, request_id: str) -> None:
        """Have the log read from `start` on, and the request answered by the sweep that does.

        Where a sweep is at work already, the next one does it. Raises `Temporary` where nothing
        could be stored or started.
        """
        self._go_back(start)
        self._remember(request_id)
        self.starter.start()

    def _go_back(self, start: datetime) -> None:
        for _ in range(_TRIES):
            found = self.cursors.find(CURSOR)
            cursor = found or Cursor(id=CURSOR, until=start, reads=CURSOR)
            with suppress(Conflict):
                self.cursors.put(replace(cursor, until=min(cursor.until, start)))
                return
        raise Temporary("A sweep is at work and moves on all the time.", cure="Try again.")

    def _remember(self, request_id: str) -> None:
        """After the cursor went back: whoever sees the request reads from there on."""
        for _ in range(_TRIES):
            found = self.cursors.find(RECOVERIES.id) or replace(RECOVERIES, until=self.clock())
            with suppress(Conflict):
                self.cursors.put(replace(found, reads=f"{found.reads} {request_id}".strip()))
                return
        raise Temporary("Others ask for the same all the time.", cure="Try again.")
