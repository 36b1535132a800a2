"""Reads PagerDuty's log since the last sweep, for what no webhook has told."""

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Side
from pdjira.jql.cursors import OVERLAP, Cursor
from pdjira.jql.ports import Cursors
from pdjira.model.time_budget import TimeBudget
from pdjira.sweep.differences import Touched, touched_by
from pdjira.sweep.ports import Incidents

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
