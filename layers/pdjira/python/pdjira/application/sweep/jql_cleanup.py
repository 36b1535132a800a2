"""Takes away what was remembered of the JQL of mappings that follow none any more."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports.mappings import AllMappings
from pdjira.application.ports.openings import Cursors, MatchRows
from pdjira.application.sweep.work import Sweeping
from pdjira.application.time_budget import TimeBudget
from pdjira.domain.jql.cursors import Cursor, cursor_of, followed_by
from pdjira.domain.jql.matches import MatchState
from pdjira.errors import Misconfigured, PdjiraError


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

        Once the time is up, the next sweep goes on; raises `TimeIsUp` where nothing was taken away
        before.
        """
        has_moved = False
        for is_gone in self._steps(sweep):
            has_moved = has_moved or is_gone
            if has_moved and budget.is_used():
                return
            budget.check()

    def _steps(self, sweep: Sweeping) -> Iterator[bool]:
        """Stops before each mapping, and where something was just taken away: then True."""
        following = {cursor_of(one) for one in sweep.mappings.values() if one.jql is not None}
        for cursor in self.cursors.known().values():
            mapping_id = followed_by(cursor)
            if mapping_id is not None and cursor.id not in following:
                yield False
                try:
                    yield from self._look_at(mapping_id, cursor)
                except PdjiraError as error:
                    sweep.fail(error)

    def _look_at(self, mapping_id: str, cursor: Cursor) -> Iterator[bool]:
        with suppress(Misconfigured):
            mapping = self.mappings.find(mapping_id)
            if mapping is None:
                yield from self._forget(mapping_id)
                self._forget_cursor(cursor)
            elif cursor.reads and not (mapping.enabled and mapping.jql is not None):
                yield from self._forget(mapping_id, but=MatchState.OPENED)
                self.cursors.put(replace(cursor, reads="", is_cut=False, problem=None, cure=None))

    def _forget_cursor(self, cursor: Cursor) -> None:
        if cursor.is_readable:
            self.cursors.forget(cursor)
        else:
            self.cursors.drop(cursor.id)

    def _forget(self, mapping_id: str, *, but: MatchState | None = None) -> Iterator[bool]:
        for row in self.rows.all(mapping_id):
            if row.state is not but:
                self.rows.forget(row)
                yield True
