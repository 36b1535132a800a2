"""Health: what fails first, each with its cure; what is fine is a list that opens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.admin.problem_jobs import LookAgain
from pdjira.admin.requests import PeoplesRequests
from pdjira.errors import NotThere, PdjiraError
from pdjira.health.checks import Check, LeftAlone, Status
from pdjira.health.health import GivenUpSignals
from pdjira.health.jql import PausedJql
from pdjira.health.refused import OfCauses
from pdjira.health.webhooks import Repair, repair_of
from pdjira.page import addresses
from pdjira.page.cures import by_label, by_name, on_page
from pdjira.page.overview import Names, Overview, kind_of, problems_of
from pdjira.page.strip import Button, Kind
from pdjira.page.web import Method, Page, Redirect, Request, Response, Route
from pdjira.sweep.ports import SweepResults

AREAS = {
    "jira": "Jira",
    "pagerduty": "PagerDuty",
    "webhooks": "Webhooks",
    "queue": "Queue",
    "mappings": "Mappings",
    "links": "Incidents and issues",
}

_WORDS = {
    Status.OK: "Fine",
    Status.UNCHECKED: "Not checked",
    Status.ATTENTION: "Needs attention",
    Status.BROKEN: "Broken",
}

_RIGHTS = "rights "

SINCE = (("1", "an hour ago"), ("24", "a day ago"), ("168", "a week ago"))
"""How far back a person may have PagerDuty's log read, in hours."""

_SWEEP = "sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A check as the page shows it. `copied` is what a Jira administrator is to be sent."""

    id: str
    kind: Kind
    word: str
    name: str
    says: str
    cure: str
    copied: str
    buttons: Sequence[Button]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPage:
    """`/health`: what is stored is read at once; looking at both sides is a job."""

    overview: Callable[[], Overview]
    sweeps: SweepResults
    requests: PeoplesRequests
    repair: Callable[[Repair], None]
    look_again: LookAgain

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (
            Route(method=Method.GET, path="/health", answer=self._show),
            Route(method=Method.POST, path="/health/check", answer=self._check),
            Route(method=Method.POST, path="/health/repair", answer=self._repair),
            Route(method=Method.POST, path="/health/recover", answer=self._recover),
        )

    def _show(self, request: Request) -> Response:
        return self._page(request)

    def _page(self, request: Request, error: PdjiraError | None = None) -> Page:
        stand = self.overview().stand()
        faults, names = stand.faults, self.overview().names()
        unchecked = [one for one in stand.checks if one.status is Status.UNCHECKED]
        fine = [one for one in stand.checks if one.status is Status.OK]
        values = {
            "faults": [shown(one, names) for one in faults],
            "unchecked": [shown(one, names) for one in unchecked],
            "fine": [shown(one, names) for one in fine],
            "looked_at": stand.at,
            "since": self._since(request.now),
            "error": error,
        }
        return Page(template="health.html", title="Health", values=values)

    def _since(self, now: datetime) -> Sequence[tuple[str, str]]:
        last = self.sweeps.last()
        swept = [(_SWEEP, f"the last sweep, {last.at:%H:%M} UTC")] if last else []
        return [
            *swept,
            *(
                (hours, f"{words}, {now - timedelta(hours=int(hours)):%d %b %H:%M} UTC")
                for hours, words in SINCE
            ),
        ]

    def _check(self, request: Request) -> Response:
        by = request.visitor.name if request.visitor else None
        return Redirect(to=addresses.job(self.look_again.after(by=by).id))

    def _repair(self, request: Request) -> Response:
        """Do what cures a fault, where that is ours to do; then look what came of it."""
        given = request.value("do")
        if given not in set(Repair):
            raise NotThere("There is no such thing to repair.", cure="Open Health again.")
        try:
            self.repair(Repair(given))
        except PdjiraError as error:
            return self._page(request, error)
        return Redirect(to=addresses.job(self.look_again.after("webhooks").id))

    def _recover(self, request: Request) -> Response:
        """Have a sweep read PagerDuty's log from then on; its result stands on this page."""
        last, given = self.sweeps.last(), request.value("since")
        hours = int(given) if given in dict(SINCE) else 1
        since = request.now - timedelta(hours=hours)
        if given == _SWEEP and last:
            since = last.at
        try:
            answer = self.requests.recover({"since": since.isoformat()})
        except PdjiraError as error:
            return self._page(request, error)
        values = {"kind": Kind.WAITING, "word": "Recovering", "says": str(answer["says"])}
        return Page(template="problem_over.html", title="Health", values=values)


def shown(check: Check, names: Names) -> Shown:
    """The check with its cure, its buttons and what is to be copied."""
    return Shown(
        id=addresses.anchor(check.area, check.name),
        kind=kind_of(check.status),
        word=_WORDS[check.status],
        name=f"{AREAS.get(check.area, check.area)}, {names.mapping(check.name)}",
        says=by_name(by_label(check.says), names.mappings),
        cure=_cure(check, names),
        copied=_for_jira(check),
        buttons=_buttons(check, names),
    )


_BY_BUTTON = (GivenUpSignals, OfCauses, PausedJql)
"""What stands beside these can be pressed, so nobody has to invoke anything."""


def _cure(check: Check, names: Names) -> str:
    if not isinstance(check, _BY_BUTTON) and repair_of(check) is None:
        return by_name(on_page(check.cure or ""), names.mappings)
    return " ".join(dict.fromkeys(one.cure for one in problems_of(check, names) if one.cure))


def _for_jira(check: Check) -> str:
    """What to send to whoever administers Jira."""
    is_lacking = check.status in {Status.BROKEN, Status.ATTENTION}
    if not (is_lacking and check.area == "jira" and check.name.startswith((_RIGHTS, "agent "))):
        return ""
    return f"{check.says}\n\nPlease do this: {check.cure}"


def _buttons(check: Check, names: Names) -> Sequence[Button]:
    """What can be pressed here; a fault of one side leads to where it is connected."""
    if check.status not in {Status.BROKEN, Status.ATTENTION}:
        return ()
    if isinstance(check, OfCauses):
        return (Button(words="Show them by their causes", to="/problems"),)
    problems = [*problems_of(check, names)]
    found = [one for problem in problems for one in problem.buttons]
    leads = [problem.more for problem in problems if problem.more]
    found += [one for one in leads if not one.to.startswith("/health")]
    is_ours = not (isinstance(check, LeftAlone) and check.passes) and not _for_jira(check)
    if not found and is_ours and check.area in {"jira", "pagerduty", "webhooks"}:
        found.append(Button(words="Open Connection", to="/connection"))
    return found
