"""A status of ours whose answer was lost, and which somebody has undone since: that is a change."""

from dataclasses import replace
from datetime import datetime

from pdjira.domain.actions import Agree, LookBack
from pdjira.domain.incident import Incident, IncidentStatus, StatusAttempt
from pdjira.domain.link import Agreement, Link
from pdjira.domain.situation import Situation


def attempt_at(incident: Incident, status: IncidentStatus) -> StatusAttempt:
    """What is on record before the status is written."""
    return StatusAttempt(status=status, since=_changed_at(incident))


def undone_step(situation: Situation, link: Link) -> Agree | LookBack | None:
    """What a lost answer left in doubt; None where nothing is, and the status may be written.

    Where the incident took the status and was put back, both sides agreed for a while: the issue
    then follows like after any other change. While an incident is triggered, PagerDuty gives the
    time of any change of it as that of its status
    (https://developer.pagerduty.com/api-reference, `last_status_change_at`), so its log decides.
    """
    attempt, issue, incident = link.status_attempt, situation.issue, situation.incident
    if attempt is None or issue is None or link.paused:
        return None
    is_as_before = incident.status is link.agreed.status
    if not is_as_before or issue.status.id == link.agreed.issue_status_id:
        return None
    if _changed_at(incident) == attempt.since or situation.was_written is False:
        return None
    if incident.status is IncidentStatus.TRIGGERED and situation.was_written is None:
        return LookBack(status=attempt.status, since=attempt.since)
    says = (
        f"Somebody changed the incident back to {incident.status.value} when {issue.ref.key} had "
        f"made it {attempt.status.value}."
    )
    agreed = replace(link.agreed, status=attempt.status, issue_status_id=issue.status.id)
    return Agree(agreed=agreed, says=says)


def agreeing(link: Link, agreed: Agreement) -> Link:
    """The link once both sides agree so; once they agree on a status, no attempt is in doubt."""
    before = link.agreed.status, link.agreed.issue_status_id
    is_same = before == (agreed.status, agreed.issue_status_id)
    return replace(link, agreed=agreed, status_attempt=link.status_attempt if is_same else None)


def _changed_at(incident: Incident) -> datetime:
    """In whole seconds, as the link keeps it."""
    return (incident.last_status_change_at or incident.created_at).replace(microsecond=0)
