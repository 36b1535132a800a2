"""Reads linked incidents that no list of open ones shows: resolved, gone, or in another service."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from pdjira.application.circuits import Breaker
from pdjira.application.ports.core import PagerDuty
from pdjira.application.sweep.work import Sweeping
from pdjira.application.time_budget import TimeBudget
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Link
from pdjira.domain.sweep.differences import is_given_up, is_kept_back, is_thought_open
from pdjira.errors import NotFound, PdjiraError, Side

MOST = 20
"""So many are read in one sweep; of the others, the worker is told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Finds those in a service of no mapping, which the next sweeps list as well."""

    pagerduty: PagerDuty
    breaker: Breaker

    def look(self, links: Iterable[Link], sweep: Sweeping, budget: TimeBudget) -> None:
        """Add to the sweep's open incidents what is open although it was not listed."""
        if sweep.open is None:
            return
        thought = {link.incident_id for link in links if _may_be_open(link, sweep)}
        for incident_id in sorted(thought - sweep.open.keys()):
            if sweep.singles >= MOST or budget.is_used():
                return
            sweep.singles += 1
            try:
                self._read(incident_id, sweep)
            except PdjiraError as error:
                sweep.singles = MOST
                sweep.fail(error)

    def _read(self, incident_id: str, sweep: Sweeping) -> None:
        with suppress(NotFound), self.breaker.call(Side.PAGERDUTY):
            incident = self.pagerduty.get_incident(incident_id)
            if incident.status is not IncidentStatus.RESOLVED:
                sweep.listed(incident)


def _may_be_open(link: Link, sweep: Sweeping) -> bool:
    """What was refused is looked for as often as it is tried."""
    if is_kept_back(link):
        return sweep.is_hourly and not is_given_up(link, now=sweep.at)
    return is_thought_open(link)
