"""When a message that failed is tried again, and when it is given up.

The queue's own limit (`maxReceiveCount` in `template.yaml`) is a net below.
"""

from datetime import timedelta

from pdjira.model.times import LONGEST_DELAY, MESSAGE_PATIENCE, bounded, growing

FIRST_DELAY = 2
"""Seconds: the longest wait before the second try."""

MOST_NAMED = 20
"""How often a side may name how long a message waits: a second each time would use up what the
queue delivers (`maxReceiveCount` in `template.yaml`) within an hour."""

HELD = timedelta(seconds=150)
"""How long a worker holds a message at a time, and how soon what it held comes again when it is
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


def is_exhausted(age: timedelta) -> bool:
    """Whether a message that ended in an error of ours has been tried for long enough."""
    return age >= MESSAGE_PATIENCE


def is_poison(*, crashes: int) -> bool:
    """Whether a message has ended without an answer too often."""
    return crashes >= CRASHES
