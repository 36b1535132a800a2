"""What was given up is sent back to the queue: received, sent, and only then deleted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pdjira.errors import Misconfigured
from pdjira.model.given_up import DeadLetter, DeadLetters, Decode, GivenUps
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import TimeLeft

_EMPTY_ANSWERS = 2
"""A queue may keep back what it has: so many empty answers in a row are its end."""

_SECONDS = 5.0
"""What one round may take."""


@dataclass(slots=True, kw_only=True)
class Redriven:
    """How many were `sent`, and how many hold nothing that could be tried: they stay (`left`).

    `is_whole`: nothing was left for want of time.
    """

    sent: int = 0
    left: int = 0
    is_whole: bool = True

    @property
    def says(self) -> str:
        """What people are told."""
        sent = "1 was sent again" if self.sent == 1 else f"{self.sent} were sent again"
        if not self.left:
            return f"{sent}."
        stay = "1 stays: it" if self.left == 1 else f"{self.left} stay: each"
        return f"{sent}. {stay} is no event that can be tried; the queue forgets it after 14 days."


@dataclass(slots=True)
class _Round:
    told: Redriven = field(default_factory=Redriven)
    sent: list[str] = field(default_factory=list)
    held: list[DeadLetter] = field(default_factory=list)
    has_found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Sends back what lies in the dead-letter queue; trying a signal twice is always safe."""

    letters: DeadLetters
    given_up: GivenUps
    decode: Decode

    def run(self, time_left: TimeLeft, only: str | None = None) -> Redriven:
        """Send back all that can be tried, or the one message that had this id.

        May be repeated; a second run goes on where the time was up.
        """
        done = _Round()
        try:
            for letter in self._letters(time_left, done):
                self._take(letter, only, done)
        finally:
            for letter in done.held:
                self.letters.leave(letter)
            self.given_up.forget(done.sent)
        return done.told

    def _letters(self, time_left: TimeLeft, done: _Round) -> Iterator[DeadLetter]:
        empty = 0
        while empty < _EMPTY_ANSWERS and not done.has_found:
            if time_left() < _SECONDS:
                done.told.is_whole = False
                return
            found = self.letters.receive()
            empty = 0 if found else empty + 1
            yield from found

    def _take(self, letter: DeadLetter, only: str | None, done: _Round) -> None:
        if only and letter.message_id != only:
            done.held.append(letter)
            return
        signal = self._signal(letter)
        if signal is None:
            done.held.append(letter)
            done.told.left += 1
            return
        self.letters.send_back(letter, signal)
        done.has_found = only is not None
        done.told.sent += 1
        done.sent += [letter.message_id] if letter.message_id else []

    def _signal(self, letter: DeadLetter) -> Signal | None:
        """What the worker can try; None for a delivery that nobody could read."""
        try:
            signal = self.decode(letter.body)
        except Misconfigured:
            return None
        return None if signal.kind is SignalKind.UNREADABLE else signal
