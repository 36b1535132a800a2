"""What goes wrong on the way, by chance: every outside call may fail, hang, or be interrupted."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import Ambiguous, Conflict, PdjiraError, Side, Temporary, Unauthenticated
from tests.builders import FakeClock
from tests.fakes.faults import Crash, FaultPlan

ONCE = frozenset(
    {
        "jira.create_issue",
        "jira.transition",
        "jira.add_comment",
        "pagerduty.add_note",
        "pagerduty.open_incident",
    }
)
"""Writes that may not be repeated blindly: what is not known of them is ambiguous, and may take
effect late."""

REPEATABLE = frozenset(
    {
        "jira.put_remote_link",
        "jira.update_issue",
        "jira.delete_issue",
        "jira.mark",
        "pagerduty.change_incident",
    }
)
"""Writes that may be repeated: a lost answer is temporary."""

WRITES = ONCE | REPEATABLE

MOST_CRASHES = 3
"""So often the work on a message may be interrupted: five times in a row make it a poison."""

RECORDS_ITS_END = "attempts.end"
"""Where this is refused, the work counts as interrupted."""

LONGEST_HANG = 320
"""Seconds: so long may a process stand still, a little longer than the worker may run."""

LONGEST_BEFORE_WRITE = 100
"""Seconds: the same before a write that may not be repeated, whose attempt counts from its record
on (`BELIEVED_AFTER`)."""

LATEST_COMMIT = 60
"""Seconds: later than this no write takes effect whose answer was lost (the bound of P7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """How likely each thing is, at each call."""

    temporary: float = 0.01
    lost_answer: float = 0.01
    late: float = 0.003
    crash: float = 0.003
    slow: float = 0.005
    unauthenticated: float = 0.0005
    meanwhile: float = 0.01
    hang: float = 0.0005


USUAL = Chances()
CALM = Chances(
    temporary=0, lost_answer=0, late=0, crash=0, slow=0, unauthenticated=0, meanwhile=0, hang=0
)


class _Run(threading.local):
    """What holds for the process that calls: of each thread its own.

    `crashes`: so often the work on its message was interrupted. `deadline`: it is ended then.
    `then`: what comes after the effect of the call that it makes.
    """

    crashes = 0
    deadline: datetime | None = None
    then: BaseException | None = None


class Weather(FaultPlan):
    """A plan of faults that is made up as it goes.

    `turn` lets other processes go first, `meanwhile` is what people do while the stack is at work,
    and `late` orders a write that takes effect only after its answer was lost. `writes` lists what
    reached the two sides, `down` until when a side does not answer.
    """

    def __init__(self, rng: random.Random, clock: FakeClock, chances: Chances) -> None:
        super().__init__()
        self.chances = chances
        self.turn: Callable[[], object] = lambda: None
        self.meanwhile: Callable[[], object] = lambda: None
        self.late: Callable[[str, float], object] = lambda _method, _seconds: None
        self.writes: list[str] = []
        self.down: dict[Side, datetime] = {}
        self.run = _Run()
        self._rng = rng
        self._clock = clock

    def begin(self, *, crashes: int = 0, seconds: float) -> Callable[[], float]:
        """A run begins that is ended after so many seconds; answers how many are left."""
        deadline = self._clock.now + timedelta(seconds=seconds)
        self.run.crashes, self.run.deadline = crashes, deadline

        def left() -> float:
            return (deadline - self._clock.now).total_seconds()

        return left

    def before(self, method: str) -> None:
        """Count a call; whatever may happen before its effect happens here."""
        self.turn()
        super().before(method)
        self.run.then = None
        self._be_down(method)
        odds = self.chances
        if odds is CALM:
            return
        if self._rng.random() < odds.meanwhile:
            self.meanwhile()
        if self._rng.random() < odds.slow:
            self._clock.forward(seconds=self._rng.randint(1, 20))
        if self._rng.random() < odds.hang:
            longest = LONGEST_BEFORE_WRITE if method in ONCE else LONGEST_HANG
            self._clock.forward(seconds=self._rng.randint(20, longest))
        self._end_in_time()
        self._fail_counted(method, odds)

    def after(self, method: str) -> None:
        """Raise what comes after the effect of a call."""
        super().after(method)
        if method in WRITES:
            self.writes.append(method)
        if self.run.then is not None:
            error, self.run.then = self.run.then, None
            raise error

    def _be_down(self, method: str) -> None:
        side = side_of(method)
        if side in self.down and self._clock.now < self.down[side]:
            raise Temporary(f"{side.value} does not answer.", timed_out=side)

    def _end_in_time(self) -> None:
        """The process is ended at its deadline, but so that no message is given up for it."""
        run = self.run
        if run.deadline and self._clock.now > run.deadline and run.crashes < MOST_CRASHES:
            raise Crash

    def _fail_counted(self, method: str, odds: Chances) -> None:
        if method != RECORDS_ITS_END:
            self._fail(method, odds)
        elif self.run.crashes < MOST_CRASHES:
            try:
                self._fail(method, odds)
            except PdjiraError:
                self.run.crashes += 1
                raise

    def _fail(self, method: str, odds: Chances) -> None:
        drawn = self._rng.random()
        if drawn < odds.crash:
            if self.run.crashes < MOST_CRASHES:
                self._put(Crash())
            return
        drawn -= odds.crash
        if drawn < odds.temporary:
            raise self._refusal(method)
        drawn -= odds.temporary
        if drawn < odds.lost_answer:
            self._put(_lost(method))
        elif drawn < odds.lost_answer + odds.late and method in ONCE:
            self.late(method, self._rng.randint(1, LATEST_COMMIT))

    def _put(self, error: BaseException | None) -> None:
        """Raise the error now, or once the call has taken effect."""
        if error is not None and self._rng.random() < 0.5:
            raise error
        self.run.then = error

    def _refusal(self, method: str) -> PdjiraError:
        """Nothing was written, and it is known."""
        if method in {"links.save", "links.complete", "openings.put"} and self._rng.random() < 0.5:
            return Conflict("Somebody else wrote first.")
        side = side_of(method)
        if side and self._rng.random() < self.chances.unauthenticated / self.chances.temporary:
            return Unauthenticated("The token is not known.", side=side)
        return Temporary("Busy.")


def side_of(method: str) -> Side | None:
    """The side that a method calls; None: it calls neither."""
    return next((one for one in Side if method.startswith(f"{one.value}.")), None)


def _lost(method: str) -> PdjiraError | None:
    if method in ONCE:
        return Ambiguous("No answer came.")
    return None if method == "queue.send" else Temporary("No answer came.")
