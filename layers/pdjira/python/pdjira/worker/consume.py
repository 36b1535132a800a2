"""One message of the queue: handed on, worked on, tried again, or given up with its reason."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, assert_never

from pdjira.errors import (
    CircuitOpen,
    Misconfigured,
    PdjiraError,
    Temporary,
    Unfinished,
    sentence_of,
)
from pdjira.jql.opening import Opener
from pdjira.model.ports import Clock, Links
from pdjira.model.signal import (
    SWEEP,
    Asked,
    GivenUp,
    GivenUps,
    Message,
    Progress,
    Requests,
    Signal,
    SignalKind,
    SignalQueue,
    done,
    is_former_group,
)
from pdjira.model.times import TimeLeft, calls_within, unlimited
from pdjira.sweep.joining import Joiner
from pdjira.sweep.ports import Resyncs
from pdjira.sync.mapping_order import Delivery
from pdjira.sync.synchronise import Report, Synchroniser
from pdjira.worker import retries


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The signal was worked on."""

    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The message comes again in so many seconds.

    `circuit` is the one that holds it back, `opened` whether this message has opened it.
    """

    seconds: int
    why: str
    circuit: str | None = None
    opened: bool = False

    def facts(self) -> dict[str, object]:
        """What the log tells of it; an alarm looks for `circuit`."""
        facts: dict[str, object] = {"retry_in_seconds": self.seconds, "why": self.why}
        if self.circuit is None:
            return facts
        return facts | {"circuit": self.circuit, "circuit_opened": self.opened}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettered:
    """The message lies in the dead-letter queue, with its reason."""

    why: str


Verdict = Done | Deferred | DeadLettered


def news_of(signal: Signal, verdict: Verdict, *, at: datetime) -> Asked:
    """What whoever has sent a request is told of it."""
    asked = Asked(
        id=signal.id,
        action="resync" if signal.kind is SignalKind.RESYNC else "create-issue",
        progress=Progress.DONE,
        at=at,
        incident_id=signal.incident_id,
    )
    match verdict:
        case Done(report=report):
            return replace(asked, says=done(report.says, report.rests))
        case Deferred(seconds=seconds, why=why):
            later = f"It is tried again by itself in {seconds} seconds."
            return replace(asked, progress=Progress.WAITS, says=(why, later))
        case DeadLettered(why=why):
            return replace(asked, progress=Progress.GIVEN_UP, says=(why,))
        case _:
            assert_never(verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a message; `signal` is None where it could not be read.

    `error` is an exception that nobody foresaw, for the log.
    """

    signal: Signal | None
    verdict: Verdict
    error: Exception | None = None

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        facts = self.signal.facts() if self.signal else {}
        match self.verdict:
            case Done(report=report):
                return facts | {"says": report.says, "rests": report.rests}
            case Deferred():
                return facts | self.verdict.facts()
            case DeadLettered(why=why):
                return facts | {"why": why}
            case _:
                assert_never(self.verdict)


@dataclass(slots=True, kw_only=True)
class Held:
    """A message that, once it is held, comes again soon where its worker is killed.

    Where a step takes longer than that, another worker begins, which does nothing twice. A message
    that nobody holds comes again when the queue's own time is over.
    """

    message: Message
    queue: SignalQueue
    clock: Clock
    time_left: TimeLeft
    since: datetime | None = None

    def hold(self) -> None:
        """Hold it from now on; without effect where it is held."""
        if self.since is None:
            self._hold()

    def left(self) -> float:
        """The time left to the run; asking holds the message longer: no dead worker asks."""
        if self.since is not None and self.clock() - self.since >= retries.HELD / 2:
            self._hold()
        return self.time_left()

    def _hold(self) -> None:
        with suppress(PdjiraError):
            self.queue.defer(self.message, int(retries.HELD.total_seconds()))
        self.since = self.clock()


