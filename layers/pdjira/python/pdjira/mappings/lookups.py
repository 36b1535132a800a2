"""Looks up what the names of an item mean, on both sides."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pdjira.errors import NotFound, PdjiraError, Refused
from pdjira.mappings.changes import Item
from pdjira.mappings.names import (
    Kind,
    NamedPlace,
    meant_by,
    named_places,
    unasked,
    with_id,
    without_project,
)
from pdjira.mappings.offers import ProjectOffer
from pdjira.mappings.ports import JiraCatalogue, PagerDutyCatalogue
from pdjira.model.incident import Reference
from pdjira.model.problem import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What both sides offer under a name. Each thing is asked for once, also where that fails."""

    jira: JiraCatalogue
    pagerduty: PagerDutyCatalogue
    _known: dict[tuple[str, ...], object] = field(default_factory=dict)

    def of(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        """What the name may mean; None where there is no list of it, or not before the project is.

        Raises what the side raises.
        """
        match place.kind:
            case Kind.SERVICE:
                return self._like(place, self.pagerduty.services_like)
            case Kind.USER:
                return self._like(place, self.pagerduty.users_like)
            case Kind.WORKFLOW:
                return self._like(place, self.pagerduty.workflows_like)
            case Kind.PAGERDUTY_PRIORITY:
                return self._once(("pagerduty priorities",), self.pagerduty.priorities)
            case _:
                return self._in_jira(place, item)

    def _in_jira(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        match place.kind:
            case Kind.PRIORITY:
                return self._once(("priorities",), self.jira.priorities)
            case Kind.RESOLUTION:
                return self._once(("resolutions",), self.jira.resolutions)
            case Kind.PROJECT:
                project = self._project(place.name)
                return [Reference(id=project.id, name=project.key)] if project else []
            case _:
                return self._in_project(place, item)

    def _in_project(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        project = self._project(_id_of(item, "project"))
        if project is None:
            return None
        if place.kind is Kind.ISSUE_TYPE:
            return [Reference(id=one.id, name=one.name) for one in project.issue_types]
        type_id = _id_of(item, "issue_type")
        if place.kind is Kind.OPTION:
            return self._options(place, project.id, type_id)
        return next((one.statuses for one in project.issue_types if one.id == type_id), None)

    def _options(
        self, place: NamedPlace, project_id: str, type_id: str
    ) -> Sequence[Reference] | None:
        """The values of a field on the create screen that Jira lists."""

        def read() -> abc.Mapping[str, Sequence[Reference]]:
            try:
                screen = self.jira.create_screen(project_id=project_id, issue_type_id=type_id)
            except (NotFound, Refused):
                return {}
            return {
                schema.id: [Reference(id=one.id, name=one.name) for one in schema.allowed]
                for schema in screen.fields.values()
                if schema.allowed is not None and all(one.id for one in schema.allowed)
            }

        return self._once(("screen", project_id, type_id), read).get(place.target)

    def _project(self, project_id: str) -> ProjectOffer | None:
        def read() -> ProjectOffer | None:
            try:
                return self.jira.project(project_id)
            except NotFound:
                return None

        return self._once(("project", project_id), read) if project_id else None

    def _like(
        self, place: NamedPlace, ask: Callable[[str], Sequence[Reference]]
    ) -> Sequence[Reference]:
        return self._once((place.kind.value, place.name), lambda: ask(place.name))

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        if key not in self._known:
            try:
                self._known[key] = ask()
            except PdjiraError as failure:
                self._known[key] = failure
        found = self._known[key]
        if isinstance(found, PdjiraError):
            raise found
        return found  # type: ignore[return-value]  # each key is of one question


def _id_of(item: Item, key: str) -> str:
    found = item.get(key)
    identity = found.get("id") if isinstance(found, abc.Mapping) else None
    return "" if identity is None else str(identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An item with ids for names, as far as they were found, and an error for each other name.

    `covered`: the keys about which there is nothing more to say.
    """

    item: Item
    problems: tuple[Problem, ...] = ()
    covered: frozenset[str] = frozenset()


def resolved(item: Item, offers: Offers) -> Resolved:
    """Look every name of the item up. Raises nothing of ours."""
    problems: list[Problem] = []
    covered: set[str] = set()
    for place in named_places(item):
        meant = _meant(place, item, offers)
        if isinstance(meant, Problem):
            problems.append(meant)
            covered |= place.covered
        elif meant is not None:
            item = with_id(item, place, meant)
    return Resolved(item=item, problems=tuple(problems), covered=frozenset(covered))


def with_email(item: Item, offers: Offers) -> Item:
    """The item with the e-mail address of `sync_notes_user`, where it lacks that and has the id."""
    user = item.get("sync_notes_user")
    if not isinstance(user, abc.Mapping) or user.get("email") or not user.get("id"):
        return item
    try:
        email = offers.pagerduty.email_of(str(user["id"]))
    except PdjiraError:
        return item
    return {**item, "sync_notes_user": {**user, "email": email}} if email else item


def _meant(place: NamedPlace, item: Item, offers: Offers) -> Reference | Problem | None:
    """None: what stands there may stay."""
    may_stay = place.key is None or place.kind is Kind.OPTION
    try:
        offered = offers.of(place, item)
    except PdjiraError as failure:
        return None if may_stay else unasked(place, failure.says, failure.cure)
    if offered is None:
        return None if may_stay else without_project(place)
    return meant_by(place, offered)
