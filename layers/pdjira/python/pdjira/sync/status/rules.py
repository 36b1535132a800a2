"""How an issue is moved to a status: the next transition, what to learn first, or why not."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from pdjira.errors import with_cure
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.issue import FieldSchema, Issue
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.mapping import Mapping
from pdjira.model.refusal import stable_digest
from pdjira.model.signal import SignalKind
from pdjira.model.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way
from pdjira.sync.situation import Situation
from pdjira.sync.steps import Explain, ForgetWorkflow, LearnStatus, MoveIssue, Step
from pdjira.text.markup import one_line

STATUS = "status"
"""The kind of the notices that say why an issue stays where it is."""

_WHY_LIMIT = 280

_MOST_REFUSED_MOVES = 2
"""A refused transition makes the workflow be read afresh once; a second one is final."""


def fillable(mapping: Mapping) -> frozenset[str]:
    """The fields that the mapping can fill on a transition."""
    return frozenset(rule.target for rule in mapping.field_rules)


def next_move(situation: Situation, issue: Issue, workflow: Workflow, target: Reference) -> Step:
    """What brings the issue nearer to its target, by what is known of its workflow."""
    if len(situation.status.moves_refused) >= _MOST_REFUSED_MOVES:
        return _explain(situation, issue, target, situation.status.moves_refused[-1])
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
) -> Step:
    """Take the first transition, unless one on the path asks for what nothing fills."""
    mine = fillable(situation.mapping) if situation.mapping else frozenset()
    step = next((one for one in path if missing(one, mine)), None)
    if step is None:
        return MoveIssue(transition=path[0])
    lacking = missing(step, mine)
    names, them = _named(lacking), "it" if len(lacking) == 1 else "them"
    why = f'The transition "{step.name}" requires {names}, and the mapping does not fill {them}.'
    explanation = _explain(situation, issue, target, why, _cure_of(lacking))
    if step is not path[0]:
        return explanation
    return _look_again(situation, explanation, {issue.status.id}) or explanation


def _cure_of(lacking: Sequence[FieldSchema]) -> str:
    """How each of the fields gets its value, or that none can be given."""
    ruled = [field.id for field in lacking if field.is_fillable]
    closed = [field for field in lacking if not field.is_fillable]
    cures = []
    if ruled:
        rules = "a rule" if len(ruled) == 1 else "rules"
        cures.append(f"Add {rules} for {' and '.join(ruled)} to custom_fields of the mapping.")
    if closed:
        cures.append(
            f"Make {_named(closed)} optional on the transition's screen in Jira: Jira takes no "
            "value for it from outside."
        )
    return " ".join(cures)


def _named(fields: Sequence[FieldSchema]) -> str:
    return ", ".join(f'"{field.name}" ({field.id})' for field in fields)


def _into_the_gap(situation: Situation, gap: Gap) -> Step | None:
    """Learn the nearest unknown status from an issue that is in it; failing that, go and look.

    Once people were told that the issue cannot follow, nobody goes and looks again.
    """
    unseen = [status for status in gap.statuses if status.id not in situation.status.unseen]
    if unseen:
        return LearnStatus(status=unseen[0])
    told = situation.link.notices if situation.link else {}
    was_told = any(key.startswith(f"{STATUS}-") for key in told)
    return None if was_told else MoveIssue(transition=gap.toward)


def _no_way(situation: Situation, issue: Issue, workflow: Workflow, target: Reference) -> Step:
    """Nothing leads there by what is known; an issue that went to look goes back."""
    explanation = _explain(situation, issue, target, "The workflow has no way there.")
    again = _look_again(situation, explanation, workflow)
    if again:
        return again
    back = situation.status.origin
    if back and back.id != issue.status.id:
        found = way(workflow, start=issue.status.id, goal=back.id)
        if isinstance(found, Path):
            return MoveIssue(transition=found.transitions[0])
    return explanation


def _look_again(situation: Situation, explanation: Explain, statuses: Iterable[str]) -> Step | None:
    """Read afresh what is older than this round, before people are told what it says.

    Once they were told it is done only when somebody asks: else every further event would go and
    look again.
    """
    is_told = situation.link is not None and status_notice(explanation) in situation.link.notices
    is_asked = situation.signal.kind is SignalKind.RESYNC
    is_old = not situation.status.learned.issuperset(statuses)
    return ForgetWorkflow() if is_old and (is_asked or not is_told) else None


def status_notice(explanation: Explain) -> str:
    """The key of the notice that says why an issue stays where it is."""
    return f"{STATUS}-{explanation.cause}"


def is_explained(link: Link, why: str) -> bool:
    """Whether people are told already that the issue stays where it is, for that reason."""
    cause = f"-{stable_digest(why)}"
    return any(key.startswith(f"{STATUS}-") and key.endswith(cause) for key in link.notices)


def _explain(
    situation: Situation,
    issue: Issue,
    target: Reference,
    why: str,
    cure: str = "Add a transition to the workflow in Jira, or map another status.",
) -> Explain:
    status = situation.incident.status
    says = (
        f"{issue.ref.key} stays in {issue.status.name} and does not move to {target.name} "
        f"({status.value}). {one_line(why, limit=_WHY_LIMIT)}"
    )
    text = with_cure(says, cure)
    return Explain(cause=f"{issue.status.id}-{target.id}-{stable_digest(why)}", text=text)


MAP_THE_STATUS = "Add it to status_mapping or resolved_statuses of the mapping."
"""What to do about a status that a mapping does not know."""

_NOT_FOLLOWED = frozenset({LinkState.MISSING, LinkState.CLOSED, LinkState.UNREADABLE})


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


def others_open(
    link: Link | None, links: Iterable[Link], mappings: Sequence[Mapping]
) -> tuple[str, ...]:
    """The keys of the incident's other issues that are not resolved, as far as is known.

    An issue keeps nothing open where its mapping is not in force or knows no resolved status, nor
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


def is_held(mapping: Mapping, issue: Issue, agreed: Agreement) -> bool:
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
