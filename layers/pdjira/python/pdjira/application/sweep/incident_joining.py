"""Joins an open incident that an issue of ours opened, and that no link names, to its issue.

It comes about where an incident was opened long after its answer was lost, or in a service that
nobody looked into. Where the issue has no incident yet, the incident is linked as the one that the
issue opened. Otherwise it is a duplicate: both incidents are told, and a closed link without an
issue keeps that, so nothing is carried. Doing all that again does nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.application.jql.opening import Opener
from pdjira.application.ports.core import Clock, Links, PagerDuty
from pdjira.application.sync.synchronise import Report
from pdjira.application.time_budget import TimeLeft
from pdjira.application.webhooks.intake import SignalSink
from pdjira.domain.incident import Incident, IncidentStatus
from pdjira.domain.link import Link, TimelineEntry
from pdjira.domain.signals import Signal, SignalKind
from pdjira.domain.sweep import duplicates
from pdjira.domain.times import CLOCKS
from pdjira.errors import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Tells an incident's timeline and people what was joined."""

    links: Links
    queue: SignalSink
    clock: Clock

    def tell(self, signal: Signal, incident_id: str, says: Sequence[str]) -> None:
        """Put it onto the timeline once, and have the incident's notices told."""
        timeline = self.links.timeline(incident_id)
        if not any(says[0] in entry.says for entry in timeline):
            entry = TimelineEntry(
                incident_id=incident_id,
                at=self.clock(),
                signal=signal.kind.value,
                signal_id=signal.id,
                says=tuple(says),
            )
            self.links.record(entry)
        self.queue.send(
            Signal(
                kind=SignalKind.RESYNC,
                id=f"joined {signal.issue_id} {incident_id}",
                incident_id=incident_id,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentJoiner:
    """Joins incidents to the issues that opened them."""

    opener: Opener
    pagerduty: PagerDuty
    telling: Telling

    def within(self, time_left: TimeLeft) -> "IncidentJoiner":
        """The same one for a run that ends in so many seconds."""
        breaker = self.opener.breaker.within(time_left)
        return replace(self, opener=replace(self.opener, breaker=breaker))

    def join(self, signal: Signal, incident: Incident) -> Report:
        """Work on an incident whose key names the signal's issue.

        Raises what `Joiner.handle` raises, and `NotFound` where either side is gone.
        """
        issue_id, links = signal.issue_id or "", self.opener.links
        if links.of_incident(incident.id):
            return _rest(incident, "is linked already")
        claim = self.opener.openings.find(issue_id)
        since = claim.attempt_at - CLOCKS if claim and claim.attempt_at else None
        if not self._is_genuine(incident, since):
            return _rest(incident, "was opened by an alert, whose sender chose its key")
        way_back = links.incident_of(issue_id)
        if way_back is None:
            owner = self._owner(incident, since)
            adopted = self.opener.adopt(owner, signal)
            if owner.id == incident.id or adopted.rests:
                return adopted
            way_back = owner.id
        return self._tell_of_duplicate(signal, incident, way_back)

    def _is_genuine(self, incident: Incident, since: datetime | None) -> bool:
        """Whether an attempt of ours, or a user, opened it: whoever sends alerts can choose a key.

        `since`: from when on an attempt whose end is unknown may have opened one.
        """
        if since is not None and incident.created_at >= since:
            return True
        with self.opener.breaker.call(Side.PAGERDUTY):
            return self.opener.pager.is_by_user(incident)

    def _owner(self, incident: Incident, since: datetime | None) -> Incident:
        """The incident that the issue has: of the open ones of that key the oldest."""
        with self.opener.breaker.call(Side.PAGERDUTY):
            oldest = self.opener.pager.find_by_key(incident.incident_key or "", since=since)
        if oldest is None or oldest.status is IncidentStatus.RESOLVED:
            return incident
        return oldest if self._is_genuine(oldest, since) else incident

    def _tell_of_duplicate(self, signal: Signal, incident: Incident, first_id: str) -> Report:
        """Tell both; the closed link is stored last: once it is there, no sweep looks again."""
        links = self.opener.links.of_incident(first_id)
        link = next((one for one in links if one.issue and one.issue.id == signal.issue_id), None)
        if link is None or link.issue is None:
            return _rest(
                incident, f"belongs to issue {signal.issue_id}, which is linked to another"
            )
        with self.opener.breaker.call(Side.PAGERDUTY):
            first = self.pagerduty.get_incident(first_id)
        told_first, told_second = duplicates.incident_texts(incident, first, link.issue)
        told = duplicates.with_notice(link, incident.id, told_first)
        if told != link:
            self.opener.links.save(told)
        self.telling.tell(signal, first_id, (told_first,))
        self.telling.tell(signal, incident.id, (told_second,))
        self.opener.links.save(self._closed(link, incident, told_second))
        return Report(incident_id=incident.id, says=(told_second,))

    def _closed(self, link: Link, incident: Incident, says: str) -> Link:
        closed = duplicates.closed_link(incident, under=link, at=self.opener.clock())
        return duplicates.with_notice(closed, incident.id, says)


def _rest(incident: Incident, why: str) -> Report:
    return Report(incident_id=incident.id, rests=(f"Incident {incident.number} {why}.",))
