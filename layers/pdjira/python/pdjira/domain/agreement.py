"""How the issue follows its incident: status, priority and summary.

What the incident says now is compared with what both sides last agreed on. Where it is the same,
nothing is read and nothing is written, and what a person changed in Jira meanwhile is left alone.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace

from pdjira.domain.actions import (
    Agree,
    FollowStep,
    ReadIssue,
    UpdateIssue,
)
from pdjira.domain.fields import priority_row, summary
from pdjira.domain.incident import Incident, IncidentStatus
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement, Link, Notice
from pdjira.domain.mapping import Mapping
from pdjira.domain.moving import STATUS, fillable, next_move
from pdjira.domain.notices import without_untold
from pdjira.domain.situation import Situation


def next_step(situation: Situation, link: Link, mapping: Mapping) -> FollowStep | None:
    """What brings the issue to where the incident is; None where both agree."""
    return _status_step(situation, link, mapping) or _fields_step(situation, link, mapping)


def at_creation(incident: Incident) -> Agreement:
    """What a new issue agrees on with its incident: its fields, but not its status yet."""
    priority = incident.priority.id if incident.priority else None
    return Agreement(status=None, priority_id=priority, title=title_digest(incident))


def title_digest(incident: Incident) -> str:
    """What tells one summary from another, short enough to be kept on the link."""
    return hashlib.sha256(summary(incident).encode()).hexdigest()[:8]


def _status_step(situation: Situation, link: Link, mapping: Mapping) -> FollowStep | None:
    status = situation.incident.status
    if status is link.agreed.status or situation.stuck:
        return None
    target = mapping.statuses.get(status)
    if target is None:
        return Agree(agreed=replace(link.agreed, status=status))
    issue, workflow = situation.issue, situation.workflow
    if issue is None or workflow is None:
        return ReadIssue(with_history=link.initial_status_id is None)
    return _arrived(situation, issue, link, mapping) or next_move(
        situation, issue, workflow, target
    )


def _arrived(
    situation: Situation, issue: Issue, link: Link, mapping: Mapping
) -> Agree | ReadIssue | None:
    """What ends the way: the issue is there, or is left where a person put it; else None."""
    status = situation.incident.status
    agreed = Agree(agreed=replace(link.agreed, status=status))
    if issue.status.id in _goals(mapping, status):
        return agreed
    if _is_known(situation, issue, link, mapping):
        return None
    if issue.history is None:
        return ReadIssue(with_history=True)
    left = replace(agreed, says=_left_alone(issue, mapping))
    return None if issue.history.moved_by_us else left


def _goals(mapping: Mapping, status: IncidentStatus) -> set[str]:
    target = mapping.statuses.get(status)
    others = mapping.resolved_statuses if status is IncidentStatus.RESOLVED else ()
    return {other.id for other in (target, *others) if other}


def _is_known(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> bool:
    """Whether the incident may move the issue out of its status.

    Only resolving moves an issue out of a status that the mapping does not know; the status in
    which Jira created the issue counts as known, and so does one into which we moved it.
    """
    known = {target.id for target in mapping.statuses.values()}
    known |= {target.id for target in mapping.resolved_statuses}
    is_known = issue.status.id in known or issue.status.id == link.initial_status_id
    is_ours = situation.origin is not None
    return is_known or is_ours or situation.incident.status is IncidentStatus.RESOLVED


def _left_alone(issue: Issue, mapping: Mapping) -> str:
    return (
        f"{issue.ref.key} stays in {issue.status.name}, a status that the mapping {mapping.id} "
        "does not know."
    )


def without_explanations(link: Link, agreed: Agreement) -> dict[str, Notice]:
    """The notices that still hold once both sides agree so: of the status none that is untold."""
    if agreed.status is link.agreed.status:
        return dict(link.notices)
    return without_untold(link.notices, STATUS)


def without_refused(
    step: UpdateIssue, before: Agreement, refused: Collection[str]
) -> UpdateIssue | None:
    """The step without the fields that Jira complained of; None where that is no other step.

    Of those fields both sides agree on what they agreed on `before`.
    """
    fields = {name: value for name, value in step.fields.items() if name not in refused}
    if not fields or len(fields) == len(step.fields):
        return None
    agreed = step.agreed
    if "priority" in step.fields and "priority" not in fields:
        agreed = replace(agreed, priority_id=before.priority_id)
    if "summary" in step.fields and "summary" not in fields:
        agreed = replace(agreed, title=before.title)
    return replace(step, fields=fields, agreed=agreed)


def _fields_step(situation: Situation, link: Link, mapping: Mapping) -> FollowStep | None:
    incident, agreed = situation.incident, link.agreed
    now = replace(at_creation(incident), status=agreed.status)
    if now == agreed or situation.fields_refused:
        return None
    fields: dict[str, object] = {}
    row = priority_row(mapping, incident)
    mine = fillable(mapping)
    if row and now.priority_id != agreed.priority_id and "priority" not in mine:
        fields["priority"] = {"id": row.jira_id}
    if now.title != agreed.title and "summary" not in mine:
        fields["summary"] = summary(incident)
    return UpdateIssue(fields=fields, agreed=now) if fields else Agree(agreed=now)
