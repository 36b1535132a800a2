"""What statuses in Jira say of the incident."""

from collections.abc import Iterable, Sequence

from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Link, LinkState
from pdjira.domain.mapping import Mapping

MAP_THE_STATUS = "Add it to status_mapping or resolved_statuses of the mapping."
"""What to do about a status that a mapping does not know."""

_NOT_FOLLOWED = frozenset({LinkState.MISSING, LinkState.CLOSED, LinkState.UNREADABLE})


def meaning(mapping: Mapping, status_id: str, *, now: IncidentStatus) -> IncidentStatus | None:
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

    An issue keeps nothing open where its mapping is not in force or knows no resolved status, nor
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
