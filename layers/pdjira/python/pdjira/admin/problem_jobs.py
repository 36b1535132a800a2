"""What is done about problems as jobs: try all again, send back what was given up, look now."""

from collections import abc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import cast

from pdjira.admin.jobs import Job, JobDesk, Reached, Work
from pdjira.admin.requests import PeoplesRequests
from pdjira.errors import Misconfigured, PdjiraError
from pdjira.health.checks import overall
from pdjira.health.refused import causes_of
from pdjira.health.standing import HealthResults, Looking
from pdjira.model.ports import Links
from pdjira.model.signal import (
    DeadLetter,
    DeadLetters,
    Decode,
    GivenUps,
    Progress,
    Signal,
    SignalKind,
)
from pdjira.model.times import RESERVE, TimeLeft
from pdjira.text.plain_text import counted

TRY_AGAIN, REDRIVE, LOOK = "try-again", "redrive", "look"
"""The kinds of these jobs."""

_EMPTY_ANSWERS = 2
"""A queue may keep back what it has: so many empty answers in a row are its end."""

_REDRIVE_SECONDS = 5.0
"""What one round may take."""


@dataclass(slots=True, kw_only=True)
class Redriven:
    """How many were `sent`, and how many hold nothing that could be tried: they stay (`left`).

    `is_whole`: nothing was left for want of time.
    """

    sent: int = 0
    left: int = 0
    is_whole: bool = True

    @property
    def says(self) -> str:
        """What people are told."""
        sent = "1 was sent again" if self.sent == 1 else f"{self.sent} were sent again"
        if not self.left:
            return f"{sent}."
        stay = "1 stays: it" if self.left == 1 else f"{self.left} stay: each"
        return f"{sent}. {stay} is no event that can be tried; the queue forgets it after 14 days."


@dataclass(slots=True)
class _Round:
    told: Redriven = field(default_factory=Redriven)
    sent: list[str] = field(default_factory=list)
    held: list[DeadLetter] = field(default_factory=list)
    has_found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Sends back what lies in the dead-letter queue; trying a signal twice is always safe."""

    letters: DeadLetters
    given_up: GivenUps
    decode: Decode

    def run(self, time_left: TimeLeft, only: str | None = None) -> Redriven:
        """Send back all that can be tried, or the one message that had this id.

        May be repeated; a second run goes on where the time was up.
        """
        done = _Round()
        try:
            for letter in self._letters(time_left, done):
                self._take(letter, only, done)
        finally:
            for letter in done.held:
                self.letters.leave(letter)
            self.given_up.forget(done.sent)
        return done.told

    def _letters(self, time_left: TimeLeft, done: _Round) -> Iterator[DeadLetter]:
        empty = 0
        while empty < _EMPTY_ANSWERS and not done.has_found:
            if time_left() < _REDRIVE_SECONDS:
                done.told.is_whole = False
                return
            found = self.letters.receive()
            empty = 0 if found else empty + 1
            yield from found

    def _take(self, letter: DeadLetter, only: str | None, done: _Round) -> None:
        if only and letter.message_id != only:
            done.held.append(letter)
            return
        signal = self._signal(letter)
        if signal is None:
            done.held.append(letter)
            done.told.left += 1
            return
        self.letters.send_back(letter, signal)
        done.has_found = only is not None
        done.told.sent += 1
        done.sent += [letter.message_id] if letter.message_id else []

    def _signal(self, letter: DeadLetter) -> Signal | None:
        """What the worker can try; None for a delivery that nobody could read."""
        try:
            signal = self.decode(letter.body)
        except Misconfigured:
            return None
        return None if signal.kind is SignalKind.UNREADABLE else signal


_AT_ONCE = 25
"""Incidents that are asked for before anybody waits for what comes of them."""

_LOOKS = 20
"""How often a part looks for outcomes, two seconds apart."""

_PATIENCE = 3
"""Parts that wait for the last outcomes; what is left then is tried again by itself."""

_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgainWork:
    """Has the worker look at the incidents of a cause, and waits for what comes of it.

    `wait` sleeps for so many seconds.
    """

    requests: PeoplesRequests
    links: Links
    wait: Callable[[float], None]

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: some more incidents are asked for, and outcomes are waited for."""
        incidents = cast("list[str]", job.asked["incidents"])
        data = dict(job.reached.data)
        asked = cast("dict[str, str]", dict(cast("dict[str, str]", data.get("asked", {}))))
        rows = cast("dict[str, str]", dict(cast("dict[str, str]", data.get("rows", {}))))
        for incident_id in [one for one in incidents if one not in asked][:_AT_ONCE]:
            asked[incident_id] = self.requests.try_again(incident_id)
        waits = int(cast("int", data.get("waits", 0)))
        self._look(asked, rows, time_left)
        if len(asked) == len(incidents):
            waits += 1
        is_over = len(rows) == len(incidents) or waits >= _PATIENCE
        return Reached(
            data={"asked": asked, "rows": rows, "waits": waits},
            done=len(rows),
            total=len(incidents),
            says=told(rows, len(incidents), is_over=is_over),
            is_over=is_over,
        )

    def _look(self, asked: dict[str, str], rows: dict[str, str], time_left: TimeLeft) -> None:
        for _ in range(_LOOKS):
            for incident_id, request_id in asked.items():
                if incident_id not in rows:
                    found = self._outcome(incident_id, request_id)
                    if found is not None:
                        rows[incident_id] = found
            if len(rows) == len(asked) or time_left() < RESERVE / 2:
                return
            self.wait(_SECONDS)

    def _outcome(self, incident_id: str, request_id: str) -> str | None:
        """Why the incident is refused all the same; empty where it is not, None while it waits."""
        outcome = self.requests.outcome({"request": request_id})
        if outcome["status"] in {Progress.QUEUED, Progress.WAITS}:
            return None
        if outcome["status"] == Progress.GIVEN_UP:
            return " ".join(cast("list[str]", outcome["says"]))
        causes = causes_of(self.links.of_incident(incident_id))
        return " ".join(cause.says for cause in causes)


