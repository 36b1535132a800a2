"""Whether both sides are compared as often as they should be, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pdjira.health.checks import Check, Status, ok, unchecked
from pdjira.jql.cursors import is_of_mapping
from pdjira.jql.ports import Cursors
from pdjira.model.extra import TOLD_AFTER
from pdjira.model.ports import Clock, Mappings
from pdjira.sweep.ports import SweepResult, SweepResults

SWEEP_CHECK = "sweep"

OWED_CHECK = "owed"

LATE = timedelta(minutes=45)
"""Three sweeps were missed."""

EVERY = timedelta(minutes=15)
"""As `template.yaml` has it."""

_FIRST = "the first comes within 15 minutes"

_NAMED = 10

_STOPPED = "Look into the logs of JqlPollerFunction, and whether its schedules are on."


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepHealth:
    """Looks at the last sweep."""

    results: SweepResults
    mappings: Mappings
    cursors: Cursors
    clock: Clock

    def checks(self) -> Iterator[Check]:
        """The one check; a stack without a first sweep is young, or its sweeps never end."""
        last = self.results.last()
        if last is None and self._is_old():
            yield _warn("No sweep has ended yet, though the stack runs for longer.", cure=_STOPPED)
        elif last is None:
            yield unchecked("links", SWEEP_CHECK, "No sweep was made yet.", then=_FIRST)
        elif self.clock() - last.at > LATE:
            yield _warn(f"{_summary(last)} None has ended since.", cure=_STOPPED)
        elif last.problems:
            yield _warn(
                f"{_summary(last)} {' '.join(last.problems)}",
                cure=f"Mend what is named; it is tried again at {_next(last)}.",
            )
        else:
            yield ok("links", SWEEP_CHECK, _summary(last))

    def owed(self) -> Iterator[Check]:
        """What incidents are owed, as the last sweep saw it; reported after an hour."""
        last = self.results.last()
        if last is None:
            says = "No sweep has looked yet whether anything is owed."
            yield unchecked("links", OWED_CHECK, says, then=_FIRST)
            return
        if last.owed_since is None:
            yield ok("links", OWED_CHECK, "No incident or issue is owed anything.")
            return
        named = ", ".join(last.owing[:_NAMED])
        says = (
            f"{len(last.owing)} incident(s) or their issues lack notes, comments, people or a link "
            f"that failed, the first since {last.owed_since:%Y-%m-%d %H:%M} UTC: {named}. Each "
            "sweep tries again."
        )
        if last.at - last.owed_since < TOLD_AFTER:
            yield ok("links", OWED_CHECK, says)
            return
        cure = (
            "Read the timeline of one of them, and mend in Jira or PagerDuty what it names; it is "
            f"tried again at {_next(last)}."
        )
        yield Check(area="links", name=OWED_CHECK, status=Status.ATTENTION, says=says, cure=cure)

    def _is_old(self) -> bool:
        """Whether anything has stood or been read for so long that three sweeps were missed."""
        cursors = [one for one in self.cursors.known().values() if one.is_readable]
        read = [one.until for one in cursors if is_of_mapping(one.id)]
        since = [one.enabled_since for one in self.mappings.in_force() if one.enabled_since]
        return any(self.clock() - time > LATE for time in (*read, *since))


def _next(last: SweepResult) -> str:
    return f"{last.at + EVERY:%H:%M:%S} UTC"


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


def _warn(says: str, *, cure: str) -> Check:
    return Check(area="links", name=SWEEP_CHECK, status=Status.ATTENTION, says=says, cure=cure)
