"""How a status is decided: the issue's by its incident, the incident's by its issues.

What we wrote ourselves is agreed on by then, so it does not echo. A new issue agrees on no status,
so its first step takes it to where its incident is by then; the incident agrees on the status in
which the issue was created, as its history tells. A status without a row in the mapping is agreed
on without a call. What PagerDuty refuses is told and not agreed on: while the link is `refused`,
every signal looks at the issue and tries again.

Before a status is written, the link says so, and what that side had last changed before (`Intent`).
The agreement that follows takes it away. Where a message finds one, we do not know how the write
ended: its answer was lost, or the worker died. It may have happened, and a person may have undone
it since: then both sides did agree, and the person's change came after that. No clock is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import Side, with_cure
from pdjira.model.incident import Incident, IncidentChange, IncidentStatus
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Intent, Link, LinkState, Notice, goes_to_and_fro
from pdjira.model.mapping import Mapping, stands_for, status_meaning
from pdjira.model.notices import (
    left_alone_text,
    reopened_key,
    stays_closed_text,
    stays_resolved_text,
    unknown_status_text,
    without_untold,
)
from pdjira.sync.situation import Situation
from pdjira.sync.status.way import STATUS, MoveIssue, next_move
from pdjira.sync.step import Agree, ChangeIncident, PauseStatuses, ReadHistory, Step, TellOnce

_RESOLVED = IncidentStatus.RESOLVED

_ACKNOWLEDGE = "Set acknowledge_on_status of the mapping, if its issues are to acknowledge."

_ASSIGN = "Assign the issue to somebody whose e-mail address PagerDuty knows."


def status_to_jira(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings the issue to the status of its incident."""
    status, issue = situation.incident.status, situation.issue
    if not _is_behind(situation, link, mapping):
        return None
    target = mapping.statuses.get(status)
    if target is None:
        is_on_the_way = is_unfinished(situation, link, mapping)
        here = issue.status.id if issue and is_on_the_way else link.agreed.issue_status_id
        return Agree(agreed=replace(link.agreed, status=status, issue_status_id=here))
    if issue is None:
        return None
    arrived = _arrived(situation, issue, link, mapping)
    step = arrived or next_move(situation, issue, target)
    if not isinstance(step, MoveIssue):
        return step
    if goes_to_and_fro(link.status_writes, side=Side.JIRA, at=situation.now):
        return PauseStatuses()
    return before_move(situation, link, mapping, issue) or step


def is_to_move(situation: Situation, link: Link, mapping: Mapping) -> bool:
    """Whether the issue is to be brought to the status of its incident, so that it must be read."""
    is_behind = _is_behind(situation, link, mapping)
    return is_behind and situation.incident.status in mapping.statuses


def _is_behind(situation: Situation, link: Link, mapping: Mapping) -> bool:
    is_agreed = situation.incident.status is link.agreed.status
    is_agreed = is_agreed and not is_unfinished(situation, link, mapping)
    return not (is_agreed or situation.status.stuck or link.paused)


def _arrived(
    situation: Situation, issue: Issue, link: Link, mapping: Mapping
) -> Agree | ReadHistory | TellOnce | None:
    """What ends the way: the issue is there, or stays where a person put it; else None."""
    status = situation.incident.status
    held = replace(link.agreed, status=status, issue_status_id=issue.status.id)
    after = replace(held, waits=False)
    if stands_for(mapping, issue.status.id, status):
        return Agree(agreed=after)
    if stays_closed(mapping, issue, link.agreed):
        return Agree(agreed=held)
    closed = why_closed(mapping, issue, agreed=link.agreed.status, now=situation.now)
    if closed:
        text = stays_closed_text(issue.ref, closed)
        return TellOnce(key=reopened_key("closed", at=situation.now), text=text, agreed=after)
    if _is_known(situation, issue, link, mapping):
        return None
    if issue.history is None:
        return ReadHistory()
    left = Agree(agreed=after, says=left_alone_text(issue, mapping))
    return None if issue.history.moved_by_us else left


def _is_known(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> bool:
    """Whether the incident may move the issue out of its status.

    Only resolving moves an issue out of a status that the mapping does not know; the status in
    which Jira created the issue counts as known, and so does one into which we moved it.
    """
    known = {target.id for target in mapping.statuses.values()}
    known |= {target.id for target in mapping.resolved_statuses}
    is_known = issue.status.id in known or issue.status.id == link.initial_status_id
    is_ours = situation.status.origin is not None
    return is_known or is_ours or situation.incident.status is IncidentStatus.RESOLVED


def without_explanations(link: Link, agreed: Agreement) -> dict[str, Notice]:
    """The notices that are still true once both sides agree: no untold one about the status."""
    if agreed.status is link.agreed.status:
        return dict(link.notices)
    return without_untold(link.notices, STATUS)


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
        return PauseStatuses()
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


_NOT_FOLLOWED = frozenset({LinkState.MISSING, LinkState.CLOSED, LinkState.UNREADABLE})


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
