"""Attempts in memory, with the promises of the `Attempts` port."""

from collections import Counter

from tests.fakes.faults import FaultPlan


class FakeAttempts:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._unended: dict[str, int] = {}
        self._named: Counter[str] = Counter()

    def begin(self, message_id: str) -> int:
        with self.faults.call("attempts.begin"):
            crashes = self._unended.get(message_id, 1)
            self._unended[message_id] = crashes + 1
            return crashes

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        with self.faults.call("attempts.end"):
            self._unended[message_id] = 0
            self._named[message_id] += is_named
            return self._named[message_id] if is_named else 0
