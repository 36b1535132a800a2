"""`Leases` in memory, with the promises of its port."""

import threading
from datetime import datetime

from tests.fakes.faults import FaultPlan


class FakeLeases:
    """Leases; `held` are those that somebody has, with owner and end."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.held: dict[str, tuple[str, datetime]] = {}
        self.at: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def take(self, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
        with self.faults.call("leases.take"), self._lock:
            holder, end = self.held.get(name, (owner, now))
            if holder != owner and end > now:
                return False
            self.held[name] = (owner, until)
            self.at[name] = now
            return True

    def give_back(self, name: str, *, owner: str, now: datetime) -> None:
        with self.faults.call("leases.give_back"), self._lock:
            if self.held.get(name, ("",))[0] == owner:
                del self.held[name]
                self.at[name] = now

    def latest(self, name: str) -> datetime | None:
        with self.faults.call("leases.latest"), self._lock:
            return self.at.get(name)
