"""Times as Jira writes and reads them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

Clock = Callable[[], datetime]

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"[+-]?\s*\d+\s*[mhdw](\s+\d+\s*[mhdw])*", re.IGNORECASE)
_PARTS = re.compile(r"(\d+)\s*([mhdw])", re.IGNORECASE)
_LITERALS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def written(at: datetime) -> str:
    """A time as Jira's answers have it: milliseconds, and an offset without a colon."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"


def whole_seconds(at: datetime) -> datetime:
    """The time as the search index knows it."""
    return at.replace(microsecond=0)


def is_relative(text: str) -> bool:
    """Whether a JQL value is a distance in time, such as `-15m` or `-2w 3d`."""
    return _RELATIVE.fullmatch(text.strip()) is not None


def distance(text: str) -> timedelta:
    """The distance that a relative JQL value names."""
    seconds = sum(int(count) * _UNITS[unit.lower()] for count, unit in _PARTS.findall(text))
    return timedelta(seconds=-seconds if text.strip().startswith("-") else seconds)


def literal(text: str, zone: tzinfo) -> datetime | None:
    """An absolute JQL value, read in a zone; None where it is none."""
    for form in _LITERALS:
        try:
            naive = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the zone comes next
        except ValueError:
            continue
        return naive.replace(tzinfo=zone)
    return None
