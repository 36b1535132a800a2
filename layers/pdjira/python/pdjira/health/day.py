"""What the first sweep of a day (UTC) looks at: rights that were lost, and what ends soon."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from pdjira.circuits.breaker import Breaker
from pdjira.errors import NotFound, PdjiraError, Refused, Side
from pdjira.health import pagerduty
from pdjira.health.checks import Check, Status, is_fault
from pdjira.health.endings import Endings
from pdjira.health.pagerduty import KeyRights
from pdjira.model.ports import Clock, Mappings, Rights
from pdjira.model.rights import TABLE
from pdjira.sweep.ports import Day, Days

_IN_PAGERDUTY = " in PagerDuty"


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyLook:
    """Looks once a day, apart from what a sweep may ask for, and keeps what it saw."""

    rights: Rights
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
                found = self.rights.in_project(project.id)
                held += [f"{one.name}{place}" for one in TABLE if one.key in found.held]
            yield from held

    def _in_pagerduty(self, former: frozenset[str]) -> Iterator[str]:
        looks: Sequence[tuple[pagerduty.Right, Callable[[], object]]] = (
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
