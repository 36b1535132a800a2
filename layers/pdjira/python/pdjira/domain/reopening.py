"""Whether an issue that was closed is opened again when its incident is."""

from datetime import datetime, timedelta

from pdjira.domain.incident import IncidentStatus
from pdjira.domain.issue import Issue
from pdjira.domain.mapping import Mapping
from pdjira.domain.meaning import stands_for


def why_closed(
    mapping: Mapping, issue: Issue, *, agreed: IncidentStatus | None, now: datetime
) -> str | None:
    """Why an issue stays closed though its incident was reopened, as a clause; None: it does not.

    `agreed` is the state in which both sides were last. Days count from Jira's resolution date.
    """
    is_closed = stands_for(mapping, issue.status.id, IncidentStatus.RESOLVED)
    if agreed is not IncidentStatus.RESOLVED or not is_closed:
        return None
    rule = mapping.reopen
    if not rule.issue:
        return "its mapping does not reopen issues"
    if issue.resolution_id is not None and issue.resolution_id in rule.not_with:
        return "its mapping does not reopen issues of this resolution"
    days = rule.not_after_days
    if days is None or issue.resolved_at is None or now - issue.resolved_at <= timedelta(days=days):
        return None
    return f"its mapping does not reopen issues after {days} days"
