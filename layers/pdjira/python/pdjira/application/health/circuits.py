"""Whether a side is left alone at present, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from pdjira.application.circuits import Circuits, SecretVersions
from pdjira.application.health.checks import Check, Status
from pdjira.domain.circuits import Circuit
from pdjira.errors import Side

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
