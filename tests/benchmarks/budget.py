"""A budget's figure: what was measured, how much is allowed, and what lies behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FIGURES = Path(__file__).parents[2] / ".sandbox" / "figures.json"
"""What was measured last: the lines of each budget, by its name."""


class NotMeasuredError(Exception):
    """What is measured on cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value beside its limit, both in `unit`; `details` tell how it comes about."""

    budget: str
    what: str
    value: float
    limit: float
    unit: str
    digits: int = 0
    details: Sequence[str] = ()

    @property
    def is_over(self) -> bool:
        """Whether it exceeds its limit, as it is printed."""
        return round(self.value, self.digits) > self.limit

    def line(self) -> str:
        """The figure on one line."""
        value = f"{self.value:,.{self.digits}f} {self.unit}"
        verdict = "OVER" if self.is_over else "ok"
        return f"{self.budget:<4}{self.what:<46}{value:>18}   limit {self.limit:<7g}{verdict}"

    def short(self) -> str:
        """The figure and its limit, for a cell of a table."""
        value = f"{self.value:,.{self.digits}f} {self.unit}".strip()
        return f"{self.what}: {value} (limit {self.limit:g})"
