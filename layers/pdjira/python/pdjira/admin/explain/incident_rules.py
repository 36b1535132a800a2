"""What a mapping does or does not do for an incident, and why: by the planner's own reasons."""

from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from pdjira.circuits.rules import Circuit
from pdjira.errors import CURE, WAIT, PdjiraError, Side, split_cure
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.link import Link, LinkState, TimelineEntry
from pdjira.model.mapping import CreateMode, Listed, Mapping
from pdjira.model.notices import ISSUE
from pdjira.model.reason import Reason, Why
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import BELIEVED_AFTER, in_utc
from pdjira.sync.creation.rules import why_no_issue, why_not_in_force
from pdjira.sync.situation import Situation

SIDES = {Side.JIRA: "Jira", Side.PAGERDUTY: "PagerDuty"}
"""What people call the two sides."""

Silent = abc.Mapping[Side, PdjiraError]
"""The sides that did not tell what they were asked, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What both sides and our own tables tell of an incident.

    `incident` None: PagerDuty did not tell, or does not know it any more (`is_gone`). `hidden` are
    the ids of issues that Jira does not show. `tried_at` is when what was refused is tried next.
    """

    incident_id: str
    incident: Incident | None
    now: datetime
    silent: Silent
    is_gone: bool = False
    circuits: Sequence[Circuit] = ()
    hidden: frozenset[str] = frozenset()
    links: Sequence[Link] = ()
    timeline: Sequence[TimelineEntry] = ()
    tried_at: datetime | None = None

    def is_concerned(self, listed: Listed, all_listed: abc.Mapping[str, Listed]) -> bool:
        """Whether a mapping could have to do with the incident, linked or not.

        One that does not tell its service could; so could every one where nothing tells that of the
        incident.
        """
        linked = [all_listed.get(link.mapping_id) for link in self.links]
        services = {one.service_id for one in linked if one}
        if self.incident is not None:
            services = {self.incident.service.id}
        return not services or listed.service_id in {None, *services}


def reason_for(known: Known, listed: Listed | None, mapping_id: str, link: Link | None) -> Reason:
    """What becomes of the incident under a mapping; `listed` None: there is no such mapping."""
    if link is not None and link.state is LinkState.UNREADABLE:
        return Why.UNREADABLE_LINK.of()
    mapping = listed.in_force if listed else None
    off = why_not_in_force(listed, mapping_id)
    if off or mapping is None:
        return off or Why.GONE.of(mapping=mapping_id)
    if known.is_gone:
        return Why.UNKNOWN.of()
    if link is None or (link.issue is None and link.state is not LinkState.CREATING):
        return _without_issue(known, mapping, link)
    return _with_link(known, mapping, link)


def _without_issue(known: Known, mapping: Mapping, link: Link | None) -> Reason:
    """By the planner, asked about an event that tells of nothing in particular."""
    if known.incident is None:
        return _of_the_mapping_alone(known, mapping) or not_told(known.silent, Side.PAGERDUTY)
    is_refused = link is not None and link.state is LinkState.FAILED
    kind = SignalKind.RESYNC if is_refused else SignalKind.INCIDENT_CHANGED
    situation = Situation(
        signal=Signal(kind=kind, id="explain", incident_id=known.incident_id),
        now=known.now,
        incident=known.incident,
        mapping=mapping,
        link=link,
    )
    why = why_no_issue(situation)
    if why is not None:
        return why
    if link is not None and is_refused:
        return _as_told(known, link, Why.REFUSED)
    held = held_back(known.circuits, known.silent, mapping.project.id)
    return held or Why.WILL_CREATE.of(incident=known.incident_id, mapping=mapping.id)


def _of_the_mapping_alone(known: Known, mapping: Mapping) -> Reason | None:
    about = {"incident": known.incident_id, "mapping": mapping.id}
    reasons = {CreateMode.NEVER: Why.NEVER.of(), CreateMode.MANUAL: Why.MANUAL.of(**about)}
    return reasons.get(mapping.create_issue)


def _with_link(known: Known, mapping: Mapping, link: Link) -> Reason:
    match link.state:
        case LinkState.CREATING:
            return _in_creation(known, mapping, link)
        case LinkState.CLOSED:
            return Why.MERGED.of()
        case LinkState.MISSING:
            return _missing(known, link)
        case LinkState.LINKED | LinkState.FAILED | LinkState.UNREADABLE:
            return _with_issue(known, mapping, link)
        case _:
            assert_never(link.state)


