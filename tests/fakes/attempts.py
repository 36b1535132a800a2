"""Attempts in memory, with the promises of the `Attempts` port."""

from tests.fakes.faults import FaultPlan


class FakeAttempts:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._unended: dict[str, int] = {}

    def begin(self, message_id: str) -> int:
        with self.faults.call("attempts.begin"):
            crashes = self._unended.get(message_id, 1)
            self._unended[message_id] = crashes + 1
            return crashes

    def end(self, message_id: str) -> None:
        with self.faults.call("attempts.end"):
            self._unended[message_id] = 0
