"""What JQL's functions of time stand for, and what an issue's history says about its fields."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.sandbox.jira.clock import distance, is_relative
from tests.sandbox.jira.issues import Issue

HISTORY_FIELDS = ("status", "priority", "assignee", "reporter", "resolution")
_UNITS = ("Day", "Week", "Month", "Year")
_MONTHS = {"Month": 1, "Year": 12}


def function_of_time(name: str, arguments: Sequence[str], now: datetime) -> datetime | None:
    """The moment that a function names, in the zone of `now`; None for what is none.

    The argument moves it by a distance (`-1d`) or by so many of its own units (`-1`). Weeks begin
    on Sunday.
    """
    for unit in _UNITS:
        for edge in ("start", "end"):
            if name.lower() == f"{edge}of{unit}".lower():
                return _edge(unit, edge, arguments[0] if arguments else "0", now)
    return now if name.lower() == "now" and not arguments else None


def _edge(unit: str, edge: str, moved: str, now: datetime) -> datetime:
    by_distance = is_relative(moved)
    steps = 0 if by_distance else int(moved.strip("\"' "))
    start = _start(unit, now, steps)
    if edge == "end":
        start = _start(unit, now, steps + 1) - timedelta(seconds=1)
    return start + distance(moved) if by_distance else start


def _start(unit: str, now: datetime, steps: int) -> datetime:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "Day":
        return day + timedelta(days=steps)
    if unit == "Week":
        return day - timedelta(days=(day.weekday() + 1) % 7) + timedelta(weeks=steps)
    months = day.year * 12 + (day.month - 1 if unit == "Month" else 0) + steps * _MONTHS[unit]
    return day.replace(year=months // 12, month=months % 12 + 1, day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A value that a field had, from one change to the next; None: none."""

    value: str | None
    before: str | None
    start: datetime
    end: datetime | None
    by: str
    is_change: bool


def history_of(issue: Issue, field: str, now_held: Collection[str]) -> list[Held]:
    """The values that a field of an issue had, oldest first."""
    changes = [
        (change, item)
        for change in sorted(issue.history, key=lambda one: one.created)
        for item in change.items
        if item["field"] == field
    ]
    first = changes[0][1]["from"] if changes else next(iter(now_held), None)
    edges = [change.created for change, _ in changes]
    held = [
        Held(
            value=first,
            before=None,
            start=issue.created,
            end=edges[0] if edges else None,
            by=issue.creator,
            is_change=False,
        )
    ]
    for (change, item), end in zip(changes, [*edges, None][1:], strict=True):
        held.append(
            Held(
                value=item["to"],
                before=item["from"],
                start=change.created,
                end=end,
                by=change.author,
                is_change=True,
            )
        )
    return held
