"""Matches of a JQL: what a search finds, how far it was read, what is due, and what has left."""

from collections import abc
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pdjira.jql.opening_rules import Pause, Standing
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Mapping
from pdjira.text.plain_text import text_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An issue that matches; `updated` is in UTC and, as the index has it, in whole seconds.

    `created` is None where Jira's answer does not tell it.
    """

    issue: IssueRef
    updated: datetime
    created: datetime | None = None

    @property
    def seen(self) -> str:
        """This change of the issue, as one word of its own."""
        return f"{self.issue.id}@{self.updated.isoformat()}"


FINAL_AFTER = timedelta(seconds=5)


def is_final(match: Match, *, now: datetime) -> bool:
    """Whether no other change can have the same time: the index knows whole seconds.

    A younger one is passed on again by the next search. For a Jira whose clock is far behind ours,
    this is left to the sweep.
    """
    return now - match.updated >= FINAL_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPage:
    """A page of matches, and how many there are on all pages.

    `next_start` is where the next page starts; None after the last one, and where Jira lets
    nobody read on (`SEARCH_WINDOW`): then `total` is more than was read. `clock_ahead` is how far
    Jira's clock was ahead of ours, where its answer tells.
    """

    matches: tuple[Match, ...]
    total: int
    next_start: int | None
    clock_ahead: timedelta | None = None

    @property
    def last(self) -> datetime | None:
        """When the last issue was changed, by our clock, or so much earlier as it may be ahead."""
        if not self.matches:
            return None
        ahead = OVERLAP if self.clock_ahead is None else self.clock_ahead
        return self.matches[-1].updated - ahead


class MatchState(StrEnum):
    """What becomes of an issue that matches a mapping's JQL."""

    WAITING = "waiting"
    OPENED = "opened"
    BASELINE = "baseline"  # it matched before, or is ours: it never pages


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRefusal:
    """Why an attempt at that time opened nothing, until a person corrects it, and how."""

    at: datetime
    says: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """An issue that matches a mapping's JQL, so that overlapping searches count it once.

    `reads` is what the mapping read when it was seen (`reads_of`). `released`: a person lets it
    through, whatever the limits say. `missed_at`: since then no sweep has found it. `refusal`: why
    the last attempt has opened nothing. `issue_created_at` is None where Jira did not tell it, and
    on rows of earlier versions.
    """

    mapping_id: str
    issue_id: str
    state: MatchState
    seen_at: datetime
    reads: str
    released: bool = False
    missed_at: datetime | None = None
    refusal: MatchRefusal | None = None
    issue_created_at: datetime | None = None

    def has_opened_for_another(self, created_at: datetime | None) -> bool:
        """Whether another issue of this id opened an incident than the one created at that time.

        A Jira that was restored from a backup gives ids out again. Only what has opened is judged
        anew: its link and mark tell, where Jira merely shows another time of the same issue.
        """
        known = self.issue_created_at
        is_another = known is not None and created_at is not None and known != created_at
        return is_another and self.state is MatchState.OPENED

    @property
    def turn(self) -> datetime:
        """Since when it has waited in line: what was refused goes to the end."""
        return self.refusal.at if self.refusal else self.seen_at


def reads_of(mapping: Mapping) -> str:
    """What the mapping reads by its JQL; when that changes, it begins anew."""
    applies_to = mapping.jql_applies_to.value
    return text_digest(f"{mapping.enabled_since} {applies_to} {mapping.jql or ''}")


def of_now(rows: Iterable[MatchRow], mapping: Mapping) -> list[MatchRow]:
    """The rows of what the mapping reads now, in their order."""
    reads = reads_of(mapping)
    return [row for row in rows if row.reads == reads]


_YOUNG = timedelta(minutes=15)

_TELLING = timedelta(minutes=5)

OLD = timedelta(minutes=10)
"""A match older than this is checked once more before it pages."""


def is_due(row: MatchRow, mapping: Mapping, *, now: datetime) -> bool:
    """Whether the match waits under this JQL, and has for as long as it has to settle."""
    is_waiting = row.state is MatchState.WAITING and row.reads == reads_of(mapping)
    return is_waiting and now - row.seen_at >= timedelta(seconds=mapping.jql_settle_seconds)


def is_told_again(row: MatchRow, *, settle_seconds: int, now: datetime) -> bool:
    """Whether to signal a match that is due once more, in case an earlier signal was lost.

    Often while it is young, then for some minutes of each hour: while PagerDuty is down, the queue
    holds the earlier ones.
    """
    age = now - row.seen_at - timedelta(seconds=settle_seconds)
    return age < _YOUNG or age % timedelta(hours=1) < _TELLING


