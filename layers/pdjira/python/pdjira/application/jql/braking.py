"""How many incidents the JQL of a mapping may open: the limits, the pause and its release."""

from contextlib import suppress
from dataclasses import dataclass

from pdjira.application.jql.pause_notes import PauseNotes
from pdjira.application.ports.core import Clock, Links, PagerDuty
from pdjira.application.ports.openings import Brakes, MatchRows, Pauses
from pdjira.domain.jql.brake import (
    Brake,
    Pause,
    Standing,
    counted,
    has_counted,
    is_full,
    may_resume,
    not_opened,
    opened,
    paused,
    resumed,
)
from pdjira.domain.jql.matches import MatchRow, reads_of
from pdjira.domain.mapping import Mapping
from pdjira.errors import Conflict

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
    pagerduty: PagerDuty
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
        is_full_here = is_full(brake, issue_id, limit=mapping.max_incidents_per_hour, now=now)
        if is_full_here or is_full(stack, issue_id, limit=self.stack_limit, now=now):
            if brake.paused_at is None:
                brake = self.brakes.put(paused(brake, now=now))
            return Admission(held=self._hold(brake, row, mapping))
        if brake.paused_at is not None and not is_let_in:
            return Admission(held=self._hold(brake, row, mapping))
        return counts

    def count(self, admission: Admission, row: MatchRow) -> None:
        """Count the match as opened. Raises `Conflict` where others were counted meanwhile."""
        for brake in admission.counts:
            self.brakes.put(opened(brake, row.issue_id, now=self.clock()))

    def give_back(self, row: MatchRow, mapping: Mapping) -> None:
        """Count the match no more: its attempt surely opened nothing."""
        for mapping_id in (mapping.id, None):
            self._give_back(mapping_id, row.issue_id)

    def standing_of(self, mapping: Mapping, *, waiting: int) -> Standing:
        """How the mapping stands with its limits; a pause that is over ends here."""
        brake, stack, now = self.brakes.find(mapping.id), self.brakes.find(None), self.clock()
        limit, ours = mapping.max_incidents_per_hour, counted(brake, now=now)
        left = self.stack_limit - len(counted(stack, now=now))
        room = max(min(limit - len(ours), left), 0)
        pause = Pause.NONE if brake.paused_at is None else Pause.HELD
        if may_resume(brake, waiting=waiting, limit=limit, now=now):
            self.let_go(mapping.id)
            pause = Pause.OVER
        return Standing(pause=pause, counted=ours, room=room)

    def let_go(self, mapping_id: str) -> None:
        """End the mapping's pause, if it has one."""
        brake = self.brakes.find(mapping_id)
        self.pauses.show(mapping_id, since=None, waiting=0)
        if brake.paused_at is not None:
            self.brakes.put(resumed(brake))

    def _give_back(self, mapping_id: str | None, issue_id: str) -> None:
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
        is_another = brake.telling is not None and brake.telling.issue_id != row.issue_id
        if not brake.told and not is_another:
            waiting = self.rows.count_waiting(mapping.id, reads=reads_of(mapping))
            self.pauses.show(mapping.id, since=brake.paused_at, waiting=waiting)
            notes = PauseNotes(
                brakes=self.brakes, links=self.links, pagerduty=self.pagerduty, clock=self.clock
            )
            notes.tell(brake, row.issue_id, mapping_id=mapping.id, waiting=waiting)
        return f"The JQL of mapping {mapping.id} pauses: it waits to be released."
