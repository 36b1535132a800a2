"""Asks both sides on behalf of a person who waits: each only for as long as it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pdjira.errors import Ambiguous, Misconfigured, OutOfTime, PdjiraError, Side, Temporary
from pdjira.model.ports import Clock
from pdjira.model.times import TimeLeft, answered_within

T = TypeVar("T")

WHOLE_SECONDS = 17.0
"""A person waits for at most 20 seconds: what comes of it has to be put together as well."""

ANSWER_SECONDS = 5.0
"""How long one call waits for its answer."""


@dataclass(slots=True, kw_only=True)
class Asking:
    """The time that one request has, and the sides that did not answer in it."""

    clock: Clock
    time_left: TimeLeft
    seconds: float = WHOLE_SECONDS
    silent: dict[Side, PdjiraError] = field(default_factory=dict)
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self.begun = self.clock().timestamp()

    def left(self) -> float:
        """Seconds that are left to ask anybody."""
        spent = self.clock().timestamp() - self.begun
        return min(self.seconds - spent, self.time_left())

    def ask(self, side: Side, call: Callable[[], T]) -> T | None:
        """The answer of a side; None where it does not answer, after which it is not asked again.

        Raises what it refuses and does not know.
        """
        if side in self.silent:
            return None
        try:
            if self.left() <= 0:
                raise OutOfTime(left=f"what {side.value} was to be asked")
            with answered_within(lambda: min(ANSWER_SECONDS, self.left())):
                return call()
        except (Temporary, Ambiguous, Misconfigured) as error:
            self.silent[side] = error
            return None
