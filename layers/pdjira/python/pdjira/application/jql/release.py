"""A person lets through what waits for a pause of a mapping's JQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pdjira.application.jql.braking import Braking
from pdjira.application.jql.pages import query_of
from pdjira.application.jql.waiting import matched
from pdjira.application.ports.core import Clock, Mappings, SignalQueue
from pdjira.application.ports.openings import MatchRows
from pdjira.application.ports.searches import Searches
from pdjira.application.ports.sweeps import BATCH
from pdjira.application.time_budget import TimeBudget, TimeLeft, budget_of, unlimited
from pdjira.domain.jql.matches import MatchRow, MatchState, of_now
from pdjira.domain.mapping import Mapping
from pdjira.domain.text.cures import told
from pdjira.errors import PdjiraError, Temporary

_SHARE = 1 / 3
"""Of the time that is left, so much is for asking Jira: letting through comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a release comes to: of `waiting` matches, so many still match, where Jira told.

    `unchecked` says why Jira did not.
    """

    waiting: int
    matching: int | None = None
    unchecked: str = ""

    @property
    def count(self) -> int:
        """How many matches are let through, as far as is known."""
        return self.waiting if self.matching is None else self.matching

    @property
    def says(self) -> str:
        """The same for people."""
        if self.matching is None:
            return (
                f"{self.waiting} issue(s) waited. How many of them still match the JQL was not "
                f"checked; each is before it opens its incident. {self.unchecked}"
            )
        left = self.waiting - self.matching
        gone = f" {left} that waited no longer match." if left else ""
        return f"{self.matching} issue(s) that waited still match the JQL.{gone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Releases the matches of a mapping."""

    mappings: Mappings
    searches: Searches
    rows: MatchRows
    braking: Braking
    queue: SignalQueue
    clock: Clock

    def run(self, mapping_id: str, time_left: TimeLeft = unlimited) -> Released | None:
        """Let through all that wait now; None for a mapping not in force.

        Those that no longer match are let through as well: the worker asks Jira once more before
        each of them pages, and its index may lag now. `time_left` tells the seconds until this
        process is ended.
        """
        found = [one for one in self.mappings.in_force() if one.id == mapping_id]
        if not found:
            return None
        waiting = of_now(self.rows.waiting(mapping_id), found[0])
        released = self._count(found[0], waiting, time_left)
        for row in waiting:
            free = replace(row, released=True)
            self.rows.put(free, after=MatchState.WAITING)
            self.queue.send(matched(free, now=self.clock()))
        self.braking.let_go(mapping_id)
        return released

    def _count(
        self, mapping: Mapping, waiting: Sequence[MatchRow], time_left: TimeLeft
    ) -> Released:
        """Ask Jira how many still match; whatever it fails at keeps nothing waiting."""
        budget = budget_of(time_left, _SHARE, about="This search")
        ids = [row.issue_id for row in waiting]
        try:
            matching = self._matching(mapping, ids, budget)
        except PdjiraError as error:
            return Released(waiting=len(ids), unchecked=told(error))
        return Released(waiting=len(ids), matching=matching)

    def _matching(self, mapping: Mapping, ids: Sequence[str], budget: TimeBudget) -> int:
        count = 0
        for start in range(0, len(ids), BATCH):
            if budget.is_used():
                raise Temporary("Jira did not answer all searches in time.")
            batch = ids[start : start + BATCH]
            count += len(self.searches.ids(query_of(mapping, issue_ids=batch)) & {*batch})
        return count
