"""Whether both sides are compared as often as they should be, and what came of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from pdjira.circuits.breaker import Breaker
from pdjira.errors import NotFound, PdjiraError, Refused, Side
from pdjira.health import pagerduty
from pdjira.health.checks import Check, Status, is_fault, ok, unchecked
from pdjira.health.endings import Endings
from pdjira.health.pagerduty import KeyRights
from pdjira.jql.matches import is_of_mapping
from pdjira.jql.ports import Cursors
from pdjira.model.link import TOLD_AFTER
from pdjira.model.ports import Clock, Mappings, RightsIn
from pdjira.model.rights import TABLE
from pdjira.sweep.ports import Day, Days, SweepResult, SweepResults
from pdjira.text.plain_text import counted

SWEEP_CHECK = "sweep"

OWED_CHECK = "owed"

LATE = timedelta(minutes=45)
"""Three sweeps were missed."""

EVERY = timedelta(minutes=15)
"""As `template.yaml` has it."""

_FIRST = "the first comes within 15 minutes"

_NAMED = 10

_READ_ONE = "Read the timeline of one of them, and mend in Jira or PagerDuty what it names;"

_STOPPED = "Look into the logs of JqlPollerFunction, and whether its schedules are on."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedExtras(Check):
    """What keeps failing on incidents or their issues, and on how many."""

    count: int


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
            f"{counted(len(last.owing), 'incident lacks', 'incidents lack')} notes, comments, "
            "people or a link that failed, on their own side or on the issue's, the first since "
            f"{last.owed_since:%Y-%m-%d %H:%M} UTC: {named}. Each sweep tries again."
        )
        if last.at - last.owed_since < TOLD_AFTER:
            yield ok("links", OWED_CHECK, says)
            return
        cure = f"{_READ_ONE} it is tried again at {_next(last)}."
        yield OwedExtras(
            area="links",
            name=OWED_CHECK,
            status=Status.ATTENTION,
            says=says,
            cure=cure,
            count=len(last.owing),
        )

    def _is_old(self) -> bool:
        """Whether anything has stood or been read for so long that three sweeps were missed."""
        cursors = [one for one in self.cursors.known().by_id.values() if one.is_readable]
        read = [one.until for one in cursors if is_of_mapping(one.id)]
        since = [one.enabled_since for one in self.mappings.in_force() if one.enabled_since]
        return any(self.clock() - time > LATE for time in (*read, *since))


def _next(last: SweepResult) -> str:
    return f"{last.at + EVERY:%H:%M:%S} UTC"


def _summary(last: SweepResult) -> str:
    says = (
        f"The last sweep, at {last.at.isoformat(timespec='seconds')}, compared "
        f"{counted(last.compared, 'link')} and had {counted(last.resynced, 'incident')} looked at"
    )
    if last.since:
        says += f"; it read PagerDuty's log from {last.since.isoformat(timespec='seconds')} on"
    if last.enabled:
        says += f"; it switched {counted(last.enabled, 'webhook subscription')} on again"
    return f"{says}."


def _warn(says: str, *, cure: str) -> Check:
    return Check(area="links", name=SWEEP_CHECK, status=Status.ATTENTION, says=says, cure=cure)


_IN_PAGERDUTY = " in PagerDuty"


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyLook:
    """Looks once a day, apart from what a sweep may ask for, and keeps what it saw."""

    rights_in: RightsIn
    key_rights: KeyRights
    endings: Endings
    mappings: Mappings
    days: Days
    breaker: Breaker
    clock: Clock

    def run(self) -> Day:
        """What is known of today. Raises `Temporary` where it cannot be kept."""
        before, now = self.days.last(), self.clock()
        if before and before.at.date() == now.date():
            return before
        former = before.held if before else frozenset()
        held = frozenset([*self._in_jira(former), *self._in_pagerduty(former)])
        day = Day(
            at=now,
            held=held,
            lost=tuple(sorted(former - held)),
            soon=tuple(self.endings.soon()),
        )
        self.days.put(day)
        return day

    def _call(self, side: Side, project_id: str | None = None) -> AbstractContextManager[object]:
        """A look takes nobody's turn to try a side that is left alone."""
        return self.breaker.call(side, project_id, is_extra=True)

    def _in_jira(self, former: frozenset[str]) -> Iterator[str]:
        projects = {one.project.id: one.project for one in self.mappings.in_force()}
        places = [f" in {one.name or one.id}" for one in projects.values()]
        for project, place in zip(projects.values(), places, strict=True):
            held: list[str] = []
            with _unless_silent(held, former, place), self._call(Side.JIRA, project.id):
                found = self.rights_in(project.id)
                held += [f"{one.name}{place}" for one in TABLE if one.key in found.held]
            yield from held

    def _in_pagerduty(self, former: frozenset[str]) -> Iterator[str]:
        looks: Sequence[tuple[pagerduty.KeyRight, Callable[[], object]]] = (
            (pagerduty.READ_INCIDENTS, self.key_rights.read_incidents),
            (pagerduty.READ_LOG_ENTRIES, self.key_rights.read_log_entries),
            (pagerduty.READ_USERS, self.key_rights.find_user),
            (pagerduty.WRITE_NOTES, self.key_rights.write_notes),
            (pagerduty.CHANGE_INCIDENTS, self.key_rights.change_incidents),
        )
        for right, look in looks:
            name = f"{right.name}{_IN_PAGERDUTY}"
            held: list[str] = []
            with _unless_silent(held, former, name), self._call(Side.PAGERDUTY):
                look()
                held.append(name)
            yield from held


@contextmanager
def _unless_silent(held: list[str], former: frozenset[str], place: str) -> Iterator[None]:
    """What a side does not answer stays as it was seen before; what it refuses is not held."""
    try:
        yield
    except (NotFound, Refused):
        held.clear()
    except PdjiraError:
        held[:] = [one for one in former if one.endswith(place)]


def lost_rights(day: Day | None, told: Sequence[Check]) -> Iterator[Check]:
    """What was lost since the day before, but for what a check tells already."""
    lost = [one for one in day.lost if not _is_told(one, told)] if day else []
    in_pagerduty = [one for one in lost if one.endswith(_IN_PAGERDUTY)]
    in_jira = [one for one in lost if one not in in_pagerduty]
    for area, who, names, cure in (
        ("jira", "our account", in_jira, "Give them back in the permission scheme"),
        ("pagerduty", "the API key", in_pagerduty, "Give its user the rights back"),
    ):
        if names:
            yield Check(
                area=area,
                name="lost rights",
                status=Status.ATTENTION,
                says=f"Since yesterday {who} has lost: {', '.join(names)}.",
                cure=f"{cure}; or do nothing, if that was meant: it is told for a day.",
            )


def _is_told(lost: str, told: Sequence[Check]) -> bool:
    name, _, _ = lost.rpartition(" in ")
    return any(is_fault(check) and name in check.says for check in told)