def wants_another_look(row: MatchRow, *, now: datetime) -> bool:
    """Whether the issue may have left the JQL since it was seen."""
    return row.released or now - row.seen_at >= OLD


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
    return [*_let_in(due, standing), *tellers[: 1 if standing.is_unannounced else 0]]


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


LAG = timedelta(minutes=10)
"""How long Jira's index may not show what a search showed before."""

MANY = 10
"""If so many left at once, and they are more than half of all, that is not believed at first."""

_UNSEEN = timedelta(days=1)
"""An issue that the index does not show at all for so long is deleted or hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a sweep finds of the `known` rows of a mapping.

    `gone` are the ids that the JQL no longer finds; those of them that the index shows at all are
    `shown`.
    """

    known: Sequence[MatchRow]
    gone: Sequence[str]
    shown: Collection[str]
    now: datetime

    @property
    def is_mass(self) -> bool:
        """Whether so many have left at once that the index is to be doubted."""
        return len(self.gone) >= MANY and 2 * len(self.gone) > len(self.known)

    @property
    def forgotten(self) -> Sequence[MatchRow]:
        """The rows whose issues have left."""
        return [row for row in self._missing() if self._has_left(row)]

    @property
    def doubted(self) -> Sequence[MatchRow]:
        """The rows that are missing for the first time and may be back in the next sweep."""
        return [row for row in self._missing() if not row.missed_at and not self._has_left(row)]

    @property
    def back(self) -> Sequence[MatchRow]:
        """The rows that were missing, and no longer are."""
        gone = set(self.gone)
        return [row for row in self.known if row.missed_at and row.issue_id not in gone]

    def _missing(self) -> Sequence[MatchRow]:
        gone = set(self.gone)
        return [row for row in self.known if row.issue_id in gone]

    def _has_left(self, row: MatchRow) -> bool:
        since = row.missed_at or self.now
        if row.issue_id not in self.shown:
            return self.now - since >= _UNSEEN
        return not self.is_mass or self.now - since >= LAG


_MAPPING, _PROJECT = "mapping ", "project "


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
    return f"{_PROJECT}{project_id}"


def is_of_search(cursor_id: str) -> bool:
    """Whether the poller reads by it: the matches of a mapping, or what changes in a project."""
    return cursor_id.startswith((_MAPPING, _PROJECT))


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


_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """What a sweep keeps for the next one, or for the poller: since when, and what.

    `says` is an id, or several with blanks between them; `fresh` are those of them that were found
    since the sweeps began with all links anew.
    """

    id: str
    at: datetime = _NEVER
    says: str = ""
    fresh: frozenset[str] = frozenset()
    version: int = 0


MOVED = Memo(id="moved")
"""Which projects without a mapping have linked issues."""

HOURLY = Memo(id="hourly")
"""Tells when what was refused was tried again."""

ELSEWHERE = Memo(id="services")
"""Which services without a mapping have linked incidents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCursors:
    """How far each search was read, by the id of its cursor; and which projects are read besides.

    Those that cannot be read are among them, and say so.
    """

    by_id: abc.Mapping[str, Cursor]
    moved: Memo = MOVED


_LOOKED_BACK = timedelta(minutes=45)
"""A move is seen by one sweep, and its project by the next: a quarter of an hour later, or so."""

MOST_MOVED = 50
"""How many are followed beside those of mappings; a sweep sees what is in the others."""


def named(memo: Memo) -> frozenset[str]:
    """The ids that it names."""
    return frozenset(memo.says.split())


def first_look(moved: Memo, cursor_id: str, project_id: str) -> Cursor:
    """Where the reading of a project begins: before the sweep that found it."""
    return Cursor(id=cursor_id, until=moved.at - _LOOKED_BACK, reads=project_id)


def with_moved(
    memo: Memo, found: Collection[str], *, at: datetime, begins: bool, ends: bool
) -> Memo:
    """The memo once a sweep has found these; the same where they are known.

    `begins` and `ends` tell whether the sweep saw the first and the last of all links: once all
    were seen, what none of them has is no longer named.
    """
    seen = {*found, *(() if begins else memo.fresh)}
    before = set() if ends else named(memo) - seen
    kept = sorted([*sorted(seen), *sorted(before)][:MOST_MOVED])
    fresh = frozenset() if ends else frozenset(seen)
    since = memo.at if kept == sorted(named(memo)) else at
    return replace(memo, at=since, says=" ".join(kept), fresh=fresh)
