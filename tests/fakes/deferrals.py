"""Deferrals in memory, with the promises of the `Deferrals` port."""

from collections import Counter

from tests.fakes.faults import FaultPlan


class FakeDeferrals:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._counts: Counter[str] = Counter()

    def add(self, message_id: str) -> None:
        with self.faults.call("deferrals.add"):
            self._counts[message_id] += 1

    def count(self, message_id: str) -> int:
        with self.faults.call("deferrals.count"):
            return self._counts[message_id]
