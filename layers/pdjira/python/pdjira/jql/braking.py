"""How many incidents the JQL of a mapping may open: the limits, the pause and its release."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.errors import (
    Conflict,
    Misconfigured,
    PdjiraError,
    Permanent,
    Temporary,
    UnreadableItem,
    sentence_of,
)
from pdjira.jql.matches import MatchRow, MatchState, held_by, of_now, reads_of, to_tell_of
from pdjira.jql.opening_rules import (
    Brake,
    Limits,
    Pause,
    PauseNoteAttempt,
    Standing,
    announced,
    awaits_incident,
    has_counted,
    is_announced_by_another,
    latest,
    not_opened,
    opened,
    paused,
    reached,
    resumed,
    standing_of,
    why_paused,
)
from pdjira.jql.pages import query_of
from pdjira.jql.ports import BATCH, Brakes, MatchRows, Pauses, Searches
from pdjira.model.mapping import Mapping
from pdjira.model.notices import jql_paused_start, jql_paused_text
from pdjira.model.ports import Clock, Links, Mappings
from pdjira.model.signal import Signal, SignalKind, SignalQueue
from pdjira.model.times import TimeBudget, TimeLeft, budget_of, unlimited
from pdjira.sync.notices.rules import digest_of
from pdjira.sync.notices.steps import OwnNotes
from pdjira.text.plain_text import counted

_TRIES = 3

PauseAddress = Callable[[str], str]
"""Where the page shows what waits for a mapping's pause; "" for nowhere."""


def no_page(_mapping_id: str) -> str:
    """The address where there is no page."""
    return ""


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
    address_of: PauseAddress = no_page

    def held(self, row: MatchRow, mapping: Mapping) -> str | None:
        """Why a pause keeps the match waiting; None where none does."""
        if row.released:
            return None
        brake = self.brakes.find(mapping.id)
        is_held = not has_counted(brake, row.issue_id, now=self.clock())
        return self._hold(brake, row, mapping) if brake.paused_at and is_held else None

    def admit(self, row: MatchRow, mapping: Mapping, *, is_let_in: bool) -> Admission:
        """Whether the match may open its incident now; nothing is counted yet.

        What counts already may, and its hour begins again with its next attempt. `is_let_in`: an
        earlier attempt was let in, so no pause holds it back, but the limits do. Released matches
        count nowhere.
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
        """Count the match as opened while the claim is stored; where either fails, do not.

        Raises `Conflict` where others were counted meanwhile. What counted before still counts.
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
        """Stop counting the match: its attempt surely opened nothing."""
        self._give_back((row.mapping_id, None), row.issue_id)

    def standing_of(self, mapping: Mapping, *, waiting: int) -> Standing:
        """How the mapping stands with its limits; a pause that is over ends here.

        Of one that lasts, people see on the mapping's item how many wait by now.
        """
        brake, stack = self.brakes.find(mapping.id), self.brakes.find(None)
        limits, now = self._limits(mapping), self.clock()
        standing = standing_of(brake, stack, limits=limits, waiting=waiting, now=now)
        if standing.pause is Pause.OVER:
            self.let_go(mapping.id)
        elif brake.paused_at is not None:
            with suppress(PdjiraError):
                self.pauses.recount(mapping.id, since=brake.paused_at, waiting=waiting)
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
        is_another = is_announced_by_another(brake, row.issue_id, now=self.clock())
        if not brake.is_announced and not is_another:
            waiting = self.rows.count_waiting(mapping.id, reads=reads_of(mapping))
            self.pauses.show(mapping.id, since=brake.paused_at, waiting=waiting)
            notes = PauseNotes(
                brakes=self.brakes,
                links=self.links,
                own=self.own_notes,
                clock=self.clock,
                address=self.address_of(mapping.id),
            )
            notes.tell(brake, row.issue_id, mapping_id=mapping.id, waiting=waiting)
        why = why_paused(brake)
        return f"The JQL of mapping {mapping.id} pauses, since {why}: it waits to be released."


BUCKET_SECONDS = 300
"""How often a match that waits is signalled: the queue takes the same id once in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """How many signals were sent, and how many matches a pause holds back (`held`)."""

    signals: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Sends a signal for each match that has settled and that no pause holds back."""

    rows: MatchRows
    braking: Braking
    queue: SignalQueue
    clock: Clock

    def among(self, mapping_ids: Sequence[str]) -> Collection[str]:
        """Those of the mappings that have rows that wait, or a pause: for all by two calls."""
        if not mapping_ids:
            return ()
        paused = self.braking.brakes.paused_among(mapping_ids)
        return {*self.rows.waiting_among(mapping_ids), *paused}

    def tell(self, mapping: Mapping, *, added: Sequence[MatchRow], is_known: bool) -> Signalled:
        """Signal the rows that were just added, and those stored, where there are known to be some.

        `is_known`: the mapping had rows that wait, or a pause, before this round. A pause that is
        over ends here; a pause that people do not know of yet is announced by a row that it holds
        back.
        """
        fresh = [row for row in added if row.state is MatchState.WAITING]
        if not fresh and not is_known:
            return Signalled()
        stored = of_now(self.rows.waiting(mapping.id), mapping) if is_known else ()
        waiting = {row.issue_id: row for row in (*fresh, *stored)}.values()
        standing, now = self.braking.standing_of(mapping, waiting=len(waiting)), self.clock()
        told = to_tell_of(waiting, mapping, standing, now=now)
        for row in told:
            self.queue.send(matched(row, now=now))
        return Signalled(signals=len(told), held=len(held_by(waiting, standing)))


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


