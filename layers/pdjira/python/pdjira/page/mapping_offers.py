"""What both sides offer to the form of a mapping, as it is kept or read now."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Side
from pdjira.mappings.changes import Item
from pdjira.mappings.lists import FieldOffers, Lists, Look, Projects, References, Shown
from pdjira.mappings.names import at_path
from pdjira.mappings.offers import IssueTypeOffer, ProjectOffer
from pdjira.model.issue import CreateScreen
from pdjira.model.mapping import Problem
from pdjira.model.times import TimeLeft, answered_within
from pdjira.page.cures import by_name
from pdjira.page.mapping_form import STATES, Called

_A_SIDE = 7.0
"""Seconds that a form waits for the lists of a side at most."""

_BUG = "bug"

_CATEGORIES = {"triggered": "new", "acknowledged": "indeterminate", "resolved": "done"}


_CHOICES = {
    "service": "Choose the PagerDuty service.",
    "project": "Choose the Jira project.",
    "issue_type": "Choose the issue type.",
}


def as_shown(
    problems: Sequence[Problem] | None, item: Item, names: Callable[[], abc.Mapping[str, str]]
) -> tuple[Problem, ...] | None:
    """The problems as a form tells them: what was left out as a choice, mappings by their names."""
    if problems is None:
        return None
    is_named = any("mapping " in one.says for one in problems)
    known = names() if is_named else {}
    return tuple(
        replace(one, says=_CHOICES[one.field], cure="")
        if one.field in _CHOICES and not chosen(item, one.field)
        else replace(one, says=by_name(one.says, known))
        for one in problems
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The lists for an item; those of a project that is not chosen hold nothing.

    `is_unread`: nobody has read yet what the chosen project offers.
    """

    services: Shown[References]
    priorities: Shown[References]
    workflows: Shown[References]
    incident_fields: Shown[FieldOffers]
    projects: Shown[Projects]
    project: Shown[ProjectOffer]
    screen: Shown[CreateScreen]
    jira_priorities: Shown[References]
    resolutions: Shown[References]
    is_unread: bool = False

    def of_side(self, side: Side) -> tuple[Shown[object], ...]:
        """The lists of a side that were looked for."""
        if side is Side.PAGERDUTY:
            return (self.services, self.priorities, self.workflows, self.incident_fields)
        return (
            self.projects,
            self.project,
            self.screen,
            self.jira_priorities,
            self.resolutions,
        )

    def called(self, type_id: str) -> Called:
        """What the ids are called."""
        kinds = {
            "service": self.services.value,
            "resolution": self.resolutions.value,
            "status": statuses_of(self.project.value, type_id),
        }
        project = self.project.value
        types = project.issue_types if project else ()
        return Called(
            names={
                **{
                    kind: {one.id: one.name for one in found or ()} for kind, found in kinds.items()
                },
                "project": {one.id: one.key for one in self.projects.value or ()},
                "issue_type": {one.id: one.name for one in types},
            }
        )


def offered(lists: Lists, item: Item, look: Look, time_left: TimeLeft) -> Offered:
    """The lists for an item. Neither side is waited for longer than a person waits."""
    project_id, type_id = chosen(item, "project"), chosen(item, "issue_type")
    with answered_within(_some(time_left)):
        of_pagerduty = {
            "services": lists.services(look),
            "priorities": lists.priorities(look),
            "workflows": lists.workflows(look),
            "incident_fields": lists.incident_fields(look),
        }
    with answered_within(_some(time_left)):
        projects = lists.projects(look)
        project: Shown[ProjectOffer] = Shown(value=None)
        screen: Shown[CreateScreen] = Shown(value=None)
        if project_id:
            project = lists.project(project_id, look)
            type_id = type_id or _type_id(default_type(project.value))
        if project_id and type_id:
            screen = lists.screen(project_id, type_id, look)
        return Offered(
            **of_pagerduty,  # type: ignore[arg-type]  # each is a list of its own kind
            projects=projects,
            project=project,
            screen=screen,
            jira_priorities=lists.jira_priorities(look),
            resolutions=lists.resolutions(look),
            is_unread=bool(project_id and _is_unread(project))
            or bool(project_id and type_id and _is_unread(screen)),
        )


