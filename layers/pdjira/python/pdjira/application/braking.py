"""How many incidents the JQL of a mapping may open: the limits, the pause and its release."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.application.openings import Brakes, MatchRows, Pauses
from pdjira.application.ports import Clock, Links, PagerDuty
from pdjira.domain.brake import (
    Brake,
    Pause,
    has_counted,
    is_full,
    last_opened,
    may_resume,
    opened,
    paused,
    resumed,
)
from pdjira.domain.mapping import Mapping
from pdjira.domain.matches import MatchRow
from pdjira.domain.notices import jql_paused_start, jql_paused_text
from pdjira.errors import Ambiguous, Permanent


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

    def admit(self, row: MatchRow, mapping: Mapping) -> str | None:
        """Count the match as opened; why it has to wait, where it may not be.

        Asked again for the same issue, it counts once. Released matches count nowhere.
        """
        if row.released:
            return None
        brake, now = self.brakes.find(mapping.id), self.clock()
        if has_counted(brake, row.issue_id, now=now):
            self._count(self.brakes.find(None), row, now)
            return None
        if brake.paused_at is not None:
            return self._hold(brake, mapping)
        stack, limit = self.brakes.find(None), mapping.max_incidents_per_hour
        is_mine = is_full(brake, row.issue_id, limit=limit, now=now)
        if is_mine or is_full(stack, row.issue_id, limit=self.stack_limit, now=now):
            return self._hold(self.brakes.put(paused(brake, now=now)), mapping)
        self._count(stack, row, now)
        self.brakes.put(opened(brake, row.issue_id, now=now))
        return None

    def pause_of(self, mapping: Mapping, *, waiting: int) -> Pause:
        """Whether the mapping is paused; a pause that is over ends here."""
        brake, now = self.brakes.find(mapping.id), self.clock()
        if brake.paused_at is None:
            return Pause.NONE
        limit = mapping.max_incidents_per_hour
        if not may_resume(brake, waiting=waiting, limit=limit, now=now):
            return Pause.HELD
        self.let_go(mapping.id)
        return Pause.OVER

    def let_go(self, mapping_id: str) -> None:
        """End the mapping's pause, if it has one."""
        brake = self.brakes.find(mapping_id)
        self.pauses.show(mapping_id, since=None, waiting=0)
        if brake.paused_at is not None:
            self.brakes.put(resumed(brake))

    def _count(self, stack: Brake, row: MatchRow, now: datetime) -> None:
        """Count towards the limit of the stack, once."""
        if not has_counted(stack, row.issue_id, now=now):
            self.brakes.put(opened(stack, row.issue_id, now=now))

    def _hold(self, brake: Brake, mapping: Mapping) -> str:
        if not brake.told:
            waiting = len(self.rows.waiting(mapping.id))
            self.pauses.show(mapping.id, since=brake.paused_at, waiting=waiting)
            with suppress(Permanent, Ambiguous):
                self._tell(brake, mapping, waiting)
            self.brakes.put(replace(brake, told=True))
        return f"The JQL of mapping {mapping.id} pauses: it waits to be released."

    def _tell(self, brake: Brake, mapping: Mapping, waiting: int) -> None:
        """Put a note onto the last incident, unless an earlier attempt has."""
        issue_id = last_opened(brake)
        incident_id = self.links.incident_of(issue_id) if issue_id else None
        if incident_id is None:
            return
        start = jql_paused_start(mapping.id)
        if not any(one.content.startswith(start) for one in self.pagerduty.list_notes(incident_id)):
            self.pagerduty.add_note(incident_id, jql_paused_text(mapping.id, waiting=waiting))
