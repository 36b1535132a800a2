"""Tells what a mapping would have done with the incidents of the last days; writes nothing."""

from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from pdjira.admin.dry_run_rules import (
    Judged,
    as_if_in_force,
    counts_of,
    judged,
    judged_as_nothing,
    judged_matches,
    refused,
    why_none,
)
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, sentence_of
from pdjira.jql.lint import query_of
from pdjira.jql.matches import Match, MatchRow
from pdjira.jql.ports import Searches
from pdjira.jql.query import split, wrap
from pdjira.mappings.changes import Item, StoredItem
from pdjira.mappings.check import ReadMapping
from pdjira.model.incident import Incident, IncidentField
from pdjira.model.issue import CreateScreen, ServerInfo
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping, Verdict
from pdjira.model.ports import Clock, ServiceDesk
from pdjira.model.refusal import explain
from pdjira.model.times import CALL_SECONDS, STORE_SECONDS, TimeLeft, unlimited
from pdjira.sweep.ports import Incidents
from pdjira.sync.fields.rules import names_custom_fields
from pdjira.sync.fields.steps import with_offered

MOST = 500
"""Incidents, and issues, that one dry run judges."""

MOST_DAYS = 30

TODAY = (
    "Judged by what incidents and mapping are today: urgency, priority, title and fields may have "
    "been others then. Nothing was written."
)

Row = dict[str, object]

FieldsOf = Callable[[str], abc.Mapping[str, IncidentField]]

LinksOf = Callable[[str], Sequence[Link]]

_ISSUES = "issues"
"""What is looked at after the last page of incidents."""


