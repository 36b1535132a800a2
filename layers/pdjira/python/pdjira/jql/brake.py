"""The brake on opening incidents: so many in an hour, then a person decides."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pdjira.model.times import BELIEVED_AFTER

HOUR = timedelta(hours=1)

_TELLING_TIME = BELIEVED_AFTER + timedelta(minutes=3)
"""How long one match may take to tell people of a pause, before another does."""

_AWAITED = timedelta(days=1)


class Pause(StrEnum):
    """How a mapping stands with its limits."""

    NONE = "none"
    HELD = "held"
    OVER = "over"  # it has just ended


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNoteAttempt:
    """The match of which issue tells people of a pause, on which incident, and since when.

    `text` is the digest of the note; None: an earlier version began it.
    """

    issue_id: str
    incident_id: str
    at: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What a mapping has opened, by issue and time; `mapping_id` None: all mappings together.

    `paused_at`: nothing is opened until somebody releases what waits; `limit` names the limit that
    was reached. `is_announced`: people know; before that, `telling` is the attempt to tell them,
    unless it is known to have failed.
    """

    mapping_id: str | None
    openings: tuple[tuple[str, datetime], ...] = ()
    paused_at: datetime | None = None
    limit: str = ""
    is_announced: bool = False
    telling: PauseNoteAttempt | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many incidents an hour may bring: by a mapping's `own` JQL, and by the whole `stack`."""

    own: int
    stack: int


def counted(brake: Brake, *, now: datetime) -> frozenset[str]:
    """The issues that count at present."""
    return frozenset(_counted(brake, now))


def is_unannounced(brake: Brake, *, now: datetime) -> bool:
    """Whether people do not know of a pause though the match that tells them has had its time."""
    since = brake.telling.at if brake.telling else brake.paused_at
    return since is not None and not brake.is_announced and now - since >= _TELLING_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a mapping stands with its limits: what is `counted`, and how many more may open.

    `is_unannounced`: no match is telling people of its pause.
    """

    pause: Pause
    counted: AbstractSet[str] = frozenset()
    room: int = 0
    is_unannounced: bool = False


def is_full(brake: Brake, issue_id: str, *, limit: int, now: datetime) -> bool:
    """Whether one more would be more than may be opened in the last hour."""
    counted = _counted(brake, now)
    return issue_id not in counted and len(counted) >= limit


def reached(
    brake: Brake, stack: Brake, issue_id: str, *, limits: Limits, now: datetime
) -> str | None:
    """Which limit one more incident would exceed, by its name and number; None where none."""
    if is_full(brake, issue_id, limit=limits.own, now=now):
        return f"max_incidents_per_hour, {limits.own}"
    if is_full(stack, issue_id, limit=limits.stack, now=now):
        return f"MaxIncidentsPerHour of the stack, {limits.stack}"
    return None


def standing_of(
    brake: Brake, stack: Brake, *, limits: Limits, waiting: int, now: datetime
) -> Standing:
    """How the mapping of a brake stands while so many of its matches wait."""
    ours, left = counted(brake, now=now), limits.stack - len(_counted(stack, now))
    pause = Pause.NONE if brake.paused_at is None else Pause.HELD
    if may_resume(brake, waiting=waiting, limit=limits.own, now=now):
        pause = Pause.OVER
    return Standing(
        pause=pause,
        counted=ours,
        room=max(min(limits.own - len(ours), left), 0),
        is_unannounced=pause is Pause.HELD and is_unannounced(brake, now=now),
    )


def has_counted(brake: Brake, issue_id: str, *, now: datetime) -> bool:
    """Whether the issue was counted already: a retry is no second opening."""
    return issue_id in _counted(brake, now)


def opened(brake: Brake, issue_id: str, *, now: datetime) -> Brake:
    """The brake with an opening that counts from now; those of an hour ago are forgotten."""
    kept = _counted(not_opened(brake, issue_id), now)
    return replace(brake, openings=(*kept.items(), (issue_id, now)))


def not_opened(brake: Brake, issue_id: str) -> Brake:
    """The brake without an opening that surely opened nothing."""
    kept = tuple(one for one in brake.openings if one[0] != issue_id)
    return replace(brake, openings=kept)


def paused(brake: Brake, *, now: datetime, limit: str) -> Brake:
    """The brake, pulled because of a limit: its name and number."""
    return replace(resumed(brake), paused_at=now, limit=limit)


def resumed(brake: Brake) -> Brake:
    """The brake, released."""
    return replace(brake, paused_at=None, limit="", is_announced=False, telling=None)


def announced(brake: Brake) -> Brake:
    """The brake of whose pause people know, or cannot be told."""
    return replace(brake, is_announced=True, telling=None)


def is_announced_by_another(brake: Brake, issue_id: str, *, now: datetime) -> bool:
    """Whether another match is already announcing the pause."""
    telling = brake.telling
    if telling is None or telling.issue_id == issue_id:
        return False
    return now - telling.at < _TELLING_TIME


def why_paused(brake: Brake) -> str:
    """Why nothing more is opened; brakes of earlier versions do not name the limit."""
    limit = f" ({brake.limit})" if brake.limit else ""
    return f"as many incidents were opened as may be in an hour{limit}"


def may_resume(brake: Brake, *, waiting: int, limit: int, now: datetime) -> bool:
    """Whether a pause ends by itself: fewer than the limit still wait after an hour."""
    return brake.paused_at is not None and now - brake.paused_at >= HOUR and waiting < limit


def awaits_incident(brake: Brake, *, now: datetime) -> bool:
    """Whether what was counted before a pause may yet turn out to have opened an incident."""
    since = brake.paused_at
    return since is not None and bool(brake.openings) and now - since < _AWAITED


def latest(brake: Brake, *, now: datetime) -> list[str]:
    """The issues that were counted in the hour before, the latest first."""
    return [*reversed(_counted(brake, now))]


def _counted(brake: Brake, now: datetime) -> dict[str, datetime]:
    return {issue_id: at for issue_id, at in brake.openings if now - at < HOUR}
