"""The way of an issue to a status: the next transition, or what to learn before it.

What cannot be reached is explained once for each cause (from which status, to which, and why) and
not agreed on, so each further signal tries again; only a person who asks by `resync` reads it on
the timeline again. Fields that Jira refuses are agreed on: they are not tried again before the
incident changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from pdjira.errors import Side
from pdjira.model.incident import Reference
from pdjira.model.issue import Issue, IssueStatus
from pdjira.model.link import Link
from pdjira.model.mapping import fillable
from pdjira.model.notices import cannot_move_text
from pdjira.model.refusal import stable_digest, unfilled
from pdjira.model.rights import RESOLVE_ISSUES, TRANSITION_ISSUES, Right, give_rights, named
from pdjira.model.signal import SignalKind
from pdjira.model.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way
from pdjira.sync.situation import Situation
from pdjira.sync.step import Step

STATUS = "status"
"""The kind of the notices that say why an issue stays where it is."""

_TRY = (
    "Take the transition once in Jira, signed in as our account: Jira then shows what it asks for."
)

_MOST_REFUSED_MOVES = 2
"""A refused transition makes the workflow be read afresh once; a second one is final."""


def next_move(situation: Situation, issue: Issue, target: Reference) -> Step:
    """What brings the issue nearer to its target, by what is known of its workflow."""
    workflow = situation.status.workflow
    if len(situation.status.moves_refused) >= _MOST_REFUSED_MOVES:
        why = situation.status.moves_refused[-1]
        refused = _explain(situation, issue, target, why, _TRY)
        return _unless_a_right_is_missing(situation, issue, target, refused)
    if workflow is None:
        return RecallWorkflow()
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
    """Take the first transition, unless one on the path requires what nothing fills."""
    mine = fillable(situation.mapping) if situation.mapping else frozenset()
    step = next((one for one in path if missing(one, mine)), None)
    if step is None:
        return MoveIssue(transition=path[0])
    lacking = missing(step, mine)
    why, cure = unfilled(step.name, lacking)
    explanation = _explain(situation, issue, target, why, cure)
    if step is not path[0]:
        return explanation
    return _look_again(situation, explanation, {issue.status.id}) or explanation


def _into_the_gap(situation: Situation, gap: Gap) -> Step | None:
    """Learn the nearest unknown status from an issue that is in it; failing that, go and look.

    Once people were told that the issue cannot follow, nobody goes and looks again.
    """
    unseen = [status for status in gap.statuses if status.id not in situation.status.unseen]
    if unseen:
        return LearnStatus(status=unseen[0])
    notices = situation.link.notices if situation.link else {}
    are_known = any(key.startswith(f"{STATUS}-") for key in notices)
    return None if are_known else MoveIssue(transition=gap.toward)


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
    return _unless_a_right_is_missing(situation, issue, target, explanation)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainStatus(Step):
    """The issue stays where it is: tell people why, once for each `cause`."""

    cause: str
    text: str


def _look_again(
    situation: Situation, explanation: ExplainStatus, statuses: Iterable[str]
) -> Step | None:
    """Read afresh what is older than this round, before people are told what it says.

    Once they were told, this is done only when somebody asks; otherwise every further event would
    look again.
    """
    is_known = situation.link is not None and status_notice(explanation) in situation.link.notices
    is_asked = situation.signal.kind is SignalKind.RESYNC
    is_old = not situation.status.learned.issuperset(statuses)
    return ForgetWorkflow() if is_old and (is_asked or not is_known) else None


def status_notice(explanation: ExplainStatus) -> str:
    """The key of the notice that says why an issue stays where it is."""
    return f"{STATUS}-{explanation.cause}"


def _unless_a_right_is_missing(
    situation: Situation, issue: Issue, target: Reference, explanation: ExplainStatus
) -> Step:
    """The explanation, unless our account lacks a right there: that is asked first.

    Once people were told either, it is asked only when somebody asks.
    """
    notices = situation.link.notices if situation.link else {}
    by_rights: dict[tuple[Right, ...], ExplainStatus] = {
        rights: _lacking(situation, issue, target, rights)
        for rights in ((TRANSITION_ISSUES,), (RESOLVE_ISSUES,), (TRANSITION_ISSUES, RESOLVE_ISSUES))
    }
    both = (explanation, *by_rights.values())
    known = next((one for one in both if status_notice(one) in notices), None)
    if known and situation.signal.kind is not SignalKind.RESYNC:
        return known
    missing = situation.status.rights_missing
    if missing is None:
        return AskRights()
    lacking = tuple(one for one in (TRANSITION_ISSUES, RESOLVE_ISSUES) if one.key in missing)
    return by_rights.get(lacking, explanation)


def _lacking(
    situation: Situation, issue: Issue, target: Reference, rights: tuple[Right, ...]
) -> ExplainStatus:
    project = issue.ref.key.rpartition("-")[0]
    why = f"Our account in Jira lacks {named(rights)} in {project}."
    return _explain(situation, issue, target, why, give_rights(rights, project))


def is_explained(link: Link, why: str) -> bool:
    """Whether people know already that the issue stays where it is, for that reason."""
    cause = f"-{stable_digest(why)}"
    return any(key.startswith(f"{STATUS}-") and key.endswith(cause) for key in link.notices)


def _explain(
    situation: Situation,
    issue: Issue,
    target: Reference,
    why: str,
    cure: str = "Add a transition to the workflow in Jira, or map another status.",
) -> ExplainStatus:
    there, state = _name_of(target, situation), situation.incident.status
    text = cannot_move_text(issue, to=there, state=state.value, why=why, cure=cure)
    return ExplainStatus(cause=f"{issue.status.id}-{target.id}-{stable_digest(why)}", text=text)


def _name_of(target: Reference, situation: Situation) -> str:
    """The status by its name, also where the mapping gives its id alone."""
    if target.name != target.id:
        return target.name
    known = situation.status.workflow or {}
    names = (one.to.name for row in known.values() for one in row if one.to.id == target.id)
    return next(names, None) or situation.status.names.get(target.id, f"the status {target.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRights(Step):
    """Read which rights our account lacks where the issue is."""

    side = Side.JIRA
    most_calls = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallWorkflow(Step):
    """Read what is remembered of the issue's workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnStatus(Step):
    """Read which transitions a status has: of the issue itself, or of another one that is there."""

    side = Side.JIRA
    most_calls = 4

    status: IssueStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetWorkflow(Step):
    """Forget what is remembered of the workflow: it may have been changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIssue(Step):
    """Take one transition."""

    side = Side.JIRA
    most_calls = 2
    is_repair = writes = True

    transition: Transition
