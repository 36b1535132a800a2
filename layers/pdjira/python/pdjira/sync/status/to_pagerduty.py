"""How an incident comes to the status of its issue.

What we wrote ourselves is agreed on by then, so it does not echo. For a new link, both sides agree
on what the issue was created with, as its history tells. What PagerDuty refuses is told and not
agreed on: while the link is `refused`, every signal looks at the issue and tries again.
"""

from dataclasses import replace

from pdjira.errors import Side, with_cure
from pdjira.model.incident import IncidentChange, IncidentStatus
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Link, goes_to_and_fro
from pdjira.model.mapping import Mapping
from pdjira.model.notices import reopened_key, stays_resolved_text, unknown_status_text
from pdjira.sync.situation import Situation
from pdjira.sync.status.intents import before_change, is_unfinished
from pdjira.sync.status.meaning import stands_for, status_meaning
from pdjira.sync.step import Agree, ChangeIncident, Pause, Step, TellOnce

_RESOLVED = IncidentStatus.RESOLVED

_ACKNOWLEDGE = "Set acknowledge_on_status of the mapping, if its issues are to acknowledge."

_ASSIGN = "Assign the issue to somebody whose e-mail address PagerDuty knows."


def status_to_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings the incident to the status of its issue, as far as the issue was read."""
    issue = situation.issue
    if issue is None or situation.status.incident_refused:
        return None
    if not _was_moved(situation, link, mapping, issue):
        return None
    after = replace(link.agreed, issue_status_id=issue.status.id, waits=False)
    before = None if link.agreed.waits else link.agreed.issue_status_id
    step = _answer(situation, before, mapping, issue, after=after)
    if not isinstance(step, ChangeIncident):
        return step
    if goes_to_and_fro(link.status_writes, side=Side.PAGERDUTY, at=situation.now):
        return Pause()
    status = step.change.status
    return (status and before_change(situation.incident, link, issue, status)) or step


def _was_moved(situation: Situation, link: Link, mapping: Mapping, issue: Issue) -> bool:
    """Whether somebody moved the issue, now or earlier, and the incident may follow."""
    before = link.agreed.issue_status_id
    is_same = before == issue.status.id and not waits_no_longer(situation, link)
    if before is None or is_same or is_unfinished(situation, link, mapping):
        return False
    is_as_agreed = situation.incident.status is link.agreed.status
    return is_as_agreed and not link.paused and not situation.status.stuck


def waits_no_longer(situation: Situation, link: Link) -> bool:
    """Whether a person has resolved the issue and nothing keeps its incident open any more."""
    is_open = situation.incident.status is not _RESOLVED
    return link.agreed.waits and is_open and not situation.status.others_open


def _answer(
    situation: Situation, before: str | None, mapping: Mapping, issue: Issue, *, after: Agreement
) -> Agree | ChangeIncident | TellOnce:
    """What PagerDuty makes of an issue that somebody moved on from a status."""
    now = situation.incident.status
    state = status_meaning(mapping, issue.status.id, now=now)
    ways = (before or "", issue.status.id)
    is_still_closed = all(stands_for(mapping, one, _RESOLVED) for one in ways)
    if state is now or is_still_closed:
        return Agree(agreed=after)
    if now is _RESOLVED and state and not mapping.reopen.incident:
        text = stays_resolved_text(issue.ref, issue.status.name)
        return TellOnce(key=reopened_key("resolved", at=situation.now), text=text, agreed=after)
    why = _why_not(situation, mapping, issue, state)
    if why or state is None:
        waits = state is _RESOLVED and bool(situation.status.others_open)
        return Agree(agreed=replace(after, waits=waits), says=why)
    return _change(now, state, issue, after=after)


def _change(
    now: IncidentStatus, state: IncidentStatus, issue: Issue, *, after: Agreement
) -> ChangeIncident:
    """An incident that is reopened pages again, whoever works on the issue."""
    status = IncidentStatus.TRIGGERED if now is IncidentStatus.RESOLVED else state
    is_taken = status is IncidentStatus.ACKNOWLEDGED
    change = IncidentChange(status=status, by=issue.assignee_email if is_taken else None)
    return ChangeIncident(change=change, agreed=replace(after, status=status))


def _why_not(
    situation: Situation, mapping: Mapping, issue: Issue, state: IncidentStatus | None
) -> str | None:
    """Why the incident does not follow its issue to a state; None where it does."""
    if state is None:
        return unknown_status_text(issue, mapping)
    now, cure = situation.incident.status, None
    if state is IncidentStatus.RESOLVED and situation.status.others_open:
        why = (
            f"the incident resolves when {', '.join(situation.status.others_open)} is resolved, too"
        )
    elif state is IncidentStatus.TRIGGERED and now is IncidentStatus.ACKNOWLEDGED:
        why = "an acknowledgement cannot be taken back in PagerDuty"
    elif state is not IncidentStatus.ACKNOWLEDGED or now is IncidentStatus.RESOLVED:
        return None
    elif not mapping.acknowledge_on_status:
        why, cure = "the mapping does not acknowledge incidents", _ACKNOWLEDGE
    elif issue.assignee_email is None:
        why = "nobody acknowledges the incident, since it has no assignee with an e-mail address"
        cure = _ASSIGN
    else:
        return None
    return with_cure(f"{issue.ref.key} is in {issue.status.name}; {why}.", cure)
