"""Two automations that undo each other: status writes that go to and fro until somebody stops them.

A write to one side counts where, since the last one to that side, another went to the other side.
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
    """The writes of the last ten minutes with one more; several in a row count as one."""
    at = at.replace(microsecond=0)
    recent = [write for write in writes if at - write.at < WINDOW]
    if recent and recent[-1].side is side:
        recent.pop()
    return (*recent, StatusWrite(side=side, at=at))[-2 * (MOST_WRITES + 1) :]


def goes_to_and_fro(writes: Sequence[StatusWrite], *, side: Side, at: datetime) -> bool:
    """Whether one more write to that side would be more than three within ten minutes."""
    return sum(write.side is side for write in with_write(writes, side=side, at=at)) > MOST_WRITES
