"""Workflows in memory, with the promises of the `Workflows` port."""

from collections.abc import Sequence
from dataclasses import replace

from pdjira.model.workflow import Transition, Workflow
from tests.fakes.faults import FaultPlan


class FakeWorkflows:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._known: dict[tuple[str, str], dict[str, tuple[Transition, ...]]] = {}

    def of(self, project_id: str, issue_type_id: str) -> Workflow:
        with self.faults.call("workflows.of"):
            return dict(self._known.get((project_id, issue_type_id), {}))

    def put(
        self,
        project_id: str,
        issue_type_id: str,
        *,
        status_id: str,
        transitions: Sequence[Transition],
    ) -> None:
        with self.faults.call("workflows.put"):
            known = self._known.setdefault((project_id, issue_type_id), {})
            known[status_id] = tuple(map(_required_only, transitions))

    def forget_operations(self) -> None:
        """As an earlier version kept it: no field tells how it is filled."""
        for known in self._known.values():
            for status_id, transitions in known.items():
                known[status_id] = tuple(map(_without_operations, transitions))


def _without_operations(transition: Transition) -> Transition:
    fields = (replace(one, operations=("set",)) for one in transition.fields)
    return replace(transition, fields=tuple(fields))


def _required_only(transition: Transition) -> Transition:
    return replace(transition, fields=tuple(one for one in transition.fields if one.required))
