"""The searches of a round: what each came to, in which order they run, and when no more begin."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pdjira.application.time_budget import TimeBudget, TimeIsUp

_SPREAD = (5**0.5 - 1) / 2
"""The golden ratio: its multiples lie evenly between whole numbers, whichever are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one search came to; `signals` were sent, and a pause holds back `held` matches.

    `problem` is why it came to nothing, or not to all, and `cure` what to do about it. `is_late`:
    it was not begun in this round.
    """

    about: str
    matches: int = 0
    signals: int = 0
    held: int = 0
    problem: str | None = None
    cure: str | None = None
    is_late: bool = False

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "about": self.about,
            "matches": self.matches,
            "signals": self.signals,
            "held": self.held,
            "problem": self.problem,
            "cure": self.cure,
            "is_late": self.is_late,
        }


Work = Callable[[], Polled]
Each = Callable[[Sequence[Work]], Sequence[Polled]]
"""Does all the work and answers in its order: one after the other, or side by side."""


def in_turn(works: Sequence[Work]) -> Sequence[Polled]:
    """`Each`, one after the other."""
    return [work() for work in works]


def in_time(
    works: abc.Mapping[str, Work], *, each: Each, budget: TimeBudget, at: datetime
) -> Sequence[Polled]:
    """Do the work about each thing, as far as the time goes; answers in their order.

    Each round begins somewhere else, so that the last are not always those that are left out.
    """
    order = list(works)
    first = int(at.timestamp() // 60 * _SPREAD % 1 * len(order))
    order = order[first:] + order[:first]
    found = each([partial(_unless_late, about, works[about], budget) for about in order])
    polled = {one.about: one for one in found}
    return [polled[about] for about in works]


def _unless_late(about: str, work: Work, budget: TimeBudget) -> Polled:
    try:
        budget.check()
    except TimeIsUp as error:
        return Polled(about=about, problem=error.says, cure=error.cure, is_late=True)
    return work()
