"""Performs each step of the planner, so that doing it again does nothing twice."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pdjira.sync.round import Round
from pdjira.sync.step import Step

Performs = abc.Mapping[type[Step], Callable[[Round, Any], None]]
"""What performs the steps of an aspect, by their types.

Each puts what it learned into the round, and raises `Temporary` or `Ambiguous` when the signal must
be delivered again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Performs steps on Jira, PagerDuty and the links, by what each aspect has for them."""

    performs: Performs

    def perform(self, step: Step, current: Round) -> None:
        """Do one step and put what it taught into `current`."""
        self.performs[type(step)](current, step)
