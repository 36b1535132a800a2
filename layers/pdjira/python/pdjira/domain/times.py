"""Reads times as PagerDuty, Jira and people write them, and says which clocks are believed."""

from datetime import UTC, datetime, timedelta

MOST_APART = timedelta(days=1)
"""The clock of another server may be so far from ours; beyond that, it tells no time."""


def read_time(value: object) -> datetime | None:
    """The time of a text in ISO 8601, in UTC; without a zone it is taken for UTC.

    None for anything else, and for what lies beyond the years that a datetime can hold.
    """
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_second(value: object) -> datetime | None:
    """The same in whole seconds: a search of Jira does not tell more."""
    at = read_time(value)
    return at.replace(microsecond=0) if at else None


def believed(ahead: timedelta | None) -> timedelta | None:
    """How far another clock is ahead of ours, None where it is further off than a clock can be."""
    return ahead if ahead is not None and abs(ahead) <= MOST_APART else None
