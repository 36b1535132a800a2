"""What is wrong with a mapping, as a person is told: where, what, and what to do about it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the mapping from doing what it says; a hint is worth a second look."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of one key: `field` is its path in the item, such as `custom_fields[2].value`."""

    severity: Severity
    field: str
    says: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked(Problem):
    """A hint that something could not be checked."""


def unchecked(field: str, says: str, cure: str) -> Unchecked:
    """A hint that something could not be checked."""
    return Unchecked(severity=Severity.HINT, field=field, says=says, cure=cure)


def error(field: str, says: str, cure: str) -> Problem:
    """A problem that keeps the mapping from doing what it says."""
    return Problem(severity=Severity.ERROR, field=field, says=says, cure=cure)


def hint(field: str, says: str, cure: str) -> Problem:
    """Something that may not be a problem."""
    return Problem(severity=Severity.HINT, field=field, says=says, cure=cure)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The errors among the problems."""
    return tuple(one for one in problems if one.severity is Severity.ERROR)


class VerdictStatus(StrEnum):
    """Hints alone leave a mapping at `ok`, but not the hint that something was not checked."""

    OK = "ok"
    INVALID = "invalid"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found when a mapping was checked at a time: every problem at once.

    `in_force`: whether the mapping is enabled and readable.
    """

    at: datetime
    problems: tuple[Problem, ...] = ()
    in_force: bool = False

    @property
    def status(self) -> VerdictStatus:
        """Whether the mapping can do what it says, as far as could be seen."""
        if errors_of(self.problems):
            return VerdictStatus.INVALID
        is_checked = not any(isinstance(one, Unchecked) for one in self.problems)
        return VerdictStatus.OK if is_checked else VerdictStatus.UNCHECKED

    def shown(self) -> dict[str, object]:
        """The object that stands in the item as `check`; JSON's types alone."""
        return {
            "status": self.status.value,
            "in_force": self.in_force,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "problems": [
                {**asdict(problem), "severity": problem.severity.value} for problem in self.problems
            ],
        }
