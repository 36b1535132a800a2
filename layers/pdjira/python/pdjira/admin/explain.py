"""Says of an incident or an issue what every mapping does or does not do for it, and why."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from pdjira.admin.explain_rules import (
    Known,
    Match,
    clauses_of,
    held_back,
    no_match,
    not_told,
    reads_such_issues,
    reason_for,
    text_of,
    why_never,
)
from pdjira.admin.incident_of import Meant, Resolver, named, names_issue
from pdjira.circuits.breaker import Circuits
from pdjira.circuits.rules import Circuit
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    OutOfTime,
    PdjiraError,
    Permanent,
    Refused,
    Side,
    Temporary,
    UnreadableItem,
    sentence_of,
)
from pdjira.jql.lint import Clause
from pdjira.jql.matches import HOURLY, Cursor, cursor_of
from pdjira.jql.opening_rules import Brake, PagingIssue
from pdjira.jql.ports import Brakes, Cursors, MatchRows, PagingIssues, Searches
from pdjira.jql.query import wrap
from pdjira.model.issue import IssueRef
from pdjira.model.link import Link, LinkState, TimelineEntry
from pdjira.model.mapping import Listed, Mapping
from pdjira.model.notices import issue_url
from pdjira.model.ports import Clock, IncidentNamed, Issues, Jira, Links, Mappings
from pdjira.model.reason import Outlook, Reason, Why
from pdjira.model.times import TimeLeft, answered_within, in_utc, unlimited
from pdjira.sync.creation.rules import why_not_in_force

T = TypeVar("T")

WHOLE_SECONDS = 17.0
"""A person waits for at most 20 seconds: what comes of it has to be put together as well."""

ANSWER_SECONDS = 5.0
"""How long one call waits for its answer."""


@dataclass(slots=True, kw_only=True)
class Asking:
    """The time that one request has, and the sides that did not answer in it."""

    clock: Clock
    time_left: TimeLeft
    seconds: float = WHOLE_SECONDS
    silent: dict[Side, PdjiraError] = field(default_factory=dict)
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self.begun = self.clock().timestamp()

    def left(self) -> float:
        """Seconds that are left to ask anybody."""
        spent = self.clock().timestamp() - self.begun
        return min(self.seconds - spent, self.time_left())

    def ask(self, side: Side, call: Callable[[], T]) -> T | None:
        """The answer of a side; None where it does not answer, after which it is not asked again.

        Raises what it refuses and does not know.
        """
        if side in self.silent:
            return None
        try:
            if self.left() <= 0:
                raise OutOfTime(left=f"what {side.value} was to be asked")
            with answered_within(lambda: min(ANSWER_SECONDS, self.left())):
                return call()
        except (Temporary, Ambiguous, Misconfigured) as error:
            self.silent[side] = error
            return None


_HOUR = timedelta(hours=1)

_AT_ONCE = 0.2
"""How many seconds a page waits for what our own tables tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What a mapping does for it."""

    id: str
    name: str
    in_force: bool
    reason: Reason
    issue: IssueRef | None = None

    def shown(self, base_url: str | None) -> dict[str, object]:
        """As people see it; `base_url` None: Jira did not tell where its issues are seen."""
        issue = self.issue
        url = issue_url(issue, base_url=base_url) if issue and base_url else None
        return {
            "id": self.id,
            "name": self.name,
            "in_force": self.in_force,
            "verdict": self.reason.outlook.value,
            "says": self._says(),
            "cure": self.reason.cure,
            "issue": issue and {"id": issue.id, "key": issue.key, "url": url},
        }

    def _says(self) -> str:
        """Why, and when it is tried again, where that is known."""
        says, at = self.reason.says, self.reason.at
        return f"{says} It is tried again at {in_utc(at)}." if at else says


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where our own tables tell how things are."""

    links: Links
    mappings: Mappings
    circuits: Circuits
    rows: MatchRows
    brakes: Brakes
    cursors: Cursors
    incident_named: IncidentNamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the links tell of an incident: its number, its issues, and what happened."""

    incident_id: str
    number: int | None
    issues: Sequence[str]
    timeline: Sequence[TimelineEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Answers `explain`. Asks both sides, and writes nothing to either."""

    resolver: Resolver
    jira: Jira
    issues: Issues
    paging: PagingIssues
    searches: Searches
    stored: Stored
    clock: Clock

    def run(self, given: object, time_left: TimeLeft = unlimited) -> dict[str, object]:
        """The answer for a person.

        Raises `Permanent` for what is no incident and no issue, and what our own tables raise.
        """
        asking = Asking(clock=self.clock, time_left=time_left)
        meant = self._meant(given, asking)
        base_url = asking.ask(Side.JIRA, lambda: self.jira.server_info().base_url)
        if meant.incident_id is None:
            kind = self._of_issue(meant.issue, asking) if meant.issue else self._of_unknown(asking)
            return _answer([*kind], asking, base_url=base_url)
        known = self._known(meant, meant.incident_id, asking)
        return _answer([*self._of_incident(known)], asking, base_url=base_url, known=known)

    def remembered(self, given: object) -> Remembered | None:
        """What our own tables tell at once; None where they know no such incident or issue.

        Raises `Permanent` for what is no incident and no issue, and what the tables raise.
        """
        name, links = named(given), self.stored.links
        at_once = Asking(clock=self.clock, time_left=unlimited, seconds=_AT_ONCE)
        found = () if names_issue(given) or name.isdecimal() else links.of_incident(name)
        if not found:
            known = self.stored.incident_named(name.upper(), at_once.left)
            found = links.of_incident(known) if known else ()
        if not found:
            return None
        incident_id = found[0].incident_id
        return Remembered(
            incident_id=incident_id,
            number=next((one.incident_number for one in found if one.incident_number), None),
            issues=[link.issue.key for link in found if link.issue],
            timeline=links.timeline(incident_id),
        )

    def _meant(self, given: object, asking: Asking) -> Meant:
        """What was given; what a side does not tell, as the links tell it.

        Nothing where neither does. Raises `Permanent` for what is no incident and no issue.
        """
        side = Side.JIRA if names_issue(given) else Side.PAGERDUTY
        try:
            meant = asking.ask(side, partial(self.resolver.find, given))
        except NotFound:
            stored = self._stored(given, asking)
            if stored is None:
                raise
            return stored
        if meant is None:
            return self._stored(given, asking) or Meant()
        return self._heard(meant, asking)

    def _stored(self, given: object, asking: Asking) -> Meant | None:
        """An incident that a link has by its number, or by the key of its issue."""
        incident_id = self.stored.incident_named(named(given).upper(), asking.left)
        if incident_id is None:
            return None
        meant = asking.ask(Side.PAGERDUTY, partial(self.resolver.find, incident_id))
        return self._heard(meant, asking) if meant else Meant(incident_id=incident_id)

    def _heard(self, meant: Meant, asking: Asking) -> Meant:
        """What was found, once it is noted that PagerDuty did not tell of it."""
        if meant.error is not None and not isinstance(meant.error, NotFound):
            asking.silent[Side.PAGERDUTY] = meant.error
        return meant

    def _known(self, meant: Meant, incident_id: str, asking: Asking) -> Known:
        links = self.stored.links.of_incident(incident_id)
        return Known(
            incident_id=incident_id,
            incident=meant.incident,
            now=self.clock(),
            is_gone=isinstance(meant.error, NotFound),
            hidden=frozenset(self._hidden(links, asking)),
            silent=asking.silent,
            circuits=self._circuits(),
            links=links,
            timeline=self.stored.links.timeline(incident_id),
            tried_at=self._tried_at(),
        )

    def _circuits(self) -> Sequence[Circuit]:
        return [one for side in Side for one in self.stored.circuits.known(side)]

    def _tried_at(self) -> datetime | None:
        """When a sweep tries again what was refused: once an hour."""
        with suppress(UnreadableItem):
            hourly = self.stored.cursors.memo(HOURLY.id)
            return hourly.at + _HOUR if hourly else None
        return None

    def _hidden(self, links: Sequence[Link], asking: Asking) -> Iterator[str]:
        """The ids of the issues that Jira does not show by now."""
        for link in links:
            if link.state is LinkState.LINKED and link.issue:
                try:
                    asking.ask(Side.JIRA, partial(self.issues.read_issue, link.issue.id))
                except NotFound:
                    yield link.issue.id
                except Refused as error:
                    asking.silent[Side.JIRA] = error

    def _of_incident(self, known: Known) -> Iterator[Explained]:
        """The mappings of the incident's service, and those under which it has a link."""
        listed = {one.id: one for one in self.stored.mappings.all_listed()}
        links = {link.mapping_id: link for link in known.links}
        concerned = {one.id for one in listed.values() if known.is_concerned(one, listed)}
        for mapping_id in sorted(concerned | links.keys()):
            one, link = listed.get(mapping_id), links.get(mapping_id)
            yield Explained(
                id=mapping_id,
                name=one.name if one else mapping_id,
                in_force=one is not None and one.in_force is not None,
                reason=reason_for(known, one, mapping_id, link),
                issue=link.issue if link else None,
            )

    def _of_unknown(self, asking: Asking) -> Iterator[Explained]:
        """Every mapping: what the side that is silent would tell decides about each."""
        (side,) = [one for one in Side if one in asking.silent][:1]
        for one in self.stored.mappings.all_listed():
            off = why_not_in_force(one, one.id)
            yield _explained(one, off or not_told(asking.silent, side))

    def _of_issue(self, issue: IssueRef, asking: Asking) -> Iterator[Explained]:
        """The mappings with a JQL, and those that would read such issues if they had one."""
        found = asking.ask(Side.JIRA, partial(self.paging.read, issue.id))
        for one in self.stored.mappings.all_listed():
            if reads_such_issues(one, found):
                yield _explained(one, self._may_page(one, issue, found, asking))

    def _may_page(
        self, listed: Listed, issue: IssueRef, found: PagingIssue | None, asking: Asking
    ) -> Reason:
        mapping, never = listed.in_force, why_never(listed, issue, found)
        if never is not None or mapping is None:
            return never or Why.OFF.of(mapping=listed.id)
        match = self._match(mapping, issue)
        reason = match.reason() or self._asked(match, asking)
        if reason.outlook is not Outlook.WILL_CREATE:
            return reason
        return held_back(self._circuits(), asking.silent, mapping.project.id) or reason

    def _match(self, mapping: Mapping, issue: IssueRef) -> Match:
        brake: Brake | None = None
        with suppress(UnreadableItem):
            brake = self.stored.brakes.find(mapping.id)
        cursor: Cursor | None = None
        with suppress(UnreadableItem):
            cursor = self.stored.cursors.find(cursor_of(mapping))
        return Match(
            mapping=mapping,
            issue=issue,
            now=self.clock(),
            row=self.stored.rows.find(mapping.id, issue.id),
            cursor=cursor,
            brake=brake,
        )

    def _asked(self, match: Match, asking: Asking) -> Reason:
        """What Jira's search says of the issue: of the whole JQL, then clause by clause."""
        try:
            matches = self._matches(match, match.mapping.jql or "", asking)
        except Permanent as error:
            return Why.JQL_REFUSED.of(what=error.says, cure=error.cure or "Correct the JQL.")
        if matches is None:
            return not_told(asking.silent, Side.JIRA)
        if matches:
            return Why.WILL_OPEN.of(key=match.issue.key)
        clauses = clauses_of(match.mapping)
        return no_match(match, [(one, self._fulfils(match, one, asking)) for one in clauses])

    def _fulfils(self, match: Match, clause: Clause, asking: Asking) -> bool | None:
        """Whether the issue fulfils a clause; None where Jira does not tell."""
        with suppress(Permanent):
            return self._matches(match, text_of(clause), asking)
        return None

    def _matches(self, match: Match, jql: str, asking: Asking) -> bool | None:
        mapping, issue_id = match.mapping, match.issue.id
        query = wrap(
            jql,
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            issue_ids=(issue_id,),
        )
        found = asking.ask(Side.JIRA, lambda: self.searches.ids(query))
        return None if found is None else issue_id in found