def told(rows: dict[str, str], total: int, *, is_over: bool) -> str:
    """How it went, in one sentence."""
    refused = sum(1 for says in rows.values() if says)
    parts = [f"{len(rows) - refused} of {total} done"]
    parts += [f"{refused} refused"] if refused else []
    left = total - len(rows)
    if is_over and left:
        parts.append(f"{left} still {'waits' if left == 1 else 'wait'}, tried again by themselves")
    return f"{', '.join(parts)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveWork:
    """Sends back what was given up, or the one message that was asked for."""

    redrive: Redrive

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: all of it, as far as the time goes."""
        only = cast("str | None", job.asked.get("only"))
        redriven = self.redrive.run(lambda: time_left() - RESERVE / 2, only)
        done = job.reached.done + redriven.sent
        says = redriven.says
        if only and not redriven.sent and redriven.is_whole and not redriven.left:
            says = "It lies in the dead-letter queue no more: somebody has sent it again already."
        return Reached(data={"sent": done}, done=done, says=says, is_over=redriven.is_whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWork:
    """Looks at both sides, as the action `health` does."""

    looking: Looking

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: every check, at once."""
        del job, time_left
        checks = self.looking.checks()
        faults = [one for one in checks if one.status in {"broken", "attention"}]
        need = counted(len(faults), "check needs", "checks need")
        says = f"{need} somebody." if faults else "Everything that was looked at is fine."
        return Reached(
            data={"status": overall(checks).value},
            done=len(checks),
            total=len(checks),
            says=says,
            is_over=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """Has both sides looked at as a job, and what was seen before no longer believed."""

    desk: JobDesk
    seen: HealthResults

    def after(self, *areas: str, by: str | None = None) -> Job:
        """Somebody has changed something of these areas."""
        with suppress(PdjiraError):
            last = self.seen.last() if areas else None
            if last is not None:
                kept = [one for one in last.checks if one.area not in areas]
                self.seen.put(replace(last, checks=kept))
        return self.desk.start(LOOK, {}, title="Look at both sides", by=by)


def works(
    *,
    requests: PeoplesRequests,
    links: Links,
    redrive: Redrive,
    looking: Looking,
    wait: Callable[[float], None],
) -> abc.Mapping[str, Work]:
    """What the jobs of each kind do."""
    return {
        TRY_AGAIN: TryAgainWork(requests=requests, links=links, wait=wait),
        REDRIVE: RedriveWork(redrive=redrive),
        LOOK: LookWork(looking=looking),
    }
