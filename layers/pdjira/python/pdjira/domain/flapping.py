"""Two automations that undo each other: status writes that go to and fro until somebody stops them.

The steps of one way through Jira's workflow count as one write, and so do several ways without a
write to PagerDuty in between: Jira is the cause of none. Every write to PagerDuty counts, since
Jira is the cause of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import Side

SHORT_WINDOW, LONG_WINDOW = timedelta(minutes=10), timedelta(hours=24)
MOST_WRITES = {SHORT_WINDOW: 3, LONG_WINDOW: 8}
"""So many writes to one side are carried within a time: the first stops a storm soon, the second an
automation that takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWrite:
    """A status that we wrote."""

    side: Side
    at: datetime


def with_write(
    writes: Sequence[StatusWrite], *, side: Side, at: datetime
) -> tuple[StatusWrite, ...]:
    """The writes of the last 24 hours with one more; the steps of one way count as one."""
    at = at.replace(microsecond=0)
    recent = [write for write in writes if at - write.at < LONG_WINDOW]
    is_one_way = bool(recent) and recent[-1].side is side is Side.JIRA
    if is_one_way:
        recent.pop()
    return (*recent, StatusWrite(side=side, at=at))[-2 * (MOST_WRITES[LONG_WINDOW] + 1) :]


def goes_to_and_fro(writes: Sequence[StatusWrite], *, side: Side, at: datetime) -> bool:
    """Whether one more write to that side would be the fourth or the ninth: see `MOST_WRITES`."""
    ages = [at - write.at for write in with_write(writes, side=side, at=at) if write.side is side]
    return any(sum(age < window for age in ages) > most for window, most in MOST_WRITES.items())