def _in_creation(known: Known, mapping: Mapping, link: Link) -> Reason:
    if link.refused:
        return _as_told(known, link, Why.SEARCH_REFUSED)
    held = held_back(known.circuits, known.silent, mapping.project.id)
    if held is not None:
        return held
    if link.attempt_at is None:
        return Why.BEGUN.of()
    return replace(Why.NO_ANSWER.of(), at=link.attempt_at + BELIEVED_AFTER)


def _missing(known: Known, link: Link) -> Reason:
    return Why.MISSING.of(key=_key(link), incident=known.incident_id)


def _with_issue(known: Known, mapping: Mapping, link: Link) -> Reason:
    key = _key(link)
    if link.issue is not None and link.issue.id in known.hidden:
        return _missing(known, link)
    if link.paused:
        return Why.TO_AND_FRO.of(key=key, incident=known.incident_id)
    if link.refused:
        return _stuck(known, link)
    held = held_back(known.circuits, known.silent, link.project_id)
    if held is not None and _is_behind(known, link):
        return replace(Why.BEHIND.of(key=key, what=held.says), at=held.at)
    return _in_step(known, mapping, link, key)


def _key(link: Link) -> str:
    return link.issue.key if link.issue else "The issue"


def _is_behind(known: Known, link: Link) -> bool:
    """Whether the incident's status is known to have changed since both sides agreed."""
    return known.incident is not None and known.incident.status is not link.agreed.status


def _unmapped(known: Known, mapping: Mapping) -> IncidentStatus | None:
    """The incident's status, where the mapping has none for it; the first is the issue's own."""
    status = known.incident.status if known.incident else IncidentStatus.TRIGGERED
    is_first = status is IncidentStatus.TRIGGERED
    return None if is_first or mapping.statuses.get(status) else status


def _in_step(known: Known, mapping: Mapping, link: Link, key: str) -> Reason:
    unmapped = _unmapped(known, mapping)
    if link.agreed.waits:
        reason = Why.HELD_OPEN.of(key=key)
    elif link.owed:
        owed = ", ".join(extra.value.replace("_", " ") for extra in link.owed)
        reason = Why.OWED.of(key=key, what=owed)
    elif unmapped:
        reason = Why.UNMAPPED.of(key=key, status=unmapped.value, mapping=mapping.id)
    else:
        reason = Why.LINKED.of(key=key)
    unknown = [
        f"What {SIDES[side]} would tell is not known: {error.says}"
        for side, error in known.silent.items()
    ]
    return replace(reason, says=" ".join([reason.says, *unknown]))


def _stuck(known: Known, link: Link) -> Reason:
    last = [key for key, notice in link.notices.items() if notice.text and key != ISSUE][-1:]
    is_incidents = any(key.startswith("incident-") for key in last)
    return _as_told(known, link, Why.INCIDENT_STUCK if is_incidents else Why.ISSUE_STUCK)


def _as_told(known: Known, link: Link, why: Why) -> Reason:
    """With what people were told last: the link keeps the words of few notices, the timeline all.

    The note of a refusal begins with what the reason says anyway.
    """
    kept = [notice.text for key, notice in link.notices.items() if notice.text and key != ISSUE]
    said = [one for entry in known.timeline for one in entry.says if CURE in one]
    says, cure = split_cure((kept or said or [""])[-1])
    what = says.partition(f"(mapping {link.mapping_id}). ")[2] or says
    is_over = known.incident is not None and known.incident.status is IncidentStatus.RESOLVED
    reason = why.of(what=what, cure=cure or "Look into the timeline.")
    return replace(reason, at=None if is_over else known.tried_at)


def held_back(circuits: Sequence[Circuit], silent: Silent, project_id: str) -> Reason | None:
    """Why nothing can be done for now in a project of Jira, or at all; None where it can."""
    for circuit in circuits:
        if circuit.is_open and circuit.project_id in (None, project_id):
            return _of_circuit(circuit)
    return next((not_told(silent, side) for side in Side if side in silent), None)


def _of_circuit(circuit: Circuit) -> Reason:
    since = in_utc(circuit.opened_at) if circuit.opened_at else ""
    cure = circuit.cure or WAIT
    reason = Why.CIRCUIT.of(circuit=circuit.name, since=since, what=circuit.why, cure=cure)
    return replace(reason, at=circuit.probe_at)


def not_told(silent: Silent, side: Side) -> Reason:
    """What is not known since a side did not tell it."""
    error = silent[side]
    return Why.SILENT.of(side=SIDES[side], what=error.says, cure=error.cure or WAIT)
