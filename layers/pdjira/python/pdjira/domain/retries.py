"""When a message that failed is tried again, and when it is given up."""

from datetime import timedelta

LONGEST_DELAY = 900
"""Seconds: fifteen minutes, also where the other side asked for more."""

FIRST_DELAY = 2
"""Seconds: the longest wait before the second try."""

GROWTH = 1.25
"""How much longer each wait is than the one before. Whoever has waited for a minute then waits for
about a third of one more, so what a short outage held up goes on soon after its end."""

BELIEVED_AFTER = timedelta(minutes=5)
"""How old an attempt whose answer was lost must be before an empty search is believed.

It covers a commit that comes a minute late together with an index that lags two minutes behind.
"""

MOST_REFUSALS = 3
"""So many comments and notes may be refused in one round: more would be refused as well."""

MOST_NAMED = 20
"""So often a side may name how long a message waits: a second each time would use up what the queue
delivers (`maxReceiveCount` in `template.yaml`) within an hour."""

PATIENCE = timedelta(days=4)
"""How long a message is tried again while its errors are temporary."""

HELD = timedelta(seconds=150)
"""So long a worker holds a message at a time, and so soon comes again what it held when it was
killed. The queue's own time must not be shorter than the longest run of the worker (AWS)."""

CRASHES = 5
"""How often a message may end without an answer (a crash, a timeout, an error unknown to us)."""


def delay(receives: int, *, retry_after: float | None, jitter: float, named: int = 0) -> int:
    """Seconds until the next try: what the other side named, else exponential; both with jitter.

    `named` tells how often a side has named a wait for the message; past `MOST_NAMED` the
    exponential delay is the least. `jitter` is from [0, 1). What was named is never undercut,
    nothing exceeds `LONGEST_DELAY`.
    """
    longest = growing(FIRST_DELAY, receives - 1)
    exponential = max(1, round(longest * (1 + jitter) / 2))
    if retry_after is None:
        return exponential
    asked = max(bounded(retry_after), 1.0)
    seconds = min(round(asked * (1 + jitter / 10) + 0.5), LONGEST_DELAY)
    return max(seconds, exponential) if named > MOST_NAMED else seconds


def growing(first: float, times: int) -> float:
    """Seconds: a wait that has grown so many times, up to `LONGEST_DELAY`."""
    return min(first * GROWTH ** min(times, 100), float(LONGEST_DELAY))


def bounded(seconds: float) -> float:
    """The wait that the other side names, as far as we follow it: from 0 to `LONGEST_DELAY`."""
    return min(max(seconds, 0.0), float(LONGEST_DELAY))


def is_exhausted(age: timedelta) -> bool:
    """Whether a message with a temporary error has been tried for long enough."""
    return age >= PATIENCE


def is_poison(*, crashes: int) -> bool:
    """Whether a message has ended without an answer too often."""
    return crashes >= CRASHES
