"""Opens the incident of a claim: one at most, whatever becomes of the request and of its answer."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.application.circuits import Breaker
from pdjira.application.jql.braking import Admission, Braking
from pdjira.application.ports.core import Clock
from pdjira.application.ports.openings import Openings, Pager
from pdjira.domain.incident import Incident
from pdjira.domain.jql.matches import MatchRow
from pdjira.domain.jql.opening import IncidentDraft, Opening
from pdjira.domain.retries import BELIEVED_AFTER
from pdjira.domain.text.cures import WAIT
from pdjira.domain.times import CLOCKS
from pdjira.errors import PdjiraError, Permanent, Side, Temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpening:
    """Asks PagerDuty for incidents by their keys, and opens them."""

    pager: Pager
    openings: Openings
    braking: Braking
    breaker: Breaker
    clock: Clock

    def look_up(self, begun: Opening) -> Incident | None:
        """The incident that an attempt without an answer has opened; None: surely none.

        One that was there before the attempt is not of it: whoever may send alerts can choose their
        key, and a Jira that was restored gives an id out again.
        Raises `Temporary` as long as it may have been opened without being shown yet.
        """
        incident = self._find(begun, since=begun.attempt_at and begun.attempt_at - CLOCKS)
        if (
            incident is None
            and begun.attempt_at
            and self.clock() < begun.attempt_at + BELIEVED_AFTER
        ):
            raise Temporary(
                f"An earlier attempt to open the incident of issue {begun.issue_id} (mapping "
                f"{begun.mapping_id}) had no answer, and PagerDuty does not show the incident yet.",
                cure=WAIT,
            )
        return incident

    def _find(self, claim: Opening, *, since: datetime | None = None) -> Incident | None:
        with self.breaker.call(Side.PAGERDUTY):
            return self.pager.find_by_key(claim.incident_key, since=since)

    def open(
        self,
        row: MatchRow,
        draft: IncidentDraft,
        *,
        claim: Opening,
        before: Opening | None,
        admission: Admission,
    ) -> tuple[Opening, Incident]:
        """Count the match, store the claim, open the incident; while PagerDuty is left alone, none.

        `before` is the claim as it stood until now. Raises `Ambiguous` where that is unknown; the
        claim and the count then stay.
        """
        with self.breaker.call(Side.PAGERDUTY):
            with self.braking.counting(admission, row):
                stored = self.openings.put(claim)
            incident = self._post(row, draft, stored, before)
        incident = incident or self._find(stored)
        if incident is None:
            raise Temporary(
                f"PagerDuty has an incident of issue {row.issue_id} (mapping {row.mapping_id}), "
                "but does not show it yet.",
                cure=WAIT,
            )
        return stored, incident

    def _post(
        self, row: MatchRow, draft: IncidentDraft, claim: Opening, before: Opening | None
    ) -> Incident | None:
        """Open it. A refusal, or a request that surely never took effect, ends the attempt.

        One before whose end is unknown goes on to stand, and to count: it may have opened the
        incident. The circuit must not hide which error it was: this stands within its call.
        """
        try:
            return self.pager.open_incident(draft)
        except (Temporary, Permanent):
            earlier = before if before and before.attempt_at else None
            after = earlier or replace(claim, attempt_at=None)
            with suppress(PdjiraError):
                self.openings.put(replace(after, version=claim.version))
            if earlier is None:
                self.braking.give_back(row)
            raise
