"""Which of the matches that wait have their turn: of these the worker is told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from pdjira.domain.jql.brake import Pause, Standing
from pdjira.domain.jql.matches import MatchRow, is_due, is_told_again
from pdjira.domain.mapping import Mapping


def held_by(waiting: Iterable[MatchRow], standing: Standing) -> AbstractSet[str]:
    """The issues of the matches that a pause makes wait."""
    is_paused = standing.pause is Pause.HELD
    return {row.issue_id for row in waiting if is_paused and not row.released}


def to_tell_of(
    waiting: Collection[MatchRow], mapping: Mapping, standing: Standing, *, now: datetime
) -> Sequence[MatchRow]:
    """The matches that may open an incident, and one that tells people of a pause, if none has."""
    held, settle = held_by(waiting, standing), mapping.jql_settle_seconds
    ready = _in_turn(row for row in waiting if is_due(row, mapping, now=now))
    is_over = standing.pause is Pause.OVER
    due = [
        row
        for row in ready
        if row.issue_id not in held
        and (is_over or is_told_again(row, settle_seconds=settle, now=now))
    ]
    tellers = [row for row in ready if row.issue_id in held - standing.counted]
    return [*_let_in(due, standing), *tellers[: 1 if standing.is_untold else 0]]


def _in_turn(rows: Iterable[MatchRow]) -> list[MatchRow]:
    return sorted(rows, key=lambda row: (row.turn, row.issue_id))


def _let_in(due: Sequence[MatchRow], standing: Standing) -> Iterator[MatchRow]:
    """As many as may open, and one more, which pulls the brake; what counts needs no room."""
    left = standing.room + 1
    for row in due:
        is_new = not row.released and row.issue_id not in standing.counted
        if not is_new or left > 0:
            yield row
        left -= is_new
