"""A person has PagerDuty's log read once more: the sweep is started, and answers the request."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pdjira.errors import Conflict, Misconfigured, PdjiraError, Temporary
from pdjira.jql.cursors import Cursor
from pdjira.jql.ports import Cursors
from pdjira.model.ports import Clock
from pdjira.model.request import Asked, Progress, Requests
from pdjira.sweep.log_reading import CURSOR
from pdjira.sweep.ports import Starter, SweepResult
from pdjira.sweep.work import Checkpoints

ACTION = "recover"

FURTHEST = timedelta(days=180)
"""PagerDuty shows its log for six months at a time (developer documents, Log Entries)."""

_CLOCKS = timedelta(minutes=1)
"""A person's clock may be ahead by so much."""

_ASKED = Cursor(id="recoveries", until=datetime.min.replace(tzinfo=UTC), reads="")
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
            found = self.cursors.find(_ASKED.id) or replace(_ASKED, until=self.clock())
            with suppress(Conflict):
                self.cursors.put(replace(found, reads=f"{found.reads} {request_id}".strip()))
                return
        raise Temporary("Others ask for the same all the time.", cure="Try again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoveries:
    """Answers those who asked for a recovery, once a sweep has read the log."""

    cursors: Cursors
    requests: Requests
    clock: Clock

    def asked(self) -> Collection[str]:
        """The requests that the log is read for from now on; none where that is not known."""
        with suppress(PdjiraError):
            return Checkpoints(cursors=self.cursors).hint(_ASKED).reads.split()
        return ()

    def answer(self, asked: Collection[str], result: SweepResult, *, is_read: bool) -> None:
        """Write what the sweep came to under each request; what fails is written by the next."""
        with suppress(PdjiraError):
            for request_id in asked:
                self.requests.put(
                    Asked(
                        id=request_id,
                        action=ACTION,
                        progress=Progress.DONE if is_read else Progress.WAITS,
                        at=self.clock(),
                        says=_news(result, is_read=is_read),
                    )
                )
            if asked and is_read:
                self._forget(asked)

    def _forget(self, asked: Collection[str]) -> None:
        found = Checkpoints(cursors=self.cursors).hint(_ASKED)
        left = (one for one in found.reads.split() if one not in asked)
        self.cursors.put(replace(found, reads=" ".join(left)))


def _news(result: SweepResult, *, is_read: bool) -> tuple[str, ...]:
    if not is_read:
        says = "PagerDuty's log was not read to its end yet; the next sweep goes on by itself."
        return (says, *result.problems)
    since = result.since.isoformat(timespec="seconds") if result.since else "now"
    count = f"{result.compared} link(s) were compared, {result.resynced} incident(s)"
    read = f"PagerDuty's log was read from {since} on."
    return (read, f"{count} are looked at by the worker.", *result.problems)
