"""Two automations that undo each other: status writes that go to and fro until somebody stops them.

The steps of one way through Jira's workflow count as one write; every write to PagerDuty counts,
since Jira is the cause of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import Side

WINDOW = timedelta(minutes=10)
MOST_WRITES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWrite:
    """A status that we wrote."""

    side: Side
    at: datetime


def with_write(
    writes: Sequence[StatusWrite], *, side: Side, at: datetime
) -> tuple[StatusWrite, ...]:
    """The writes of the last ten minutes with one more; the steps of one way count as one."""
    at = at.replace(microsecond=0)
    recent = [write for write in writes if at - write.at < WINDOW]
    is_one_way = bool(recent) and recent[-1].side is side is Side.JIRA
    if is_one_way:
        recent.pop()
    return (*recent, StatusWrite(side=side, at=at))[-2 * (MOST_WRITES + 1) :]


def goes_to_and_fro(writes: Sequence[StatusWrite], *, side: Side, at: datetime) -> bool:
    """Whether one more write to that side would be more than three within ten minutes."""
    return sum(write.side is side for write in with_write(writes, side=side, at=at)) > MOST_WRITES
