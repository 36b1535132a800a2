"""What the transitions to a mapping's statuses require, as far as issues of Jira show it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pdjira.errors import NotFound, Refused
from pdjira.mappings.offers import Candidate, IssueTypeOffer, ProjectOffer
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Issues, Rights
from pdjira.model.problem import Problem, error
from pdjira.model.refusal import add_rule
from pdjira.model.rights import TRANSITION_ISSUES, give_rights
from pdjira.model.workflow import Path, Transition, Way, Workflow, missing, way
from pdjira.sync.status.meaning import fillable

_MOST_STATUSES = 5
"""Each is a search, and a look at the transitions of the issue that it finds."""

_GOALS = (IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowCheck:
    """Jira shows a transition only on an issue that may take it, so one is sought in each status.

    Where there is none yet, a test issue shows what is required.
    """

    issues: Issues
    rights: Rights

    def problems(
        self, candidate: Candidate, project: ProjectOffer, issue_type: IssueTypeOffer
    ) -> Iterator[Problem]:
        """What the transitions on the way require and nothing fills; a right without which is none.

        Raises only where Jira is out of reach.
        """
        mapping = candidate.mapping
        statuses = _looked_at(mapping, issue_type)
        seen = {status.id: self._transitions(project, issue_type, status) for status in statuses}
        workflow = {status_id: found for status_id, found in seen.items() if found is not None}
        if any(not found for found in workflow.values()) and self._lacks_right(project):
            yield error(
                "status_mapping",
                f"Our account may not move issues in {project.key}, so they stay in their first "
                "status.",
                give_rights([TRANSITION_ISSUES], project.key),
            )
            return
        yield from _unfilled(mapping, workflow)

    def _transitions(
        self, project: ProjectOffer, issue_type: IssueTypeOffer, status: Reference
    ) -> tuple[Transition, ...] | None:
        """None where there is no issue in that status to read them from."""
        try:
            found = self.issues.issue_in(
                project_id=project.id, issue_type_id=issue_type.id, status_id=status.id
            )
            return tuple(self.issues.transitions(found.id)) if found else None
        except (NotFound, Refused):
            return None

    def _lacks_right(self, project: ProjectOffer) -> bool:
        try:
            return TRANSITION_ISSUES.key in self.rights.in_project(project.id).missing
        except (NotFound, Refused):
            return False


def _looked_at(mapping: Mapping, issue_type: IssueTypeOffer) -> list[Reference]:
    """The statuses from which an issue sets out for another one; those of the mapping first."""
    mapped = {status.id for status in mapping.statuses.values()}
    if not mapped:
        return []
    ends = {status.id for status in mapping.resolved_statuses}
    resolved = mapping.statuses.get(IncidentStatus.RESOLVED)
    ends |= {resolved.id} if resolved else set()
    found = [status for status in issue_type.statuses if status.id not in ends]
    return sorted(found, key=lambda status: status.id not in mapped)[:_MOST_STATUSES]


def _unfilled(mapping: Mapping, workflow: Workflow) -> Iterator[Problem]:
    mine = fillable(mapping)
    taken = {
        transition.id: transition
        for goal in filter(None, map(mapping.statuses.get, _GOALS))
        for start in workflow
        for transition in _steps(way(workflow, start=start, goal=goal.id, fillable=mine))
    }
    for transition in taken.values():
        yield from _of_transition(transition, mine)


def _steps(found: Way) -> tuple[Transition, ...]:
    return found.transitions if isinstance(found, Path) else ()


def _of_transition(transition: Transition, mine: frozenset[str]) -> Iterator[Problem]:
    for field in missing(transition, mine):
        says = (
            f'The transition "{transition.name}" requires the field {field.name} ({field.id}), and '
            "the mapping does not fill it."
        )
        cure = "Make the field optional on the transition's screen in Jira."
        if field.is_fillable:
            add = add_rule(field, "custom_fields")
            cure = f"{add}, or make the field optional on the transition's screen in Jira."
        yield error("custom_fields", says, cure)
