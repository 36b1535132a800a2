"""How things stand, without a call to either side: what is stored, and what `health` saw last."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.errors import PdjiraError
from pdjira.health.checks import (
    CIRCUITS,
    Check,
    Status,
    is_fault,
    told_once,
)
from pdjira.health.health import STORED_AREAS, Health, StoredHealth, WaitingSignals
from pdjira.health.pagerduty import OLD_RULES
from pdjira.health.sweep import SWEEP_CHECK, lost_rights
from pdjira.health.webhooks import DELIVERIES
from pdjira.jql.ports import Cursors
from pdjira.model.ports import Clock
from pdjira.sweep.ports import Days, Latest, SweepResults

BELIEVED = timedelta(hours=24)
"""What `health` saw earlier than that is not told any more."""

_ON_THE_WAY = {"name", "connection", "certificate", "version", "clock", "sign-in"}
"""Checks of Jira that are over once a search was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What `health` saw, and when."""

    at: datetime
    checks: Sequence[Check]


HealthResults = Latest[Seen]
"""What `health` saw last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Looks at everything, both sides included, and keeps what it saw for the page."""

    health: Health
    seen: HealthResults
    clock: Clock

    def checks(self) -> Sequence[Check]:
        """Every check, made now."""
        checks = self.health.checks()
        with suppress(PdjiraError):
            self.seen.put(Seen(at=self.clock(), checks=checks))
        return checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Every check as far as it is known; `at`: when both sides were last looked at."""

    checks: Sequence[Check]
    at: datetime | None

    @property
    def is_known(self) -> bool:
        """Whether both sides were looked at within a day, or a sweep was well."""
        swept = (one for one in self.checks if (one.area, one.name) == ("links", SWEEP_CHECK))
        return self.at is not None or any(one.status is Status.OK for one in swept)

    @property
    def waiting(self) -> int:
        """How many events wait to be worked on, or to be tried again."""
        return sum(one.count for one in self.checks if isinstance(one, WaitingSignals))

    @property
    def faults(self) -> Sequence[Check]:
        """What somebody should do something about, the gravest first."""
        faults = [check for check in self.checks if is_fault(check)]
        return sorted(faults, key=lambda check: check.status is not Status.BROKEN)


class LatelyRefused(Protocol):
    """Whether deliveries are refused, in one short look."""

    def lately(self) -> Check | None:
        """The fault, where they are now; None where that is not so or not known."""
        ...

    def is_proven_since(self, since: datetime) -> bool:
        """Whether one was proven since then, as far as that can be told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Tells how things stand: what is stored is read now, and neither side is called."""

    stored: StoredHealth
    seen: HealthResults
    days: Days
    cursors: Cursors
    sweeps: SweepResults
    clock: Clock
    refused: LatelyRefused | None = None

    def now(self) -> Stand:
        """What is known now; what cannot be read is a check that says so."""
        last = self._seen()
        checks = [*self._of_deliveries(last), *self.stored.checks()]
        with suppress(PdjiraError):
            checks += self._of_day(last, checks)
        return Stand(checks=told_once(checks), at=last.at if last else None)

    def _seen(self) -> Seen | None:
        with suppress(PdjiraError):
            last = self.seen.last()
            return last if last and self.clock() - last.at < BELIEVED else None
        return None

    def _of_deliveries(self, last: Seen | None) -> Sequence[Check]:
        """What `health` saw of both sides, with what became of deliveries since."""
        checks = list(self._of_sides(last))
        if self.refused is None:
            return checks
        told = [one for one in checks if (one.area, one.name) == ("webhooks", DELIVERIES)]
        others = [one for one in checks if one not in told]
        lately = self.refused.lately()
        if lately is not None:
            return [*others, lately]
        if last is None or not any(map(is_fault, told)):
            return checks
        return others if self.refused.is_proven_since(last.at) else checks

    def _of_sides(self, last: Seen | None) -> Iterator[Check]:
        """What `health` saw of both sides, but for what is over since."""
        if last is None:
            return
        is_jira_heard, is_pagerduty_heard = self._heard_since(last.at)
        for check in last.checks:
            is_stored = check.area in STORED_AREAS and check.name != OLD_RULES
            if is_stored or check.name in {CIRCUITS, "lost rights"}:
                continue
            is_over = is_fault(check) and (
                (is_jira_heard and check.area == "jira" and check.name in _ON_THE_WAY)
                or (is_pagerduty_heard and check.area == "pagerduty")
            )
            if is_over:
                says = f"It works again; before, `health` said: {check.says}"
                yield replace(check, status=Status.UNCHECKED, says=says, cure=None)
            else:
                yield check

    def _heard_since(self, at: datetime) -> tuple[bool, bool]:
        """Whether Jira, and whether PagerDuty, has answered a poll or a sweep since then."""
        with suppress(PdjiraError):
            read = [one.until for one in self.cursors.known().by_id.values() if one.is_readable]
            sweep = self.sweeps.last()
            is_swept = sweep is not None and sweep.at > at and not sweep.problems
            return any(until > at for until in read), is_swept
        return False, False

    def _of_day(self, last: Seen | None, told: Sequence[Check]) -> Iterator[Check]:
        """What the first sweep of the day saw; what ends soon, unless `health` looked since."""
        day = self.days.last()
        yield from lost_rights(day, told)
        if day is None or (last and last.at > day.at):
            return
        for says in day.soon:
            yield Check(
                area="jira",
                name="ends soon",
                status=Status.ATTENTION,
                says=says,
                cure="Replace it before then: look at the page Connection.",
            )
