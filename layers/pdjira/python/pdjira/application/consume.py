"""One message of the queue: worked on, tried again later, or given up with its reason."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from pdjira.application.message import Message
from pdjira.application.ports import Clock, Deferrals, SignalQueue
from pdjira.application.synchronise import Report, Synchroniser
from pdjira.domain import retries
from pdjira.domain.signals import Signal, SignalKind
from pdjira.errors import Misconfigured, PdjiraError, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The signal was worked on."""

    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The message comes again in so many seconds."""

    seconds: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettered:
    """The message lies in the dead-letter queue, with its reason."""

    why: str


Verdict = Done | Deferred | DeadLettered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a message; `signal` is None where it could not be read.

    `error` is an exception that nobody foresaw, for the log.
    """

    signal: Signal | None
    verdict: Verdict
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Works on messages and keeps their budget.

    Temporary errors last until a message is four days old. What ends without an answer (a crash,
    a timeout, an error that nobody foresaw) is tried five times. Then the message is dead-lettered,
    and the incident's next signal is worked on.
    """

    synchroniser: Synchroniser
    queue: SignalQueue
    deferrals: Deferrals
    decode: Callable[[str], Signal]
    clock: Clock
    jitter: Callable[[], float]

    def consume(self, message: Message) -> Outcome:
        """Work on one message; whatever happens, the outcome says what became of it."""
        try:
            signal = self.decode(message.body)
        except Misconfigured as error:
            return Outcome(signal=None, verdict=self._dead_letter(message, error.says))
        try:
            return Outcome(signal=signal, verdict=self._work(message, signal))
        except PdjiraError as error:
            return Outcome(signal=signal, verdict=self._defer(message, error))
        except Exception as error:  # noqa: BLE001 - nobody foresaw it, so it is counted and told
            return Outcome(signal=signal, verdict=self._crashed(message, error), error=error)

    def _work(self, message: Message, signal: Signal) -> Verdict:
        earlier = message.receives - 1
        if retries.is_poison(crashes=earlier):
            earlier -= self.deferrals.count(message.id)
            if retries.is_poison(crashes=earlier):
                return self._dead_letter(message, f"It ended {earlier} times without an answer.")
        match signal.kind:
            case SignalKind.UNREADABLE:
                return self._dead_letter(message, signal.reason or "The delivery cannot be read.")
            case SignalKind.NO_INCIDENT:
                why = f"{signal.event_type} is about no incident."
                return Done(report=Report(incident_id=None, rests=(why,)))
            case SignalKind.INCIDENT_CHANGED | SignalKind.RESYNC:
                return Done(report=self.synchroniser.handle(signal))
            case _:
                assert_never(signal.kind)

    def _defer(self, message: Message, error: PdjiraError) -> Verdict:
        """Try again for as long as it may help; the deferral does not count as a crash."""
        if retries.is_exhausted(self.clock() - message.sent_at):
            return self._dead_letter(message, f"Given up after four days. {error.says}")
        with suppress(PdjiraError):
            self.deferrals.add(message.id)
        named = error.retry_after if isinstance(error, Temporary) else None
        return self._deferred(message, error.says, named)

    def _crashed(self, message: Message, error: Exception) -> Verdict:
        why = f"{type(error).__name__}, which the log tells in full"
        try:
            crashes = message.receives - self.deferrals.count(message.id)
        except PdjiraError:
            crashes = 0
        if retries.is_poison(crashes=crashes):
            return self._dead_letter(
                message, f"It ended {crashes} times in an error. The last: {why}"
            )
        return self._deferred(message, why, None)

    def _deferred(self, message: Message, why: str, named: float | None) -> Deferred:
        seconds = retries.delay(message.receives, retry_after=named, jitter=self.jitter())
        with suppress(PdjiraError):
            self.queue.defer(message, seconds)
        return Deferred(seconds=seconds, why=why)

    def _dead_letter(self, message: Message, why: str) -> Verdict:
        """Where even that fails, the message stays where it is and comes again."""
        try:
            self.queue.dead_letter(message, why)
        except PdjiraError as error:
            return self._deferred(message, f"{why} It could not be set aside: {error.says}", None)
        return DeadLettered(why=why)