class Attempts(Protocol):
    """How often in a row the work on a message ended without an answer, by a crash or a timeout.

    And how often it ended with a wait that a side had named.
    """

    def begin(self, message_id: str) -> int:
        """Work on a message that was delivered before begins; the row that it has so far.

        The first delivery is not recorded, so it counts unless it ended with an answer.
        """

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        """The work ended with an answer, and so does the row.

        `is_named`: a side named the wait that follows; how often one has, this time included.
        Otherwise 0. To be called once for each delivery.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Works on messages and keeps their budget.

    Whatever error of ours a message ends in, it is tried again until it is four days old: what is
    temporary passes, an unknown outcome is looked up, and what a person has to correct (a secret, a
    right, a stored item) is done once that is mended. What ends without an answer (a crash, a
    timeout, an error that nobody foresaw) is tried five times in a row. Then the message is
    dead-lettered, and the incident's next signal is worked on.
    """

    synchroniser: Synchroniser
    opener: Opener
    joiner: Joiner
    queue: SignalQueue
    attempts: Attempts
    resyncs: Resyncs
    requests: Requests
    given_up: GivenUps
    decode: Callable[[str], Signal]
    clock: Clock
    jitter: Callable[[], float]

    def consume(self, message: Message, time_left: TimeLeft = unlimited) -> Outcome:
        """Work on one message; whatever happens, the outcome says what became of it.

        `time_left` tells the seconds until this process is ended.
        """
        outcome = self._outcome(message, time_left)
        try:
            with suppress(PdjiraError):
                self._answer(outcome)
        except Exception as error:  # noqa: BLE001 - nobody foresaw it, so it is told
            return replace(outcome, error=error)
        return outcome

    def _answer(self, outcome: Outcome) -> None:
        """Tell a person what came of a request, and the sweep that it may ask again.

        Where the latter fails, an idle queue tells it.
        """
        signal, verdict = outcome.signal, outcome.verdict
        if signal is None or not signal.incident_id:
            return
        if signal.is_request:
            self.requests.put(news_of(signal, verdict, at=self.clock()))
        elif signal.event_type == SWEEP and not isinstance(verdict, Deferred):
            self.resyncs.answered(signal.incident_id, signal.id)

    def _outcome(self, message: Message, time_left: TimeLeft) -> Outcome:
        try:
            signal = self.decode(message.body)
        except Misconfigured as error:
            return Outcome(signal=None, verdict=self._dead_letter(message, error.says))
        crashes = self._crashes(message)
        if retries.is_poison(crashes=crashes):
            why = f"It ended {crashes} times in a row without an answer: a crash or a timeout."
            return Outcome(signal=signal, verdict=self._dead_letter(message, why))
        try:
            return Outcome(signal=signal, verdict=self._work(message, signal, time_left))
        except PdjiraError as error:
            return Outcome(signal=signal, verdict=self._defer(message, error))
        except Exception as error:  # noqa: BLE001 - nobody foresaw it, so it is counted and told
            verdict = self._crashed(message, error, crashes + 1)
            return Outcome(signal=signal, verdict=verdict, error=error)

    def _crashes(self, message: Message) -> int:
        """A crash that cannot be counted counts as none: a store that is down is no poison."""
        if message.receives == 1:
            return 0
        try:
            return self.attempts.begin(message.id)
        except PdjiraError:
            return 0

    def _work(self, message: Message, signal: Signal, time_left: TimeLeft) -> Verdict:
        if is_former_group(message.group, signal):
            return Done(report=move_over(signal, message, queue=self.queue))
        held = Held(message=message, queue=self.queue, clock=self.clock, time_left=time_left)
        with calls_within(held.left):
            return self._by_kind(message, signal, held)

    def _by_kind(self, message: Message, signal: Signal, held: Held) -> Verdict:
        match signal.kind:
            case SignalKind.UNREADABLE:
                reason = signal.reason or "The delivery cannot be read."
                return self._dead_letter(message, reason)
            case SignalKind.NO_INCIDENT:
                why = f"{signal.event_type or 'The event'} is about no incident."
                return Done(report=Report(incident_id=None, rests=(why,)))
            case SignalKind.ISSUE_CHANGED if signal.incident_id is None:
                links = self.synchroniser.links
                return Done(report=forward(signal, links=links, queue=self.queue))
            case SignalKind.ISSUE_MATCHED:
                held.hold()
                return Done(report=self.opener.handle(signal, held.left))
            case SignalKind.ISSUE_FOUND:
                held.hold()
                return Done(report=self.joiner.handle(signal, held.left))
            case (
                SignalKind.INCIDENT_CHANGED
                | SignalKind.ISSUE_CHANGED
                | SignalKind.RESYNC
                | SignalKind.CREATE_REQUESTED
            ):
                delivery = self._delivery(message, signal)
                return Done(report=self.synchroniser.handle(delivery, held.left, held.hold))
            case _:
                assert_never(signal.kind)

    def _delivery(self, message: Message, signal: Signal) -> Delivery:
        return Delivery(
            signal=signal,
            begun=self.clock(),
            sent_at=message.sent_at,
            received_at=None if message.receives == 1 else message.first_received_at,
            tried_since=signal.tried_since or message.tried_since,
            number=message.receives,
        )

    def _defer(self, message: Message, error: PdjiraError) -> Verdict:
        """Try again for as long as it may help; a deferral is an answer, not a crash."""
        if retries.is_exhausted(self.clock() - message.sent_at):
            return self._dead_letter(message, f"Given up after four days. {error.says}")
        named = self._end(message, is_named=_is_named_by_a_side(error))
        wait = error.retry_after if isinstance(error, Temporary) else None
        deferred = self._deferred(message, sentence_of(error), wait, named=named)
        if isinstance(error, CircuitOpen):
            return replace(deferred, circuit=error.circuit, opened=error.opened)
        return deferred

    def _end(self, message: Message, *, is_named: bool) -> int:
        """How often a side has named the wait; every delivery, where it cannot be counted."""
        try:
            return self.attempts.end(message.id, is_named=is_named)
        except PdjiraError:
            return message.receives if is_named else 0

    def _crashed(self, message: Message, error: Exception, crashes: int) -> Verdict:
        why = f"{type(error).__name__}, which the log tells in full"
        if retries.is_poison(crashes=crashes):
            reason = f"It ended {crashes} times in a row in an error. The last: {why}."
            return self._dead_letter(message, reason)
        return self._deferred(message, why, None)

    def _deferred(
        self, message: Message, why: str, wait: float | None, *, named: int = 0
    ) -> Deferred:
        seconds = retries.delay(
            message.receives, retry_after=wait, jitter=self.jitter(), named=named
        )
        with suppress(PdjiraError):
            self.queue.defer(message, seconds)
        return Deferred(seconds=seconds, why=why)

    def _dead_letter(self, message: Message, why: str) -> Verdict:
        """Where even that fails, the message stays where it is and comes again."""
        try:
            self.queue.dead_letter(message, why)
        except PdjiraError as error:
            return self._deferred(message, f"{why} It could not be set aside: {error.says}", None)
        with suppress(PdjiraError):
            self.given_up.put(self._given_up(message, why))
        return DeadLettered(why=why)

    def _given_up(self, message: Message, why: str) -> GivenUp:
        """What people are told of it: receiving it from the dead-letter queue would hide it."""
        given_up = GivenUp(message_id=message.id, at=self.clock(), sent_at=message.sent_at, why=why)
        with suppress(Misconfigured):
            signal = self.decode(message.body)
            return replace(
                given_up,
                incident_id=signal.incident_id,
                issue_id=signal.issue_id,
                event=signal.event_type or signal.kind.value,
                is_readable=signal.kind is not SignalKind.UNREADABLE,
            )
        return given_up


