"""Compares links with both sides by few calls, and has the worker look at those that differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdjira.application.circuits import Breaker
from pdjira.application.ports import Links
from pdjira.application.sweeping import Sweeping
from pdjira.application.sweeps import IssueStates, OpenLinks
from pdjira.domain.following_rules import names_custom_fields
from pdjira.domain.incident import Incident
from pdjira.domain.link import Link, LinkState
from pdjira.domain.mapping import CreateMode
from pdjira.domain.sweeping import IssueState, Seen, Touched, difference, is_kept_back
from pdjira.errors import PdjiraError, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """Looks at links, a hundred at a time."""

    links: Links
    open_links: OpenLinks
    issues: IssueStates
    breaker: Breaker

    def batches(self, sweep: Sweeping) -> Iterator[None]:
        """Compare every open link; each step compares a batch."""
        for batch in self.open_links.batches():
            self._compare(batch, sweep)
            yield

    def touched(self, touched: Touched, sweep: Sweeping) -> None:
        """Compare the links of an incident with what the log tells of it."""
        incident = sweep.incident(touched.incident_id)
        links = self.links.of_incident(touched.incident_id)
        sweep.seen.add(touched.incident_id)
        notes = _missed_notes(touched, links, sweep)
        is_suspect = notes or _lacks_issue(touched, incident, links, sweep)
        is_suspect = is_suspect or (touched.fields_changed and _follows_fields(links, sweep))
        if is_suspect or _any_differs(links, incident, sweep):
            sweep.tell(touched.incident_id, notes_since=touched.noted_since if notes else None)

    def opened_again(self, sweep: Sweeping) -> None:
        """Look at each open incident of a mapping's service of which no open link is known."""
        services = {mapping.service.id for mapping in sweep.mappings.values()}
        unseen = [one for one in (sweep.open or {}).values() if one.id not in sweep.seen]
        for incident in (one for one in unseen if one.service.id in services):
            if _any_differs(self.links.of_incident(incident.id), incident, sweep):
                sweep.tell(incident.id)

    def _compare(self, batch: Sequence[Link], sweep: Sweeping) -> None:
        ours = [link for link in batch if link.mapping_id in sweep.mappings]
        shown = self._states([link.issue.id for link in ours if link.issue], sweep)
        for link in ours:
            sweep.compared += 1
            sweep.seen.add(link.incident_id)
            sweep.projects.update([link.project_id] if link.state is LinkState.LINKED else [])
            seen = Seen(
                incident=sweep.incident(link.incident_id),
                issue=shown.get(link.issue.id) if link.issue and shown is not None else None,
                pagerduty=sweep.open is not None,
                jira=shown is not None,
            )
            if _differs(link, seen, sweep):
                sweep.tell(link.incident_id)

    def _states(self, issue_ids: list[str], sweep: Sweeping) -> dict[str, IssueState] | None:
        """What Jira shows of the issues, by id; None where it did not answer."""
        if not issue_ids:
            return {}
        try:
            with self.breaker.call(Side.JIRA):
                found = self.issues.states(issue_ids)
        except PdjiraError as error:
            sweep.fail(error)
            return None
        return {state.ref.id: state for state in found}


def _any_differs(links: Sequence[Link], incident: Incident | None, sweep: Sweeping) -> bool:
    """Whether a link differs from its incident; its issue was not asked for."""
    seen = Seen(incident=incident, pagerduty=sweep.open is not None, jira=False)
    return any(_differs(link, seen, sweep) for link in links)


def _differs(link: Link, seen: Seen, sweep: Sweeping) -> bool:
    mapping = sweep.mappings.get(link.mapping_id)
    if mapping is None:
        return False
    if is_kept_back(link):
        return sweep.is_hourly and seen.incident is not None
    if link.agreed.waits and sweep.is_hourly and seen.incident is not None:
        return True
    return difference(link, seen, mapping, now=sweep.at) is not None


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
    """Whether a mapping may have to make an issue yet: the planner decides."""
    service_id = incident.service.id if incident else touched.service_id
    linked = {link.mapping_id for link in links}
    may_begin = touched.began or incident is not None
    return may_begin and any(
        mapping.service.id == service_id and mapping.id not in linked
        for mapping in sweep.mappings.values()
        if mapping.create_issue is CreateMode.AUTOMATIC
    )