class Found(TypedDict):
    """What was found so far, in JSON's types, for people and for the next part.

    `left_out` says what was not looked at, and why. `next` is the row of the incidents with which
    the next part begins, `issues` after the last of them, None at the end.
    """

    mapping: Row
    since: str
    until: str
    says: str
    check: Row
    base_url: str | None
    counts: dict[str, int]
    incidents: list[Row]
    matching: int | None
    issues: list[Row]
    left_out: list[str]
    next: int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What is tried: an item as people write it; `mapping` None: it cannot be read."""

    item: Item
    mapping: Mapping | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRuns:
    """Tries mappings, and only reads."""

    past: Incidents
    fields_of: FieldsOf
    server_info: Callable[[], ServerInfo]
    create_screen: Callable[..., CreateScreen]
    offered: ServiceDesk
    searches: Searches
    links_of: LinksOf
    rows_of: Callable[[str], Sequence[MatchRow]]
    find_mapping: Callable[[str], Mapping | None]
    stored_items: Callable[[], Sequence[StoredItem]]
    read: ReadMapping
    verdict: Callable[[Item], Verdict]
    clock: Clock

    def run(
        self, asked: abc.Mapping[str, object], time_left: TimeLeft = unlimited
    ) -> abc.Mapping[str, object]:
        """Try `mapping`, or the stored one of `mapping_id`, on the incidents of `days`.

        As far as time allows; the answer is for a person. Raises `Misconfigured` where nothing can
        be tried, and what the sides raise.
        """
        found = self.begin(asked)
        while found["next"] is not None:
            if not _is_time(time_left):
                found["left_out"].append(_LATE[found["next"] == _ISSUES])
                break
            found = self.go_on(asked, found, time_left)
        return {key: value for key, value in found.items() if key not in _OWN}

    def begin(self, asked: abc.Mapping[str, object]) -> Found:
        """The verdict, before any incident was read."""
        now, days = self.clock(), _days(asked.get("days", 7))
        tried = self._tried(asked)
        item, left_out, base_url = tried.item, [], None
        if tried.mapping is None:
            left_out.append("The mapping cannot be read, so nothing was tried.")
        with suppress(PdjiraError):
            base_url = self.server_info().base_url
        return Found(
            mapping={"id": item.get("id"), "name": item.get("name") or item.get("id")},
            since=(now - timedelta(days=days)).isoformat(timespec="seconds"),
            until=now.isoformat(),
            says=TODAY,
            check=self.verdict(item).shown(),
            base_url=base_url,
            counts=counts_of([]),
            incidents=[],
            matching=None,
            issues=[],
            left_out=left_out,
            next=None if left_out else 0,
        )

    def go_on(self, asked: abc.Mapping[str, object], found: Found, time_left: TimeLeft) -> Found:
        """With the next page of incidents, or else the issues."""
        mapping = self._tried(asked).mapping
        if mapping is None:
            left = "Meanwhile the mapping cannot be read."
            return {**found, "left_out": [*found["left_out"], left], "next": None}
        if found["next"] == _ISSUES:
            found = self._with_issues(found, mapping, time_left)
        else:
            found = self._with_incidents(found, mapping, time_left)
        rows = [*found["incidents"], *found["issues"]]
        return {**found, "counts": counts_of([str(one["would"]) for one in rows])}

    def _tried(self, asked: abc.Mapping[str, object]) -> _Tried:
        given, mapping_id = asked.get("mapping"), asked.get("mapping_id")
        if isinstance(given, abc.Mapping):
            candidate = self.read(given).candidate
            return _Tried(item=given, mapping=candidate.mapping if candidate else None)
        if not isinstance(mapping_id, str) or not mapping_id.strip():
            raise Misconfigured(
                "dry-run needs a mapping_id or a mapping.",
                cure="Give the id of an item of the mappings table, or a mapping as a JSON object.",
            )
        return self._stored(mapping_id.strip())

    def _stored(self, mapping_id: str) -> _Tried:
        item = next((one for one in self.stored_items() if one.id == mapping_id), None)
        if item is None:
            raise Misconfigured(
                f"There is no mapping {mapping_id}.",
                cure="Give the id of an item of the mappings table, spelt as it is there.",
            )
        with suppress(Misconfigured):
            return _Tried(item=item.written, mapping=self.find_mapping(mapping_id))
        return _Tried(item=item.written, mapping=None)

    # ---- incidents

    def _with_incidents(self, found: Found, mapping: Mapping, time_left: TimeLeft) -> Found:
        """With the next page."""
        since, until = map(datetime.fromisoformat, (found["since"], found["until"]))
        before, start = found["incidents"], found["next"]
        page = self.past.created(
            mapping.service.id,
            since=since,
            until=until,
            start=start if isinstance(start, int) else 0,
        )
        judge = _OfIncidents(
            fields_of=self.fields_of,
            links_of=self.links_of,
            mapping=as_if_in_force(mapping),
            screen=self._screen(mapping),
            now=until,
        )
        new = [
            judge.judged(one, time_left).shown(found["base_url"])
            for one in page.incidents[: MOST - len(before)]
        ]
        rows, left_out = [*before, *new], found["left_out"]
        is_over = page.next_start is None or len(rows) >= MOST
        if is_over and page.next_start is not None:
            left_out = [*left_out, f"Only the newest {MOST} incidents were judged."]
        following = _ISSUES if is_over else page.next_start
        return {**found, "incidents": rows, "left_out": left_out, "next": following}

    def _screen(self, mapping: Mapping) -> CreateScreen | Refused | NotFound:
        """The create screen, or why our account may create nothing there."""
        try:
            screen = self.create_screen(
                project_id=mapping.project.id, issue_type_id=mapping.issue_type.id
            )
            return with_offered(screen, mapping, self.offered)
        except (Refused, NotFound) as error:
            return error

    # ---- issues

    def _with_issues(self, found: Found, mapping: Mapping, time_left: TimeLeft) -> Found:
        """With what matches the JQL now, where there is one."""
        found = {**found, "next": None}
        query = query_of(mapping)
        if query is None:
            return found
        try:
            matches, total = self._matches(query, time_left)
            ours, _ = self._matches(_of_our_account(mapping), time_left)
        except PdjiraError as error:
            left = f"The JQL was not run. {sentence_of(error)}"
            return {**found, "left_out": [*found["left_out"], left]}
        rows = {row.issue_id: row for row in self.rows_of(mapping.id)}
        issues = judged_matches(mapping, matches, ours=_ids(ours), rows=rows)
        left_out = found["left_out"]
        if total > len(matches):
            left_out = [*left_out, f"Only the first {len(matches)} issues that match were judged."]
        shown = [one.shown(found["base_url"]) for one in issues]
        return {**found, "matching": total, "issues": shown, "left_out": left_out}

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

    fields_of: FieldsOf
    links_of: LinksOf
    mapping: Mapping
    screen: CreateScreen | Refused | NotFound
    now: datetime

    def judged(self, incident: Incident, time_left: TimeLeft) -> Judged:
        """What would have become of it, and which issues it has."""
        links = self.links_of(incident.id)
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
                return replace(incident, fields=self.fields_of(incident.id))
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


_LATE = {
    False: "The time was up before older incidents were read: try fewer days.",
    True: "The time was up before the issues that match the JQL were read: try fewer days.",
}

_OWN = frozenset({"base_url", "until", "next"})
"""What only the next part needs."""
