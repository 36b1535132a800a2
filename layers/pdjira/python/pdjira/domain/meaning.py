"""What a status in Jira says of the incident."""

from pdjira.domain.incident import IncidentStatus
from pdjira.domain.mapping import Mapping


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
