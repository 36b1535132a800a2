"""A status of ours whose answer was lost, and which somebody has reverted since: that is a change.

The queue delivers a message again when the work on it ended without an answer, and nothing else of
its incident before that. So only where `tried_since` tells of an earlier try there can be such a
status, and only there it is looked for: in the incident's log, and in the issue's history. Nothing
about it is stored beforehand. What was lost is younger than the change of the other side that it
carried; and than the status writes that are on record, since these were answered.

What this does not see: the write of a message's very last try, before it went to the dead-letter
queue; one after which the retry could not look, since the mapping was switched off or the issue was
hidden meanwhile; and statuses between which an issue was moved on its way.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pdjira.domain.incident import Incident, IncidentStatus
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement, Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.actions import Agree, ChangeIncident, LookBack, ReadHistory
from pdjira.domain.planning.meaning import stands_for
from pdjira.domain.planning.situation import Situation
from pdjira.errors import Side

_CLOCKS = timedelta(seconds=5)
"""So far may the clocks of both sides and ours be apart."""

_SECOND = timedelta(seconds=1)


def reverted_in_pagerduty(
    situation: Situation, link: Link, step: ChangeIncident
) -> Agree | LookBack | None:
    """What is done in place of writing a status once more; None where it may be written.

    Where the incident took the status and was put back, both sides agreed for a while: the issue
    then follows like after any other change. While an incident is triggered, PagerDuty gives the
    time of any change of it as that of its status
    (https://developer.pagerduty.com/api-reference, `last_status_change_at`), so its log decides.
    The log does not tell of a reopening; but who resolved the incident has found it open.
    """
    status, issue, incident = step.change.status, situation.issue, situation.incident
    if status is None or issue is None or not _is_tried_again(situation):
        return None
    if issue.history is not None and not issue.history.is_known:
        return None
    since = _lost_since(incident, link, issue)
    if situation.was_written is False or _changed_at(incident) < since:
        return None
    if status is not IncidentStatus.TRIGGERED and situation.was_written is None:
        return LookBack(status=status, since=since)
    says = (
        f"Somebody changed the incident back to {incident.status.value} when {issue.ref.key} had "
        f"made it {status.value}."
    )
    return Agree(agreed=replace(step.agreed, status=status), says=says)


def reverted_in_jira(
    situation: Situation, link: Link, mapping: Mapping
) -> Agree | ReadHistory | None:
    """What both sides agreed on where the issue has followed, and a person moved it on since."""
    issue, status = situation.issue, situation.incident.status
    if issue is None or link.paused or not _is_tried_again(situation):
        return None
    if status is link.agreed.status or stands_for(mapping, issue.status.id, status):
        return None
    if issue.history is None:
        return ReadHistory()
    reached = _reached(situation, link, issue, mapping)
    if reached is None:
        return None
    says = (
        f"Somebody moved {issue.ref.key} to {issue.status.name} when it had followed the incident, "
        f"which was {status.value}."
    )
    agreed = replace(link.agreed, status=status, issue_status_id=reached)
    return Agree(agreed=agreed, says=says)


def settled(situation: Situation, link: Link, agreed: Agreement) -> Situation:
    """The situation once both sides agree so: on a status, nothing that was tried matters."""
    before = link.agreed.status, link.agreed.issue_status_id
    is_same = before == (agreed.status, agreed.issue_status_id)
    return situation if is_same else replace(situation, settled=True)


def _is_tried_again(situation: Situation) -> bool:
    return situation.tried_since is not None and not situation.settled


def _reached(situation: Situation, link: Link, issue: Issue, mapping: Mapping) -> str | None:
    """The status into which an earlier try has moved the issue, and in which a person found it.

    An issue whose incident we have changed since was looked at then: its move is not lost.
    """
    history, incident = issue.history, situation.incident
    if history is None or not history.own_moves:
        return None
    last = history.own_moves[-1]
    is_lost = last.at > _changed_at(incident) - _CLOCKS
    is_there = stands_for(mapping, last.status_id, incident.status)
    moved_at = last.at.replace(microsecond=0)
    was_seen = any(
        write.side is Side.PAGERDUTY and write.at >= moved_at for write in link.status_writes
    )
    return last.status_id if is_lost and is_there and not was_seen else None


def _lost_since(incident: Incident, link: Link, issue: Issue) -> datetime:
    """The earliest time, by PagerDuty's whole seconds, of a write whose answer was lost."""
    answered = (write.at + _SECOND for write in link.status_writes)
    moved_at = issue.history.moved_at if issue.history else None
    carried = (moved_at or incident.created_at) - _CLOCKS
    return max([carried, *answered]).replace(microsecond=0)


def _changed_at(incident: Incident) -> datetime:
    return (incident.last_status_change_at or incident.created_at).replace(microsecond=0)
