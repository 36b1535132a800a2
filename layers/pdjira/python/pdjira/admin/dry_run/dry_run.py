"""Tells what a mapping would have done with the incidents of the last days; writes nothing."""

from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pdjira.admin.dry_run.ports import (
    Judge,
    KnownFields,
    KnownItems,
    KnownLinks,
    KnownMappings,
    KnownRows,
    PastIncidents,
    Screens,
)
from pdjira.admin.dry_run.rules import (
    Judged,
    JudgedIssue,
    as_if_in_force,
    judged,
    judged_as_nothing,
    judged_matches,
    refused,
    summary_of,
    why_none,
)
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, sentence_of
from pdjira.jql.lint import query_of
from pdjira.jql.matches import Match
from pdjira.jql.ports import Searches
from pdjira.jql.query import split, wrap
from pdjira.mappings.changes import Item
from pdjira.model.incident import Incident
from pdjira.model.issue import CreateScreen
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Clock
from pdjira.model.problem import Verdict
from pdjira.model.refusal import explain
from pdjira.model.time_budget import CALL_SECONDS, STORE_SECONDS, TimeLeft, unlimited
from pdjira.sync.fields.following import names_custom_fields
from pdjira.sync.fields.steps import with_offered

MOST = 500
"""Incidents, and issues, that one dry run judges."""

MOST_DAYS = 30

TODAY = (
    "Judged by what incidents and mapping are today: urgency, priority, title and fields may have "
    "been others then. Nothing was written."
)

