"""How the link of an incident begins, before there is an issue."""

from dataclasses import replace
from datetime import datetime, timedelta

from pdjira.application.sync.round import Round
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Link, LinkState
from pdjira.domain.mapping import Conditions
from pdjira.domain.planning.asking import asks_for
from pdjira.domain.planning.plan import TRIGGERED

_FRESH = timedelta(minutes=1)


def wanted(current: Round, now: datetime) -> Link:
    """The link, or a fresh one, which remembers that somebody asked for the issue."""
    link = current.situation.link or _unclaimed(current, now)
    asked = link.asked or asks_for(current.situation.signal, current.mapping)
    return replace(link, asked=asked)


def _unclaimed(current: Round, now: datetime) -> Link:
    return Link(
        incident_id=current.incident.id,
        mapping_id=current.mapping.id,
        state=LinkState.CREATING,
        claimed_at=now,
        project_id=current.mapping.project.id,
        issue_type_id=current.mapping.issue_type.id,
        comments_on_record=True,
    )


def notes_since(current: Round, now: datetime) -> datetime | None:
    """Notes that were written before there was an issue come onto it.

    When an incident has just been triggered there are none whose own signal does not come later,
    unless one overtook it while the incident was to have no issue.
    """
    signal, created = current.situation.signal, current.incident.created_at
    is_first = signal.event_type == TRIGGERED and current.situation.link is None
    is_resolved = current.incident.status is IncidentStatus.RESOLVED
    is_beginning = is_first and not is_resolved and current.mapping.conditions == Conditions()
    return None if is_beginning and now - created < _FRESH else created
