"""How the issue follows its incident: status, priority and summary.

What the incident says now is compared with what both sides last agreed on. Where it is the same,
nothing is read and nothing is written, and what a person changed in Jira meanwhile is left alone.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from pdjira.domain.actions import (
    Agree,
    Explain,
    FollowStep,
    ForgetWorkflow,
    LearnStatus,
    MoveIssue,
    ReadIssue,
    UpdateIssue,
)
from pdjira.domain.fields import priority_row, summary
from pdjira.domain.incident import Incident, IncidentStatus, Reference
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement, Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.markup import one_line
from pdjira.domain.refusals import stable_digest
from pdjira.domain.signals import SignalKind
from pdjira.domain.situation import Situation
from pdjira.domain.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way

_STATUS_NOTICE = "status-"
_WHY_LIMIT = 280
_MOST_REFUSED_MOVES = 2
"""A refused transition makes the workflow be read afresh once; a second one is final."""


def next_step(situation: Situation, link: Link) -> FollowStep | None:
    """What brings the issue to where the incident is; None where both agree."""
    mapping = situation.mapping
    if mapping is None:
        return None
    return _status_step(situation, link, mapping) or _fields_step(situation, link, mapping)


def at_creation(incident: Incident) -> Agreement:
    """What a new issue agrees on with its incident: its fields, but not its status yet."""
    priority = incident.priority.id if incident.priority else None
    return Agreement(status=None, priority_id=priority, title=title_digest(incident))


def title_digest(incident: Incident) -> str:
    """What tells one summary from another, short enough to be kept on the link."""
    return hashlib.sha256(summary(incident).encode()).hexdigest()[:8]


def fillable(mapping: Mapping) -> frozenset[str]:
    """The fields that the mapping can fill on a transition."""
    return frozenset(rule.target for rule in mapping.field_rules)


def _status_step(situation: Situation, link: Link, mapping: Mapping) -> FollowStep | None:
    status = situation.incident.status
    if status is link.agreed.status or situation.stuck:
        return None
    agreed = Agree(agreed=replace(link.agreed, status=status))
    target = mapping.statuses.get(status)
    if target is None:
        return agreed
    issue, workflow = situation.issue, situation.workflow
    if issue is None or workflow is None:
        return ReadIssue()
    if issue.status.id in _goals(mapping, status, target):
        return agreed
    why_not = _why_left_alone(situation, issue, link, mapping)
    return replace(agreed, says=why_not) if why_not else _move(situation, issue, workflow, target)


def _goals(mapping: Mapping, status: IncidentStatus, target: Reference) -> set[str]:
    others = mapping.resolved_statuses if status is IncidentStatus.RESOLVED else ()
    return {target.id, *(other.id for other in others)}


def _why_left_alone(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> str | None:
    """Why the issue stays where it is though its incident moved on; None where it follows.

    A merge is no fix. Only resolving moves an issue out of a status that the mapping does not
    know; the status in which Jira created the issue counts as known, and so does one into which
    we moved it in this round.
    """
    incident, key = situation.incident, issue.ref.key
    if incident.merged_into:
        return f"The incident was merged into {incident.merged_into}; {key} stays as it is."
    known = {target.id for target in mapping.statuses.values()}
    known |= {target.id for target in mapping.resolved_statuses}
    is_known = issue.status.id in known or issue.status.id == link.initial_status_id
    is_ours = situation.origin is not None
    if is_known or is_ours or incident.status is IncidentStatus.RESOLVED:
        return None
    return (
        f"{key} stays in {issue.status.name}, a status that the mapping {mapping.id} does not know."
    )


def _move(situation: Situation, issue: Issue, workflow: Workflow, target: Reference) -> FollowStep:
    if len(situation.moves_refused) >= _MOST_REFUSED_MOVES:
        return _explain(situation, issue, target, situation.moves_refused[-1])
    if issue.status.id not in workflow:
        return LearnStatus(status=issue.status)
    mine = fillable(situation.mapping) if situation.mapping else frozenset()
    found = way(workflow, start=issue.status.id, goal=target.id, fillable=mine)
    match found:
        case Path(transitions=transitions):
            return _take(situation, issue, target, transitions)
        case Gap():
            return _into_the_gap(situation, found) or _no_way(situation, issue, workflow, target)
        case NoWay():
            return _no_way(situation, issue, workflow, target)
        case _:
            assert_never(found)


def _take(
    situation: Situation, issue: Issue, target: Reference, path: tuple[Transition, ...]
) -> FollowStep:
    """Take the first transition, unless one on the path asks for what nothing fills."""
    mine = fillable(situation.mapping) if situation.mapping else frozenset()
    step = next((one for one in path if missing(one, mine)), None)
    if step is None:
        return MoveIssue(transition=path[0])
    lacking = missing(step, mine)
    names = ", ".join(f'"{field.name}" ({field.id})' for field in lacking)
    why = f'The transition "{step.name}" requires {names}, and the mapping does not fill it.'
    cure = f"Add a rule for {lacking[0].id} to custom_fields of the mapping."
    explanation = _explain(situation, issue, target, why, cure)
    if step is not path[0]:
        return explanation
    return _look_again(situation, explanation, {issue.status.id}) or explanation


def _into_the_gap(situation: Situation, gap: Gap) -> FollowStep | None:
    """Learn the nearest unknown status from an issue that is in it; failing that, go and look.

    Once people were told that the issue cannot follow, nobody goes and looks again.
    """
    unseen = [status for status in gap.statuses if status.id not in situation.unseen]
    if unseen:
        return LearnStatus(status=unseen[0])
    told = situation.link.notices if situation.link else {}
    was_told = any(key.startswith(_STATUS_NOTICE) for key in told)
    return None if was_told else MoveIssue(transition=gap.toward)


def _no_way(
    situation: Situation, issue: Issue, workflow: Workflow, target: Reference
) -> FollowStep:
    """Nothing leads there by what is known; an issue that went to look goes back."""
    explanation = _explain(situation, issue, target, "The workflow has no way there.")
    again = _look_again(situation, explanation, workflow)
    if again:
        return again
    back = situation.origin
    if back and back.id != issue.status.id:
        found = way(workflow, start=issue.status.id, goal=back.id)
        if isinstance(found, Path):
            return MoveIssue(transition=found.transitions[0])
    return explanation


def _look_again(
    situation: Situation, explanation: Explain, statuses: Iterable[str]
) -> FollowStep | None:
    """Read afresh what is older than this round, before people are told what it says.

    Once they were told it is done only when somebody asks: else every further event would go and
    look again.
    """
    is_told = situation.link is not None and status_notice(explanation) in situation.link.notices
    is_asked = situation.signal.kind is SignalKind.RESYNC
    is_old = not situation.learned.issuperset(statuses)
    return ForgetWorkflow() if is_old and (is_asked or not is_told) else None


def status_notice(explanation: Explain) -> str:
    """The key of the notice that says why an issue stays where it is."""
    return f"{_STATUS_NOTICE}{explanation.cause}"


def _explain(
    situation: Situation,
    issue: Issue,
    target: Reference,
    why: str,
    cure: str = "Add a transition to the workflow in Jira, or map another status.",
) -> Explain:
    status = situation.incident.status
    text = (
        f"{issue.ref.key} stays in {issue.status.name} and does not move to {target.name} "
        f"({status.value}). {one_line(why, limit=_WHY_LIMIT)} What to do: {cure}"
    )
    return Explain(cause=f"{issue.status.id}-{target.id}-{stable_digest(why)}", text=text)


def _fields_step(situation: Situation, link: Link, mapping: Mapping) -> FollowStep | None:
    incident, agreed = situation.incident, link.agreed
    now = replace(at_creation(incident), status=agreed.status)
    if now == agreed:
        return None
    fields: dict[str, object] = {}
    row = priority_row(mapping, incident)
    mine = fillable(mapping)
    if row and now.priority_id != agreed.priority_id and "priority" not in mine:
        fields["priority"] = {"id": row.jira_id}
    if now.title != agreed.title and "summary" not in mine:
        fields["summary"] = summary(incident)
    return UpdateIssue(fields=fields, agreed=now) if fields else Agree(agreed=now)
