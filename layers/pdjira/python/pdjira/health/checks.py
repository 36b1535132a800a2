"""What a look at one thing says: a check, and how checks are made so that none hides another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pdjira.circuits.breaker import Circuits, SecretVersions
from pdjira.circuits.rules import Circuit
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
        kind = OfSecret if isinstance(error, UnreadableSecret) else Check
        return kind(
            area=self.area, name=self.name, status=self.fails, says=error.says, cure=error.cure
        )


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


def told_once(checks: Sequence[Check]) -> Iterator[Check]:
    """The checks, of which the first one alone tells what is wrong with the connection secret."""
    first: Check | None = None
    for check in checks:
        if first is None or not isinstance(check, OfSecret):
            yield check
        else:
            yield _elsewhere(check, first)
        first = first or (check if isinstance(check, OfSecret) else None)


def _elsewhere(check: Check, first: Check) -> Check:
    return Check(
        area=check.area,
        name=check.name,
        status=Status.UNCHECKED,
        says="Not looked at: the connection secret cannot be read.",
        cure=f"See {first.area}, {first.name}.",
    )


def unanswered(area: str, name: str, error: PdjiraError) -> Check:
    """A check that could not be made now, with the reason."""
    says = f"Not looked at: {error.says}"
    cure = error.cure or "Ask for health once more in a minute."
    return Unanswered(area=area, name=name, status=Status.UNCHECKED, says=says, cure=cure)


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
class CircuitHealth:
    """Looks at the circuits of both sides."""

    circuits: Circuits
    secrets: SecretVersions

    def checks(self, side: Side) -> Iterator[Check]:
        """A check for each open circuit; none where all calls go through."""
        for circuit in self.circuits.known(side):
            if circuit.is_open:
                yield _told(circuit, self.secrets.version(side))


def _told(circuit: Circuit, secret: str) -> Check:
    if circuit.secret != secret:
        then = "The secret has been changed since, so the next signal tries it."
        return _check(circuit, Status.ATTENTION, then)
    due = f"{circuit.probe_at:%Y-%m-%d %H:%M:%S}"
    then = f"The first signal after {due} UTC tries again; until then, or until the secret is "
    return _check(circuit, Status.BROKEN, f"{then}changed, signals wait.")


def _check(circuit: Circuit, status: Status, then: str) -> Check:
    since = f"{circuit.opened_at:%Y-%m-%d %H:%M:%S}"
    return Check(
        area=circuit.side.value,
        name=CIRCUITS,
        status=status,
        says=f"{circuit.name} has not been called since {since} UTC: {circuit.why} {then}",
        cure=circuit.cure,
    )
