"""How far Jira, and other things, were read: where the next round goes on."""

from collections import abc
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pdjira.model.mapping import Mapping

_MAPPING = "mapping "


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far the changes of Jira were read: up to `until`, for what `reads` names.

    `passed_on` are the changes that were signalled, and that the next search will find again.
    `is_cut`: more had changed than one search shows. `problem` is why nothing can be read until a
    person corrects it, and `cure` how. One that is not `is_readable` stands for an item that is not
    as we write it: nothing is known but its id.
    """

    id: str
    until: datetime
    reads: str
    passed_on: frozenset[str] = frozenset()
    is_cut: bool = False
    problem: str | None = None
    cure: str | None = None
    is_readable: bool = True
    version: int = 0


def cursor_of(mapping: Mapping) -> str:
    """The id of the cursor that tells how far a mapping's matches were read."""
    return f"{_MAPPING}{mapping.id}"


def followed_by(cursor: Cursor) -> str | None:
    """The id of the mapping whose matches the cursor reads; None for another cursor."""
    return cursor.id.removeprefix(_MAPPING) if is_of_mapping(cursor.id) else None


def is_of_mapping(cursor_id: str) -> bool:
    """Whether a mapping's matches are read by the cursor."""
    return cursor_id.startswith(_MAPPING)


def cursor_of_project(project_id: str) -> str:
    """The id of the cursor that tells how far a project's changes were read."""
    return f"project {project_id}"


MOST_PASSED_ON = 100
"""How many changes a cursor remembers; others are passed on again, which does no harm."""

_MINUTE = timedelta(minutes=1)

OVERLAP = timedelta(minutes=5)
"""How far searches overlap: clocks differ, and Jira's index lags."""

_INEXACT = timedelta(seconds=10)
"""How far Jira's clock may be from what its last answer told."""


def is_worth_moving(before: Cursor | None, after: Cursor, *, found: int) -> bool:
    """Whether to store the cursor: where nothing was found, a young one may stay where it is.

    The next search then reaches back a little further, over what is known to be empty.
    """
    if before is None or found or replace(before, until=after.until) != after:
        return True
    return after.until - before.until >= OVERLAP


def window_minutes(cursor: Cursor, *, now: datetime) -> int:
    """The minutes back from now that are to be read, whole ones, with the overlap.

    After a search that was cut there is hardly any overlap: it would be full of what was read
    before.
    """
    overlap = _INEXACT if cursor.is_cut else OVERLAP
    missed = max(now - cursor.until, timedelta(0)) + overlap
    return int(missed.total_seconds() // 60) + 1


def cut_at(before: Cursor | None, last: datetime) -> datetime:
    """How far a search counts as read that was cut after a change at the time `last`.

    Where more changed within a minute than it shows, reading goes on after that minute: the next
    sweep finds what it passes over.
    """
    is_stuck = before is not None and before.is_cut and last <= before.until
    return last if before is None or not is_stuck else before.until + _MINUTE


MOVED = Cursor(id="moved", until=datetime.min.replace(tzinfo=UTC), reads="")
"""What a sweep keeps for the poller; `reads` names the projects.

`passed_on` are those of them that were found since the sweeps began with all links anew.
"""

HOURLY = Cursor(id="hourly", until=datetime.min.replace(tzinfo=UTC), reads="hourly")
"""Tells when what was refused was tried again."""

ELSEWHERE = Cursor(id="services", until=datetime.min.replace(tzinfo=UTC), reads="")
"""What a sweep keeps for the next one; `reads` names the services, `passed_on` as for `MOVED`."""

_LOOKED_BACK = timedelta(minutes=45)
"""A move is seen by one sweep, and its project by the next: a quarter of an hour later, or so."""

MOST_MOVED = 50
"""How many are followed beside those of mappings; a sweep sees what is in the others."""


def named(cursor: Cursor) -> frozenset[str]:
    """The ids that it names."""
    return frozenset(cursor.reads.split())


def moved_to(cursors: abc.Mapping[str, Cursor]) -> frozenset[str]:
    """The ids of the projects that the last sweep has found."""
    return named(cursors.get(MOVED.id, MOVED))


def first_look(cursors: abc.Mapping[str, Cursor], cursor_id: str, project_id: str) -> Cursor:
    """Where the reading of a project begins: before the sweep that found it."""
    since = cursors[MOVED.id].until - _LOOKED_BACK
    return Cursor(id=cursor_id, until=since, reads=project_id)


def with_moved(
    cursor: Cursor, found: Collection[str], *, at: datetime, begins: bool, ends: bool
) -> Cursor:
    """The cursor once a sweep has found these; the same where they are known.

    `begins` and `ends` tell whether the sweep saw the first and the last of all links: once all
    were seen, what none of them has is no longer named.
    """
    seen = {*found, *(() if begins else cursor.passed_on)}
    before = set() if ends else named(cursor) - seen
    kept = sorted([*sorted(seen), *sorted(before)][:MOST_MOVED])
    passed_on = frozenset() if ends else frozenset(seen)
    until = cursor.until if kept == sorted(named(cursor)) else at
    return replace(cursor, until=until, reads=" ".join(kept), passed_on=passed_on)
