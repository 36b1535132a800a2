"""Takes away what was remembered of the JQL of mappings that follow none any more."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from pdjira.application.ports.mappings import AllMappings
from pdjira.application.ports.openings import Cursors, MatchRows
from pdjira.application.sweep.work import Sweeping
from pdjira.application.time_budget import TimeBudget
from pdjira.domain.jql.cursors import Cursor, cursor_of, followed_by
from pdjira.domain.jql.matches import MatchState
from pdjira.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlCleanup:
    """Rows and cursors; a mapping that follows a JQL again begins anew.

    Which issues have opened an incident is remembered until the mapping is deleted. A mapping that
    cannot be read keeps everything: a person is about to correct it.
    """

    mappings: AllMappings
    rows: MatchRows
    cursors: Cursors

    def run(self, sweep: Sweeping, budget: TimeBudget) -> None:
        """Look at each mapping that was followed once and was not when the sweep began.

        Raises `TimeIsUp`: the next sweep goes on with what is left.
        """
        following = {cursor_of(one) for one in sweep.mappings.values() if one.jql is not None}
        for cursor in self.cursors.known().values():
            mapping_id = followed_by(cursor)
            if mapping_id is not None and cursor.id not in following:
                budget.check()
                sweep.guarded(partial(self._look_at, mapping_id, cursor, budget))

    def _look_at(self, mapping_id: str, cursor: Cursor, budget: TimeBudget) -> None:
        with suppress(Misconfigured):
            mapping = self.mappings.find(mapping_id)
            if mapping is None:
                self._forget(mapping_id, budget)
                self.cursors.forget(cursor)
            elif cursor.reads and not (mapping.enabled and mapping.jql is not None):
                self._forget(mapping_id, budget, but=MatchState.OPENED)
                self.cursors.put(replace(cursor, reads="", is_cut=False, problem=None, cure=None))

    def _forget(
        self, mapping_id: str, budget: TimeBudget, *, but: MatchState | None = None
    ) -> None:
        for row in self.rows.all(mapping_id):
            if row.state is not but:
                budget.check()
                self.rows.forget(row)