def _explained(listed: Listed, reason: Reason) -> Explained:
    is_in_force = listed.in_force is not None
    return Explained(id=listed.id, name=listed.name, in_force=is_in_force, reason=reason)


def _answer(
    found: Sequence[Explained], asking: Asking, *, base_url: str | None, known: Known | None = None
) -> dict[str, object]:
    tries = [one.reason.at for one in found if one.reason.at]
    return {
        "incident": known and _incident(known),
        "mappings": [one.shown(base_url) for one in found],
        "timeline": [
            {"at": _stamp(entry.at), "says": [*entry.says]}
            for entry in (known.timeline if known else ())
        ],
        "next_try": _stamp(min(tries)) if tries else None,
        "not_known": [sentence_of(error) for error in asking.silent.values()],
    }


def _incident(known: Known) -> dict[str, object]:
    """The incident, or what the links tell of one that PagerDuty does not show."""
    incident = known.incident
    if incident is None:
        agreed = [link.agreed.status for link in known.links if link.agreed.status]
        status = agreed[0].value if agreed else None
        shown = {"number": None, "title": None, "status": status, "url": None, "service": None}
        return {"id": known.incident_id, **shown}
    return {
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "status": incident.status.value,
        "url": incident.html_url,
        "service": {"id": incident.service.id, "name": incident.service.name},
    }


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
