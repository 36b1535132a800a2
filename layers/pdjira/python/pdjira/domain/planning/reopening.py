"""Whether an issue that was closed is opened again when its incident is."""

from datetime import datetime, timedelta

from pdjira.domain.incident import IncidentStatus
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.meaning import stands_for


def is_held(mapping: Mapping, issue: Issue, agreed: Agreement) -> bool:
    """Whether the issue was closed already when both sides last agreed that the incident is open.

    A rule kept it closed then, or a person had closed it before the incident's other issues.
    """
    was_open = agreed.status not in {None, IncidentStatus.RESOLVED}
    is_same = agreed.issue_status_id == issue.status.id
    return was_open and is_same and stands_for(mapping, issue.status.id, IncidentStatus.RESOLVED)


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
