"""Projects and services of no mapping into which what is linked was moved: followed, too."""

from collections import abc
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pdjira.domain.jql.cursors import Cursor

MOVED = Cursor(id="moved", until=datetime.min.replace(tzinfo=UTC), reads="")
"""What a sweep keeps for the poller; `reads` names the projects.

`told` are those of them that were found since the sweeps began with all links anew.
"""

ELSEWHERE = Cursor(id="services", until=datetime.min.replace(tzinfo=UTC), reads="")
"""What a sweep keeps for the next one; `reads` names the services, `told` as for `MOVED`."""

_LOOKED_BACK = timedelta(minutes=45)
"""A move is seen by one sweep, and its project by the next: a quarter of an hour later, or so."""

MOST_MOVED = 50
"""So many are followed beside those of mappings; a sweep sees what lies in the others."""


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
    were seen, what was found in none of them is named no more.
    """
    seen = {*found, *(() if begins else cursor.told)}
    before = set() if ends else named(cursor) - seen
    kept = sorted([*sorted(seen), *sorted(before)][:MOST_MOVED])
    told = frozenset() if ends else frozenset(seen)
    until = cursor.until if kept == sorted(named(cursor)) else at
    return replace(cursor, until=until, reads=" ".join(kept), told=told)
