"""What a mapping does for an incident or an issue, or does not, and why: the planner's reasons."""

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from pdjira.circuits.rules import Circuit
from pdjira.errors import CURE, WAIT, PdjiraError, Side, split_cure
from pdjira.jql.lint import Clause, structure
from pdjira.jql.matches import Cursor, MatchRow, MatchState, reads_of
from pdjira.jql.opening_rules import Brake, PagingIssue, is_of, why_paused
from pdjira.jql.query import split, tokens
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import IssueRef
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


MOST_CLAUSES = 10
"""Clauses of a JQL that are asked for one by one."""


def why_never(listed: Listed, issue: IssueRef, found: PagingIssue | None) -> Reason | None:
    """Why the mapping opens no incident for the issue, whatever its JQL says; None where it may.

    `found` None: Jira does not tell where the issue is, and who created it.
    """
    mapping = listed.in_force
    if mapping is None:
        return why_not_in_force(listed, listed.id)
    about = {"key": issue.key, "mapping": mapping.id}
    if mapping.jql is None:
        return Why.NO_JQL.of(**about)
    if found is None:
        return None
    if found.is_ours:
        return Why.OUR_ISSUE.of(**about)
    project, type_ = mapping.project.name, mapping.issue_type.name
    is_here = is_of(mapping, found.issue)
    return None if is_here else Why.ELSEWHERE.of(project=project, type=type_, **about)


def reads_such_issues(listed: Listed, found: PagingIssue | None) -> bool:
    """Whether a mapping has a JQL, or would read such issues if it had one."""
    mapping = listed.mapping
    if mapping is None or mapping.jql is not None:
        return True
    return found is not None and is_of(mapping, found.issue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What the poll has left behind of an issue under a mapping with a JQL."""

    mapping: Mapping
    issue: IssueRef
    now: datetime
    row: MatchRow | None
    cursor: Cursor | None
    brake: Brake | None

    def reason(self) -> Reason | None:
        """What becomes of it, as far as that is stored; None where Jira has to be asked."""
        row, key = self.row, self.issue.key
        if self.cursor and self.cursor.problem:
            return Why.JQL_REFUSED.of(what=self.cursor.problem, cure=self.cursor.cure or "")
        if row is None or row.reads != reads_of(self.mapping):
            return None
        if row.state is MatchState.BASELINE:
            return Why.BASELINE.of(key=key, mapping=self.mapping.id)
        if row.state is MatchState.OPENED:
            return Why.HAS_OPENED.of(key=key)
        return self._waiting(row)

    def _waiting(self, row: MatchRow) -> Reason:
        key, mapping = self.issue.key, self.mapping
        if row.refusal:
            cure = row.refusal.cure or "The worker's log says more."
            return Why.UNOPENED.of(key=key, what=row.refusal.says, cure=cure)
        if self.brake and self.brake.paused_at and not row.released:
            return Why.JQL_PAUSED.of(key=key, mapping=mapping.id, what=why_paused(self.brake))
        settled_at = row.seen_at + timedelta(seconds=mapping.jql_settle_seconds)
        if settled_at > self.now:
            reason = Why.SETTLES.of(key=key, seconds=mapping.jql_settle_seconds)
            return replace(reason, at=settled_at)
        return Why.WILL_OPEN.of(key=key)


def clauses_of(mapping: Mapping) -> Sequence[Clause]:
    """The clauses of a mapping's JQL, the first few. Raises `Misconfigured` as `split` does."""
    where = split(mapping.jql or "").where
    return structure(where, tokens(where)).clauses[:MOST_CLAUSES]


def no_match(match: Match, answers: Sequence[tuple[Clause, bool | None]]) -> Reason:
    """Why the issue does not match, by the clauses that were asked for; None: Jira did not tell."""
    what = " ".join(_sentences(answers)) or "Jira does not tell which of its clauses keeps it out."
    return Why.NO_MATCH.of(key=match.issue.key, mapping=match.mapping.id, what=what)


def _sentences(answers: Sequence[tuple[Clause, bool | None]]) -> Iterator[str]:
    kept_out = [text_of(clause) for clause, matches in answers if matches is False]
    untold = [text_of(clause) for clause, matches in answers if matches is None]
    if kept_out:
        yield f"it does not fulfil {'; '.join(kept_out)}."
    if untold:
        yield f"Of {'; '.join(untold)} Jira did not tell."


def text_of(clause: Clause) -> str:
    """A clause as a condition of its own."""
    return f"NOT ({clause.text})" if clause.negated else clause.text
