"""How an issue is moved to a status: the next transition, what to learn first, or why not."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from pdjira.domain.incident import Reference
from pdjira.domain.issue import FieldSchema, Issue
from pdjira.domain.link import Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.actions import (
    Explain,
    FollowStep,
    ForgetWorkflow,
    LearnStatus,
    MoveIssue,
)
from pdjira.domain.planning.situation import Situation
from pdjira.domain.planning.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way
from pdjira.domain.refusals import stable_digest
from pdjira.domain.signals import SignalKind
from pdjira.domain.text.cures import with_cure
from pdjira.domain.text.markup import one_line

STATUS = "status"
"""The kind of the notices that say why an issue stays where it is."""

_WHY_LIMIT = 280
_MOST_REFUSED_MOVES = 2
"""A refused transition makes the workflow be read afresh once; a second one is final."""


def fillable(mapping: Mapping) -> frozenset[str]:
    """The fields that the mapping can fill on a transition."""
    return frozenset(rule.target for rule in mapping.field_rules)


def next_move(
    situation: Situation, issue: Issue, workflow: Workflow, target: Reference
) -> FollowStep:
    """What brings the issue nearer to its target, by what is known of its workflow."""
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


def _into_the_gap(situation: Situation, gap: Gap) -> FollowStep | None:
    """Learn the nearest unknown status from an issue that is in it; failing that, go and look.

    Once people were told that the issue cannot follow, nobody goes and looks again.
    """
    unseen = [status for status in gap.statuses if status.id not in situation.unseen]
    if unseen:
        return LearnStatus(status=unseen[0])
    told = situation.link.notices if situation.link else {}
    was_told = any(key.startswith(f"{STATUS}-") for key in told)
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
