"""The front page: whether anything is wrong, and what comes first. It calls neither vendor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import PdjiraError
from pdjira.model.link import Activities, Activity, latest
from pdjira.page import addresses
from pdjira.page.cures import by_name
from pdjira.page.overview import Names
from pdjira.page.strip import Problem
from pdjira.page.web import Method, Page, Redirect, Request, Response, Route

DAY = timedelta(days=1)

SHOWN_EVENTS, SHOWN_PROBLEMS = 15, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was done last about an incident; `issues` are pairs of key and address."""

    at: datetime
    incident: str
    why: str
    issues: Sequence[tuple[str, str | None]]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """`/`: the heading is the answer. `jira_url` may raise where Jira is not connected yet.

    `begins` says where a stack that is not connected yet leads people instead.
    """

    activities: Activities
    jira_url: Callable[[], str]
    names: Callable[[], Names]
    problems: Callable[[], Sequence[Problem]] | None = None
    begins: Callable[[], str | None] = lambda: None

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (Route(method=Method.GET, path="", answer=self._show),)

    def _show(self, request: Request) -> Response:
        begin = self.begins()
        if begin is not None:
            return Redirect(to=begin)
        now = request.now
        days = [self.activities.of_day(day) for day in {now.date(), (now - DAY).date()}]
        recent = [one for one in latest(*days) if now - one.at < DAY]
        problems = self.problems() if self.problems else []
        values = {
            "knows_problems": self.problems is not None,
            "problems": problems[:SHOWN_PROBLEMS],
            "more_problems": max(len(problems) - SHOWN_PROBLEMS, 0),
            "incidents": len(recent),
            "events": [self._event(one) for one in recent[:SHOWN_EVENTS]],
        }
        return Page(template="front.html", title="Now", values=values)

    def _event(self, activity: Activity) -> Event:
        return Event(
            at=activity.at,
            incident=f"{activity.number} {activity.title}",
            why=addresses.why(activity.incident_id),
            issues=[(key, self._in_jira(key)) for key in dict.fromkeys(activity.issues.values())],
            says=self._says(activity.says),
        )

    def _says(self, says: str) -> str:
        return by_name(says, self.names().mappings) if "mapping " in says else says

    def _in_jira(self, key: str) -> str | None:
        try:
            return f"{self.jira_url().rstrip('/')}/browse/{key}"
        except PdjiraError:
            return None