_SHARE = 1 / 3
"""The share of the time left that is for asking Jira: letting through comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a release came to: how many of the `waiting` matches still match, where Jira told.

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
        if not self.waiting:
            return "No issue waited: there was nothing to let through."
        if self.matching is None:
            return (
                f"{counted(self.waiting, 'issue')} waited. How many still match the JQL was "
                f"not checked; each is before it opens its incident. {self.unchecked}"
            )
        left = self.waiting - self.matching
        gone = f" {left} that waited no longer match." if left else ""
        match = counted(self.matching, "still matches", "still match")
        return f"Of those that waited, {match} the JQL.{gone}"


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

        Raises `Misconfigured` for one without a JQL, of which nothing ever waits.

        Those that no longer match are let through as well: the worker asks Jira once more before
        each of them pages, and its index may lag now. `time_left` tells the seconds until this
        process is ended.
        """
        found = [one for one in self.mappings.in_force() if one.id == mapping_id]
        if not found:
            return None
        if found[0].jql is None:
            raise Misconfigured(
                f"The mapping {mapping_id} has no jql, so no issue of it waits to be let through.",
                cure="Give the id of a mapping with a jql: `health` names those that pause.",
            )
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
        """Ask Jira how many still match; where that fails, nothing waits for it."""
        budget = budget_of(time_left, _SHARE, about="This search")
        ids = [row.issue_id for row in waiting]
        try:
            matching = self._matching(mapping, ids, budget)
        except PdjiraError as error:
            return Released(waiting=len(ids), unchecked=sentence_of(error))
        return Released(waiting=len(ids), matching=matching)

    def _matching(self, mapping: Mapping, ids: Sequence[str], budget: TimeBudget) -> int:
        count = 0
        for start in range(0, len(ids), BATCH):
            if budget.is_used():
                raise Temporary("Jira did not answer all searches in time.")
            batch = ids[start : start + BATCH]
            count += len(self.searches.ids(query_of(mapping, issue_ids=batch)) & {*batch})
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNotes:
    """Writes the note of a mapping's pause, with the address at which the page shows it."""

    brakes: Brakes
    links: Links
    own: OwnNotes
    clock: Clock
    address: str

    def tell(self, brake: Brake, issue_id: str, *, mapping_id: str, waiting: int) -> None:
        """Tell once, for the match of that issue. Raises what has the match come again.

        Where PagerDuty refuses, or no incident was opened in the hour before, no note is written;
        where one may yet turn out to have been opened, a later match tells.
        """
        begun = brake.telling
        incident_id = begun.incident_id if begun else self._last_incident(brake)
        if incident_id is None and awaits_incident(brake, now=self.clock()):
            return
        if incident_id is not None:
            with suppress(Permanent):
                if begun is None or not self._is_told(begun, mapping_id):
                    text = jql_paused_text(mapping_id, why=why_paused(brake), waiting=waiting)
                    attempt = PauseNoteAttempt(
                        issue_id=issue_id,
                        incident_id=incident_id,
                        at=self.clock(),
                        text=digest_of(text),
                    )
                    brake = self.brakes.put(replace(brake, telling=attempt))
                    self._add(brake, incident_id, text)
        self.brakes.put(announced(brake))

    def _last_incident(self, brake: Brake) -> str | None:
        """The mapping's last incident of the hour before the pause, else that of all mappings."""
        at = brake.paused_at or self.clock()
        for issue_id in latest(brake, now=at) or latest(self.brakes.find(None), now=at):
            with suppress(UnreadableItem):
                incident_id = self.links.incident_of(issue_id)
                if incident_id is not None:
                    return incident_id
        return None

    def _is_told(self, begun: PauseNoteAttempt, mapping_id: str) -> bool:
        """Raises `Temporary` while that is unknown; an earlier version kept no text."""
        if begun.text is not None:
            return self.own.has_told(begun.incident_id, begun.text)
        notes = self.own.pagerduty.list_notes(begun.incident_id)
        return any(note.content.startswith(jql_paused_start(mapping_id)) for note in notes)

    def _add(self, brake: Brake, incident_id: str, text: str) -> None:
        """Write the note; where it surely was not written, any match may begin it again."""
        try:
            self.own.add(incident_id, text, address=self.address)
        except Temporary:
            with suppress(PdjiraError):
                self.brakes.put(replace(brake, telling=None))
            raise
