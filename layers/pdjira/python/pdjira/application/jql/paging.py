"""Opens the incident of a claim: one at most, whatever becomes of the request and of its answer."""

from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.circuits import Breaker
from pdjira.application.jql.braking import Admission, Braking
from pdjira.application.ports.openings import Openings, Pager
from pdjira.domain.incident import Incident
from pdjira.domain.jql.matches import MatchRow
from pdjira.domain.jql.opening import IncidentDraft, Opening
from pdjira.domain.mapping import Mapping
from pdjira.errors import PdjiraError, Permanent, Side, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Asks PagerDuty for incidents by their keys, and opens them."""

    pager: Pager
    openings: Openings
    braking: Braking
    breaker: Breaker

    def look_up(self, claim: Opening) -> Incident | None:
        """The incident that an earlier attempt has opened."""
        with self.breaker.call(Side.PAGERDUTY):
            return self.pager.find_by_key(claim.incident_key, service_id=claim.service_id)

    def open(
        self,
        row: MatchRow,
        mapping: Mapping,
        draft: IncidentDraft,
        *,
        claim: Opening,
        admission: Admission,
    ) -> tuple[Opening, Incident]:
        """Count the match, store the claim, open the incident; while PagerDuty is left alone, none.

        Raises `Ambiguous` where that is unknown; the claim and the count then stay.
        """
        with self.breaker.call(Side.PAGERDUTY):
            self.braking.count(admission, row)
            stored = self.openings.put(claim)
            incident = self._post(row, mapping, draft, stored)
        incident = incident or self.look_up(stored)
        if incident is None:
            raise Temporary("PagerDuty has an incident of this issue, but does not show it yet.")
        return stored, incident

    def _post(
        self, row: MatchRow, mapping: Mapping, draft: IncidentDraft, claim: Opening
    ) -> Incident | None:
        """Open it. A refusal, or a request that surely never took effect, ends the attempt.

        The circuit must not hide which error it was: this stands within its call.
        """
        try:
            return self.pager.open_incident(draft)
        except (Temporary, Permanent):
            with suppress(PdjiraError):
                self.openings.put(replace(claim, attempt_at=None))
            with suppress(PdjiraError):
                self.braking.give_back(row, mapping)
            raise
