"""Whether a mapping is for an incident."""

from fnmatch import fnmatchcase

from pdjira.domain.incident import NO_PRIORITY, Incident
from pdjira.domain.mapping import Conditions


def unmet(conditions: Conditions, incident: Incident) -> str | None:
    """Which condition the incident does not meet, as a clause for people; None where it meets all.

    An empty condition admits any; an incident without a priority has the priority id `none`.
    """
    if conditions.urgency and incident.urgency not in conditions.urgency:
        return f"its urgency is {incident.urgency}"
    priority = incident.priority.id if incident.priority else NO_PRIORITY
    if conditions.priority_ids and priority not in conditions.priority_ids:
        return f"its priority is {incident.priority.name if incident.priority else 'not set'}"
    pattern = conditions.title_matches
    if pattern and not fnmatchcase(incident.title.casefold(), pattern.casefold()):
        return f"its title does not match {pattern}"
    return None
