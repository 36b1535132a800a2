"""How an issue comes to its incident's status: the next transition, or what to learn before it.

A new issue agrees on no status, so its first step takes it to where its incident is by then. A
status without a row in the mapping is agreed on without a call. What cannot be reached is explained
once for each cause (from which status, to which, and why) and not agreed on, so each further signal
tries again; only a person who asks by `resync` reads it on the timeline again. Fields that Jira
refuses are agreed on: they are not tried again before the incident changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from pdjira.errors import Side, with_cure
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.issue import FieldSchema, Issue, Status
from pdjira.model.link import Agreement, Link, Notice, goes_to_and_fro
from pdjira.model.mapping import Mapping
from pdjira.model.notices import reopened_key, stays_closed_text, without_untold
from pdjira.model.refusal import (
    RESOLVE_ISSUES,
    TRANSITION_ISSUES,
    Right,
    add_rule,
    give_rights,
    named,
    stable_digest,
)
from pdjira.model.signal import SignalKind
from pdjira.model.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way
from pdjira.sync.issue.rules import reading
from pdjira.sync.situation import Situation
from pdjira.sync.status.intents import before_move, is_unfinished
from pdjira.sync.status.meaning import (
    MAP_THE_STATUS,
    fillable,
    stands_for,
    stays_closed,
    why_closed,
)
from pdjira.sync.step import Agree, Pause, ReadHistory, Step, TellOnce
from pdjira.text.markup import one_line

STATUS = "status"
"""The kind of the notices that say why an issue stays where it is."""

_WHY_LIMIT = 280

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
    names, them = _named(lacking), "it" if len(lacking) == 1 else "them"
    why = f'The transition "{step.name}" requires {names}, and the mapping does not fill {them}.'
    explanation = _explain(situation, issue, target, why, _cure_of(lacking))
    if step is not path[0]:
        return explanation
    return _look_again(situation, explanation, {issue.status.id}) or explanation


def _cure_of(lacking: Sequence[FieldSchema]) -> str:
    """How each of the fields gets its value, or that none can be given."""
    ruled = [field for field in lacking if field.is_fillable]
    closed = [field for field in lacking if not field.is_fillable]
    cures = []
    if ruled:
        where = "custom_fields of the mapping"
        cures.append(" ".join(f"{add_rule(field, where)}." for field in ruled))
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
class Explain(Step):
    """The issue stays where it is: tell people why, once for each `cause`."""

    cause: str
    text: str


def _look_again(situation: Situation, explanation: Explain, statuses: Iterable[str]) -> Step | None:
    """Read afresh what is older than this round, before people are told what it says.

    Once they were told, this is done only when somebody asks; otherwise every further event would
    look again.
    """
    is_known = situation.link is not None and status_notice(explanation) in situation.link.notices
    is_asked = situation.signal.kind is SignalKind.RESYNC
    is_old = not situation.status.learned.issuperset(statuses)
    return ForgetWorkflow() if is_old and (is_asked or not is_known) else None


def status_notice(explanation: Explain) -> str:
    """The key of the notice that says why an issue stays where it is."""
    return f"{STATUS}-{explanation.cause}"


def _unless_a_right_is_missing(
    situation: Situation, issue: Issue, target: Reference, explanation: Explain
) -> Step:
    """The explanation, unless our account lacks a right there: that is asked first.

    Once people were told either, it is asked only when somebody asks.
    """
    notices = situation.link.notices if situation.link else {}
    by_rights: dict[tuple[Right, ...], Explain] = {
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
) -> Explain:
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
) -> Explain:
    status = situation.incident.status
    says = (
        f"{issue.ref.key} stays in {issue.status.name} and does not move to "
        f"{_name_of(target, situation)}, which stands for {status.value}. "
        f"{one_line(why, limit=_WHY_LIMIT)}"
    )
    text = with_cure(says, cure)
    return Explain(cause=f"{issue.status.id}-{target.id}-{stable_digest(why)}", text=text)


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

    status: Status


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


def status_to_jira(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings the issue to the status of its incident."""
    status, issue = situation.incident.status, situation.issue
    is_on_the_way = is_unfinished(situation, link, mapping)
    is_agreed = status is link.agreed.status and not is_on_the_way
    if is_agreed or situation.status.stuck or link.paused:
        return None
    target = mapping.statuses.get(status)
    if target is None:
        here = issue.status.id if issue and is_on_the_way else link.agreed.issue_status_id
        return Agree(agreed=replace(link.agreed, status=status, issue_status_id=here))
    if issue is None:
        return reading(situation, link)
    arrived = _arrived(situation, issue, link, mapping)
    step = arrived or next_move(situation, issue, target)
    if not isinstance(step, MoveIssue):
        return step
    if goes_to_and_fro(link.status_writes, side=Side.JIRA, at=situation.now):
        return Pause()
    return before_move(situation, link, mapping, issue) or step


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
    left = Agree(agreed=after, says=_left_alone(issue, mapping))
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


def _left_alone(issue: Issue, mapping: Mapping) -> str:
    says = (
        f"{issue.ref.key} stays in {issue.status.name}, a status that the mapping {mapping.id} "
        "does not know."
    )
    return with_cure(says, MAP_THE_STATUS)


def without_explanations(link: Link, agreed: Agreement) -> dict[str, Notice]:
    """The notices that are still true once both sides agree: no untold one about the status."""
    if agreed.status is link.agreed.status:
        return dict(link.notices)
    return without_untold(link.notices, STATUS)
