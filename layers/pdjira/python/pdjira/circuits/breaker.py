"""Leaves a side alone that refuses our sign-in or does not answer: nothing is called meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from pdjira.circuits.rules import Circuit, Failure, closed, failed, is_tried, probing, untried, wait
from pdjira.errors import (
    Ambiguous,
    CircuitOpen,
    Conflict,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
)
from pdjira.model.ports import Clock
from pdjira.model.times import TimeLeft, check_time, unlimited

_TRIES = 3

_MOST_CALLS = 3
"""How many calls may be made in a row where nobody tells, one of them to prove who we are."""


class Circuits(Protocol):
    """The circuits of both sides, shared by all workers."""

    def known(self, side: Side) -> Sequence[Circuit]:
        """Those that are not quiet. That all are may be remembered for some seconds."""

    def find(self, side: Side, project_id: str | None) -> Circuit:
        """One as stored now; a fresh one where none is stored."""

    def put(self, circuit: Circuit) -> Circuit:
        """Store it in place of its version, and return it with its new one. Raises `Conflict`."""


class SecretVersions(Protocol):
    """Names of the credentials in force, which tell nothing of them."""

    def version(self, side: Side) -> str:
        """Another one after every change of the credentials of that side."""

    def refresh(self, side: Side) -> None:
        """Read the secrets again, at most once in five seconds."""


@dataclass(slots=True)
class Trial:
    """A call that may be made: `was_made` False where it was not needed after all."""

    was_made: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Lets calls through, or holds them back, and learns from how they end.

    A call for which there is no `time_left` is not begun either.
    """

    circuits: Circuits
    secrets: SecretVersions
    clock: Clock
    time_left: TimeLeft = unlimited

    def within(self, time_left: TimeLeft) -> "Breaker":
        """The same one for a run that ends in so many seconds."""
        return replace(self, time_left=time_left)

    def waited_for(self, side: Side) -> frozenset[str | None]:
        """The projects whose calls are held back while somebody waits to try; None: all of them."""
        known, now = self.circuits.known(side), self.clock()
        return frozenset(one.project_id for one in known if is_tried(one, now=now))

    @contextmanager
    def call(
        self, side: Side, project_id: str | None = None, *, is_extra: bool = False
    ) -> Iterator[Trial]:
        """Around whatever calls that side, or says that it did not.

        Raises `CircuitOpen` instead of letting it begin, or in place of its own error where that
        opens the circuit. An answer closes it, even a refusal; any other failure tells nothing. A
        lost write of ours (`Conflict`) is no call. A call for an extra alone probes no circuit, and
        its timeout counts for none: the core must not wait for it. Raises `OutOfTime` before all
        that.
        """
        check_time(self.time_left, _MOST_CALLS, left="what this message asks for")
        tried, trial = self._admit(side, project_id, is_extra=is_extra), Trial()
        try:
            yield trial
        except (Refused, NotFound):
            self._succeed(tried)
            raise
        except Conflict:
            self._give_back(tried)
            raise
        except (Temporary, Ambiguous) as error:
            opened = self._fail(error, project_id, is_extra=is_extra)
            if opened is None:
                raise
            raise self._held_back(opened, error.says, is_new=True) from error
        if trial.was_made:
            self._succeed(tried)
        else:
            self._give_back(tried)

    def try_changed(self, side: Side, look: Callable[[], object]) -> None:
        """Call a side that is left alone, where the secret was changed since: nobody may wait.

        What it answers tells the circuit, and whoever asks for health; nothing is raised.
        """
        with suppress(PdjiraError):
            secret = self.secrets.version(side)
            known = [one for one in self.circuits.known(side) if one.project_id is None]
            if any(one.is_open and one.secret != secret for one in known):
                with self.call(side):
                    look()

    def _admit(self, side: Side, project_id: str | None, *, is_extra: bool) -> Sequence[Circuit]:
        tried = [one for one in self.circuits.known(side) if one.project_id in {None, project_id}]
        held = [circuit for circuit in tried if circuit.is_open]
        for circuit in held:
            if is_extra or self._wait(circuit):
                raise self._held_back(circuit, f"{circuit.name} is not called now: {circuit.why}")
        for circuit in held:
            self._probe(circuit)
        return tried

    def _probe(self, circuit: Circuit) -> None:
        secret = self.secrets.version(circuit.side)
        begun = probing(circuit, now=self.clock(), secret=secret)
        try:
            self.circuits.put(begun)
        except Conflict as error:
            says = f"{circuit.name} is tried by another worker: {circuit.why}"
            raise self._held_back(begun, says) from error

    def _succeed(self, tried: Sequence[Circuit]) -> None:
        for circuit in tried:
            with suppress(PdjiraError):
                self._change(circuit, closed)

    def _give_back(self, tried: Sequence[Circuit]) -> None:
        """A call that was not made tells nothing, and takes nobody's turn to try."""
        for circuit in tried:
            if circuit.is_open:
                with suppress(PdjiraError):
                    self._change(circuit, untried)

    def _fail(
        self, error: Temporary | Ambiguous, project_id: str | None, *, is_extra: bool
    ) -> Circuit | None:
        """The circuit that this failure has opened. What cannot be stored counts as nothing."""
        if is_extra and not isinstance(error, Unauthenticated):
            return None
        side = error.side if isinstance(error, Unauthenticated) else error.timed_out
        if side is None:
            return None
        try:
            secret = self.secrets.version(side)
            refused = isinstance(error, Unauthenticated)
            if refused and self._has_changed(side, secret):
                return None
            failure = Failure(says=error.says, cure=error.cure, refused=refused, secret=secret)
            is_projects = side is Side.JIRA and not refused
            place = Circuit(side=side, project_id=project_id if is_projects else None)
            change = partial(failed, failure=failure, now=self.clock())
            before, after = self._change(place, change)
        except PdjiraError:
            return None
        return after if after.is_open and not before.is_open else None

    def _has_changed(self, side: Side, secret: str) -> bool:
        """Whether the call was signed by credentials no longer in force: the next one will do."""
        self.secrets.refresh(side)
        return self.secrets.version(side) != secret

    def _change(
        self, place: Circuit, change: Callable[[Circuit], Circuit]
    ) -> tuple[Circuit, Circuit]:
        """Read, change, store; once more where somebody else was faster. Raises `Conflict`."""
        for _ in range(_TRIES):
            before = self.circuits.find(place.side, place.project_id)
            after = change(before)
            if after == before:
                return before, after
            with suppress(Conflict):
                return before, self.circuits.put(after)
        raise Conflict(f"The circuit {place.name} is changed by others all the time.")

    def _wait(self, circuit: Circuit) -> timedelta:
        secret = self.secrets.version(circuit.side)
        return wait(circuit, now=self.clock(), secret=secret)

    def _held_back(self, circuit: Circuit, says: str, *, is_new: bool = False) -> CircuitOpen:
        return CircuitOpen(
            says,
            cure=circuit.cure,
            retry_after=self._wait(circuit).total_seconds(),
            circuit=circuit.name,
            opened=is_new,
        )


def is_patient(error: Exception, *, than: Exception) -> bool:
    """Whether `error` is a circuit that waits for longer than the other error asks for."""
    if not isinstance(error, CircuitOpen):
        return False
    return not isinstance(than, CircuitOpen) or _seconds(than) < _seconds(error)


def _seconds(error: CircuitOpen) -> float:
    return error.retry_after or 0.0
