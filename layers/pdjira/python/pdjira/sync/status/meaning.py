"""What the statuses of an issue stand for, under a mapping."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pdjira.model.incident import IncidentStatus
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.mapping import Mapping


def fillable(mapping: Mapping) -> frozenset[str]:
    """The fields that the mapping can fill on a transition."""
    return frozenset(rule.target for rule in mapping.field_rules)


_NOT_FOLLOWED = frozenset({LinkState.MISSING, LinkState.CLOSED, LinkState.UNREADABLE})


def status_meaning(
    mapping: Mapping, status_id: str, *, now: IncidentStatus
) -> IncidentStatus | None:
    """The state of the incident for which the status stands; None where the mapping knows none.

    Two states may share a status: it then stands for the one that the incident is in, or else for
    the first.
    """
    if stands_for(mapping, status_id, now):
        return now
    return next((state for state in IncidentStatus if stands_for(mapping, status_id, state)), None)


def stands_for(mapping: Mapping, status_id: str, state: IncidentStatus) -> bool:
    """Whether the status stands for the state."""
    target = mapping.statuses.get(state)
    if target is not None and target.id == status_id:
        return True
    is_resolved = state is IncidentStatus.RESOLVED
    return is_resolved and any(other.id == status_id for other in mapping.resolved_statuses)


def others_open(
    link: Link | None, links: Iterable[Link], mappings: Sequence[Mapping]
) -> tuple[str, ...]:
    """The keys of the incident's other issues that are not resolved, as far as is known.

    An issue keeps nothing open where its mapping is not in force or knows no resolved status, or
    where nobody hears of it any more: Jira does not show it, or its link has ended.
    """
    known = {
        mapping.id: mapping
        for mapping in mappings
        if IncidentStatus.RESOLVED in mapping.statuses or mapping.resolved_statuses
    }
    followed = [each for each in links if each.state not in _NOT_FOLLOWED]
    others = [each for each in followed if link and each.mapping_id != link.mapping_id]
    return tuple(
        each.issue.key
        for each in others
        if each.issue
        and each.mapping_id in known
        and not stands_for(
            known[each.mapping_id], each.agreed.issue_status_id or "", IncidentStatus.RESOLVED
        )
    )


def stays_closed(mapping: Mapping, issue: Issue, agreed: Agreement) -> bool:
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
