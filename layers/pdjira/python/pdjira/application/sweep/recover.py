"""Recovers what PagerDuty's log holds since a time: the cursor goes back, and a sweep starts."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.application.ports.core import Clock
from pdjira.application.ports.openings import Cursors
from pdjira.application.ports.sweeps import Starter
from pdjira.application.sweep.log_reading import CURSOR
from pdjira.domain.jql.cursors import Cursor
from pdjira.errors import Conflict, Temporary

FURTHEST = timedelta(days=180)
"""PagerDuty shows its log for six months at a time (developer documents, Log Entries)."""

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Lets the sweep read the log once more. What was done already is not done twice."""

    cursors: Cursors
    starter: Starter
    clock: Clock

    def run(self, since: datetime) -> datetime:
        """Read the log from `since` on, or from `FURTHEST` back; returns from when on.

        Where a sweep is at work already, the next one does it. Raises `Temporary` where nothing
        could be stored or started.
        """
        now = self.clock()
        start = min(max(since, now - FURTHEST), now)
        self._go_back(start)
        self.starter.start()
        return start

    def _go_back(self, start: datetime) -> None:
        for _ in range(_TRIES):
            found = self.cursors.find(CURSOR)
            cursor = found or Cursor(id=CURSOR, until=start, reads=CURSOR)
            with suppress(Conflict):
                self.cursors.put(replace(cursor, until=min(cursor.until, start)))
                return
        raise Temporary("A sweep is at work and moves on all the time.", cure="Try again.")
