"""The sweep: what no event has reported, found by comparing both sides; also when a person asks."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pdjira.circuits.breaker import Breaker
from pdjira.errors import Misconfigured, PdjiraError, Side, Temporary
from pdjira.jql.matches import (
    ELSEWHERE,
    HOURLY,
    LAG,
    MOVED,
    Cursor,
    Leaving,
    Match,
    MatchRow,
    MatchState,
    cursor_of,
    followed_by,
    named,
    reads_of,
    with_moved,
)
from pdjira.jql.pages import Pages, cure_of, query_of
from pdjira.jql.ports import BATCH, Cursors, MatchRows, Searches
from pdjira.jql.query import with_ids
from pdjira.model.incident import Incident
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Clock, Mappings
from pdjira.model.signal import SignalQueue
from pdjira.model.times import Check, TimeBudget, TimeIsUp, TimeLeft, budget_of, unlimited
from pdjira.sweep.comparing import Comparing
from pdjira.sweep.joining import Duplicates
from pdjira.sweep.ports import Incidents, Resyncs, Subscriptions, SweepResult, SweepResults
from pdjira.sweep.work import Checkpoints, LogReading, Recoveries, Slice, Sweeping

_HOUR = timedelta(hours=1)

_LEEWAY = timedelta(minutes=5)
"""Schedules are not exact to the minute."""

LINKS, INCIDENTS, JQL = "place of links", "place of incidents", "place of jql"
"""Where these parts of a sweep go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionWatch:
    """Looks at the subscriptions that deliver to us."""

    subscriptions: Subscriptions
    breaker: Breaker

    def enable(self) -> int:
        """Switch on those that PagerDuty has disabled for a day, and count them.

        What it dropped in between, the sweep finds in the log. What a person switched off stays
        off. Raises `Refused` where the key may not.
        """
        with self.breaker.call(Side.PAGERDUTY):
            found = self.subscriptions.list_subscriptions()
        disabled = [one for one in found if one.is_ours and one.is_disabled and one.is_active]
        for one in disabled:
            with self.breaker.call(Side.PAGERDUTY):
                self.subscriptions.enable(one.id)
        return len(disabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlCleanup:
    """Rows and cursors; a mapping that follows a JQL again begins anew.

    Which issues have opened an incident is remembered until the mapping is deleted. A mapping that
    cannot be read keeps everything: a person is about to correct it.
    """

    mappings: Mappings
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
        for cursor in self.cursors.known().by_id.values():
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlSweep:
    """Compares the rows of a mapping's matches with all issues that match now."""

    searches: Searches
    rows: MatchRows
    cursors: Cursors
    breaker: Breaker

    def run(self, mapping: Mapping, *, now: datetime, check: Check) -> None:
        """Add a row for each match that has none, and forget those that no longer match.

        Before the mapping's first poll nothing is done: that one decides which matches page.
        Raises `Refused` where Jira does not take the JQL, `Misconfigured` where more match than it
        shows, `Temporary` where so many have left at once that this is not believed yet, and what
        `check` raises between two searches: the rows that were added stay.
        """
        cursor, reads = self.cursors.find(cursor_of(mapping)), reads_of(mapping)
        if cursor is None or cursor.reads != reads:
            return
        rows = self.rows.all(mapping.id)
        known = {
            row.issue_id: row
            for row in rows
            if row.reads == reads or row.state is MatchState.OPENED
        }
        found = self._found(mapping, known, now, check)
        for row in rows:
            if row.issue_id not in known and now - row.seen_at >= LAG:
                self.rows.forget(row)
        old = {row.issue_id for row in known.values() if now - row.seen_at >= LAG}
        missing = sorted(old - found)
        self._leave(mapping, self._leaving(mapping, [*known.values()], missing, now, check))

    def _leaving(
        self,
        mapping: Mapping,
        known: Sequence[MatchRow],
        missing: Sequence[str],
        now: datetime,
        check: Check,
    ) -> Leaving:
        """Looks once more at those that were not found: issues slip through between pages."""
        ours = partial(_with_ids, mapping)
        still = self._ids(mapping, missing, ours, check)
        gone = [one for one in missing if one not in still]
        shown = self._ids(mapping, gone, with_ids, check)
        return Leaving(known=known, gone=gone, shown=shown, now=now)

    def _found(
        self, mapping: Mapping, known: abc.Mapping[str, MatchRow], now: datetime, check: Check
    ) -> set[str]:
        """The ids of all that match; those that are not known get a row."""
        pages = Pages(searches=self.searches, breaker=self.breaker)
        found: set[str] = set()
        for part in pages.whole(mapping):
            matches = {one.issue.id: one for one in part.matches if one.issue.id not in found}
            for issue_id, match in sorted(matches.items()):
                found.add(issue_id)
                row = known.get(issue_id)
                if row is None or row.has_opened_for_another(match.created):
                    self._add(mapping, match, now)
            check()
        return found

    def _add(self, mapping: Mapping, match: Match, now: datetime) -> None:
        self.rows.add(
            MatchRow(
                mapping_id=mapping.id,
                issue_id=match.issue.id,
                state=MatchState.WAITING,
                seen_at=now,
                reads=reads_of(mapping),
                issue_created_at=match.created,
            )
        )

    def _ids(
        self,
        mapping: Mapping,
        issue_ids: Sequence[str],
        query: Callable[[Sequence[str]], str],
        check: Check,
    ) -> set[str]:
        """Which of the issues a query for a batch of them finds."""
        found: set[str] = set()
        for start in range(0, len(issue_ids), BATCH):
            with self.breaker.call(Side.JIRA, mapping.project.id):
                found |= self.searches.ids(query(issue_ids[start : start + BATCH]))
            check()
        return found

    def _leave(self, mapping: Mapping, leaving: Leaving) -> None:
        for row in leaving.forgotten:
            self.rows.forget(row)
        for row in leaving.back:
            self.rows.miss(row, since=None)
        for row in leaving.doubted:
            self.rows.miss(row, since=leaving.now)
        if leaving.is_mass and leaving.doubted:
            raise Temporary(
                f"{len(leaving.gone)} of {len(leaving.known)} issues left the JQL of mapping "
                f"{mapping.id} at once; that is believed only if the next sweep finds it, too.",
                cure="Look whether Jira rebuilds its search index; otherwise nothing.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Looks at everything in pages; the worker then does what is to be done, incident by incident.

    A sweep that dies half-way does no harm: its cursor has not moved past what it had not done.
    """

    mappings: Mappings
    incidents: Incidents
    log: LogReading
    comparing: Comparing
    duplicates: Duplicates
    jql: JqlSweep
    jql_cleanup: JqlCleanup
    subscriptions: SubscriptionWatch
    recoveries: Recoveries
    cursors: Cursors
    results: SweepResults
    resyncs: Resyncs
    queue: SignalQueue
    breaker: Breaker
    clock: Clock

    @property
    def checkpoints(self) -> Checkpoints:
        """Where the parts go on."""
        return Checkpoints(cursors=self.cursors)

    def run(self, time_left: TimeLeft = unlimited) -> SweepResult:
        """Sweep once; a part that fails stops no other.

        `time_left` tells the seconds until this process is ended. Raises `Temporary` where the
        mappings or the queue cannot be read, or the result cannot be kept.
        """
        sweep = self._begin()
        asked = self.recoveries.asked()
        parts: tuple[tuple[str, Callable[[Sweeping, TimeBudget], None], float], ...] = (
            ("The list of open incidents", self._list_open, 1 / 2),
            ("The reading of PagerDuty's log", self._read_log, 1 / 3),
            ("The comparison of links", self._compare, 1 / 2),
            ("The search for duplicates", self._find_duplicates, 1 / 3),
            ("The look at incidents that were reopened", self._look_for_reopened, 1 / 3),
            ("The clearing up after mappings", self.jql_cleanup.run, 1 / 3),
            ("The JQL of all mappings", self._run_jql, 1),
        )
        for about, part, share in parts:
            sweep.guarded(partial(part, sweep, budget_of(time_left, share, about=about)))
        sweep.guarded(partial(self._watch, sweep))
        sweep.guarded(self.mappings.check_unchecked_again)
        result = sweep.result()
        self.results.put(result)
        self.recoveries.answer(asked, result, is_read=sweep.is_log_read)
        return result

    def _begin(self) -> Sweeping:
        """A sweep that continues with the links is as hourly as the one that began with them."""
        now = self.clock()
        hourly, checkpoint = self.checkpoints.memo(HOURLY), self.checkpoints.find(LINKS)
        begun = checkpoint.at if checkpoint.says else now
        is_hourly = hourly.version == 0 or begun - hourly.at >= _HOUR - _LEEWAY
        mappings = {mapping.id: mapping for mapping in self.mappings.in_force()}
        return Sweeping(
            at=now,
            mappings=mappings,
            queue=self.queue,
            resyncs=self.resyncs,
            is_idle=self.queue.is_idle(),
            is_hourly=is_hourly,
        )

    def _tried(self, sweep: Sweeping) -> None:
        before = self.checkpoints.memo(HOURLY)
        self.cursors.remember(replace(before, at=sweep.at))

    def _list_open(self, sweep: Sweeping, budget: TimeBudget) -> None:
        services = sweep.own_services | named(self.checkpoints.memo(ELSEWHERE))
        found: dict[str, Incident] = {}
        with self.breaker.call(Side.PAGERDUTY):
            for page in self.incidents.open_incidents(services):
                found |= {incident.id: incident for incident in page}
                budget.check()
        sweep.open = found

    def _read_log(self, sweep: Sweeping, budget: TimeBudget) -> None:
        for part in self.log.slices(now=sweep.at, budget=budget):
            sweep.since = sweep.since or part.since
            self._work_on(part, sweep, budget)
        sweep.is_log_read = True

    def _work_on(self, part: Slice, sweep: Sweeping, budget: TimeBudget) -> None:
        sweep.entries += len(part.touched)
        for touched in part.touched.values():
            self.comparing.touched(touched, sweep)
            budget.check_end()
        if part.is_cut:
            sweep.problems.append(
                f"PagerDuty's log from {part.since.isoformat()} to {part.until.isoformat()} is "
                "longer than it shows; what began or was noted then may be missing. What to do: "
                "invoke resync for the incidents of this time."
            )

    def _compare(self, sweep: Sweeping, budget: TimeBudget) -> None:
        checkpoint = self.checkpoints.find(LINKS)
        start = last = checkpoint.says
        begun = checkpoint if start else replace(checkpoint, at=sweep.at)
        try:
            for reached in self.comparing.batches(sweep, budget, start=start):
                last = reached
                budget.check()
        except TimeIsUp:
            self._keep_moved(sweep, begins=not start, ends=False)
            self.checkpoints.keep(begun, says=last)
            raise
        self._keep_moved(sweep, begins=not start, ends=True)
        self.checkpoints.keep(begun, says="")
        if sweep.is_hourly:
            self._tried(sweep)

    def _keep_moved(self, sweep: Sweeping, *, begins: bool, ends: bool) -> None:
        """Have the poller and the next sweep read where linked things are, but no mapping."""
        own = {mapping.project.id for mapping in sweep.mappings.values()}
        elsewhere = sweep.services - sweep.own_services
        for names, found in ((MOVED, sweep.projects - own), (ELSEWHERE, elsewhere)):
            before = self.checkpoints.memo(names)
            after = with_moved(before, found, at=sweep.at, begins=begins, ends=ends)
            if after != before:
                self.cursors.remember(after)

    def _find_duplicates(self, sweep: Sweeping, budget: TimeBudget) -> None:
        for _ in self.duplicates.pages(sweep):
            budget.check()

    def _look_for_reopened(self, sweep: Sweeping, budget: TimeBudget) -> None:
        """Look at open incidents whose links were resolved, or that an issue of ours has opened.

        Of services without a mapping, only at the latter.
        """
        found = [one for one in (sweep.open or {}).values() if one.id not in sweep.seen]
        own, is_ours = sweep.own_services, self.comparing.is_ours
        ids = [one.id for one in found if one.service.id in own or is_ours(one)]
        look = partial(self.comparing.opened_again, sweep=sweep)
        self.checkpoints.go_round(INCIDENTS, ids, budget, look)

    def _run_jql(self, sweep: Sweeping, budget: TimeBudget) -> None:
        ids = [one.id for one in sweep.mappings.values() if one.jql is not None]
        self.checkpoints.go_round(
            JQL, ids, budget, partial(self._run_one, sweep=sweep, budget=budget)
        )

    def _run_one(self, mapping_id: str, *, sweep: Sweeping, budget: TimeBudget) -> None:
        """Run the JQL of a mapping; a failure stops no other, unless the time is up."""
        try:
            self.jql.run(sweep.mappings[mapping_id], now=sweep.at, check=budget.check)
        except TimeIsUp:
            raise
        except PdjiraError as error:
            sweep.fail(error, about=f"The JQL of mapping {mapping_id}", cure=cure_of(error))

    def _watch(self, sweep: Sweeping) -> None:
        """Only where something happened or an hour has passed: it costs a call."""
        if sweep.entries or sweep.is_hourly:
            sweep.enabled = self.subscriptions.enable()


def _with_ids(mapping: Mapping, issue_ids: Sequence[str]) -> str:
    return query_of(mapping, issue_ids=issue_ids)
