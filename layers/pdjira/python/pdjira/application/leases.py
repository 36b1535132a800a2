"""One round of a kind at a time: a lease, taken before it and given back after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.application.ports.core import Clock
from pdjira.errors import PdjiraError

MARGIN = timedelta(seconds=10)
"""A lease outlives the time that its holder has by as much: clocks differ."""


class Leases(Protocol):
    """Leases by name, shared by all processes."""

    def take(self, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
        """Take it where nobody has it by `now`; whether it is the owner's. May be repeated."""

    def give_back(self, name: str, *, owner: str) -> None:
        """Let others take it; without effect where it is another's by now. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Lets one round of each name run at a time; `new_owner` makes names for the holders."""

    leases: Leases
    clock: Clock
    new_owner: Callable[[], str]

    @contextmanager
    def alone(self, name: str, *, seconds: float) -> Iterator[bool]:
        """Around a round that has so many seconds left: whether it may run.

        A holder that died keeps the others out until its time is over. Raises `Temporary` where
        that cannot be found out.
        """
        now, owner = self.clock(), self.new_owner()
        until = now + timedelta(seconds=seconds) + MARGIN
        is_ours = self.leases.take(name, owner=owner, now=now, until=until)
        try:
            yield is_ours
        finally:
            if is_ours:
                with suppress(PdjiraError):
                    self.leases.give_back(name, owner=owner)
