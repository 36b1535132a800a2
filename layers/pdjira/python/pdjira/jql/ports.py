"""What opening incidents needs of the world; as in `model/ports.py`, each promise stands once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from pdjira.jql.matches import (
    Cursor,
    KnownCursors,
    MatchPage,
    MatchRefusal,
    MatchRow,
    MatchState,
    Memo,
)
from pdjira.jql.opening_rules import Brake, IncidentDraft, Opening, PagingIssue
from pdjira.model.incident import Incident


class PagingIssues(Protocol):
    """Issues of Jira that may page."""

    def read(self, issue_id: str) -> PagingIssue:
        """The issue as it is now. Raises `NotFound`."""

    def mark(self, issue_id: str, *, incident_id: str, mapping_id: str) -> None:
        """Put onto the issue which incident it opened. Idempotent. Raises `Refused`, `NotFound`."""


class Pager(Protocol):
    """Opens incidents in PagerDuty."""

    def open_incident(self, draft: IncidentDraft) -> Incident | None:
        """Open the incident; None where an open one has that key already: nothing was opened.

        Not idempotent once that incident is resolved. Raises `Refused`, `NotFound`, `Misconfigured`
        and `Ambiguous`.
        """

    def find_by_key(self, incident_key: str, *, since: datetime | None = None) -> Incident | None:
        """The oldest incident with that key, whatever service it is in by now; an open one first.

        With `since`, only one that was created at that time or later.
        One that is opened at this moment may be missing.
        """

    def is_by_user(self, incident: Incident) -> bool:
        """Whether a user opened it, on the page or by REST, as its log says; else it was an alert.

        False where the log does not tell.
        """


class Openings(Protocol):
    """Claims on issues that are to open an incident; each is where its way back will be."""

    def find(self, issue_id: str) -> Opening | None:
        """The claim; None where there is none, and where the issue is linked by now.

        Raises `UnreadableItem`.
        """

    def put(self, opening: Opening) -> Opening:
        """Store on the condition of its version. Raises `Conflict`, also for a linked issue."""


class MatchRows(Protocol):
    """The issues that match a mapping's JQL. Every method may be repeated.

    A row that cannot be read is left out.
    """

    def add(self, row: MatchRow) -> bool:
        """Store the row unless the mapping has one of that issue; answers whether it did.

        One that was not seen later gives way: where it has opened, to an issue of its id that was
        created at another time; else where it reads something else.
        """

    def add_new(self, rows: Sequence[MatchRow]) -> Sequence[MatchRow]:
        """`add` all these rows of one mapping, many at little cost; answers those it has stored."""

    def find(self, mapping_id: str, issue_id: str) -> MatchRow | None:
        """The row as it is now."""

    def put(self, row: MatchRow, *, after: MatchState) -> None:
        """Store in place of a row in the state `after` that reads the same, and of no other."""

    def refuse(self, row: MatchRow, refusal: MatchRefusal) -> None:
        """Keep why the row still waits; one that has changed, or no longer waits, stays."""

    def miss(self, row: MatchRow, *, since: datetime | None) -> None:
        """Keep since when no sweep has found it, None once one has; nothing else of it changes.

        A row that is another by now stays.
        """

    def forget(self, row: MatchRow) -> None:
        """Let the issue match again as if it never had; a row that has changed meanwhile stays.

        That is one in another state, or one that reads something else.
        """

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        """The mapping's rows, whatever became of their issues."""

    def waiting(self, mapping_id: str) -> Sequence[MatchRow]:
        """The rows that wait, by issue id; those added in the last seconds may be missing."""

    def count_waiting(self, mapping_id: str, *, reads: str) -> int:
        """How many rows that read this wait."""

    def waiting_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """Those of the mappings that have rows that wait; again without the last seconds."""


class Brakes(Protocol):
    """The brakes of all mappings, and the one of the stack (None)."""

    def find(self, mapping_id: str | None) -> Brake:
        """As stored now; a fresh one where none is.

        Raises `UnreadableItem` for a mapping's. The stack's begins anew where it cannot be read, so
        that no mapping waits for it.
        """

    def put(self, brake: Brake) -> Brake:
        """Store on the condition of its version. Raises `Conflict`."""

    def paused_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """Those of the mappings that are paused; again without the last seconds."""


class Cursors(Protocol):
    """How far the changes of both sides were read, and the memos of sweeps beside it."""

    def find(self, cursor_id: str) -> Cursor | None:
        """As stored now. Raises `UnreadableItem`."""

    def known(self) -> KnownCursors:
        """Those of all searches of Jira, as stored now."""

    def put(self, cursor: Cursor) -> None:
        """Store on the condition of its version. Raises `Conflict`."""

    def forget(self, cursor: Cursor) -> None:
        """Forget what was read; a cursor that has moved meanwhile stays. May be repeated."""

    def drop(self, item_id: str) -> None:
        """Forget a cursor or a memo, whatever is stored. May be repeated."""

    def memo(self, memo_id: str) -> Memo | None:
        """As stored now. Raises `UnreadableItem`."""

    def remember(self, memo: Memo) -> None:
        """Store on the condition of its version. Raises `Conflict`."""


class Pauses(Protocol):
    """What people see of a pause on the mapping's item."""

    def show(self, mapping_id: str, *, since: datetime | None, waiting: int) -> None:
        """Write `jql_paused`, or take it off (`since` None). A mapping that is gone stays gone."""

    def recount(self, mapping_id: str, *, since: datetime, waiting: int) -> None:
        """Say how many wait by now, where that pause is shown with another number."""


class Searches(Protocol):
    """Searches of that Jira. Its index may lag: what was just written may be missing.

    Every method may raise `Temporary`, and `Refused` where Jira does not take the JQL, with its own
    words in `messages`. An answer to an anonymous user is `Unauthenticated`, even an empty one.
    """

    def count(self, jql: str) -> int:
        """How many issues match, without reading any."""

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        """The matches from `start` on, as many as Jira gives at once, in the order of the JQL.

        Issues move between pages meanwhile: what was read twice is one match, and the order must
        move what is changed to the end.
        """

    def ids(self, jql: str) -> frozenset[str]:
        """The ids of the issues that match, or of the first hundred of them.

        A JQL that names an issue or a value that is gone is not refused here: nothing matches it.
        """


BATCH = 100
"""Links that are compared at once, by one search."""
