"""Joins a second issue of our own account to the incident that has one already, and says so.

What a sweep has found may also be an incident that its issue opened: `IncidentJoiner` joins that.

1. Store the way back from it together with the notice that people are to be told, both or neither.
2. Show on the issue what it belongs to. 3. Record it, and let the incident's next round tell of it.
What Jira could not show for the moment becomes a message of its own, in the issue's group: nothing
waits for it. Doing all that again does nothing twice.
"""

from dataclasses import dataclass, replace
from functools import partial

from pdjira.application.circuits import Breaker
from pdjira.application.ports.core import Jira, Links, PagerDuty
from pdjira.application.ports.openings import PagingIssues
from pdjira.application.ports.sweeps import IssueLinks, Joins, OurIssues
from pdjira.application.sweep.incident_joining import IncidentJoiner, Telling
from pdjira.application.sync.synchronise import Report
from pdjira.application.time_budget import TimeLeft, unlimited
from pdjira.domain.incident import Incident
from pdjira.domain.issue import Issue, IssueRef
from pdjira.domain.link import Link
from pdjira.domain.marks import opened_by, remote_link
from pdjira.domain.signals import Signal
from pdjira.domain.sweep import duplicates
from pdjira.domain.text.cures import told
from pdjira.errors import NotFound, PdjiraError, Refused, Side, UnreadableItem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A duplicate, the link to which it belongs, and the issue that this link has."""

    duplicate: Issue
    link: Link
    first: IssueRef

    @property
    def says(self) -> str:
        """What people are told."""
        return duplicates.text(self.duplicate.ref, self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """Joins second issues to their incidents."""

    jira: Jira
    paging: PagingIssues
    ours: OurIssues
    issue_links: IssueLinks
    pagerduty: PagerDuty
    links: Links
    joins: Joins
    incidents: IncidentJoiner
    telling: Telling
    breaker: Breaker

    def handle(self, signal: Signal, time_left: TimeLeft = unlimited) -> Report:
        """Work on what the sweep has found, as far as the time allows.

        Handling it again is always safe. Raises `Temporary` or `Ambiguous` when it must be
        delivered again, `Permanent` when a person has to mend something first.
        """
        incidents, breaker = self.incidents.within(time_left), self.breaker.within(time_left)
        joiner = replace(self, incidents=incidents, breaker=breaker)
        return joiner.show(signal) if signal.incident_id is None else joiner.join(signal)

    def join(self, signal: Signal) -> Report:
        """Join the issue to its incident, or the incident to its issue."""
        incident_id, issue_id = signal.incident_id or "", signal.issue_id or ""
        try:
            with self.breaker.call(Side.PAGERDUTY):
                incident = self.pagerduty.get_incident(incident_id)
            if opened_by(incident) == issue_id:
                return self.incidents.join(signal, incident)
            way_back = self.links.incident_of(issue_id)
            if way_back not in {None, incident_id}:
                return _rest(incident_id, f"Issue {issue_id} is linked to another incident.")
            pair = self._judge(issue_id, incident_id)
            if pair is None:
                return _rest(incident_id, f"Issue {issue_id} is no duplicate that can be joined.")
        except (NotFound, UnreadableItem) as error:
            return _rest(incident_id, error.says)
        if way_back is None and not self._join(pair):
            return _rest(incident_id, f"Issue {issue_id} was linked by somebody else meanwhile.")
        refused, failed = self._show(pair, incident)
        says = (pair.says, *refused)
        self.telling.tell(signal, incident_id, says)
        if failed:
            later = replace(signal, id=f"show {issue_id} {incident_id}", incident_id=None)
            self.telling.queue.send(later)
        return Report(incident_id=incident_id, says=says)

    def show(self, signal: Signal) -> Report:
        """Show on an issue that is joined already what Jira could not show then.

        Raises the error of what it still cannot.
        """
        issue_id, incident_id = signal.issue_id or "", ""
        try:
            incident_id = self.links.incident_of(issue_id) or ""
            pair = self._judge(issue_id, incident_id)
            if pair is None:
                return _rest(incident_id, f"Issue {issue_id} is no duplicate of a linked one.")
            with self.breaker.call(Side.PAGERDUTY):
                incident = self.pagerduty.get_incident(incident_id)
        except (NotFound, UnreadableItem) as error:
            return _rest(incident_id, error.says)
        refused, failed = self._show(pair, incident)
        if failed:
            raise failed
        if refused:
            self.telling.tell(signal, incident_id, refused)
        return Report(incident_id=incident_id, says=tuple(refused))

    def _judge(self, issue_id: str, incident_id: str) -> _Pair | None:
        """What the issue is a duplicate of; a mark counts where our account created the issue.

        Raises `NotFound` where Jira does not show it.
        """
        links = self.links.of_incident(incident_id)
        project_id = next((link.project_id for link in links if link.issue), None)
        if project_id is None:
            return None
        with self.breaker.call(Side.JIRA, project_id):
            found = self.paging.read(issue_id)
            marked = self.ours.mark_of(issue_id)
        naming = marked or duplicates.named_by_line(duplicates.last_line(found.description))
        if not found.is_ours or naming is None or naming.incident_id != incident_id:
            return None
        issue = found.issue
        link = duplicates.link_of(
            links, naming, project_id=issue.project_id, issue_type_id=issue.issue_type_id
        )
        first = duplicates.first_of(link, issue_id) if link else None
        return _Pair(duplicate=issue, link=link, first=first) if link and first else None

    def _show(self, pair: _Pair, incident: Incident) -> tuple[list[str], PdjiraError | None]:
        """Let the issue show its incident and the other issue.

        What Jira refused, in sentences, and an error of what it could not do for the moment.
        """
        issue, first = pair.duplicate.ref, pair.first
        works = {
            "bears no link to the incident": partial(
                self.jira.put_remote_link, issue.id, remote_link(incident)
            ),
            f"bears no link to {first.key}": partial(
                self.issue_links.show_duplicate, issue, of=first
            ),
        }
        refused: list[str] = []
        failed: PdjiraError | None = None
        for lacks, show in works.items():
            try:
                with self.breaker.call(Side.JIRA, pair.duplicate.project_id, is_extra=True):
                    show()
            except (Refused, NotFound) as error:
                refused.append(f"{issue.key} {lacks}: {told(error)}")
            except PdjiraError as error:
                failed = error
        return refused, failed

    def _join(self, pair: _Pair) -> bool:
        link = duplicates.with_notice(pair.link, pair.duplicate.ref.id, pair.says)
        return self.joins.join(link, pair.duplicate.ref) is not None


def _rest(incident_id: str, why: str) -> Report:
    return Report(incident_id=incident_id, rests=(why,))
