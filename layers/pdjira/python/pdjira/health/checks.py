"""What a look at one thing says: a check, and how checks are made so that none hides another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce

from pdjira.circuits.breaker import Circuits, SecretVersions
from pdjira.circuits.rules import TIMEOUTS, Circuit
from pdjira.errors import PdjiraError, Side, UnreadableSecret


class Status(StrEnum):
    """From well to not working, in this order; what was not looked at is neither."""

    OK = "ok"
    UNCHECKED = "unchecked"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: one sentence, and the cure where one is needed."""

    area: str
    name: str
    status: Status
    says: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered(Check):
    """What could not be looked at, because somebody who should have answered did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSecret(Check):
    """What failed because the connection secret is not as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A look at one thing, by its stable name.

    `fails`: how bad it is where the look itself raises.
    """

    area: str
    name: str
    look: Callable[[], Iterator[Check]]
    fails: Status = Status.BROKEN

    def checks(self) -> Sequence[Check]:
        """What the look finds; where it raises, one more check with the reason."""
        found: list[Check] = []
        try:
            found.extend(self.look())
        except Exception as error:  # noqa: BLE001 - a look that crashes must not hide the others
            found.append(self._failed(error))
        return found

    def _failed(self, error: Exception) -> Check:
        if not isinstance(error, PdjiraError):
            error = PdjiraError(f"This could not be looked at: {type(error).__name__}.")
        if self.fails is Status.UNCHECKED:
            return unanswered(self.area, self.name, error)
        kind = OfSecret if isinstance(error, UnreadableSecret) else Check
        return kind(
            area=self.area,
            name=self.name,
            status=self.fails,
            says=error.says,
            cure=error.cure or AGAIN,
        )


AGAIN = (
    "Ask for health once more in a minute; if it says the same, look at that side, and into the "
    "log of AdminFunction."
)
"""The cure of what may pass by itself."""


def one_after_the_other(steps: Sequence[Inspection]) -> Iterator[Check]:
    """The checks of steps of which each needs those before it: the first broken one ends it."""
    for step in steps:
        checks = step.checks()
        yield from checks
        if any(check.status is Status.BROKEN for check in checks):
            return


def ok(area: str, name: str, says: str) -> Check:
    """A check that found everything well."""
    return Check(area=area, name=name, status=Status.OK, says=says)


def told_once(checks: Sequence[Check]) -> Sequence[Check]:
    """The checks, of which the first alone tells a fault; the others name that one instead.

    The first of an area says what is wrong there, be it said before; not so of the secret, which
    concerns all.
    """
    told: list[Check] = []
    for check in checks:
        is_first = all(check.area != one.area for one in told)
        faults = [one for one in told if is_fault(one)]
        if not is_first or isinstance(check, OfSecret):
            check = reduce(_without, faults, check)  # noqa: PLW2901 - what is left of it
        told.append(check)
    return told


def is_fault(check: Check) -> bool:
    """Whether somebody should do something about it."""
    return check.status in {Status.ATTENTION, Status.BROKEN}


def _without(check: Check, first: Check) -> Check:
    """A check without what an earlier one tells."""
    is_left_out = check.status is Status.UNCHECKED and first.says in check.says
    is_of_secret = isinstance(check, OfSecret) and isinstance(first, OfSecret)
    if is_left_out or is_of_secret or check.says == first.says:
        return Check(
            area=check.area,
            name=check.name,
            status=Status.UNCHECKED,
            says=f"Not looked at, for the reason that *{first.area}, {first.name}* tells.",
            cure=f"Do what {first.area}, {first.name} says.",
        )
    return replace(check, says=check.says.replace(first.says, f"see {first.area}, {first.name}."))


def unanswered(area: str, name: str, error: PdjiraError) -> Check:
    """A check that could not be made now, with the reason."""
    says = f"Not looked at: {error.says}"
    return Unanswered(
        area=area, name=name, status=Status.UNCHECKED, says=says, cure=error.cure or AGAIN
    )


def unchecked(area: str, name: str, says: str, *, then: str) -> Check:
    """A check that there was nothing to look at for; `then`: when there will be."""
    cure = f"Nothing to do: {then}."
    return Check(area=area, name=name, status=Status.UNCHECKED, says=says, cure=cure)


def overall(checks: Sequence[Check]) -> Status:
    """The worst of all checks; what nobody had to answer for may stay unchecked."""
    order = list(Status)
    return max(map(_counted, checks), key=order.index, default=Status.OK)


def _counted(check: Check) -> Status:
    if check.status is not Status.UNCHECKED:
        return check.status
    return Status.ATTENTION if isinstance(check, Unanswered) else Status.OK


CIRCUITS = "circuits"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone(Check):
    """A side, or a project of Jira, that is not called for a while, and until when.

    `who` is its name. `passes`: it may answer again by itself, while a sign-in that is refused
    needs a person.
    """

    side: Side
    project_id: str | None
    passes: bool
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitHealth:
    """Looks at the circuits of both sides."""

    circuits: Circuits
    secrets: SecretVersions

    def checks(self, side: Side) -> Iterator[Check]:
        """A check for each open circuit; none where all calls go through."""
        for circuit in self.circuits.known(side):
            if circuit.is_open:
                yield _open_circuit(circuit, self.secrets.version(side))


def _open_circuit(circuit: Circuit, secret: str) -> Check:
    since = f"{circuit.opened_at:%Y-%m-%d %H:%M:%S}"
    says = f"{circuit.name} has not been called since {since} UTC: {circuit.why}"
    is_changed = circuit.secret != secret
    if is_changed:
        says = f"{says} The secret has been changed since."
        next_try = "tried by the next signal or poll, within a minute or two"
    else:
        says = f"{says} Signals wait."
        next_try = f"tried again at {circuit.probe_at:%H:%M:%S} UTC"
    cure = f"{circuit.cure} Then it is {next_try}." if circuit.cure and not is_changed else ""
    return LeftAlone(
        area=circuit.side.value,
        name=CIRCUITS,
        status=Status.ATTENTION if is_changed else Status.BROKEN,
        says=says,
        cure=cure or f"Nothing to do: {next_try}.",
        side=circuit.side,
        project_id=circuit.project_id,
        passes=circuit.failures >= TIMEOUTS or is_changed,
        since=circuit.opened_at,
        until=circuit.probe_at,
    )
