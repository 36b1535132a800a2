"""Whether a status of ours was written, where nobody knows: the side itself is asked.

Before a status is written, the link says so, and what that side had last changed before (`Intent`).
The agreement that follows takes it away. Where a message finds one, we do not know how the write
ended: its answer was lost, or the worker died. It may have happened, and a person may have undone
it since: then both sides did agree, and the person's change came after that. No clock is asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.errors import Side
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import Issue
from pdjira.model.link import Intent, Link
from pdjira.model.mapping import Mapping
from pdjira.sync.situation import Situation
from pdjira.sync.status.meaning import stands_for
from pdjira.sync.step import Agree, ReadHistory, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack(Step):
    """See in the incident's log whether it was put into a status at or after a time."""

    side = Side.PAGERDUTY

    status: IncidentStatus
    since: datetime


def what_became(
    situation: Situation, link: Link, mapping: Mapping
) -> Agree | LookBack | ReadHistory | None:
    """What became of the status that was intended; None where it is still to be written."""
    intent = link.intent
    if intent is None or link.paused:
        return None
    if intent.side is Side.PAGERDUTY:
        return _in_pagerduty(situation, link, intent)
    return _in_jira(situation, link, mapping, intent)


def is_unfinished(situation: Situation, link: Link, mapping: Mapping) -> bool:
    """Whether our own steps brought the issue where it is, short of their goal.

    That is no change by a person.
    """
    intent, issue = link.intent, situation.issue
    if intent is None or intent.side is not Side.JIRA or issue is None:
        return False
    if situation.status.origin is not None:
        return True
    moves = issue.history.moves_since(intent.entry_id) if issue.history else ()
    return bool(moves) and moves[-1].by_us and _reached(issue, mapping, intent) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend(Step):
    """Store on the link that a status is about to be written."""

    intent: Intent


def before_move(
    situation: Situation, link: Link, mapping: Mapping, issue: Issue
) -> Intend | ReadHistory | None:
    """What is done before the first step through Jira's workflow; None where it is stored."""
    if is_unfinished(situation, link, mapping) and link.intent:
        entry_id = link.intent.entry_id
    elif issue.history is None:
        return ReadHistory()
    else:
        entry_id = issue.history.newest_id
    incident = situation.incident
    intent = Intent(
        side=Side.JIRA,
        status=incident.status,
        changed_at=_changed_at(incident),
        entry_id=entry_id,
    )
    return _unless_stored(link, intent)


def before_change(
    incident: Incident, link: Link, issue: Issue, status: IncidentStatus
) -> Intend | None:
    """What is done before a status is written onto the incident; None where it is stored."""
    intent = Intent(
        side=Side.PAGERDUTY,
        status=status,
        changed_at=_changed_at(incident),
        before=incident.status,
        issue_status_id=issue.status.id,
    )
    return _unless_stored(link, intent)


def _unless_stored(link: Link, intent: Intent) -> Intend | None:
    return None if link.intent == intent else Intend(intent=intent)


def _in_pagerduty(situation: Situation, link: Link, intent: Intent) -> Agree | LookBack | None:
    now, issue = situation.incident.status, link.issue
    has_happened = _has_happened(situation, intent)
    if has_happened is None:
        return LookBack(status=intent.status, since=intent.changed_at)
    if not has_happened or issue is None:
        return None
    says = (
        f"Somebody changed the incident to {now.value} after {issue.key} had made it "
        f"{intent.status.value}."
    )
    agreed = replace(
        link.agreed, status=intent.status, issue_status_id=intent.issue_status_id, waits=False
    )
    return Agree(agreed=agreed, says=None if now is intent.status else says)


def _has_happened(situation: Situation, intent: Intent) -> bool | None:
    """Whether the incident took the status; None where only its log can tell.

    The log does not tell of a reopening, but whatever has changed the incident since changed an
    open one.
    """
    incident = situation.incident
    if incident.status is intent.status:
        return True
    if (incident.status, _changed_at(incident)) == (intent.before, intent.changed_at):
        return False
    return True if intent.status is IncidentStatus.TRIGGERED else situation.status.was_written


def _in_jira(
    situation: Situation, link: Link, mapping: Mapping, intent: Intent
) -> Agree | ReadHistory | None:
    issue = situation.issue
    if (
        issue is None
        or situation.status.origin is not None
        or _was_put_there_again(situation, intent)
    ):
        return None
    if issue.history is None:
        return ReadHistory()
    reached = _reached(issue, mapping, intent)
    agreed = replace(link.agreed, status=intent.status, issue_status_id=reached, waits=False)
    if reached is None or agreed == link.agreed:
        return None
    says = (
        f"Somebody moved {issue.ref.key} to {issue.status.name} after it had followed the "
        f"incident, which was {intent.status.value}."
    )
    is_there = stands_for(mapping, issue.status.id, intent.status)
    return Agree(agreed=agreed, says=None if is_there else says)


def _was_put_there_again(situation: Situation, intent: Intent) -> bool:
    """Whether people have taken the incident out of the status and back: that change is theirs.

    While an incident is triggered, PagerDuty gives the time of any change of it as that of its
    status (https://developer.pagerduty.com/api-reference, `last_status_change_at`).
    """
    incident = situation.incident
    is_there = incident.status is intent.status is not IncidentStatus.TRIGGERED
    return is_there and _changed_at(incident) != intent.changed_at


def _reached(issue: Issue, mapping: Mapping, intent: Intent) -> str | None:
    """The status in which our steps through the workflow ended; None where they fell short."""
    moves = issue.history.moves_since(intent.entry_id) if issue.history else ()
    last = next((move.status_id for move in reversed(moves) if move.by_us), None)
    return last if last and stands_for(mapping, last, intent.status) else None


def _changed_at(incident: Incident) -> datetime:
    return (incident.last_status_change_at or incident.created_at).replace(microsecond=0)
