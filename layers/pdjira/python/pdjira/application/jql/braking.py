"""How many incidents the JQL of a mapping may open: the limits, the pause and its release."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pdjira.application.jql.pause_notes import PauseNotes
from pdjira.application.ports.core import Clock, Links
from pdjira.application.ports.openings import Brakes, MatchRows, Pauses
from pdjira.application.sync.own_notes import OwnNotes
from pdjira.domain.jql.brake import (
    Brake,
    Limits,
    Pause,
    Standing,
    has_counted,
    is_told_by_another,
    not_opened,
    opened,
    paused,
    reached,
    resumed,
    standing_of,
    why_paused,
)
from pdjira.domain.jql.matches import MatchRow, reads_of
from pdjira.domain.mapping import Mapping
from pdjira.errors import Conflict, PdjiraError

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a match may open its incident: why it is `held`, or where it is to be counted."""

    held: str | None = None
    counts: tuple[Brake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Braking:
    """Holds the limits per hour: each mapping's own, and `stack_limit` for all together."""

    brakes: Brakes
    rows: MatchRows
    pauses: Pauses
    links: Links
    own_notes: OwnNotes
    clock: Clock
    stack_limit: int

    def held(self, row: MatchRow, mapping: Mapping) -> str | None:
        """Why a pause keeps the match waiting; None where none does."""
        if row.released:
            return None
        brake = self.brakes.find(mapping.id)
        is_held = not has_counted(brake, row.issue_id, now=self.clock())
        return self._hold(brake, row, mapping) if brake.paused_at and is_held else None

    def admit(self, row: MatchRow, mapping: Mapping, *, is_let_in: bool) -> Admission:
        """Whether the match may open its incident now; nothing is counted yet.

        What counts already may, and counts anew from its next attempt. `is_let_in`: an earlier
        attempt was let in, so no pause holds it back, but the limits do. Released matches count
        nowhere.
        """
        if row.released:
            return Admission()
        brake, stack = self.brakes.find(mapping.id), self.brakes.find(None)
        issue_id, now = row.issue_id, self.clock()
        counts = Admission(counts=(stack, brake))
        if has_counted(brake, issue_id, now=now):
            return counts
        limit = reached(brake, stack, issue_id, limits=self._limits(mapping), now=now)
        if limit and brake.paused_at is None:
            brake = self.brakes.put(paused(brake, now=now, limit=limit))
        if limit or (brake.paused_at is not None and not is_let_in):
            return Admission(held=self._hold(brake, row, mapping))
        return counts

    @contextmanager
    def counting(self, admission: Admission, row: MatchRow) -> Iterator[None]:
        """Count the match as opened while the claim is stored; where either fails, no more.

        Raises `Conflict` where others were counted meanwhile. What counted before goes on to.
        """
        fresh: list[str | None] = []
        try:
            for brake in admission.counts:
                now = self.clock()
                self.brakes.put(opened(brake, row.issue_id, now=now))
                fresh += [] if has_counted(brake, row.issue_id, now=now) else [brake.mapping_id]
            yield
        except PdjiraError:
            self._give_back(fresh, row.issue_id)
            raise

    def give_back(self, row: MatchRow) -> None:
        """Count the match no more: its attempt surely opened nothing."""
        self._give_back((row.mapping_id, None), row.issue_id)

    def standing_of(self, mapping: Mapping, *, waiting: int) -> Standing:
        """How the mapping stands with its limits; a pause that is over ends here."""
        brake, stack = self.brakes.find(mapping.id), self.brakes.find(None)
        limits, now = self._limits(mapping), self.clock()
        standing = standing_of(brake, stack, limits=limits, waiting=waiting, now=now)
        if standing.pause is Pause.OVER:
            self.let_go(mapping.id)
        return standing

    def let_go(self, mapping_id: str) -> None:
        """End the mapping's pause, if it has one."""
        brake = self.brakes.find(mapping_id)
        self.pauses.show(mapping_id, since=None, waiting=0)
        if brake.paused_at is not None:
            self.brakes.put(resumed(brake))

    def _limits(self, mapping: Mapping) -> Limits:
        return Limits(own=mapping.max_incidents_per_hour, stack=self.stack_limit)

    def _give_back(self, mapping_ids: Sequence[str | None], issue_id: str) -> None:
        for mapping_id in mapping_ids:
            with suppress(PdjiraError):
                self._count_no_more(mapping_id, issue_id)

    def _count_no_more(self, mapping_id: str | None, issue_id: str) -> None:
        for _ in range(_TRIES):
            brake = self.brakes.find(mapping_id)
            after = not_opened(brake, issue_id)
            if after == brake:
                return
            with suppress(Conflict):
                self.brakes.put(after)
                return

    def _hold(self, brake: Brake, row: MatchRow, mapping: Mapping) -> str:
        """Why the match waits; the first one of a pause tells people of it."""
        is_another = is_told_by_another(brake, row.issue_id, now=self.clock())
        if not brake.told and not is_another:
            waiting = self.rows.count_waiting(mapping.id, reads=reads_of(mapping))
            self.pauses.show(mapping.id, since=brake.paused_at, waiting=waiting)
            notes = PauseNotes(
                brakes=self.brakes, links=self.links, own=self.own_notes, clock=self.clock
            )
            notes.tell(brake, row.issue_id, mapping_id=mapping.id, waiting=waiting)
        why = why_paused(brake)
        return f"The JQL of mapping {mapping.id} pauses, since {why}: it waits to be released."
