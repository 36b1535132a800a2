"""Looks for second issues of our own account for one incident, and tells the worker of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.application.circuits import Breaker
from pdjira.application.ports.core import Clock, Links
from pdjira.application.ports.openings import Cursors
from pdjira.application.ports.sweeps import OurIssues
from pdjira.application.sweep.work import Sweeping
from pdjira.domain.issue import Naming
from pdjira.domain.jql.cursors import Cursor, window_minutes
from pdjira.domain.sweep.differences import IN_FLIGHT
from pdjira.domain.sweep.duplicates import (
    OwnIssue,
    OwnIssuePage,
    first_of,
    is_of_test,
    is_unfinished,
    link_of,
    named_by_line,
)
from pdjira.domain.times import CLOCKS
from pdjira.errors import Side, UnreadableItem

CURSOR = "our issues"

LONGEST_WAIT = timedelta(days=1)
"""So far back goes the first look, and so long is an issue looked at again whose link is not
finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Looks at what our account has created since the last sweep, but for what is in flight.

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
        """What is older was not asked for: a search that is answered wrongly shows it."""
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
        """Tell of a duplicate; whether the issue is to be looked at again, its link unfinished."""
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
    """Up to when all is read once the page is done."""
    return end if page.next_start is None else page.issues[-1].created_at - CLOCKS
