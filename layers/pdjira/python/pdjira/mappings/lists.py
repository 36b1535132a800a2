"""What both sides offer to a form: read when it is needed, then kept for ten minutes.

While a side is down, what was read before is shown with its time. People are never kept.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Generic, Protocol, TypeVar

from pdjira.errors import PdjiraError, Side
from pdjira.mappings.offers import FieldOffer, ProjectOffer
from pdjira.mappings.ports import JiraCatalogue, PagerDutyCatalogue
from pdjira.model.incident import Reference
from pdjira.model.issue import CreateScreen
from pdjira.model.ports import Clock

T = TypeVar("T")

T_co = TypeVar("T_co", covariant=True)

FRESH = timedelta(minutes=10)
"""How long a list is shown without asking again."""

References = tuple[Reference, ...]

Projects = tuple[ProjectOffer, ...]

FieldOffers = tuple[FieldOffer, ...]


class Look(Enum):
    """How hard one looks: `STORED` asks nobody, `FRESH` where the list is old, `ANEW` always."""

    STORED = "stored"
    FRESH = "fresh"
    ANEW = "anew"


class ListKind(StrEnum):
    """The lists, as the store names them."""

    SERVICES = "services"
    PRIORITIES = "priorities"
    WORKFLOWS = "workflows"
    INCIDENT_FIELDS = "incident-fields"
    PROJECTS = "projects"
    PROJECT = "project"
    SCREEN = "screen"
    JIRA_PRIORITIES = "jira-priorities"
    RESOLUTIONS = "resolutions"


SHAPES: dict[ListKind, Any] = {
    ListKind.SERVICES: References,
    ListKind.PRIORITIES: References,
    ListKind.WORKFLOWS: References,
    ListKind.INCIDENT_FIELDS: FieldOffers,
    ListKind.PROJECTS: Projects,
    ListKind.PROJECT: ProjectOffer,
    ListKind.SCREEN: CreateScreen,
    ListKind.JIRA_PRIORITIES: References,
    ListKind.RESOLUTIONS: References,
}
"""What each list holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKey:
    """A list of a side at its host; `about` tells which of its kind."""

    side: Side
    host: str
    kind: ListKind
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """A list as it was read at a time: a value of the shape of its kind."""

    value: Any
    at: datetime


class KeptLists(Protocol):
    """Where lists are kept, for a week."""

    def find(self, key: ListKey) -> KeptList | None:
        """The list as it was kept last; None where there is none, or none that can be read."""

    def keep(self, key: ListKey, kept: KeptList) -> None:
        """Keep it in place of the one before. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[T_co]):
    """A list to be shown: `value` None where there is none.

    `at` is when it was read, and `failure` why it could not be read again, where that was tried.
    """

    value: T_co | None
    at: datetime | None = None
    failure: PdjiraError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Yields lists. `host` tells where a side is now, and raises what the secret raises.

    No method raises anything of ours: where nothing can be had, that is said.
    """

    jira: JiraCatalogue
    pagerduty: PagerDutyCatalogue
    host: Callable[[Side], str]
    kept: KeptLists
    clock: Clock

    def services(self, look: Look) -> Shown[References]:
        """Every service of the account, by name."""
        return self._pagerduty(
            ListKind.SERVICES, look, lambda: _by_name(self.pagerduty.services_like(""))
        )

    def priorities(self, look: Look) -> Shown[References]:
        """PagerDuty's priorities, the most severe first; empty where the account has none."""
        return self._pagerduty(
            ListKind.PRIORITIES, look, lambda: tuple(self.pagerduty.priorities() or ())
        )

    def workflows(self, look: Look) -> Shown[References]:
        """The incident workflows, by name."""
        return self._pagerduty(
            ListKind.WORKFLOWS, look, lambda: _by_name(self.pagerduty.workflows_like(""))
        )

    def incident_fields(self, look: Look) -> Shown[FieldOffers]:
        """The custom fields of incidents."""
        return self._pagerduty(
            ListKind.INCIDENT_FIELDS,
            look,
            lambda: tuple((self.pagerduty.custom_fields(()) or {}).values()),
        )

    def projects(self, look: Look) -> Shown[Projects]:
        """Every project that our account sees, by key, without its issue types."""
        return self._jira(
            ListKind.PROJECTS,
            look,
            lambda: tuple(sorted(self.jira.projects(), key=lambda one: one.key)),
        )

    def project(self, project_id: str, look: Look) -> Shown[ProjectOffer]:
        """A project with its issue types and their statuses."""
        return self._jira(
            ListKind.PROJECT, look, lambda: self.jira.project(project_id), about=project_id
        )

    def screen(self, project_id: str, type_id: str, look: Look) -> Shown[CreateScreen]:
        """The create screen of an issue type."""
        return self._jira(
            ListKind.SCREEN,
            look,
            lambda: self.jira.create_screen(project_id=project_id, issue_type_id=type_id),
            about=f"{project_id} {type_id}",
        )

    def jira_priorities(self, look: Look) -> Shown[References]:
        """Jira's priorities, as Jira orders them."""
        return self._jira(ListKind.JIRA_PRIORITIES, look, lambda: tuple(self.jira.priorities()))

    def resolutions(self, look: Look) -> Shown[References]:
        """Jira's resolutions."""
        return self._jira(ListKind.RESOLUTIONS, look, lambda: tuple(self.jira.resolutions()))

    def _pagerduty(self, kind: ListKind, look: Look, read: Callable[[], T]) -> Shown[T]:
        return self._shown((Side.PAGERDUTY, kind, ""), look, read)

    def _jira(
        self, kind: ListKind, look: Look, read: Callable[[], T], *, about: str = ""
    ) -> Shown[T]:
        return self._shown((Side.JIRA, kind, about), look, read)

    def _shown(
        self, named: tuple[Side, ListKind, str], look: Look, read: Callable[[], T]
    ) -> Shown[T]:
        side, kind, about = named
        kept = None
        try:
            key = ListKey(side=side, host=self.host(side), kind=kind, about=about)
            kept = self.kept.find(key)
            if look is Look.STORED or (look is Look.FRESH and self._is_fresh(kept)):
                return Shown(value=kept.value, at=kept.at) if kept else Shown(value=None)
            found = KeptList(value=read(), at=self.clock())
        except PdjiraError as failure:
            if kept:
                return Shown(value=kept.value, at=kept.at, failure=failure)
            return Shown(value=None, failure=failure)
        with suppress(PdjiraError):
            self.kept.keep(key, found)
        return Shown(value=found.value, at=found.at)

    def _is_fresh(self, kept: KeptList | None) -> bool:
        return kept is not None and self.clock() - kept.at < FRESH


def _by_name(found: Sequence[Reference]) -> References:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))
