"""Compares links with both sides by few calls, and has the worker look at those that differ."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.circuits.breaker import Breaker
from pdjira.errors import NotFound, PdjiraError, Side
from pdjira.jql.opening_rules import key_of
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.link import Extra, Link, LinkState, opened_by
from pdjira.model.mapping import CreateMode
from pdjira.model.ports import Links, PagerDuty
from pdjira.model.times import TimeBudget
from pdjira.sweep.differences import (
    IN_FLIGHT,
    IssueState,
    Seen,
    Touched,
    difference,
    is_given_up,
    is_kept_back,
    is_looked_for,
    is_owed_again,
    is_thought_open,
    is_tried_again,
)
from pdjira.sweep.ports import OpenLinks
from pdjira.sweep.work import Sweeping
from pdjira.sync.fields.rules import names_custom_fields
from pdjira.sync.mapping_order import is_looked_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Finds open incidents in services without a mapping, which the next sweeps list as well."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """Looks at links, a hundred at a time."""

    links: Links
    open_links: OpenLinks
    states: Callable[[Sequence[str]], Sequence[IssueState]]
    absent: Absent
    breaker: Breaker
    jira_url: Callable[[], str]

    def batches(self, sweep: Sweeping, budget: TimeBudget, *, start: str) -> Iterator[str]:
        """Compare every open link from an incident on; each step compares a batch.

        Yields the last incident of each batch.
        """
        for batch in self.open_links.batches(start=start):
            self._compare(batch, sweep, budget)
            yield from (link.incident_id for link in batch[-1:])

    def touched(self, touched: Touched, sweep: Sweeping) -> None:
        """Compare the links of an incident with what the log tells of it.

        What only the log tells is handed on even though it may wait: no later sweep finds it.
        """
        incident = sweep.incident(touched.incident_id)
        links = self.links.of_incident(touched.incident_id)
        sweep.seen.add(touched.incident_id)
        self._find_unlinked(incident, links, sweep)
        notes = _missed_notes(touched, links, sweep)
        notes_since = touched.noted_since if notes else None
        lacks_issue = _lacks_issue(touched, incident, links, sweep)
        is_suspect = lacks_issue or _is_news(touched, incident, links, sweep)
        if is_suspect or self._due(_differing(links, incident, sweep)):
            sweep.tell(touched.incident_id, notes_since=notes_since, lacks_issue=lacks_issue)
        elif notes_since:
            sweep.tell_of_notes(touched.incident_id, notes_since)

    def opened_again(self, incident_id: str, sweep: Sweeping) -> None:
        """Look at an open incident none of whose links was compared.

        What was refused is in the index: it is tried when its turn comes there.
        """
        incident, links = sweep.incident(incident_id), self.links.of_incident(incident_id)
        self._find_unlinked(incident, links, sweep)
        tried = [link for link in links if not is_kept_back(link)]
        if self._due(_differing(tried, incident, sweep)):
            sweep.tell(incident_id)

    def is_ours(self, incident: Incident) -> bool:
        """Whether an issue of this Jira has opened the incident, as its key says."""
        issue_id = opened_by(incident)
        key = key_of(issue_id, jira_url=self.jira_url()) if issue_id else None
        return key is not None and key == incident.incident_key

    def _find_unlinked(
        self, incident: Incident | None, links: Sequence[Link], sweep: Sweeping
    ) -> None:
        """Tell of an open incident that an issue has opened, and that no link names."""
        if incident is None or links or not self.is_ours(incident):
            return
        if sweep.at - incident.created_at >= IN_FLIGHT:
            sweep.tell_found(incident.id, issue_id=opened_by(incident))

    def _compare(self, batch: Sequence[Link], sweep: Sweeping, budget: TimeBudget) -> None:
        ours = [link for link in batch if link.mapping_id in sweep.mappings]
        self.absent.look(ours, sweep, budget)
        shown = self._states([link.issue.id for link in ours if link.issue], sweep)
        differing = []
        for link in ours:
            sweep.compared += 1
            sweep.owes(link)
            sweep.seen.add(link.incident_id)
            sweep.projects.update([link.project_id] if link.state is LinkState.LINKED else [])
            incident = sweep.incident(link.incident_id)
            sweep.services.update([incident.service.id] if incident else [])
            seen = Seen(
                incident=incident,
                issue=shown.get(link.issue.id) if link.issue and shown is not None else None,
                pagerduty=sweep.open is not None,
                jira=shown is not None,
            )
            differing += [link] if _differs(link, seen, sweep) else []
        others = [link for link in batch if link.mapping_id not in sweep.mappings]
        differing += [link for link in others if _has_to_tell(link, sweep)]
        for link in self._due(differing):
            sweep.tell(link.incident_id)

    def _due(self, differing: Sequence[Link]) -> Sequence[Link]:
        """Those for which no open circuit makes the worker wait; a later sweep finds the others.

        Messages that wait already will try the circuit, so nothing is missed.
        """
        if not differing or self.breaker.waited_for(Side.PAGERDUTY):
            return ()
        held = self.breaker.waited_for(Side.JIRA)
        return [link for link in differing if not held & {None, link.project_id}]

    def _states(self, issue_ids: list[str], sweep: Sweeping) -> dict[str, IssueState] | None:
        """What Jira shows of the issues, by id; None where it did not answer."""
        if not issue_ids:
            return {}
        try:
            with self.breaker.call(Side.JIRA):
                found = self.states(issue_ids)
        except PdjiraError as error:
            sweep.fail(error)
            return None
        return {state.ref.id: state for state in found}


def _differing(links: Sequence[Link], incident: Incident | None, sweep: Sweeping) -> Sequence[Link]:
    """The links that differ from their incident; their issues were not asked for."""
    seen = Seen(incident=incident, pagerduty=sweep.open is not None, jira=False)
    return [link for link in links if _differs(link, seen, sweep)]


def _differs(link: Link, seen: Seen, sweep: Sweeping) -> bool:
    mapping = sweep.mappings.get(link.mapping_id)
    if mapping is None:
        return False
    if link.unknown_since is not None:
        is_due = sweep.is_hourly and is_looked_for(link.unknown_since, now=sweep.at)
        return is_due or seen.incident is not None
    if is_owed_again(link, seen, now=sweep.at, is_hourly=sweep.is_hourly):
        return True
    if is_kept_back(link) and link.held_since is None:
        return sweep.is_hourly and is_tried_again(link, seen, now=sweep.at)
    if link.agreed.waits and sweep.is_hourly and seen.incident is not None:
        return True
    return difference(link, seen, mapping, now=sweep.at) is not None


def _has_to_tell(link: Link, sweep: Sweeping) -> bool:
    """Whether notices are owed; they are told even while the mapping is switched off."""
    notices = link.owed.get(Extra.NOTICES)
    seen = Seen(incident=sweep.incident(link.incident_id), pagerduty=sweep.open is not None)
    left = replace(link, owed={Extra.NOTICES: notices} if notices else {})
    return is_owed_again(left, seen, now=sweep.at, is_hourly=sweep.is_hourly)


def _is_news(
    touched: Touched, incident: Incident | None, links: Sequence[Link], sweep: Sweeping
) -> bool:
    """Whether the log tells of something that no look has seen and no comparison shows."""
    if any(link.unknown_since for link in links):
        return True
    if all(is_looked_at(link, touched.until) for link in links):
        return False
    is_field = touched.fields_changed and _follows_fields(links, sweep)
    return is_field or (touched.changed and incident is None and _has_issue(links))


def _has_issue(links: Sequence[Link]) -> bool:
    """A resolved incident leaves nothing to compare its links with, so the worker looks at it."""
    return any(link.issue for link in links)


def _missed_notes(touched: Touched, links: Sequence[Link], sweep: Sweeping) -> bool:
    mappings = (sweep.mappings.get(link.mapping_id) for link in links if link.issue)
    carries = any(mapping.notes_to_jira for mapping in mappings if mapping)
    return carries and touched.noted_since is not None


def _follows_fields(links: Sequence[Link], sweep: Sweeping) -> bool:
    mappings = (sweep.mappings.get(link.mapping_id) for link in links if link.issue)
    return any(names_custom_fields(mapping) for mapping in mappings if mapping)


def _lacks_issue(
    touched: Touched, incident: Incident | None, links: Sequence[Link], sweep: Sweeping
) -> bool:
    """Whether a mapping may still have to make an issue: the planner decides.

    A claim that was given up is like none.
    """
    service_id = incident.service.id if incident else touched.service_id
    begun = [link for link in links if link.issue or link.state is not LinkState.CLOSED]
    linked = {link.mapping_id for link in begun}
    may_begin = touched.began or incident is not None
    return may_begin and any(
        mapping.service.id == service_id and mapping.id not in linked
        for mapping in sweep.mappings.values()
        if mapping.create_issue is CreateMode.AUTOMATIC
    )


MOST = 20
"""How many are read in one sweep; the others are handed to the worker at once."""


def _may_be_open(link: Link, sweep: Sweeping) -> bool:
    """What was refused is looked for as often as it is tried."""
    if is_kept_back(link):
        return sweep.is_hourly and not is_given_up(link, now=sweep.at)
    return is_thought_open(link)
