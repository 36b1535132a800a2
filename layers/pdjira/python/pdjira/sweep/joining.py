"""Joins a second issue of our own account to the incident that has one already, and says so.

What a sweep has found may also be an incident that its issue opened: `IncidentJoiner` joins that.

1. Store the way back from it together with the notice that people are to be told, both or neither.
2. Show on the issue what it belongs to. 3. Record it, and let the incident's next round tell of it.
What Jira cannot show at the moment becomes a message of its own, in the issue's group, so that
nothing waits for it. Doing all that again does nothing twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pdjira.circuits.breaker import Breaker
from pdjira.errors import NotFound, PdjiraError, Refused, Side, UnreadableItem, sentence_of
from pdjira.jql.matches import Cursor, window_minutes
from pdjira.jql.opening import Opener
from pdjira.jql.ports import Cursors, PagingIssues
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import Issue, IssueRef, Naming
from pdjira.model.link import (
    Link,
    TimelineEntry,
    is_of_test,
    last_line,
    named_by_line,
    opened_by,
    remote_link,
)
from pdjira.model.ports import Clock, Jira, Links, PagerDuty
from pdjira.model.signal import Signal, SignalKind, SignalQueue
from pdjira.model.times import CLOCKS, TimeLeft, unlimited
from pdjira.sweep import differences
from pdjira.sweep.differences import (
    IN_FLIGHT,
    OwnIssue,
    OwnIssuePage,
    first_of,
    is_unfinished,
    link_of,
)
from pdjira.sweep.ports import Join, OurIssues
from pdjira.sweep.work import Sweeping
from pdjira.sync.synchronise import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A duplicate, the link to which it belongs, and the issue that this link has."""

    duplicate: Issue
    link: Link
    first: IssueRef

    @property
    def says(self) -> str:
        """What people are told."""
        return differences.text(self.duplicate.ref, self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinNews:
    """Tells people what was joined, by the timeline and by a note."""

    links: Links
    queue: SignalQueue
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
    telling: JoinNews

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
            return _rest_of(incident, "is linked already")
        claim = self.opener.openings.find(issue_id)
        since = claim.attempt_at - CLOCKS if claim and claim.attempt_at else None
        if not self._is_genuine(incident, since):
            return _rest_of(incident, "was opened by an alert, whose sender chose its key")
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
            return _rest_of(
                incident, f"belongs to issue {signal.issue_id}, which is linked to another"
            )
        with self.opener.breaker.call(Side.PAGERDUTY):
            first = self.pagerduty.get_incident(first_id)
        told_first, told_second = differences.incident_texts(incident, first, link.issue)
        noted = differences.with_notice(link, incident.id, told_first)
        if noted != link:
            self.opener.links.save(noted)
        self.telling.tell(signal, first_id, (told_first,))
        self.telling.tell(signal, incident.id, (told_second,))
        self.opener.links.save(self._closed(link, incident, told_second))
        return Report(incident_id=incident.id, says=(told_second,))

    def _closed(self, link: Link, incident: Incident, says: str) -> Link:
        closed = differences.closed_link(incident, under=link, at=self.opener.clock())
        return differences.with_notice(closed, incident.id, says)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """Joins second issues to their incidents."""

    jira: Jira
    paging: PagingIssues
    ours: OurIssues
    pagerduty: PagerDuty
    links: Links
    store: Join
    incidents: IncidentJoiner
    telling: JoinNews
    breaker: Breaker

    def handle(self, signal: Signal, time_left: TimeLeft = unlimited) -> Report:
        """Work on what the sweep has found, as far as the time allows.

        Handling it again is always safe. Raises `Temporary` or `Ambiguous` when it must be
        delivered again, `Permanent` when a person has to correct something first.
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
        naming = marked or named_by_line(last_line(found.description))
        if not found.is_ours or naming is None or naming.incident_id != incident_id:
            return None
        issue = found.issue
        link = differences.link_of(
            links, naming, project_id=issue.project_id, issue_type_id=issue.issue_type_id
        )
        first = differences.first_of(link, issue_id) if link else None
        return _Pair(duplicate=issue, link=link, first=first) if link and first else None

    def _show(self, pair: _Pair, incident: Incident) -> tuple[list[str], PdjiraError | None]:
        """Let the issue show its incident and the other issue.

        What Jira refused, in sentences, and an error of what it could not do for the moment.
        """
        issue, first = pair.duplicate.ref, pair.first
        works = {
            "has no link to the incident": partial(
                self.jira.put_remote_link, issue.id, remote_link(incident)
            ),
            f"has no link to {first.key}": partial(self.ours.show_duplicate, issue, of=first),
        }
        refused: list[str] = []
        failed: PdjiraError | None = None
        for lacks, show in works.items():
            try:
                with self.breaker.call(Side.JIRA, pair.duplicate.project_id, is_extra=True):
                    show()
            except (Refused, NotFound) as error:
                refused.append(f"{issue.key} {lacks}: {sentence_of(error)}")
            except PdjiraError as error:
                failed = error
        return refused, failed

    def _join(self, pair: _Pair) -> bool:
        link = differences.with_notice(pair.link, pair.duplicate.ref.id, pair.says)
        return self.store(link, pair.duplicate.ref) is not None


def _rest(incident_id: str, why: str) -> Report:
    return Report(incident_id=incident_id, rests=(why,))


def _rest_of(incident: Incident, why: str) -> Report:
    return Report(incident_id=incident.id, rests=(f"Incident {incident.number} {why}.",))


CURSOR = "our issues"

LONGEST_WAIT = timedelta(days=1)
"""How far back the first look goes, and how long an issue is looked at again whose link is not
finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Looks at what our account has created since the last sweep, except what is in flight.

    In whatever project: a rule in Jira may have moved an issue.
    """

    issues: OurIssues
    links: Links
    cursors: Cursors
    breaker: Breaker
    clock: Clock

    def pages(self, sweep: Sweeping) -> Iterator[None]:
        """Each step looks at a page, then moves the cursor. Where no link is open nothing is done.

        Raises `Refused` where Jira does not take the search.
        """
        if not sweep.compared:
            return
        oldest = sweep.at - LONGEST_WAIT
        cursor = self.cursors.find(CURSOR) or Cursor(id=CURSOR, until=oldest, reads=CURSOR)
        held, since = sweep.at - IN_FLIGHT, self._reaches_back(cursor) - CLOCKS
        for page in self._pages(cursor):
            asked = [one for one in page.issues if since <= one.created_at <= sweep.at]
            waiting = (one.created_at - CLOCKS for one in asked if self._waits(one, sweep))
            held = min([held, *(max(since, oldest) for since in waiting)])
            until = max(cursor.until, min(held, _read_until(page, held)))
            self.cursors.put(replace(cursor, until=until))
            cursor = replace(cursor, until=until, version=cursor.version + 1)
            yield

    def _reaches_back(self, cursor: Cursor) -> datetime:
        """What is older was not asked for: only a wrong answer shows it."""
        now = self.clock()
        return now - timedelta(minutes=window_minutes(cursor, now=now))

    def _pages(self, cursor: Cursor) -> Iterator[OwnIssuePage]:
        """Each page reaches back a minute further, so that none of a page before can drop out."""
        start: int | None = 0
        number = 0
        while start is not None:
            within = window_minutes(cursor, now=self.clock()) + number
            with self.breaker.call(Side.JIRA):
                page = self.issues.made(within_minutes=within, start=start)
            yield page
            start, number = page.next_start, number + 1

    def _waits(self, issue: OwnIssue, sweep: Sweeping) -> bool:
        """Tell of a duplicate; whether to look at the issue again, since its link is unfinished."""
        naming = self._naming(issue)
        if naming is None:
            return False
        links = self.links.of_incident(naming.incident_id)
        ours = [link for link in links if link.mapping_id in sweep.mappings]
        link = link_of(ours, naming, project_id=issue.project_id, issue_type_id=issue.issue_type_id)
        if link and first_of(link, issue.ref.id):
            sweep.tell_found(
                naming.incident_id, issue_id=issue.ref.id, mapping_id=naming.mapping_id
            )
        return link is not None and is_unfinished(link)

    def _naming(self, issue: OwnIssue) -> Naming | None:
        """The mark of an issue that is linked to nothing yet; the property outweighs the line."""
        if self._is_linked(issue.ref.id) or is_of_test(issue.last_line):
            return None
        with self.breaker.call(Side.JIRA, issue.project_id):
            marked = self.issues.mark_of(issue.ref.id)
        return marked or named_by_line(issue.last_line)

    def _is_linked(self, issue_id: str) -> bool:
        """Whether it has a way back to an incident, also one that cannot be read."""
        try:
            return self.links.incident_of(issue_id) is not None
        except UnreadableItem:
            return True


def _read_until(page: OwnIssuePage, end: datetime) -> datetime:
    """Up to when everything is read once the page is done."""
    return end if page.next_start is None else page.issues[-1].created_at - CLOCKS
