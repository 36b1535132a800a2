"""Times as both sides and people write them, whose clock is believed, and what time is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, isinf

from pdjira.errors import OutOfTime, Temporary

CLOCKS = timedelta(minutes=15)
"""How far the clock of Jira or PagerDuty may be from ours before it costs anything."""

MOST_APART = timedelta(days=1)
"""The clock of another server may be so far from ours; beyond that, it tells no time."""

YEARS = range(1970, 9000)
"""No clock shows a time of another year, and sums with it may overflow: it is not read, and not
kept."""


def read_time(value: object) -> datetime | None:
    """The time of a text in ISO 8601, in UTC; without a zone it is taken for UTC.

    None for anything else, and for what lies beyond the years that any clock shows.
    """
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year in YEARS else None


def in_utc(at: datetime) -> str:
    """A time as people read it, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def read_second(value: object) -> datetime | None:
    """The same in whole seconds: a search of Jira does not tell more."""
    at = read_time(value)
    return at.replace(microsecond=0) if at else None


def believed(ahead: timedelta | None) -> timedelta | None:
    """How far another clock is ahead of ours, None where it is further off than a clock can be."""
    return ahead if ahead is not None and abs(ahead) <= MOST_APART else None


LONGEST_DELAY = 900
"""Seconds: fifteen minutes, also where the other side asked for more."""

GROWTH = 1.25
"""How much longer each wait is than the one before. Whoever has waited for a minute then waits for
about a third of one more, so what a short outage held up is done soon after its end."""

BELIEVED_AFTER = timedelta(minutes=5)
"""How old an attempt whose answer was lost must be before an empty search is believed.

It covers a commit that comes a minute late together with an index that lags two minutes behind.
"""

KEPT_IN_QUEUE = timedelta(days=14)
"""How long either queue keeps a message, as `template.yaml` has it."""

MESSAGE_PATIENCE = timedelta(days=4)
"""How long a message is tried again while its errors are temporary."""


def growing(first: float, times: int) -> float:
    """Seconds: a wait that has grown so many times, up to `LONGEST_DELAY`."""
    return min(first * GROWTH ** min(times, 100), float(LONGEST_DELAY))


def bounded(seconds: float) -> float:
    """The wait that the other side names, as far as we follow it: from 0 to `LONGEST_DELAY`."""
    return min(max(seconds, 0.0), float(LONGEST_DELAY))


TimeLeft = Callable[[], float]
"""Seconds until this process is ended, or another round may begin."""

CALL_SECONDS = 20.0
"""The deadline of a call to Jira or PagerDuty."""

STEP_SECONDS = 45.0
"""What a step of a rehearsal may need, where Jira answers slowly but well."""

STORE_SECONDS = 10.0
"""What our own table and queue may need around a step."""

RESERVE = 60.0
"""The seconds that the slowest step may need: with less time left, none is begun."""


def unlimited() -> float:
    """The time that is left where nothing ends the process."""
    return inf


def check_time(time_left: TimeLeft, calls: int, *, left: str) -> None:
    """Let a step begin that makes at most so many calls, each as slow as its deadline allows.

    Raises `OutOfTime` where the process may end before the step does: that would count as a crash.
    `left` names what is then not done.
    """
    if time_left() < calls * CALL_SECONDS + STORE_SECONDS:
        raise OutOfTime(left=left)


_RUN: ContextVar[TimeLeft] = ContextVar("run", default=unlimited)


@contextmanager
def calls_within(time_left: TimeLeft) -> Iterator[None]:
    """Let no call begin in here that may not end in time, however many a step makes."""
    outer = _RUN.get()
    token = _RUN.set(lambda: min(outer(), time_left()))
    try:
        yield
    finally:
        _RUN.reset(token)


def check_call() -> None:
    """Let a call begin, even one of many pages. Raises `OutOfTime`, as `check_time` does."""
    check_time(_RUN.get(), 1, left="the rest of a long list")


_ANSWERS: ContextVar[TimeLeft] = ContextVar("answers", default=unlimited)


@contextmanager
def answered_within(time_left: TimeLeft) -> Iterator[None]:
    """Wait for the answer of each call in here for at most so many seconds: a person waits."""
    token = _ANSWERS.set(time_left)
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def call_seconds() -> float:
    """The deadline of a call that begins now. Raises `OutOfTime` where no time is left for it."""
    seconds = min(CALL_SECONDS, _ANSWERS.get()())
    if seconds <= 0:
        raise OutOfTime(left="what was still to be asked")
    return seconds


class TimeIsUp(Temporary):
    """Nothing more of `about` is begun in this round; the next one goes on."""

    def __init__(self, about: str) -> None:
        super().__init__(
            f"{about} was not done when the time of this round was up; the next one goes on.",
            cure="Nothing; if it lasts, look why Jira or PagerDuty is slow.",
        )


Check = Callable[[], None]
"""Raises `TimeIsUp` where no further step may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """A part's share of the time: used up once so few seconds are left (`until`) to the round.

    `about`: what people call the part.
    """

    about: str
    time_left: TimeLeft
    until: float = RESERVE

    def is_used(self) -> bool:
        """Whether no further step may begin."""
        return self.time_left() < self.until

    def check(self) -> None:
        """As `Check`, between two steps."""
        if self.is_used():
            raise TimeIsUp(self.about)

    def check_end(self) -> None:
        """As `Check`, within a step that must not be broken off: only the round's end counts."""
        if self.time_left() < RESERVE:
            raise TimeIsUp(self.about)


def budget_of(time_left: TimeLeft, share: float, *, about: str) -> TimeBudget:
    """That share of the time that is left now."""
    left = time_left()
    if isinf(left):
        return TimeBudget(about=about, time_left=time_left)
    until = RESERVE + max(left - RESERVE, 0) * (1 - share)
    return TimeBudget(about=about, time_left=time_left, until=until)
