"""When people ask for an issue by a button or a workflow: for which, who, and why there is none.

A request is a signal like any other: the planner only skips what the mapping says of automatic
creation. A button names its mapping. A workflow is named by mappings, of one service or of many;
one that no mapping names has nothing to do with us.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pdjira.model.incident import Incident
from pdjira.model.mapping import CreateMode, Mapping
from pdjira.model.marks import is_opened_by_issue
from pdjira.model.notices import no_issue_text
from pdjira.model.reason import Reason, Why
from pdjira.model.signal import Signal, SignalKind
from pdjira.text.markup import one_line

_NAME_LIMIT = 100


def asks_for(signal: Signal, mapping: Mapping) -> bool:
    """Whether the signal asks for an issue under the mapping."""
    if signal.kind is SignalKind.CREATE_REQUESTED:
        return signal.mapping_id == mapping.id
    return signal.workflow_id in mapping.manual_workflow_ids


def obstacle(mapping: Mapping, incident: Incident) -> Reason | None:
    """Why a mapping of the incident's service makes no issue even for somebody who asks."""
    if mapping.create_issue is CreateMode.NEVER:
        return Why.NEVER.of()
    return Why.OPENED_BY_ISSUE.of() if is_opened_by_issue(incident) else None


def who_asked(signal: Signal) -> str:
    """The sentence of the timeline that says who asked."""
    name = one_line(signal.agent or "", limit=_NAME_LIMIT)
    return f"Asked by {name or 'somebody whom PagerDuty does not name'}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A signal that may ask for issues, and all that decides what comes of it.

    `mappings` are those in force, `linked` the ids of those under which the incident has an issue.
    """

    signal: Signal
    incident: Incident
    mappings: Iterable[Mapping]
    linked: Collection[str]

    def is_one(self) -> bool:
        """Whether the signal asks for an issue at all."""
        return self.signal.kind is SignalKind.CREATE_REQUESTED or bool(self._asked())

    def denials(self) -> tuple[str, ...]:
        """What the incident is told where it gets no issue: each a note, the same at every try."""
        asked = self._asked()
        if any(each in self.linked for each in (self.signal.mapping_id, *_ids(asked))):
            return ()
        if not asked:
            return (self._not_in_force(),) if self.is_one() else ()
        here = [each for each in asked if each.service.id == self.incident.service.id]
        if not here:
            return (self._elsewhere(asked[0]),)
        reasons = ((each, obstacle(each, self.incident)) for each in here)
        return tuple(_obstructed(mapping, reason) for mapping, reason in reasons if reason)

    def _asked(self) -> list[Mapping]:
        return [mapping for mapping in self.mappings if asks_for(self.signal, mapping)]

    def _not_in_force(self) -> str:
        mapping_id = one_line(self.signal.mapping_id or "", limit=_NAME_LIMIT)
        return no_issue_text(
            mapping_id,
            "Somebody asked for one, but no mapping of this id is in force: it is switched off, "
            "cannot be read, or does not exist.",
            "Switch the mapping on or mend it, or correct the URL of the button in PagerDuty.",
        )

    def _elsewhere(self, mapping: Mapping) -> str:
        theirs, ours = mapping.service.name, self.incident.service.name
        return no_issue_text(
            mapping.id,
            f"Somebody asked for one, but this mapping is for incidents of the service {theirs}, "
            f"not of {ours}.",
            f"Give {ours} a mapping of its own, or offer this button or workflow at {theirs} only.",
        )


def _obstructed(mapping: Mapping, reason: Reason) -> str:
    says = f"Somebody asked for one, but there will be none. {reason.says}"
    return no_issue_text(mapping.id, says, reason.cure or "")


def _ids(mappings: Iterable[Mapping]) -> list[str]:
    return [mapping.id for mapping in mappings]
