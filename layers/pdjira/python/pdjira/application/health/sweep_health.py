"""Whether both sides are compared as often as they should be, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pdjira.application.health.checks import Check, Status, ok
from pdjira.application.ports.core import Clock
from pdjira.application.ports.sweeps import SweepResult, SweepResults

SWEEP_CHECK = "sweep"

LATE = timedelta(minutes=45)
"""Three sweeps were missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepHealth:
    """Looks at the last sweep."""

    results: SweepResults
    clock: Clock

    def checks(self) -> Iterator[Check]:
        """The one check; a stack without a first sweep is young."""
        last = self.results.last()
        if last is None:
            yield ok("links", SWEEP_CHECK, "No sweep was made yet: the first comes in 15 minutes.")
        elif self.clock() - last.at > LATE:
            yield _told(
                f"{_summary(last)} None has ended since.",
                cure="Look into the logs of JqlPollerFunction, and whether its schedules are on.",
            )
        elif last.problems:
            yield _told(
                f"{_summary(last)} {' '.join(last.problems)}",
                cure="Mend what is named; the next sweep comes within 15 minutes.",
            )
        else:
            yield ok("links", SWEEP_CHECK, _summary(last))


def _summary(last: SweepResult) -> str:
    says = (
        f"The last sweep, at {last.at.isoformat(timespec='seconds')}, compared {last.compared} "
        f"link(s) and had {last.resynced} incident(s) looked at"
    )
    if last.since:
        says += f"; it read PagerDuty's log from {last.since.isoformat(timespec='seconds')} on"
    if last.enabled:
        says += f"; it switched {last.enabled} webhook subscription(s) on again"
    return f"{says}."


def _told(says: str, *, cure: str) -> Check:
    return Check(area="links", name=SWEEP_CHECK, status=Status.ATTENTION, says=says, cure=cure)
