"""Reads what the changelog of an issue tells."""

from collections import abc
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pdjira.adapters.jira.accounts import Account
from pdjira.adapters.jira.lists import rows
from pdjira.domain.issue import HistoryEntry, IssueHistory
from pdjira.domain.times import read_time

_LONGEST_ID = 20
_Object = abc.Mapping[str, object]


def history_of(said: _Object, account: Account) -> IssueHistory:
    """What the changelog of an issue tells, in whatever order Jira gives it."""
    changes = sorted(_changes(said), key=lambda change: (change.at, change.number))
    return IssueHistory(
        initial_status_id=_first(changes, "status", "from"),
        initial_priority_id=_first(changes, "priority", "from"),
        initial_summary=_first(changes, "summary", "fromString"),
        entries=tuple(
            HistoryEntry(
                id=change.id,
                status_id=_moved_to(change),
                by_us=account.is_named(change.author),
            )
            for change in changes
        ),
    )


class _Change(NamedTuple):
    """An entry; `number` is its id, which tells the order of those of one moment."""

    at: datetime
    number: int
    id: str
    author: object
    items: Sequence[_Object]


def _changes(said: _Object) -> Iterator[_Change]:
    changelog = said.get("changelog")
    for change in rows(changelog if isinstance(changelog, abc.Mapping) else {}, "histories"):
        at, author = read_time(change.get("created")), change.get("author")
        name = author.get("name") if isinstance(author, abc.Mapping) else None
        id_ = str(change.get("id"))
        number = int(id_) if id_.isdecimal() and len(id_) < _LONGEST_ID else 0
        if at:
            yield _Change(at, number, id_, name, rows(change, "items"))


def _moved_to(change: _Change) -> str | None:
    moves = (str(item.get("to")) for item in change.items if item.get("field") == "status")
    return next(moves, None)


def _first(changes: Sequence[_Change], field: str, key: str) -> str | None:
    """What the field held before its first change; None where it was never changed."""
    items = (item for change in changes for item in change.items if item.get("field") == field)
    first = next(items, None)
    return None if first is None else str(first.get(key) or "")
