"""A person lets through what waits for a pause of a mapping's JQL."""

from dataclasses import dataclass, replace

from pdjira.application.jql.braking import Braking
from pdjira.application.jql.waiting import matched
from pdjira.application.ports.core import Clock, Mappings, SignalQueue
from pdjira.application.ports.openings import MatchRows
from pdjira.domain.jql.matches import MatchState, of_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Releases the matches of a mapping."""

    mappings: Mappings
    rows: MatchRows
    braking: Braking
    queue: SignalQueue
    clock: Clock

    def run(self, mapping_id: str) -> int | None:
        """Let through all that wait now, and count them; None for a mapping not in force."""
        found = [one for one in self.mappings.in_force() if one.id == mapping_id]
        if not found:
            return None
        waiting = of_now(self.rows.waiting(mapping_id), found[0])
        for row in waiting:
            released = replace(row, released=True)
            self.rows.put(released, after=MatchState.WAITING)
            self.queue.send(matched(released, now=self.clock()))
        self.braking.let_go(mapping_id)
        return len(waiting)
