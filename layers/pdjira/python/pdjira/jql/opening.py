"""Opens the incident of an issue that matches a mapping's JQL: exactly one, whatever breaks.

1. Claim the issue with a conditional write. 2. Open the incident with a key of its own. 3. Complete
the link and the way back, both or neither, and hand on to the incident's group. Whoever finds a
claim without an end looks the key up before opening again, and links what it finds even where
nothing is to be opened any more.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.circuits.breaker import Breaker
from pdjira.errors import (
    WAIT,
    NotFound,
    PdjiraError,
    Permanent,
    Refused,
    Side,
    Temporary,
    sentence_of,
)
from pdjira.jql.braking import Admission, Braking
from pdjira.jql.matches import MatchRefusal, MatchRow, MatchState, is_due, wants_another_look
from pdjira.jql.opening_rules import (
    IncidentDraft,
    Opening,
    PagingIssue,
    as_opened,
    draft_of,
    first_status,
    id_given_again,
    is_of,
    key_of,
    lost_text,
    opened_link,
    wrongly_found,
)
from pdjira.jql.ports import MatchRows, Openings, Pager, PagingIssues, Searches
from pdjira.jql.query import wrap
from pdjira.model.comment import EarlierComments
from pdjira.model.incident import Incident
from pdjira.model.issue import Issue
from pdjira.model.link import Link, TimelineEntry
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Clock, Jira, Links, Mappings
from pdjira.model.signal import Signal, SignalKind, SignalQueue
from pdjira.model.times import BELIEVED_AFTER, CLOCKS, TimeLeft, unlimited
from pdjira.sync.issue.rules import is_the_links
from pdjira.sync.notes.steps import KeepingBack
from pdjira.sync.synchronise import Report


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

        One that was there before the attempt is not its own: whoever may send alerts can choose
        their key, and a restored Jira gives ids out again. Raises `Temporary` as long as it may
        have been opened without being shown yet.
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
        """Count the match, store the claim, open the incident; not while PagerDuty is left alone.

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

        An earlier attempt whose end is unknown stays on the claim, and counts: it may have opened
        the incident. This is within the circuit's call, which must not hide which error it was.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens incidents. `jira_url` is the configured address of Jira, which their keys name."""

    jira: Jira
    issues: PagingIssues
    keeping_back: KeepingBack
    searches: Searches
    pager: Pager
    mappings: Mappings
    links: Links
    openings: Openings
    rows: MatchRows
    braking: Braking
    breaker: Breaker
    queue: SignalQueue
    clock: Clock
    jira_url: Callable[[], str]

    def handle(self, signal: Signal, time_left: TimeLeft = unlimited) -> Report:
        """Work on a match, as far as the time allows. Handling it again is always safe.

        What a person has to correct first is kept on the row, and the poller signals it again.
        Raises `Temporary` or `Ambiguous` when it must be delivered again.
        """
        return replace(self, breaker=self.breaker.within(time_left)).judge(signal)

    def judge(self, signal: Signal) -> Report:
        """Whether the match still opens an incident; what an attempt has opened is linked."""
        issue_id, mapping_id = signal.issue_id or "", signal.mapping_id or ""
        row, mapping = self.rows.find(mapping_id, issue_id), self._in_force(mapping_id)
        if mapping is None:
            why = f"No mapping {mapping_id} with a JQL is in force."
            return self._end_attempt(row, None, signal, why)
        if row is None or not is_due(row, mapping, now=self.clock()):
            why = f"Issue {issue_id} does not wait to open an incident."
            return self._end_attempt(row, mapping, signal, why)
        try:
            return self._work(row, mapping, signal)
        except Permanent as error:
            return self._keep(row, error)

    def _end_attempt(
        self, row: MatchRow | None, mapping: Mapping | None, signal: Signal, why: str
    ) -> Report:
        """Open nothing any more; what an attempt under the mapping has opened is linked.

        No poll signals it again, so whatever keeps us from looking it up is `Temporary`.
        """
        if row and row.state is MatchState.OPENED:
            return _rest(why)
        issue_id, mapping_id = signal.issue_id or "", signal.mapping_id or ""
        incident_id = self.links.incident_of(issue_id)
        if incident_id is not None:
            links = self._links(issue_id, incident_id)
            is_left = mapping_id in {link.mapping_id for link in links}
            is_left = is_left and not self._is_another(self._shown(issue_id, mapping), links)
            return self._finish(row, incident_id, signal) if is_left else _rest(why)
        begun = self.openings.find(issue_id)
        if begun is None or begun.attempt_at is None or begun.mapping_id != mapping_id:
            return _rest(why)
        try:
            incident = self._incident_opening.look_up(begun)
        except Permanent as error:
            raise Temporary(error.says, cure=error.cure) from error
        if incident is None:
            return _rest(why)
        return self._link(row, mapping, signal, claim=begun, incident=incident)

    def adopt(self, incident: Incident, signal: Signal) -> Report:
        """Link an incident with the signal's issue, which has opened it and has no other.

        Under the mapping of the claim; without one, a mapping whose JQL reads such issues. Raises
        `NotFound` where the issue is gone and nothing tells the mapping.
        """
        issue_id = signal.issue_id or ""
        claim = self.openings.find(issue_id) or self._claim_of(incident, issue_id)
        if claim is None:
            return _rest(f"No mapping with a JQL is in force for issues like {issue_id}.")
        attempt_at = claim.attempt_at or incident.created_at
        stored = self.openings.put(replace(claim, attempt_at=attempt_at))
        row, mapping = self.rows.find(claim.mapping_id, issue_id), self._in_force(claim.mapping_id)
        heard = replace(signal, mapping_id=claim.mapping_id)
        return self._link(row, mapping, heard, claim=stored, incident=incident)

    def _claim_of(self, incident: Incident, issue_id: str) -> Opening | None:
        """What the claim must have been; a mapping of the incident's service goes first."""
        found = self._read(issue_id, None)
        fitting = [one for one in self.mappings.in_force() if one.jql and is_of(one, found.issue)]
        fitting.sort(key=lambda one: one.service.id != incident.service.id)
        if found.is_ours or not fitting:
            return None
        return Opening(
            issue_id=issue_id,
            mapping_id=fitting[0].id,
            service_id=fitting[0].service.id,
            incident_key=incident.incident_key or "",
        )

    def _links(self, issue_id: str, incident_id: str) -> list[Link]:
        """The links of the incident with the issue."""
        links = self.links.of_incident(incident_id)
        return [link for link in links if link.issue and link.issue.id == issue_id]

    def _is_another(self, found: PagingIssue | None, links: Sequence[Link]) -> bool:
        """Whether Jira has given it the id of the issue that these links are with."""
        if found is None or found.is_ours or not links:
            return False
        return not any(is_the_links(link, found.issue, now=self.clock()) for link in links)

    def _shown(self, issue_id: str, mapping: Mapping | None) -> PagingIssue | None:
        try:
            return self._read(issue_id, mapping)
        except NotFound:
            return None

    @property
    def _incident_opening(self) -> IncidentOpening:
        return IncidentOpening(
            pager=self.pager,
            openings=self.openings,
            braking=self.braking,
            breaker=self.breaker,
            clock=self.clock,
        )

    def _in_force(self, mapping_id: str) -> Mapping | None:
        found = (one for one in self.mappings.in_force() if one.id == mapping_id)
        mapping = next(found, None)
        return mapping if mapping and mapping.jql is not None else None

    def _work(self, row: MatchRow, mapping: Mapping, signal: Signal) -> Report:
        """An incident that an earlier attempt may have opened is looked up before all else."""
        incident_id = self.links.incident_of(row.issue_id)
        if incident_id is not None:
            return self._go_on(row, mapping, incident_id, signal)
        opening = self.openings.find(row.issue_id)
        if opening and opening.attempt_at:
            incident = self._incident_opening.look_up(opening)
            if incident:
                return self._link(row, mapping, signal, claim=opening, incident=incident)
        if not _is_let_in(opening, mapping):
            held = self.braking.held(row, mapping)
            if held:
                return _rest(held)
        try:
            found = self._read(row.issue_id, mapping)
        except NotFound as error:
            self.rows.forget(row)
            return _rest(error.says)
        return self._decide(row, mapping, found, signal, opening)

    def _go_on(self, row: MatchRow, mapping: Mapping, incident_id: str, signal: Signal) -> Report:
        """The issue has an incident, which it opened or which made it; no other is opened."""
        found, links = self._shown(row.issue_id, mapping), self._links(row.issue_id, incident_id)
        if found and self._is_another(found, links):
            raise id_given_again(found.issue, incident_id)
        if found and found.is_ours and mapping.id in {link.mapping_id for link in links}:
            return self._never_pages(row, found)
        return self._finish(row, incident_id, signal)

    def _never_pages(self, row: MatchRow, found: PagingIssue) -> Report:
        self.rows.put(replace(row, state=MatchState.BASELINE), after=MatchState.WAITING)
        return _rest(f"{found.issue.ref.key} is an issue of our own account: it never pages.")

    def _read(self, issue_id: str, mapping: Mapping | None) -> PagingIssue:
        with self.breaker.call(Side.JIRA, mapping.project.id if mapping else None):
            return self.issues.read(issue_id)

    def _link(
        self,
        row: MatchRow | None,
        mapping: Mapping | None,
        signal: Signal,
        *,
        claim: Opening,
        incident: Incident,
    ) -> Report:
        """Complete the link with an incident that an earlier attempt has opened."""
        try:
            found = self._read(claim.issue_id, mapping)
        except NotFound as error:
            return self._tell_of_lost(
                row, incident.id, signal, lost_text(claim, sentence_of(error))
            )
        opened = as_opened(incident, found.issue, mapping, claim)
        return self._complete(row, claim, opened, found, signal)

    def _tell_of_lost(
        self, row: MatchRow | None, incident_id: str, signal: Signal, says: str
    ) -> Report:
        """The incident has lost its issue: no link can hold a notice, so the timeline has it."""
        self._record(incident_id, signal, (says,))
        if row:
            self.rows.forget(row)
        return Report(incident_id=incident_id, says=(says,))

    def _decide(
        self,
        row: MatchRow,
        mapping: Mapping,
        found: PagingIssue,
        signal: Signal,
        opening: Opening | None,
    ) -> Report:
        key = found.issue.ref.key
        if found.is_ours:
            return self._never_pages(row, found)
        is_elsewhere = not is_of(mapping, found.issue)
        if self._has_left(row, mapping, is_doubtful=is_elsewhere):
            self.rows.forget(row)
            return _rest(f"{key} does not match the JQL any more.")
        if is_elsewhere:
            raise wrongly_found(found.issue, mapping)
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
            earlier_comments=self._earlier_comments(before, found.issue),
            version=before.version if before else 0,
        )

    def _earlier_comments(self, before: Opening | None, issue: Issue) -> EarlierComments | None:
        """What stood on the issue at the first attempt; nothing waits until that can be read."""
        if before and before.attempt_at:
            return before.earlier_comments
        with suppress(PdjiraError), self.breaker.call(Side.JIRA, issue.project_id):
            return self.keeping_back.look(issue.ref.id)
        return None

    def _has_left(self, row: MatchRow, mapping: Mapping, *, is_doubtful: bool) -> bool:
        """Whether Jira's search, asked again, does not find it; a young match is not doubted."""
        has_settled = mapping.jql_settle_seconds > 0
        is_old = has_settled or wants_another_look(row, now=self.clock())
        if not (is_doubtful or is_old):
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
        row: MatchRow | None,
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
        self.links.complete(self.keeping_back.keep(link, claim.earlier_comments))
        return self._finish(row, incident.id, signal)

    def _finish(self, row: MatchRow | None, incident_id: str, signal: Signal) -> Report:
        """Hand on to the incident's group, mark the issue, tell of it; then the match is done."""
        issue_id, mapping_id = signal.issue_id or "", signal.mapping_id or ""
        self.queue.send(
            Signal(
                kind=SignalKind.RESYNC,
                id=f"opened {mapping_id} {issue_id}",
                incident_id=incident_id,
            )
        )
        linked = {one.mapping_id: one for one in self.links.of_incident(incident_id) if one.issue}
        link = linked.get(mapping_id)
        if link and link.issue and link.issue.id == issue_id:
            says = [f"{link.issue.key} opened this incident (mapping {mapping_id})."]
            says += self._mark(signal, incident_id, mapping_id)
        else:
            keys = {one.issue.id: one.issue.key for one in linked.values() if one.issue}
            name = keys.get(issue_id, f"Issue {issue_id}")
            also = f"{name} also matches the JQL of mapping {mapping_id}"
            says = [f"{also}: it has this incident already, so it opens no other."]
        self._record(incident_id, signal, tuple(says))
        if row:
            self.rows.put(replace(row, state=MatchState.OPENED), after=MatchState.WAITING)
        return Report(incident_id=incident_id, says=tuple(says))

    def _keep(self, row: MatchRow, error: Permanent) -> Report:
        """The message is done, so that no other match of the issue waits for a person."""
        self.rows.refuse(row, MatchRefusal(at=self.clock(), says=error.says, cure=error.cure))
        why = sentence_of(error)
        says = f"Issue {row.issue_id} opens no incident (mapping {row.mapping_id}). {why}"
        return Report(incident_id=None, says=(says,), refusals=1)

    def _mark(self, signal: Signal, incident_id: str, mapping_id: str) -> list[str]:
        """Mark the issue; why it has no mark, in a sentence.

        Raises `Temporary` or `Ambiguous` where the message is about a match; a message of the sweep
        would hold up everything else about the incident.
        """
        issue_id = signal.issue_id or ""
        try:
            with self.breaker.call(Side.JIRA):
                self.issues.mark(issue_id, incident_id=incident_id, mapping_id=mapping_id)
        except PdjiraError as error:
            if signal.kind is SignalKind.ISSUE_MATCHED and not isinstance(
                error, Refused | NotFound
            ):
                raise
            return [f"The issue bears no mark of the incident: {sentence_of(error)}"]
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
