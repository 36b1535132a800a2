"""The way through a workflow: the shortest one, and never past a Done status on the way elsewhere.

What is known of a workflow is what Jira offered, status by status, so it may have gaps: a way that
leads through a gap may exist, and the status in the gap is what has to be learned next.
"""

from collections import abc, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pdjira.model.comment import Comment
from pdjira.model.issue import FieldSchema, IssueStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A transition that Jira offers in a status; `fields` are those of its screen."""

    id: str
    name: str
    to: IssueStatus
    fields: tuple[FieldSchema, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What is given along with a transition, by field id.

    `fields` are values; `additions` are lists of values for fields that take `add` only; `comment`
    is one for the issue.
    """

    fields: abc.Mapping[str, object] = field(default_factory=dict)
    additions: abc.Mapping[str, list[object]] = field(default_factory=dict)
    comment: Comment | None = None

    def with_value(self, schema: FieldSchema, value: object) -> "Filling":
        """The same with a value for a field."""
        if not schema.is_added_to:
            return replace(self, fields={**self.fields, schema.id: value})
        values = value if isinstance(value, list) else [value]
        return replace(self, additions={**self.additions, schema.id: values})

    def texts(self) -> dict[str, object]:
        """All that people may read of it, as JSON."""
        body = self.comment.body if self.comment else None
        return {"fields": self.fields, "additions": self.additions, "body": body}

    def with_texts(self, texts: abc.Mapping[str, Any]) -> "Filling":
        """The same with other texts, in the form of `texts`."""
        comment = self.comment and replace(self.comment, body=texts["body"])
        return Filling(fields=texts["fields"], additions=texts["additions"], comment=comment)


Workflow = abc.Mapping[str, tuple[Transition, ...]]
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

    statuses: tuple[IssueStatus, ...]
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
    gaps: list[IssueStatus] = []
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
    asked = [one for one in transition.fields if one.required and not one.has_default]
    return tuple(field for field in asked if field.id not in given or not field.is_fillable)


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