Told = Callable[["DryRun"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tried: an item as people write it, and of which time the incidents."""

    item: Item
    mapping: Mapping | None
    since: datetime
    until: datetime


@dataclass(slots=True, kw_only=True)
class DryRun:
    """What was found so far; `left_out` says what was not looked at, and why."""

    asked: Asked
    check: Verdict
    base_url: str | None = None
    incidents: list[Judged] = field(default_factory=list)
    issues: tuple[JudgedIssue, ...] = ()
    matching: int | None = None
    left_out: list[str] = field(default_factory=list)

    def answer(self) -> dict[str, object]:
        """The answer for a person."""
        item = self.asked.item
        return {
            "mapping": {"id": item.get("id"), "name": item.get("name") or item.get("id")},
            "since": self.asked.since.isoformat(timespec="seconds"),
            "says": TODAY,
            "check": self.check.shown(),
            "counts": summary_of(self.incidents, self.issues),
            "incidents": [one.shown(self.base_url) for one in self.incidents],
            "matching": self.matching,
            "issues": [one.shown(self.base_url) for one in self.issues],
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRuns:
    """Tries mappings. Each of its ports only reads."""

    past: PastIncidents
    fields: KnownFields
    jira: Screens
    searches: Searches
    links: KnownLinks
    rows: KnownRows
    mappings: KnownMappings
    items: KnownItems
    judge: Judge
    clock: Clock

    def run(
        self,
        asked: abc.Mapping[object, object],
        time_left: TimeLeft = unlimited,
        tell: Told | None = None,
    ) -> DryRun:
        """Try `mapping`, or the stored one of `mapping_id`, on the incidents of `days`.

        `tell` hears of each page that was judged. Raises `Misconfigured` where nothing can be
        tried, and what a side raises before anything was found.
        """
        wanted = self._asked(asked)
        found = DryRun(asked=wanted, check=self.judge.verdict(wanted.item))
        if wanted.mapping is None:
            found.left_out.append("The mapping cannot be read, so nothing was tried.")
            return found
        with suppress(PdjiraError):
            found.base_url = self.jira.server_info().base_url
        self._incidents(found, wanted.mapping, time_left, tell)
        self._issues(found, wanted.mapping, time_left)
        return found

    def _asked(self, asked: abc.Mapping[object, object]) -> Asked:
        now, days = self.clock(), _days(asked.get("days", 7))
        given, mapping_id = asked.get("mapping"), asked.get("mapping_id")
        if isinstance(given, abc.Mapping):
            candidate = self.judge.read(given).candidate
            item, mapping = given, candidate.mapping if candidate else None
        elif isinstance(mapping_id, str) and mapping_id.strip():
            item, mapping = self._stored(mapping_id.strip())
        else:
            raise Misconfigured(
                "dry-run needs a mapping_id or a mapping.",
                cure="Give the id of an item of the mappings table, or a mapping as a JSON object.",
            )
        return Asked(item=item, mapping=mapping, since=now - timedelta(days=days), until=now)

    def _stored(self, mapping_id: str) -> tuple[Item, Mapping | None]:
        item = next((one for one in self.items.stored_items() if one.id == mapping_id), None)
        if item is None:
            raise Misconfigured(
                f"There is no mapping {mapping_id}.",
                cure="Give the id of an item of the mappings table, spelt as it is there.",
            )
        with suppress(Misconfigured):
            return item.written, self.mappings.find(mapping_id)
        return item.written, None

    # ---- incidents

    def _incidents(
        self, found: DryRun, mapping: Mapping, time_left: TimeLeft, tell: Told | None
    ) -> None:
        judge = _OfIncidents(
            fields=self.fields,
            links=self.links,
            mapping=as_if_in_force(mapping),
            screen=self._screen(mapping),
            now=found.asked.until,
        )
        start: int | None = 0
        while start is not None and len(found.incidents) < MOST:
            if not _is_time(time_left):
                found.left_out.append(_untimely("older incidents"))
                return
            page = self.past.created(
                mapping.service.id, since=found.asked.since, until=found.asked.until, start=start
            )
            for incident in page.incidents[: MOST - len(found.incidents)]:
                found.incidents.append(judge.judged(incident, time_left))
            start = page.next_start
            if tell is not None:
                tell(found)
        if start is not None:
            found.left_out.append(f"Only the newest {MOST} incidents were judged.")

    def _screen(self, mapping: Mapping) -> CreateScreen | Refused | NotFound:
        """The create screen, or why our account may create nothing there."""
        try:
            screen = self.jira.create_screen(
                project_id=mapping.project.id, issue_type_id=mapping.issue_type.id
            )
            return with_offered(screen, mapping, self.jira)
        except (Refused, NotFound) as error:
            return error

    # ---- issues

    def _issues(self, found: DryRun, mapping: Mapping, time_left: TimeLeft) -> None:
        query = query_of(mapping)
        if query is None:
            return
        if not _is_time(time_left):
            found.left_out.append(_untimely("the issues that match the JQL"))
            return
        try:
            matches, found.matching = self._matches(query, time_left)
            ours, _ = self._matches(_of_our_account(mapping), time_left)
        except PdjiraError as error:
            found.left_out.append(f"The JQL was not run. {sentence_of(error)}")
            return
        rows = {row.issue_id: row for row in self.rows.all(mapping.id)}
        found.issues = judged_matches(mapping, matches, ours=_ids(ours), rows=rows)
        if found.matching > len(matches):
            found.left_out.append(f"Only the first {len(matches)} issues that match were judged.")

    def _matches(self, query: str, time_left: TimeLeft) -> tuple[Sequence[Match], int]:
        matches: dict[str, Match] = {}
        start: int | None = 0
        total = 0
        while start is not None and len(matches) < MOST and _is_time(time_left):
            page = self.searches.matches(query, start=start)
            matches |= {one.issue.id: one for one in page.matches}
            start, total = page.next_start, page.total
        return [*matches.values()][:MOST], max(total, len(matches))


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfIncidents:
    """Judges the incidents of one dry run."""

    fields: KnownFields
    links: KnownLinks
    mapping: Mapping
    screen: CreateScreen | Refused | NotFound
    now: datetime

    def judged(self, incident: Incident, time_left: TimeLeft) -> Judged:
        """What would have become of it, and which issues it has."""
        links = self.links.of_incident(incident.id)
        today = tuple(link.issue for link in links if link.issue)
        return replace(self._judged(incident, time_left), today=today)

    def _judged(self, incident: Incident, time_left: TimeLeft) -> Judged:
        why = why_none(incident, self.mapping, now=self.now)
        if why is not None:
            return judged_as_nothing(incident, why)
        if not isinstance(self.screen, CreateScreen):
            refusal = explain(self.screen, mapping=self.mapping)
            return refused(incident, refusal)
        known = self._with_fields(incident, time_left)
        return judged(known, self.mapping, self.screen)

    def _with_fields(self, incident: Incident, time_left: TimeLeft) -> Incident:
        """With its custom fields, where a rule names any and PagerDuty tells them in time."""
        if names_custom_fields(self.mapping) and _is_time(time_left):
            with suppress(Refused, NotFound):
                return replace(incident, fields=self.fields.incident_fields(incident.id))
        return incident


def _of_our_account(mapping: Mapping) -> str:
    """The query for those of the mapping's matches that our own account created."""
    where = split(mapping.jql or "").where
    ours = "creator = currentUser()"
    return wrap(
        f"({where}) AND {ours}" if where else ours,
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
    )


def _ids(matches: Sequence[Match]) -> frozenset[str]:
    return frozenset(one.issue.id for one in matches)


def _days(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MOST_DAYS:
        return given
    raise Misconfigured(f"days cannot be {given!r}.", cure=f"Give a number from 1 to {MOST_DAYS}.")


def _is_time(time_left: TimeLeft) -> bool:
    """Whether another call may begin."""
    return time_left() >= CALL_SECONDS + STORE_SECONDS


def _untimely(what: str) -> str:
    return f"The time was up before {what} were read: try fewer days."
