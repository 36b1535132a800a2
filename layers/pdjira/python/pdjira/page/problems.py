"""Problems by their cause, what was given up, what is paused, and what is owed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pdjira.admin.jobs import JobDesk
from pdjira.admin.problem_jobs import REDRIVE, TRY_AGAIN
from pdjira.admin.requests import PeoplesRequests
from pdjira.errors import PdjiraError
from pdjira.health.health import GivenUpSignals
from pdjira.health.jql import PausedJql
from pdjira.health.refused import Cause, OfCauses
from pdjira.health.standing import Stand
from pdjira.jql.matches import MatchRow
from pdjira.jql.ports import BATCH
from pdjira.model.link import Extra, Link
from pdjira.model.ports import Links
from pdjira.model.signal import GivenUp, GivenUps
from pdjira.model.times import answered_within
from pdjira.page import addresses
from pdjira.page.cures import by_name, for_jira, mending, on_page
from pdjira.page.overview import Overview
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response, Route
from pdjira.sweep.differences import IssueState
from pdjira.sweep.ports import SweepResults

_MOST_OWED = 10
"""Incidents of which it is read what they are owed."""

_MOST_SHOWN = 500

_OUR_OWN = 3.0
"""Seconds of a request that are left for what is not asked of Jira."""

_EXTRAS = {
    Extra.REMOTE_LINK: "the link to its incident",
    Extra.COMMENTS: "comments",
    Extra.NOTES: "notes",
    Extra.PEOPLE: "people",
    Extra.NOTICES: "what people are to be told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """An incident that is owed something: its name, its address, and what it lacks."""

    name: str
    why: str
    says: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that was given up, as it is shown."""

    name: str
    why: str | None
    event: str
    says: str
    at: datetime
    message_id: str
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An issue that waits: until Jira has named it, its id stands for its key."""

    name: str
    title: str
    in_jira: str | None
    why: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPages:
    """`/problems` and what it leads to. What needs a side is asked once the page is there."""

    overview: Callable[[], Overview]
    links: Links
    sweeps: SweepResults
    states: Callable[[Sequence[str]], Sequence[IssueState]]
    given_up: GivenUps
    requests: PeoplesRequests
    desk: JobDesk
    jira_url: Callable[[], str]

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (
            Route(method=Method.GET, path="/problems", answer=self._problems),
            Route(method=Method.GET, path="/problem", answer=self._problem),
            Route(method=Method.POST, path="/problem/try", answer=self._try),
            Route(method=Method.GET, path="/dead-letters", answer=self._dead_letters),
            Route(method=Method.POST, path="/dead-letters/redrive", answer=self._redrive),
            Route(method=Method.GET, path="/paused", answer=self._paused),
            Route(method=Method.GET, path="/paused/release", answer=self._ask),
            Route(method=Method.POST, path="/paused/release", answer=self._release),
        )

    # ---- all of them

    def _problems(self, _request: Request) -> Response:
        stand = self.overview().stand()
        found = self.overview().found()
        values = {
            "problems": [one for one in found if one.kind is not Kind.WAITING],
            "waiting": [one for one in found if one.kind is Kind.WAITING],
            "owing": list(self._owing()),
            "looked_at": stand.at,
        }
        return Page(template="problems.html", title="Problems", values=values)

    def _owing(self) -> Iterator[Owing]:
        last = self.sweeps.last()
        for incident_id in last.owing[:_MOST_OWED] if last else ():
            for link in self.links.of_incident(incident_id):
                owed = [extra for extra, one in link.owed.items() if not one.is_refused]
                if owed:
                    yield _owing(link, owed)

    # ---- one cause

    def _problem(self, request: Request) -> Response:
        cause = self._cause(request.query.get("cause", ""))
        if cause is None:
            return _over()
        rows = [
            {
                "name": one.name,
                "why": addresses.why(one.incident_id),
                "issue": one.issue.key if one.issue else None,
                "in_jira": self._in_jira(one.issue.key) if one.issue else None,
                "since": one.since,
            }
            for one in cause.stuck[:_MOST_SHOWN]
        ]
        values = {
            "cause": cause,
            "cure": by_name(on_page(cause.cure), self.overview().names().mappings),
            "copied_text": for_jira(f"{cause.why}.", cause.cure),
            "mending": mending(cause.cure, cause.mapping_id),
            "rows": rows,
        }
        return Page(template="problem.html", title=cause.heading, values=values)

    def _cause(self, cause_id: str) -> Cause | None:
        for check in self.overview().stand().faults:
            if isinstance(check, OfCauses):
                return next((one for one in check.causes.found if one.id == cause_id), None)
        return None

    def _try(self, request: Request) -> Response:
        cause = self._cause(request.value("cause"))
        if cause is None:
            return _over()
        one = request.value("incident")
        incidents = list(dict.fromkeys(stuck.incident_id for stuck in cause.stuck))
        if one:
            incidents = [each for each in incidents if each == one]
        job = self.desk.start(
            TRY_AGAIN,
            {"incidents": incidents, "cause": cause.id},
            title=f"Try again: {cause.heading}",
            by=request.visitor.name if request.visitor else None,
        )
        return Redirect(to=addresses.job(job.id))

    def _in_jira(self, key: str) -> str | None:
        return self._jira(f"/browse/{key}")

    def _jira(self, path: str) -> str | None:
        with suppress(PdjiraError):
            return f"{self.jira_url().rstrip('/')}{path}"
        return None

    # ---- what was given up

    def _dead_letters(self, _request: Request) -> Response:
        dead = sum(one.count for one in _given_up(self.overview().stand()))
        told = self.given_up.latest()
        shown = told[:dead]
        untold = max(dead - len(told), 0)
        values = {
            "letters": [self._letter(one) for one in shown],
            "dead": dead,
            "sendable": sum(one.is_readable for one in shown) + untold,
            "untold": untold,
            "gone": max(len(told) - dead, 0),
        }
        return Page(template="dead_letters.html", title="Given up", values=values)

    def _letter(self, one: GivenUp) -> Letter:
        named = one.incident_id or one.issue_id
        name = next(
            (
                str(link.incident_number)
                for link in (self.links.of_incident(one.incident_id) if one.incident_id else ())
                if link.incident_number is not None
            ),
            named or "No incident",
        )
        return Letter(
            name=name,
            why=addresses.why(named) if named else None,
            event=one.event,
            says=one.why,
            at=one.at,
            message_id=one.message_id,
            is_readable=one.is_readable,
        )

    def _redrive(self, request: Request) -> Response:
        only = request.value("message") or None
        job = self.desk.start(
            REDRIVE,
            {"only": only},
            title="Send again what was given up",
            by=request.visitor.name if request.visitor else None,
        )
        return Redirect(to=addresses.job(job.id))

    # ---- what is paused

    def _paused(self, request: Request) -> Response:
        mapping_id = request.query.get("id", "")
        paused = self._pause(mapping_id)
        if paused is None:
            return self._not_paused(mapping_id)
        is_part = bool(request.query.get("part"))
        values = {
            "paused": paused,
            **self._waiting(paused.rows[:_MOST_SHOWN], request, is_read=is_part),
            "left": max(paused.waiting - _MOST_SHOWN, 0),
            "mapping": addresses.mapping(mapping_id, "jql"),
            "in_jira": self._jira(addresses.search(paused.jql)),
            "release": addresses.address("/paused/release", id=mapping_id),
        }
        if is_part:
            return Fragment(template="paused_rows.html", values=values)
        name = self.overview().names().mapping(mapping_id)
        return Page(template="paused.html", title=f"Paused: {name}", values=values)

    def _waiting(
        self, rows: Sequence[MatchRow], request: Request, *, is_read: bool
    ) -> dict[str, object]:
        """The issues, by what Jira calls them where it is to be read, as far as it can be."""
        is_read = is_read or bool(request.query.get("read"))
        found: dict[str, IssueState] = {}
        failure: PdjiraError | None = None
        try:
            with answered_within(lambda: request.time_left() - _OUR_OWN):
                for start in range(0, len(rows) if is_read else 0, BATCH):
                    ids = [row.issue_id for row in rows[start : start + BATCH]]
                    found |= {one.ref.id: one for one in self.states(ids)}
        except PdjiraError as error:
            failure = error
        is_whole = is_read and failure is None
        shown = [self._named(row, found.get(row.issue_id), is_whole=is_whole) for row in rows]
        return {"rows": shown, "is_read": is_read, "failure": failure}

    def _named(self, row: MatchRow, state: IssueState | None, *, is_whole: bool) -> Waiting:
        hidden = "Jira does not show it: it is deleted, or hidden from our account."
        return Waiting(
            name=state.ref.key if state else f"Issue {row.issue_id}",
            title=state.summary if state else hidden if is_whole else "",
            in_jira=self._in_jira(state.ref.key)
            if state
            else self._jira(addresses.issue_by_id(row.issue_id)),
            why=addresses.why(row.issue_id),
            since=row.seen_at,
        )

    def _pause(self, mapping_id: str) -> PausedJql | None:
        checks = self.overview().stand().checks
        found = (one for one in checks if isinstance(one, PausedJql))
        return next((one for one in found if one.mapping_id == mapping_id), None)

    def _ask(self, request: Request) -> Response:
        mapping_id = request.query.get("id", "")
        paused = self._pause(mapping_id)
        return self._confirm(paused) if paused else self._not_paused(mapping_id)

    def _release(self, request: Request) -> Response:
        """Let through what waits; where the number has changed, it is asked once more."""
        mapping_id = request.value("id")
        paused = self._pause(mapping_id)
        if paused is None:
            return self._not_paused(mapping_id)
        if request.value("waiting") != str(paused.waiting):
            return self._confirm(paused, before=request.value("waiting"))
        try:
            answer = self.requests.release_waiting({"mapping_id": mapping_id}, request.time_left)
        except PdjiraError as error:
            return self._confirm(paused, error=error)
        return _told(Kind.OK, "Released", str(answer["says"]))

    def _confirm(
        self, paused: PausedJql, *, before: str = "", error: PdjiraError | None = None
    ) -> Page:
        name = self.overview().names().mapping(paused.mapping_id)
        values = {"paused": paused, "before": before, "error": error}
        return Page(template="release.html", title=f"Release what waits: {name}", values=values)

    def _not_paused(self, mapping_id: str) -> Page:
        name = self.overview().names().mapping(mapping_id)
        return _told(Kind.OK, "Not paused", f"The JQL of {name} does not pause.")


def _given_up(stand: Stand) -> Iterator[GivenUpSignals]:
    return (one for one in stand.checks if isinstance(one, GivenUpSignals))


def _owing(link: Link, owed: Sequence[Extra]) -> Owing:
    what = ", ".join(_EXTRAS[extra] for extra in owed)
    whose = f"{link.issue.key} lacks" if link.issue else "It lacks"
    number = link.incident_number
    return Owing(
        name=link.incident_id if number is None else str(number),
        why=addresses.why(link.incident_id),
        says=f"{whose} {what}; tried with each sweep.",
        since=min((link.owed[extra].since for extra in owed), default=None),
    )


def _over() -> Page:
    return _told(
        Kind.OK, "Over", "Nothing is held up for this cause any more, or it is told in other words."
    )


def _told(kind: Kind, word: str, says: str) -> Page:
    values = {"kind": kind, "word": word, "says": says}
    return Page(template="problem_over.html", title="Problems", values=values)
