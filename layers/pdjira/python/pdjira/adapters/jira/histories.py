"""Reads what the changelog of an issue tells."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pdjira.adapters.jira.accounts import Account
from pdjira.adapters.jira.lists import rows
from pdjira.domain.issue import IssueHistory, OwnMove
from pdjira.domain.times import read_time

_Object = Mapping[str, object]


def history_of(
    said: _Object, *, account: Account, clock_ahead: timedelta | None = None
) -> IssueHistory:
    """What the changelog of an issue tells, in whatever order Jira gives it.

    `clock_ahead` is how far Jira's clock is ahead of ours, where that is known.
    """
    ahead = clock_ahead or timedelta()
    changes = sorted(_changes(said), key=lambda change: change.at)
    moves = [change for change in changes if change.field == "status"]
    return IssueHistory(
        initial_status_id=_first(changes, "status", "from"),
        initial_priority_id=_first(changes, "priority", "from"),
        initial_summary=_first(changes, "summary", "fromString"),
        moved_by_us=not moves or account.is_named(moves[-1].author),
        moved_at=moves[-1].at - ahead if moves else None,
        own_moves=tuple(
            OwnMove(status_id=str(move.item.get("to")), at=move.at - ahead)
            for move in moves
            if account.is_named(move.author)
        ),
    )


class _Change(NamedTuple):
    at: datetime
    author: object
    field: object
    item: _Object


def _changes(said: _Object) -> Iterator[_Change]:
    changelog = said.get("changelog")
    for change in rows(changelog if isinstance(changelog, Mapping) else {}, "histories"):
        at, author = read_time(change.get("created")), change.get("author")
        name = author.get("name") if isinstance(author, Mapping) else None
        for item in rows(change, "items"):
            if at:
                yield _Change(at, name, item.get("field"), item)


def _first(changes: Sequence[_Change], field: str, key: str) -> str | None:
    """What the field held before its first change; None where it was never changed."""
    first = next((change for change in changes if change.field == field), None)
    return None if first is None else str(first.item.get(key) or "")
