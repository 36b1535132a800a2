"""Tells the worker of the matches that wait to open an incident."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pdjira.application.jql.braking import Braking
from pdjira.application.ports.core import Clock
from pdjira.application.ports.openings import MatchRows
from pdjira.application.webhooks.intake import SignalSink
from pdjira.domain.jql.due_matches import held_by, to_tell_of
from pdjira.domain.jql.matches import MatchRow, MatchState, of_now
from pdjira.domain.mapping import Mapping
from pdjira.domain.signals import Signal, SignalKind

BUCKET_SECONDS = 300
"""A match that waits is signalled once in as long: the queue takes the same id once in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """So many signals were sent, and a pause holds back `held` matches."""

    signals: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Sends a signal for each match that has settled and that no pause holds back."""

    rows: MatchRows
    braking: Braking
    queue: SignalSink
    clock: Clock

    def among(self, mapping_ids: Sequence[str]) -> Collection[str]:
        """Those of the mappings that have rows that wait, or a pause: for all by two calls."""
        if not mapping_ids:
            return ()
        paused = self.braking.brakes.paused_among(mapping_ids)
        return {*self.rows.waiting_among(mapping_ids), *paused}

    def tell(self, mapping: Mapping, *, added: Sequence[MatchRow], is_known: bool) -> Told:
        """Tell of the rows that were just added, and of those stored, where some are known of.

        `is_known`: the mapping had rows that wait, or a pause, before this round. A pause that is
        over ends here; one of which people do not know yet is told by a row that it holds back.
        """
        fresh = [row for row in added if row.state is MatchState.WAITING]
        if not fresh and not is_known:
            return Told()
        stored = of_now(self.rows.waiting(mapping.id), mapping) if is_known else ()
        waiting = {row.issue_id: row for row in (*fresh, *stored)}.values()
        standing, now = self.braking.standing_of(mapping, waiting=len(waiting)), self.clock()
        told = to_tell_of(waiting, mapping, standing, now=now)
        for row in told:
            self.queue.send(matched(row, now=now))
        return Told(signals=len(told), held=len(held_by(waiting, standing)))


def matched(row: MatchRow, *, now: datetime) -> Signal:
    """The signal that a match waits, the same for some minutes."""
    bucket = int(now.timestamp()) // BUCKET_SECONDS
    released = " released" if row.released else ""
    return Signal(
        kind=SignalKind.ISSUE_MATCHED,
        id=f"{row.mapping_id} {row.issue_id} {bucket}{released}",
        issue_id=row.issue_id,
        mapping_id=row.mapping_id,
    )
