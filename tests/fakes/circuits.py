"""Circuits and the names of credentials in memory, with the promises of their ports."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pdjira.circuits.rules import Circuit
from pdjira.errors import Conflict, Side
from tests.fakes.faults import FaultPlan


class FakeCircuits:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._stored: dict[tuple[Side, str | None], Circuit] = {}
        self._lock = threading.Lock()

    def known(self, side: Side) -> Sequence[Circuit]:
        with self.faults.call("circuits.known"), self._lock:
            found = [one for one in self._stored.values() if one.side is side]
            return [circuit for circuit in found if not circuit.is_quiet]

    def find(self, side: Side, project_id: str | None) -> Circuit:
        with self.faults.call("circuits.find"), self._lock:
            return self._find(side, project_id)

    def put(self, circuit: Circuit) -> Circuit:
        with self.faults.call("circuits.put"), self._lock:
            known = self._find(circuit.side, circuit.project_id)
            if known.version not in {0, circuit.version}:
                raise Conflict("Somebody else changed the circuit first.")
            stored = replace(circuit, version=circuit.version + 1)
            self._stored[circuit.side, circuit.project_id] = stored
            return stored

    def _find(self, side: Side, project_id: str | None) -> Circuit:
        fresh = Circuit(side=side, project_id=project_id)
        return self._stored.get((side, project_id), fresh)


class FakeSecretVersions:
    """`change` is what a person does; with `lags` it is seen only after a `refresh`."""

    def __init__(self) -> None:
        self.lags = False
        self._current: Counter[Side] = Counter()
        self._read: Counter[Side] = Counter()

    def change(self, side: Side) -> None:
        """Replace the credentials of the side."""
        self._current[side] += 1
        if not self.lags:
            self.refresh(side)

    def version(self, side: Side) -> str:
        return f"version-{self._read[side]}"

    def refresh(self, side: Side) -> None:
        self._read[side] = self._current[side]
