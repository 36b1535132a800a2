"""Reads times as PagerDuty, Jira and people write them, and says which clocks are believed."""

from datetime import UTC, datetime, timedelta

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
