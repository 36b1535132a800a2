"""What a look at one thing says: a check, and how checks are made so that none hides another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pdjira.errors import PdjiraError


class Status(StrEnum):
    """From well to not working, in this order."""

    OK = "ok"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: one sentence, and the cure where one is needed."""

    area: str
    name: str
    status: Status
    says: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A look at one thing, by its stable name.

    `fails`: how bad it is where the look itself raises.
    """

    area: str
    name: str
    look: Callable[[], Iterator[Check]]
    fails: Status = Status.BROKEN

    def checks(self) -> Sequence[Check]:
        """What the look finds; where it raises, one more check with the reason."""
        found: list[Check] = []
        try:
            found.extend(self.look())
        except Exception as error:  # noqa: BLE001 - a look that crashes shall not hide the others
            if not isinstance(error, PdjiraError):
                error = PdjiraError(f"This could not be looked at: {type(error).__name__}.")
            found.append(self.told(self.fails, error.says, cure=error.cure))
        return found

    def told(self, status: Status, says: str, *, cure: str | None = None) -> Check:
        """A check of this name."""
        return Check(area=self.area, name=self.name, status=status, says=says, cure=cure)


def one_after_the_other(steps: Sequence[Step]) -> Iterator[Check]:
    """The checks of steps of which each needs those before it: the first broken one ends it."""
    for step in steps:
        checks = step.checks()
        yield from checks
        if any(check.status is Status.BROKEN for check in checks):
            return


def ok(area: str, name: str, says: str) -> Check:
    """A check that found everything well."""
    return Check(area=area, name=name, status=Status.OK, says=says)


def overall(checks: Sequence[Check]) -> Status:
    """The worst of all checks."""
    order = list(Status)
    return max((check.status for check in checks), key=order.index, default=Status.OK)
