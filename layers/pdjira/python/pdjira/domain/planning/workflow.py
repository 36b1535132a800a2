"""The way through a workflow: the shortest one, and never past a Done status on the way elsewhere.

What is known of a workflow is what Jira offered, status by status, so it may have gaps: a way that
leads through a gap may exist, and the status in the gap is what has to be learned next.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pdjira.domain.issue import FieldSchema, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A transition that Jira offers in a status; `fields` are those of its screen."""

    id: str
    name: str
    to: Status
    fields: tuple[FieldSchema, ...] = ()


Workflow = Mapping[str, tuple[Transition, ...]]
"""The transitions of each status that is known, by status id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The transitions to take, in order; none where the issue is there already."""

    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """No way is known; one may lead through these statuses, the nearest first.

    `toward` is the first transition on the way to the nearest.
    """

    statuses: tuple[Status, ...]
    toward: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWay:
    """All is known, and nothing leads there."""


Way = Path | Gap | NoWay


def way(workflow: Workflow, *, start: str, goal: str, fillable: Iterable[str] = ()) -> Way:
    """The shortest way from one status to another, by id.

    Of several transitions to the same status one is preferred whose required fields are all
    `fillable` (field ids), then the one that Jira names first.
    """
    if start == goal:
        return Path(transitions=())
    given = frozenset(fillable)
    reached: dict[str, tuple[Transition, ...]] = {start: ()}
    gaps: list[Status] = []
    queue = deque([start])
    while queue:
        status = queue.popleft()
        for transition in _one_for_each_status(workflow.get(status, ()), given):
            to = transition.to
            if to.id in reached:
                continue
            reached[to.id] = (*reached[status], transition)
            if to.id == goal:
                return Path(transitions=reached[to.id])
            if to.done:
                continue
            if to.id in workflow:
                queue.append(to.id)
            else:
                gaps.append(to)
    return Gap(statuses=tuple(gaps), toward=reached[gaps[0].id][0]) if gaps else NoWay()


def missing(transition: Transition, fillable: Iterable[str]) -> tuple[FieldSchema, ...]:
    """The fields that the transition requires and that nothing fills."""
    given = frozenset(fillable)
    return tuple(
        field
        for field in transition.fields
        if field.required and not field.has_default and field.id not in given
    )


def _one_for_each_status(
    transitions: Iterable[Transition], fillable: frozenset[str]
) -> list[Transition]:
    """The best transition to each status, in Jira's order of statuses."""
    best: dict[str, Transition] = {}
    for transition in transitions:
        known = best.get(transition.to.id)
        if known is None or len(missing(transition, fillable)) < len(missing(known, fillable)):
            best[transition.to.id] = transition
    return list(best.values())
