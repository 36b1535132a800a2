"""Opens the incident of an issue that matches a mapping's JQL: exactly one, whatever breaks.

1. Claim the issue with a conditional write. 2. Open the incident with a key of its own. 3. Complete
the link and the way back, both or neither, and hand on to the incident's group. Whoever finds a
claim without an end looks the key up before opening again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pdjira.application.circuits import Breaker
from pdjira.application.jql.braking import Braking
from pdjira.application.jql.incident_opening import IncidentOpening
from pdjira.application.ports.core import Clock, Jira, Links, Mappings
from pdjira.application.ports.openings import MatchRows, Openings, Pager, PagingIssues
from pdjira.application.ports.searches import Searches
from pdjira.application.sync.synchronise import Report
from pdjira.application.webhooks.intake import SignalSink
from pdjira.domain.incident import Incident
from pdjira.domain.jql.matches import MatchRefusal, MatchRow, MatchState, is_due, wants_another_look
from pdjira.domain.jql.opening import (
    Opening,
    PagingIssue,
    as_opened,
    draft_of,
    first_status,
    key_of,
    opened_link,
)
from pdjira.domain.jql.query import wrap
from pdjira.domain.link import TimelineEntry
from pdjira.domain.mapping import Mapping
from pdjira.domain.signals import Signal, SignalKind
from pdjira.domain.text.cures import told
from pdjira.errors import NotFound, Permanent, Refused, Side

_DOES_NOT_WAIT = "Issue {} does not wait to open an incident."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens incidents. `jira_url` is the configured address of Jira, which their keys name."""

    jira: Jira
    issues: PagingIssues
    searches: Searches
    pager: Pager
    mappings: Mappings
    links: Links
    openings: Openings
    rows: MatchRows
    braking: Braking
    breaker: Breaker
    queue: SignalSink
    clock: Clock
    jira_url: Callable[[], str]

    def handle(self, signal: Signal) -> Report:
        """Work on a match. Handling it again is always safe.

        What a person has to mend first is kept on the row, of which the poller tells again. Raises
        `Temporary` or `Ambiguous` when it must be delivered again.
        """
        issue_id, mapping_id = signal.issue_id or "", signal.mapping_id or ""
        row, mapping = self.rows.find(mapping_id, issue_id), self._in_force(mapping_id)
        if mapping is None:
            return _rest(f"No mapping {mapping_id} with a JQL is in force.")
        if row is None:
            return _rest(_DOES_NOT_WAIT.format(issue_id))
        try:
            if not self._is_to_be_looked_at(row, mapping):
                return _rest(_DOES_NOT_WAIT.format(issue_id))
            return self._work(row, mapping, signal)
        except Permanent as error:
            return self._keep(row, error)

    def _is_to_be_looked_at(self, row: MatchRow, mapping: Mapping) -> bool:
        """Whether it waits, or was being opened when the mapping began anew."""
        if row.state is MatchState.OPENED or is_due(row, mapping, now=self.clock()):
            return row.state is not MatchState.OPENED
        opening = self.openings.find(row.issue_id)
        return opening is not None and opening.attempt_at is not None

    @property
    def _incident_opening(self) -> IncidentOpening:
        return IncidentOpening(
            pager=self.pager,
            openings=self.openings,
            braking=self.braking,
            breaker=self.breaker,
        )

    def _in_force(self, mapping_id: str) -> Mapping | None:
        found = (one for one in self.mappings.in_force() if one.id == mapping_id)
        mapping = next(found, None)
        return mapping if mapping and mapping.jql is not None else None

    def _work(self, row: MatchRow, mapping: Mapping, signal: Signal) -> Report:
        """An incident that an earlier attempt may have opened is looked up before all else."""
        incident_id = self.links.incident_of(row.issue_id)
        if incident_id is not None:
            return self._finish(row, incident_id, signal)
        opening = self.openings.find(row.issue_id)
        begun = opening if opening and opening.attempt_at else None
        incident = self._incident_opening.look_up(begun) if begun else None
        if incident is None and not _is_let_in(opening, mapping):
            held = self.braking.held(row, mapping)
            if held:
                return _rest(held)
        try:
            with self.breaker.call(Side.JIRA, mapping.project.id):
                found = self.issues.read(row.issue_id)
        except NotFound as error:
            self.rows.forget(row)
            return _rest(error.says)
        if begun and incident:
            opened = as_opened(incident, found.issue, mapping, begun)
            return self._complete(row, begun, opened, found, signal)
        return self._decide(row, mapping, found, signal, opening)

    def _decide(
        self,
        row: MatchRow,
        mapping: Mapping,
        found: PagingIssue,
        signal: Signal,
        opening: Opening | None,
    ) -> Report:
        if not is_due(row, mapping, now=self.clock()):
            return _rest(f"{found.issue.ref.key} does not wait to open an incident any more.")
        if found.is_ours:
            self.rows.put(replace(row, state=MatchState.BASELINE), after=MatchState.WAITING)
            return _rest(f"{found.issue.ref.key} is an issue of our own account: it never pages.")
        if self._has_left(row, mapping):
            self.rows.forget(row)
            return _rest(f"{found.issue.ref.key} does not match the JQL any more.")
        admission = self.braking.admit(row, mapping, is_let_in=_is_let_in(opening, mapping))
        if admission.held:
            return _rest(admission.held)
        base_url, claim = self.jira.server_info().base_url, self._claim(mapping, found, opening)
        draft = draft_of(found, mapping, key=claim.incident_key, base_url=base_url)
        claim, incident = self._incident_opening.open(
            row, draft, claim=claim, before=opening, admission=admission
        )
        return self._complete(row, claim, incident, found, signal)

    def _claim(self, mapping: Mapping, found: PagingIssue, before: Opening | None) -> Opening:
        issue_id = found.issue.ref.id
        return Opening(
            issue_id=issue_id,
            mapping_id=mapping.id,
            service_id=mapping.service.id,
            incident_key=key_of(issue_id, jira_url=self.jira_url()),
            attempt_at=self.clock(),
            issue_status_id=first_status(before, found.issue),
            version=before.version if before else 0,
        )

    def _has_left(self, row: MatchRow, mapping: Mapping) -> bool:
        has_settled = mapping.jql_settle_seconds > 0
        if not has_settled and not wants_another_look(row, now=self.clock()):
            return False
        jql = wrap(
            mapping.jql or "",
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            issue_ids=(row.issue_id,),
        )
        with self.breaker.call(Side.JIRA, mapping.project.id):
            return not self.searches.ids(jql)

    def _complete(
        self,
        row: MatchRow,
        claim: Opening,
        incident: Incident,
        found: PagingIssue,
        signal: Signal,
    ) -> Report:
        link = opened_link(
            incident,
            found.issue,
            claim=claim,
            now=claim.attempt_at or self.clock(),
            base_url=self.jira.server_info().base_url,
        )
        self.links.complete(link)
        return self._finish(row, incident.id, signal)

    def _finish(self, row: MatchRow, incident_id: str, signal: Signal) -> Report:
        """Mark the issue, tell of it, hand on to the incident's group; then the match is done."""
        linked = {one.mapping_id: one for one in self.links.of_incident(incident_id) if one.issue}
        link = linked.get(row.mapping_id)
        if link and link.issue and link.issue.id == row.issue_id:
            says = [f"{link.issue.key} opened this incident (mapping {row.mapping_id})."]
            says += self._mark(row, incident_id)
        else:
            keys = {one.issue.id: one.issue.key for one in linked.values() if one.issue}
            name = keys.get(row.issue_id, f"Issue {row.issue_id}")
            also = f"{name} also matches the JQL of mapping {row.mapping_id}"
            says = [f"{also}: it has this incident already, so it opens no other."]
        self._record(incident_id, signal, tuple(says))
        self.queue.send(
            Signal(
                kind=SignalKind.RESYNC,
                id=f"opened {row.mapping_id} {row.issue_id}",
                incident_id=incident_id,
            )
        )
        self.rows.put(replace(row, state=MatchState.OPENED), after=MatchState.WAITING)
        return Report(incident_id=incident_id, says=tuple(says))

    def _keep(self, row: MatchRow, error: Permanent) -> Report:
        """No other match of the issue has to wait for a person: the message is done."""
        self.rows.refuse(row, MatchRefusal(at=self.clock(), says=error.says, cure=error.cure))
        says = f"Issue {row.issue_id} opens no incident (mapping {row.mapping_id}). {told(error)}"
        return Report(incident_id=None, says=(says,), refusals=1)

    def _mark(self, row: MatchRow, incident_id: str) -> list[str]:
        try:
            with self.breaker.call(Side.JIRA):
                self.issues.mark(row.issue_id, incident_id=incident_id, mapping_id=row.mapping_id)
        except (Refused, NotFound) as error:
            return [f"The issue bears no mark of the incident: {told(error)}"]
        return []

    def _record(self, incident_id: str, signal: Signal, says: tuple[str, ...]) -> None:
        self.links.record(
            TimelineEntry(
                incident_id=incident_id,
                at=self.clock(),
                signal=signal.kind.value,
                signal_id=signal.id,
                says=says,
            )
        )


def _is_let_in(opening: Opening | None, mapping: Mapping) -> bool:
    return opening is not None and opening.mapping_id == mapping.id


def _rest(why: str) -> Report:
    return Report(incident_id=None, rests=(why,))
