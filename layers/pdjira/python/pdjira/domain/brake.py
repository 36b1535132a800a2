"""The brake on opening incidents: so many in an hour, then a person decides."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)


class Pause(StrEnum):
    """How a mapping stands with its limits."""

    NONE = "none"
    HELD = "held"
    OVER = "over"  # it has just ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What a mapping has opened, by issue and time; `mapping_id` None: all mappings together.

    `paused_at`: nothing is opened until somebody releases what waits. `told`: people were told.
    """

    mapping_id: str | None
    openings: tuple[tuple[str, datetime], ...] = ()
    paused_at: datetime | None = None
    told: bool = False
    version: int = 0


def is_full(brake: Brake, issue_id: str, *, limit: int, now: datetime) -> bool:
    """Whether one more would be more than may be opened in the last hour."""
    counted = _counted(brake, now)
    return issue_id not in counted and len(counted) >= limit


def has_counted(brake: Brake, issue_id: str, *, now: datetime) -> bool:
    """Whether the issue was counted already: a retry is no second opening."""
    return issue_id in _counted(brake, now)


def opened(brake: Brake, issue_id: str, *, now: datetime) -> Brake:
    """The brake with one more opening; those of more than an hour ago are forgotten."""
    kept = _counted(brake, now) | {issue_id: now}
    return replace(brake, openings=tuple(kept.items()))


def paused(brake: Brake, *, now: datetime) -> Brake:
    """The brake, pulled."""
    return replace(brake, paused_at=now, told=False)


def resumed(brake: Brake) -> Brake:
    """The brake, let go."""
    return replace(brake, paused_at=None, told=False)


def may_resume(brake: Brake, *, waiting: int, limit: int, now: datetime) -> bool:
    """Whether a pause ends by itself: fewer than the limit still wait after an hour."""
    return brake.paused_at is not None and now - brake.paused_at >= HOUR and waiting < limit


def last_opened(brake: Brake) -> str | None:
    """The issue that opened the last incident before the pause."""
    return brake.openings[-1][0] if brake.openings else None


def _counted(brake: Brake, now: datetime) -> dict[str, datetime]:
    return {issue_id: at for issue_id, at in brake.openings if now - at < HOUR}
