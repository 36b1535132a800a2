"""What a mapping would make of an incident or an issue, by the planner's own rules and reasons."""

from collections import abc
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pdjira.errors import Refused
from pdjira.jql.matches import Match, MatchRow, MatchState, reads_of
from pdjira.model.incident import Incident
from pdjira.model.issue import CreateScreen, IssueRef
from pdjira.model.mapping import JqlAppliesTo, Mapping
from pdjira.model.notices import issue_url
from pdjira.model.reason import Reason, Why
from pdjira.model.refusal import Refusal, explain
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.creation.rules import TRIGGERED, why_no_issue
from pdjira.sync.fields.rules import issue_fields
from pdjira.sync.situation import Situation

_GIVEN_BY_US = frozenset({"project", "issuetype", "reporter"})
"""Fields of a create screen that no rule has to fill; Jira takes our account as the reporter."""


class Would(StrEnum):
    """What the mapping would do."""

    CREATE = "create"
    OPEN = "open"
    WAIT = "wait"
    NOTHING = "nothing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What would have become of an incident.

    `filled` names the fields that would be given and `unused` says which rules could not be used.
    `status` is where the issue would stand, None where it would stay as it was created. `today` are
    the issues that the incident has.
    """

    incident: Incident
    would: Would
    says: str
    cure: str | None = None
    filled: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    status: str | None = None
    today: tuple[IssueRef, ...] = ()

    def shown(self, base_url: str | None) -> dict[str, object]:
        """As people see it."""
        incident = self.incident
        return {
            "incident": {
                "id": incident.id,
                "number": incident.number,
                "title": incident.title,
                "status": incident.status.value,
                "url": incident.html_url,
            },
            "would": self.would.value,
            "says": self.says,
            "cure": self.cure,
            "filled": list(self.filled),
            "unused": list(self.unused),
            "status": self.status,
            "today": [shown_issue(one, base_url) for one in self.today],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedIssue:
    """What would become of an issue that matches the JQL now."""

    issue: IssueRef
    would: Would
    says: str
    cure: str | None = None

    def shown(self, base_url: str | None) -> dict[str, object]:
        """As people see it."""
        return {
            "issue": shown_issue(self.issue, base_url),
            "would": self.would.value,
            "says": self.says,
            "cure": self.cure,
        }


def shown_issue(issue: IssueRef, base_url: str | None) -> dict[str, object]:
    """An issue; its URL is None where Jira does not tell its own."""
    url = issue_url(issue, base_url=base_url) if base_url else None
    return {"id": issue.id, "key": issue.key, "url": url}


def as_if_in_force(mapping: Mapping) -> Mapping:
    """The mapping as if it had been in force all the time."""
    return replace(mapping, enabled=True, enabled_since=None)


def why_none(incident: Incident, mapping: Mapping, *, now: datetime) -> Reason | None:
    """Why the mapping would have made no issue when the incident began; None: it would have."""
    signal = Signal(
        kind=SignalKind.INCIDENT_CHANGED,
        id="dry-run",
        event_type=TRIGGERED,
        incident_id=incident.id,
    )
    return why_no_issue(
        Situation(signal=signal, now=now, incident=incident, mapping=mapping, link=None)
    )


def judged_as_nothing(incident: Incident, why: Reason) -> Judged:
    """The incident gets no issue."""
    return Judged(incident=incident, would=Would.NOTHING, says=why.says)


def refused(incident: Incident, refusal: Refusal) -> Judged:
    """Jira would take no issue for the incident."""
    return Judged(incident=incident, would=Would.REFUSED, says=refusal.says, cure=refusal.cure)


def judged(incident: Incident, mapping: Mapping, screen: CreateScreen) -> Judged:
    """What an incident that gets an issue would fill, and whether Jira would take that."""
    fields = issue_fields(incident, mapping, screen)
    lacking = {
        schema.id: "required"
        for schema in screen.fields.values()
        if schema.required and not schema.has_default and schema.id not in _GIVEN_BY_US
        if schema.id not in fields.values
    }
    filled = tuple(_names(fields.values, screen))
    if lacking:
        error = Refused("Fields are required.", status=400, fields=lacking)
        refusal = explain(error, mapping=mapping, screen=screen, given=fields.values)
        return replace(refused(incident, refusal), filled=filled, unused=fields.unused)
    status = _status(incident, mapping)
    return Judged(
        incident=incident,
        would=Would.CREATE,
        says=_says_created(mapping, status),
        filled=filled,
        unused=fields.unused,
        status=status,
    )


def _names(values: Collection[str], screen: CreateScreen) -> Iterator[str]:
    shown = {name: schema.name for name, schema in screen.fields.items()}
    return (shown.get(name, name) for name in values)


def _status(incident: Incident, mapping: Mapping) -> str | None:
    """The status that the incident would have brought its issue to by now."""
    if incident.merged_into is not None:
        return None
    target = mapping.statuses.get(incident.status)
    return target.name if target else None


def _says_created(mapping: Mapping, status: str | None) -> str:
    conditions = mapping.conditions
    has_any = conditions.urgency or conditions.priority_ids or conditions.title_matches
    why = "All conditions hold." if has_any else "The mapping has no condition."
    return f"{why} The issue would be in {status} now." if status else why


def judged_matches(
    mapping: Mapping,
    matches: Sequence[Match],
    *,
    ours: Collection[str],
    rows: abc.Mapping[str, MatchRow],
) -> tuple[JudgedIssue, ...]:
    """What would become of issues that match now, were the mapping put in force now.

    `ours` are the ids of those that our own account created, `rows` what the poll has left behind.
    """
    opened = 0
    found: list[JudgedIssue] = []
    for match in matches:
        why = _why_no_incident(mapping, match, ours, rows.get(match.issue.id))
        if why is None and opened < mapping.max_incidents_per_hour:
            opened += 1
            why = Why.WILL_OPEN.of(key=match.issue.key)
        found.append(_of(match, mapping, why))
    return tuple(found)


def _of(match: Match, mapping: Mapping, why: Reason | None) -> JudgedIssue:
    if why is None:
        limit = f"max_incidents_per_hour is {mapping.max_incidents_per_hour}"
        paused = Why.JQL_PAUSED.of(key=match.issue.key, mapping=mapping.id, what=limit)
        return JudgedIssue(issue=match.issue, would=Would.WAIT, says=paused.says, cure=paused.cure)
    would = Would.OPEN if why.why is Why.WILL_OPEN else Would.NOTHING
    return JudgedIssue(issue=match.issue, would=would, says=why.says)


def _why_no_incident(
    mapping: Mapping, match: Match, ours: Collection[str], row: MatchRow | None
) -> Reason | None:
    about = {"key": match.issue.key, "mapping": mapping.id}
    if match.issue.id in ours:
        return Why.OUR_ISSUE.of(**about)
    is_known = row is not None and row.reads == reads_of(mapping)
    state = row.state if row is not None and is_known else None
    if state is MatchState.OPENED:
        return Why.HAS_OPENED.of(**about)
    is_new = mapping.jql_applies_to is JqlAppliesTo.NEW and state is not MatchState.WAITING
    return Why.BASELINE.of(**about) if is_new else None


def counts_of(outcomes: Sequence[str]) -> dict[str, int]:
    """How often each outcome comes."""
    return {one.value: outcomes.count(one.value) for one in Would}
