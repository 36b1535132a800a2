"""A sweep's work: its lease, how far it came, what the log told, and what it has asked for."""

from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.circuits.breaker import Breaker
from pdjira.errors import (
    Conflict,
    Misconfigured,
    PdjiraError,
    Side,
    Temporary,
    UnreadableItem,
    with_cure,
)
from pdjira.jql.matches import OVERLAP, Cursor, Memo
from pdjira.jql.ports import Cursors
from pdjira.model.incident import Incident
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Clock
from pdjira.model.signal import SWEEP, Asked, Progress, Requests, Signal, SignalKind, SignalQueue
from pdjira.model.times import TimeBudget, TimeIsUp
from pdjira.sweep.differences import Touched, touched_by
from pdjira.sweep.ports import Incidents, Resync, Resyncs, SweepResult
from pdjira.text.plain_text import counted


@dataclass(slots=True, kw_only=True)
class Sweeping:
    """What a sweep that began `at` knows so far.

    `mappings` are those in force, by id; `open` the open incidents, by id, None where PagerDuty did
    not tell; `singles` incidents were read by themselves. `is_idle`: the queue was empty when it
    began, so that every resync was answered. `is_hourly`: what was refused is tried again as well.
    PagerDuty's log was read from `since` on, to its end where `is_log_read`, and tells of `entries`
    incidents. `seen` are the incidents whose links were compared, `projects` where their issues are
    and `services` where they are themselves, `asked` those that the worker was asked to look at,
    `owing` since when some lack what keeps failing, `problems` what could not be done.
    """

    at: datetime
    mappings: abc.Mapping[str, Mapping]
    queue: SignalQueue
    resyncs: Resyncs
    is_idle: bool = False
    is_hourly: bool = False
    open: dict[str, Incident] | None = None
    since: datetime | None = None
    is_log_read: bool = False
    entries: int = 0
    singles: int = 0
    compared: int = 0
    enabled: int = 0
    seen: set[str] = field(default_factory=set)
    projects: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    owing: dict[str, datetime] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def result(self) -> SweepResult:
        """What it came to."""
        return SweepResult(
            at=self.at,
            since=self.since,
            compared=self.compared,
            resynced=len(self.asked),
            enabled=self.enabled,
            problems=tuple(self.problems),
            owing=tuple(sorted(self.owing)),
            owed_since=min(self.owing.values(), default=None),
        )

    @property
    def own_services(self) -> frozenset[str]:
        """The services of the mappings."""
        return frozenset(mapping.service.id for mapping in self.mappings.values())

    def listed(self, incident: Incident) -> None:
        """Know one more incident to be open."""
        self.open = (self.open or {}) | {incident.id: incident}

    def incident(self, incident_id: str) -> Incident | None:
        """The incident, if it is open."""
        return (self.open or {}).get(incident_id)

    def owes(self, link: Link) -> None:
        """Know what a link owes, except what was refused."""
        times = [owed.since for owed in link.owed.values() if not owed.is_refused]
        known = self.owing.get(link.incident_id)
        if times:
            self.owing[link.incident_id] = min([*times, *([known] if known else [])])

    def tell(
        self, incident_id: str, *, notes_since: datetime | None = None, lacks_issue: bool = False
    ) -> None:
        """Have the worker look at the incident, and at its notes since a time.

        `lacks_issue`: a mapping may still have to make one, also where the incident is resolved.
        """
        wanted = self._signal(SignalKind.RESYNC, incident_id, notes_since)
        self._ask(replace(wanted, lacks_issue=lacks_issue))

    def tell_of_notes(self, incident_id: str, notes_since: datetime) -> None:
        """Have the worker look at the incident's notes alone: nothing says that its issue moved."""
        self._ask(self._signal(SignalKind.INCIDENT_CHANGED, incident_id, notes_since))

    def _signal(self, kind: SignalKind, incident_id: str, since: datetime | None) -> Signal:
        about = "" if since is None else f" {since.isoformat()}"
        return Signal(
            kind=kind,
            id=f"{SWEEP} {self.at.isoformat()} {incident_id}{about}",
            event_type=SWEEP,
            incident_id=incident_id,
            notes_since=since,
        )

    def _ask(self, wanted: Signal) -> None:
        """Ask for it and for what is unanswered, unless what is unanswered covers it."""
        incident_id = wanted.incident_id or ""
        before = self._unanswered(incident_id)
        if before is not None and before.covers(wanted, now=self.at):
            return
        signal = wanted if before is None else self._with(before.signal, wanted)
        self.queue.send(signal)
        self.resyncs.asked(Resync(signal=signal, at=self.at))
        self.asked.add(incident_id)

    def _with(self, before: Signal, wanted: Signal) -> Signal:
        times = (wanted.notes_since, before.notes_since)
        since = min((time for time in times if time), default=None)
        both = self._signal(wanted.kind, wanted.incident_id or "", since)
        return replace(both, lacks_issue=wanted.lacks_issue or before.lacks_issue)

    def _unanswered(self, incident_id: str) -> Resync | None:
        is_answered = self.is_idle and incident_id not in self.asked
        return None if is_answered else self.resyncs.unanswered(incident_id)

    def tell_found(
        self, incident_id: str, *, issue_id: str | None, mapping_id: str | None = None
    ) -> None:
        """Have the worker join an incident and an issue: one names the other, and no link does."""
        self.queue.send(
            Signal(
                kind=SignalKind.ISSUE_FOUND,
                id=f"{SWEEP} {self.at.isoformat()} {issue_id}",
                event_type=SWEEP,
                incident_id=incident_id,
                issue_id=issue_id,
                mapping_id=mapping_id,
            )
        )

    def guarded(self, work: Callable[[], None]) -> bool:
        """Do a part of the sweep; what it fails at stops no other part. Whether it was done."""
        try:
            work()
        except PdjiraError as error:
            self.fail(error)
            return False
        return True

    def fail(
        self, error: PdjiraError, *, about: str | None = None, cure: str | None = None
    ) -> None:
        """Keep what could not be done and `about` what, with a cure where it names none itself."""
        says = f"{about}: {error.says}" if about else error.says
        said = with_cure(says, error.cure or cure)
        if said not in self.problems:
            self.problems.append(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """A memo for each part: it says where to go on, nothing once all is done."""

    cursors: Cursors

    def find(self, part: str) -> Memo:
        """The checkpoint of a part; its time is when the work on all of it began."""
        return self.memo(Memo(id=part))

    def memo(self, otherwise: Memo) -> Memo:
        """What is stored under that id, else this.

        What cannot be read is deleted: a sweep finds anew what memos tell.
        """
        try:
            return self.cursors.memo(otherwise.id) or otherwise
        except UnreadableItem:
            self.cursors.drop(otherwise.id)
            return otherwise

    def keep(self, checkpoint: Memo, *, says: str) -> None:
        """Store where to go on; nothing where that is known."""
        if says != checkpoint.says:
            self.cursors.remember(replace(checkpoint, says=says))

    def go_round(
        self, part: str, ids: Iterable[str], budget: TimeBudget, work: Callable[[str], None]
    ) -> None:
        """Work on each, from where the last sweep stopped.

        What was the first and did not end in time is left out by the next sweep. Raises `TimeIsUp`
        once the checkpoint is kept.
        """
        checkpoint = self.find(part)
        done = checkpoint.says
        try:
            for one in turned(ids, after=checkpoint.says):
                budget.check()
                done = one if done == checkpoint.says else done
                work(one)
                done = one
        except TimeIsUp:
            self.keep(checkpoint, says=done)
            raise
        self.keep(checkpoint, says="")


def turned(ids: Iterable[str], *, after: str) -> Iterator[str]:
    """All in their order, beginning after one of them."""
    ordered = sorted(ids)
    yield from (one for one in ordered if one > after)
    yield from (one for one in ordered if one <= after)


MARGIN = timedelta(seconds=10)
"""How much longer a lease lasts than its holder's time: clocks differ."""


class Leases(Protocol):
    """Leases by name, shared by all processes."""

    def take(self, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
        """Take it where nobody has it by `now`; whether it is the owner's. May be repeated."""

    def give_back(self, name: str, *, owner: str, now: datetime) -> None:
        """Let others take it; without effect where it is another's by now. May be repeated."""

    def latest(self, name: str) -> datetime | None:
        """When the latest round began, or, once it is over, ended. None before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Lets one round of each name run at a time; `new_owner` makes names for the holders."""

    leases: Leases
    clock: Clock
    new_owner: Callable[[], str]

    @contextmanager
    def alone(self, name: str, *, seconds: float) -> Iterator[bool]:
        """Yield whether a round may run that has so many seconds left.

        A holder that died keeps the others out until its time is over. Raises `Temporary` where
        that cannot be found out.
        """
        now, owner = self.clock(), self.new_owner()
        until = now + timedelta(seconds=seconds) + MARGIN
        is_ours = self.leases.take(name, owner=owner, now=now, until=until)
        try:
            yield is_ours
        finally:
            if is_ours:
                with suppress(PdjiraError):
                    self.leases.give_back(name, owner=owner, now=self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoveries:
    """Answers those who asked for a recovery, once a sweep has read the log."""

    cursors: Cursors
    requests: Requests
    clock: Clock

    def asked(self) -> Collection[str]:
        """The requests that the log is read for from now on; none where that is not known."""
        with suppress(PdjiraError):
            return Checkpoints(cursors=self.cursors).memo(RECOVERIES).says.split()
        return ()

    def answer(self, asked: Collection[str], result: SweepResult, *, is_read: bool) -> None:
        """Write what the sweep came to under each request; what fails is written by the next."""
        with suppress(PdjiraError):
            for request_id in asked:
                self.requests.put(
                    Asked(
                        id=request_id,
                        action="recover",
                        progress=Progress.DONE if is_read else Progress.WAITS,
                        at=self.clock(),
                        says=_news(result, is_read=is_read),
                    )
                )
            if asked and is_read:
                self._forget(asked)

    def _forget(self, asked: Collection[str]) -> None:
        found = Checkpoints(cursors=self.cursors).memo(RECOVERIES)
        left = (one for one in found.says.split() if one not in asked)
        self.cursors.remember(replace(found, says=" ".join(left)))


def _news(result: SweepResult, *, is_read: bool) -> tuple[str, ...]:
    if not is_read:
        says = "PagerDuty's log was not read to its end yet; the next sweep goes on by itself."
        return (says, *result.problems)
    since = result.since.isoformat(timespec="seconds") if result.since else "now"
    compared = counted(result.compared, "link was", "links were")
    looked_at = counted(result.resynced, "incident is", "incidents are")
    read = f"PagerDuty's log was read from {since} on."
    return (read, f"{compared} compared, {looked_at} looked at by the worker.", *result.problems)


CURSOR = "pagerduty log"

SLICE = timedelta(days=1)
"""How much of the log is read before the cursor moves."""

SHORTEST = timedelta(minutes=1)
"""PagerDuty shows 10,000 entries of a span of time; of one as short as this no more can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a part of the log tells of its incidents, by their ids.

    `is_cut`: PagerDuty showed only the newest entries of this time.
    """

    since: datetime
    until: datetime
    touched: abc.Mapping[str, Touched]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """Reads the log slice by slice, oldest first; the cursor moves when a slice is worked on."""

    incidents: Incidents
    cursors: Cursors
    breaker: Breaker

    def slices(self, *, now: datetime, budget: TimeBudget) -> Iterator[Slice]:
        """Each slice up to now. Asking for the next one says that this one is done.

        The first is read in any case. Raises `Refused` where the log may not be read, and
        `TimeIsUp`.
        """
        cursor = self.cursors.find(CURSOR) or Cursor(id=CURSOR, until=now, reads=CURSOR)
        until = cursor.until
        while True:
            found = self._read(until, min(until + SLICE, now), budget)
            yield found
            until = max(found.until, until)
            cursor = replace(cursor, until=until)
            self.cursors.put(cursor)
            if until >= now:
                return
            budget.check()
            cursor = replace(cursor, version=cursor.version + 1)

    def _read(self, start: datetime, until: datetime, budget: TimeBudget) -> Slice:
        """A slice from a time on, with the overlap; half as long where there is too much in it."""
        while True:
            found = self._pages(start - OVERLAP, until, budget)
            if not found.is_cut or until - start < SHORTEST:
                return found
            until = start + (until - start) / 2

    def _pages(self, since: datetime, until: datetime, budget: TimeBudget) -> Slice:
        touched: dict[str, Touched] = {}
        start: int | None = 0
        is_cut = False
        while start is not None:
            with self.breaker.call(Side.PAGERDUTY):
                page = self.incidents.log(since=since, until=until, start=start)
            touched = touched_by(page.entries, touched)
            start, is_cut = page.next_start, page.is_cut
            if start is not None:
                budget.check_end()
        return Slice(since=since, until=until, touched=touched, is_cut=is_cut)


FURTHEST = timedelta(days=180)
"""PagerDuty shows its log for six months at a time (developer documents, Log Entries)."""

_CLOCKS = timedelta(minutes=1)
"""A person's clock may be ahead by so much."""

RECOVERIES = Memo(id="recoveries")
"""Says the ids of the requests which no sweep has answered."""

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Lets the sweep read the log once more. What was done already is not done twice."""

    cursors: Cursors
    start_sweep: Callable[[], None]
    clock: Clock

    def start_of(self, since: datetime) -> datetime:
        """From when on the log can be read. Raises `Misconfigured` for a time to come."""
        now = self.clock()
        if since > now + _CLOCKS:
            raise Misconfigured(
                f"{since.isoformat()} lies in the future: it is {now.isoformat(timespec='seconds')}"
                " now.",
                cure="Give the time since when something is missing.",
            )
        return min(max(since, now - FURTHEST), now)

    def run(self, start: datetime, request_id: str) -> None:
        """Have the log read from `start` on, and the request answered by the sweep that does.

        Where a sweep is at work already, the next one does it. Raises `Temporary` where nothing
        could be stored or started.
        """
        self._go_back(start)
        self._remember(request_id)
        self.start_sweep()

    def _go_back(self, start: datetime) -> None:
        for _ in range(_TRIES):
            found = self.cursors.find(CURSOR)
            cursor = found or Cursor(id=CURSOR, until=start, reads=CURSOR)
            with suppress(Conflict):
                self.cursors.put(replace(cursor, until=min(cursor.until, start)))
                return
        raise Temporary("A sweep is at work and moves on all the time.", cure="Try again.")

    def _remember(self, request_id: str) -> None:
        """After the cursor went back: whoever sees the request reads from there on."""
        for _ in range(_TRIES):
            found = self.cursors.memo(RECOVERIES.id) or replace(RECOVERIES, at=self.clock())
            with suppress(Conflict):
                self.cursors.remember(replace(found, says=f"{found.says} {request_id}".strip()))
                return
        raise Temporary("Others ask for the same all the time.", cure="Try again.")