def _is_unread(shown: Shown[object]) -> bool:
    return shown.value is None and shown.failure is None


def _some(time_left: TimeLeft) -> Callable[[], float]:
    end = time_left() - _A_SIDE
    return lambda: time_left() - max(end, 1.0)


def chosen(item: Item, key: str) -> str:
    """The id of what is picked there; empty where nothing is."""
    found = at_path(item, (key, "id"))
    return found if isinstance(found, str) else ""


def begun(query: abc.Mapping[str, str]) -> Item:
    """What a link to a new mapping names already: a service, a project, a type, by their ids."""
    named = {key: query.get(key, "") for key in ("service", "project", "issue_type")}
    item: dict[str, object] = {key: {"id": one} for key, one in named.items() if one}
    return {**item, "create_issue": "automatic"}


def default_type(project: ProjectOffer | None) -> IssueTypeOffer | None:
    """Bug, or else the first type."""
    types = project.issue_types if project else ()
    bug = next((one for one in types if one.name.casefold() == _BUG), None)
    return bug or next(iter(types), None)


def _type_id(issue_type: IssueTypeOffer | None) -> str:
    return issue_type.id if issue_type else ""


def type_of(project: ProjectOffer | None, type_id: str) -> IssueTypeOffer | None:
    """The type with that id."""
    types = project.issue_types if project else ()
    return next((one for one in types if one.id == type_id), None)


def statuses_of(project: ProjectOffer | None, type_id: str) -> References:
    """The statuses of a type's workflow."""
    issue_type = type_of(project, type_id)
    return issue_type.statuses if issue_type else ()


def with_defaults(item: Item, project: ProjectOffer | None) -> Item:
    """A new mapping with a type, and a status for each state by the category of the status.

    What is there already stays, and so does the type of another project, which is to be corrected.
    """
    if project is None:
        return item
    issue_type = type_of(project, chosen(item, "issue_type"))
    if issue_type is None and not chosen(item, "issue_type"):
        issue_type = default_type(project)
    if issue_type is None:
        return item
    named = {"id": issue_type.id, "name": issue_type.name}
    filled = {**item, "issue_type": named}
    if "status_mapping" in item:
        return filled
    return {**filled, "status_mapping": _by_category(issue_type)}


def _by_category(issue_type: IssueTypeOffer) -> dict[str, object]:
    found: dict[str, object] = {}
    for state in STATES:
        wanted = _CATEGORIES[state]
        status = next(
            (one for one in issue_type.statuses if issue_type.categories.get(one.id) == wanted),
            None,
        )
        found[state] = {"id": status.id, "name": status.name} if status else None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SideNews:
    """What is to be said of a side's lists: how old they are, and why they are no newer."""

    side: str
    at: datetime | None = None
    failure: PdjiraError | None = None
    is_missing: bool = False

    @property
    def word(self) -> str:
        """Why its lists are old or not there: it may have answered, and said no."""
        match self.failure:
            case NotFound() | Refused():
                return "does not show all that is chosen here"
            case Misconfigured():
                return "cannot be asked"
        return "does not answer"


def news_of(found: Offered) -> tuple[SideNews, ...]:
    """For each side whose lists are old, or not there."""
    sides = {"PagerDuty": Side.PAGERDUTY, "Jira": Side.JIRA}
    unread = {Side.JIRA} if found.is_unread else set[Side]()
    return tuple(
        news
        for name, side in sides.items()
        if (news := _news(name, found.of_side(side), is_unread=side in unread))
    )


def news_of_services(shown: Shown[References]) -> tuple[SideNews, ...]:
    """The same for the list of services alone."""
    news = _news("PagerDuty", (shown,), is_unread=False)
    return (news,) if news else ()


def _news(name: str, lists: tuple[Shown[object], ...], *, is_unread: bool) -> SideNews | None:
    failure = next((one.failure for one in lists if one.failure), None)
    times = [one.at for one in lists if one.at]
    first = lists[0]
    if failure is None and first.value is not None and not is_unread:
        return None
    news = SideNews(side=name, at=min(times) if times else None, failure=failure)
    return replace(news, is_missing=first.value is None)