def _is_named_by_a_side(error: PdjiraError) -> bool:
    """Whether a side said how long to wait, rather than a circuit or unfinished work."""
    is_ours = isinstance(error, CircuitOpen | Unfinished)
    return isinstance(error, Temporary) and error.retry_after is not None and not is_ours


def forward(signal: Signal, *, links: Links, queue: SignalQueue) -> Report:
    """Find the incident of the signal's issue and hand the signal on: one hop, never a wait.

    May be repeated: the queue takes the same signal once. Raises `Temporary` where the incident
    could not be looked up or the signal not be stored.
    """
    incident_id = links.incident_of(signal.issue_id or "")
    if incident_id is None:
        why = f"Issue {signal.issue_id} is linked to no incident."
        return Report(incident_id=None, rests=(why,))
    queue.send(replace(signal, id=f"{signal.id} {incident_id}", incident_id=incident_id))
    why = f"Issue {signal.issue_id} is linked to incident {incident_id}: handed on to it."
    return Report(incident_id=incident_id, rests=(why,))


def move_over(signal: Signal, message: Message, *, queue: SignalQueue) -> Report:
    """Hand a signal on from the group in which an earlier version put it; nothing is done there.

    What waits behind it follows in order. May be repeated. Raises `Temporary` where the signal
    could not be stored.
    """
    queue.send(replace(signal, tried_since=message.tried_since))
    why = "An earlier version stored it: handed on to the group that its incident has now."
    return Report(incident_id=signal.incident_id, rests=(why,))
