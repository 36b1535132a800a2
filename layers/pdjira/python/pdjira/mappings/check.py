"""Judges a mapping and its workflow: every problem at once, as far as both sides can be asked."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.errors import NotFound, PdjiraError, Refused, naming
from pdjira.jql.lint import (
    ENOUGH,
    found_all,
    found_by_both,
    found_now,
    is_about_jql,
    leaves_none_out,
    problems_by_reading,
    query_of,
    query_of_all,
    query_of_both,
    refused,
)
from pdjira.jql.ports import Searches
from pdjira.mappings.changes import Item, too_large
from pdjira.mappings.field_rules import (
    braces_problems,
    named_users,
    unknown_attributes,
    unknown_user,
)
from pdjira.mappings.names import is_workflow_id
from pdjira.mappings.offers import (
    Candidate,
    FieldOffer,
    IssueTypeOffer,
    JiraOffer,
    PagerDutyOffer,
    ProjectOffer,
    Reading,
    type_meant,
)
from pdjira.mappings.ports import JiraCatalogue, PagerDutyCatalogue
from pdjira.mappings.rules import (
    alike,
    beside_others,
    custom_field_names,
    custom_field_problems,
    direction_problems,
    fit_problems,
    paging_beside,
    problems_by_itself,
    problems_in_jira,
    problems_in_pagerduty,
    stands,
)
from pdjira.mappings.wrong_ids import off_screen
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.issue import CreateScreen
from pdjira.model.mapping import (
    JqlAppliesTo,
    Mapping,
    Problem,
    Severity,
    Verdict,
    error,
    fillable,
    unchecked,
)
from pdjira.model.ports import Clock, Issues, Mappings, RightsIn
from pdjira.model.refusal import add_rule
from pdjira.model.rights import TRANSITION_ISSUES, give_rights, right_to_fill
from pdjira.model.workflow import Path, Transition, Way, Workflow, missing, way
from pdjira.sync.fields.steps import with_offered
from pdjira.sync.fields.values import is_compared

_COMPARED = 10
"""How many other mappings with a JQL for such issues are compared: each is a search."""

ReadMapping = Callable[[abc.Mapping[str, object]], Reading]
"""Reads an item as a person typed it; raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionCheck:
    """Asks nothing where no rule names a custom field."""

    pagerduty: PagerDutyCatalogue

    def problems(self, candidate: Candidate, screen: CreateScreen) -> Iterator[Problem]:
        """What is wrong, as far as both sides can be asked."""
        offers: abc.Mapping[str, FieldOffer] | None = {}
        names = custom_field_names(candidate)
        try:
            offers = self.pagerduty.custom_fields(names) if names else {}
            yield from custom_field_problems(candidate, offers)
        except PdjiraError as error:
            yield unseen("custom_fields", "PagerDuty's custom fields", error)
        yield from fit_problems(candidate, screen, offers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingCheck:
    """Judges items of the mappings table, or what is to become one."""

    read: ReadMapping
    jira: JiraCatalogue
    issues: Issues
    rights_in: RightsIn
    searches: Searches
    pagerduty: PagerDutyCatalogue
    mappings: Mappings
    account: Callable[[], str]
    clock: Clock

    @property
    def directions(self) -> DirectionCheck:
        """What judges custom fields of PagerDuty, and rules that go there."""
        return DirectionCheck(pagerduty=self.pagerduty)

    def verdict(self, item: abc.Mapping[str, object]) -> Verdict:
        """What is wrong with an item; raises nothing of ours."""
        reading = self.read(item)
        found = [*reading.problems, *(large := too_large(item))]
        if reading.candidate is not None and not large:
            found += self._problems(reading.candidate)
        account = self.account()
        problems = tuple(
            replace(one, says=naming(one.says, account), cure=naming(one.cure, account))
            for one in found
        )
        return Verdict(at=self.clock(), problems=problems, in_force=reading.in_force)

    def beside(self, before: Item | None, after: Item | None) -> Sequence[str]:
        """The other mappings in force whose verdict this change of an item may alter.

        Raises what the reading of the mappings raises.
        """
        mappings = [self._mapping(item) for item in (before, after)]
        if len({stands(one) for one in mappings}) == 1:
            return ()
        others = self.mappings.in_force()
        found = [
            *(id_ for one in mappings if one for id_ in alike(one, others)),
            *(two.id for one in mappings if one for two in paging_beside(one, others)[:_COMPARED]),
        ]
        return tuple(dict.fromkeys(found))

    def _mapping(self, item: Item | None) -> Mapping | None:
        candidate = self.read(item).candidate if item is not None else None
        return None if candidate is None else candidate.mapping

    def _problems(self, candidate: Candidate) -> Iterator[Problem]:
        yield from problems_by_itself(candidate)
        yield from unknown_attributes(candidate)
        yield from braces_problems(candidate)
        yield from problems_by_reading(candidate.mapping)
        yield from direction_problems(candidate)
        others: Sequence[Mapping] = ()
        try:
            others = self.mappings.in_force()
        except PdjiraError as error:
            yield unseen("id", "the other mappings", error)
        try:
            yield from problems_in_pagerduty(candidate, self._pagerduty_offer(candidate))
        except PdjiraError as error:
            yield unseen("service", "PagerDuty", error)
        try:
            yield from self._in_jira(candidate)
        except PdjiraError as error:
            yield unseen("project", "Jira", error)
        yield from self._beside(candidate.mapping, others)

    def _beside(self, mapping: Mapping, others: Sequence[Mapping]) -> Iterator[Problem]:
        """What is wrong beside other mappings in force; Jira is asked only where some are alike."""
        same = alike(mapping, others)
        if same:
            keeps: bool | None = None
            with suppress(PdjiraError):  # where Jira is out of reach, that is told already
                keeps = self.jira.keeps_properties(mapping.project.id)
            yield beside_others(mapping, same, keeps_properties=keeps)
        for other in paging_beside(mapping, others)[:_COMPARED]:
            yield from self._found_by_both(mapping, other)

    def _found_by_both(self, mapping: Mapping, other: Mapping) -> Iterator[Problem]:
        query, problem = query_of_both(mapping, other), None
        if query is not None:
            with suppress(PdjiraError):  # a JQL that Jira refuses is told by its own check
                problem = found_by_both(mapping, other, self.searches.count(query))
        if problem is not None:
            yield problem

    def _in_jira(self, candidate: Candidate) -> Iterator[Problem]:
        offer = self._jira_offer(candidate)
        yield from problems_in_jira(candidate, offer)
        yield from self._found_now(candidate.mapping)
        yield from self.directions.problems(candidate, offer.shown)
        yield from self._on_the_way(candidate, offer)
        for place, field, name in named_users(candidate, offer.shown):
            yield from self._user_in_jira(place, field, name)

    def _on_the_way(self, candidate: Candidate, offer: JiraOffer) -> Iterator[Problem]:
        project = offer.project or offer.project_of_key
        issue_type = type_meant(candidate.mapping.issue_type, project) if project else None
        if project is not None and issue_type is not None:
            check = WorkflowCheck(issues=self.issues, rights_in=self.rights_in)
            yield from check.problems(candidate, project, issue_type)

    def _user_in_jira(self, place: str, field: str, name: str) -> Iterator[Problem]:
        try:
            if not self.jira.has_user(name):
                yield unknown_user(place, field, name)
        except PdjiraError as error:
            yield unseen(place, "users of Jira", error)

    def _found_now(self, mapping: Mapping) -> Iterator[Problem]:
        """What the JQL finds, by one search that reads no issue."""
        query = query_of(mapping)
        if query is None:
            return
        try:
            yield from self._counted(mapping, self.searches.count(query))
        except Refused as refusal:
            if not is_about_jql(refusal):
                raise
            yield refused(self._own_refusal(mapping) or refusal)

    def _counted(self, mapping: Mapping, count: int) -> Iterator[Problem]:
        """How many match, or that all do; so many matches, or a JQL for all, are compared."""
        is_all = leaves_none_out(mapping)
        if not is_all and count >= ENOUGH:
            is_all = count == self.searches.count(query_of_all(mapping))
        if is_all:
            week = self.searches.count(query_of_all(mapping, last_week=True))
            yield found_all(mapping, week)
        told = found_now(mapping, count)
        if (
            not is_all
            or told.severity is Severity.ERROR
            or mapping.jql_applies_to is JqlAppliesTo.EXISTING
        ):
            yield told

    def _own_refusal(self, mapping: Mapping) -> Refused | None:
        """Jira's words about the JQL as a person wrote it: they count its lines and characters."""
        try:
            self.searches.count(mapping.jql or "")
        except Refused as refusal:
            return refusal
        return None

    def _pagerduty_offer(self, candidate: Candidate) -> PagerDutyOffer:
        service = candidate.mapping.service
        found = self._known_service(service)
        users = self._users(candidate)
        return PagerDutyOffer(
            service=found,
            services_alike=() if found else self._alike(service, self.pagerduty.services_like),
            priorities=self._priorities(candidate),
            users=users,
            users_alike=self._users_alike(candidate, users),
            workflows_alike=tuple(
                one
                for name in candidate.mapping.manual_workflow_ids
                if not is_workflow_id(name)
                for one in self._alike(Reference(id=name, name=name), self.pagerduty.workflows_like)
            ),
            has_action_token=self.pagerduty.has_action_token(),
        )

    def _known_service(self, service: Reference) -> Reference | None:
        try:
            return self.pagerduty.service(service.id)
        except NotFound:
            return None

    def _alike(
        self, wanted: Reference, ask: Callable[[str], Sequence[Reference]]
    ) -> tuple[Reference, ...]:
        """What is named like what stands in the place of an id, or beside it."""
        texts = dict.fromkeys((wanted.id, wanted.name))
        with suppress(Refused):  # an account may have none of this
            return tuple(one for text in texts for one in ask(text))
        return ()

    def _priorities(self, candidate: Candidate) -> tuple[Reference, ...] | None:
        """Asked for only where the mapping names any."""
        mapping = candidate.mapping
        if not (candidate.rows or mapping.conditions.priority_ids):
            return ()
        found = self.pagerduty.priorities()
        return None if found is None else tuple(found)

    def _users(self, candidate: Candidate) -> dict[str, str]:
        user = candidate.notes_user
        if user is None:
            return {}
        try:
            return {user.id: self.pagerduty.email_of(user.id)}
        except NotFound:
            return {}

    def _users_alike(
        self, candidate: Candidate, known: abc.Mapping[str, str]
    ) -> tuple[Reference, ...]:
        user = candidate.notes_user
        if user is None or user.id in known:
            return ()
        wanted = Reference(id=user.id, name=user.email or user.id)
        return self._alike(wanted, self.pagerduty.users_like)

    def _jira_offer(self, candidate: Candidate) -> JiraOffer:
        wanted = candidate.mapping.project
        priorities, resolutions = self.jira.priorities(), self.jira.resolutions()
        project = self._project(wanted.id)
        of_key = None
        if wanted.name != wanted.id and (project is None or project.key != wanted.name):
            of_key = self._project(wanted.name)
        screen = self._screen(candidate, project or of_key)
        absent = off_screen(
            candidate, CreateScreen(fields={}) if isinstance(screen, str) else screen
        )
        return JiraOffer(
            project=project,
            project_of_key=of_key,
            screen=screen,
            off_screen=absent,
            fields=tuple(self.jira.fields()) if absent else (),
            rights_missing=self._missing(project or of_key, screen, absent),
            priorities=tuple(priorities),
            resolutions=tuple(resolutions),
        )

    def _missing(
        self, project: ProjectOffer | None, screen: CreateScreen | str, absent: Sequence[str]
    ) -> frozenset[str]:
        """The rights that we lack, asked for only where they may be why something is not there."""
        may_be = isinstance(screen, str) or any(map(right_to_fill, absent))
        if project is None or not may_be:
            return frozenset()
        try:
            return self.rights_in(project.id).missing
        except (NotFound, Refused):
            return frozenset()

    def _project(self, id_or_key: str) -> ProjectOffer | None:
        try:
            return self.jira.project(id_or_key)
        except NotFound:
            return None

    def _screen(self, candidate: Candidate, project: ProjectOffer | None) -> CreateScreen | str:
        issue_type = type_meant(candidate.mapping.issue_type, project) if project else None
        if project is None or issue_type is None:
            return ""
        try:
            screen = self.jira.create_screen(project_id=project.id, issue_type_id=issue_type.id)
            return with_offered(screen, candidate.mapping, self.jira.offered, needed=is_compared)
        except (NotFound, Refused) as error:
            return error.says


def unseen(field: str, side: str, error: PdjiraError) -> Problem:
    """The hint that something could not be checked, and when it is tried again."""
    return unchecked(
        field,
        f"What concerns {side} was not checked: {error.says}",
        f"{error.cure or f'Wait until {side} can be reached.'} A stored mapping is then checked "
        "again by itself within 15 minutes; one that has errors, when it is saved.",
    )


_MOST_STATUSES = 5
"""Each is a search, and a look at the transitions of the issue that it finds."""

_GOALS = (IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowCheck:
    """Jira shows a transition only on an issue that may take it, so one is sought in each status.

    Where there is none yet, a test issue shows what is required.
    """

    issues: Issues
    rights_in: RightsIn

    def problems(
        self, candidate: Candidate, project: ProjectOffer, issue_type: IssueTypeOffer
    ) -> Iterator[Problem]:
        """What the transitions on the way require and nothing fills; a right without which is none.

        Raises only where Jira is out of reach.
        """
        mapping = candidate.mapping
        statuses = _looked_at(mapping, issue_type)
        seen = {status.id: self._transitions(project, issue_type, status) for status in statuses}
        workflow = {status_id: found for status_id, found in seen.items() if found is not None}
        if any(not found for found in workflow.values()) and self._lacks_right(project):
            yield error(
                "status_mapping",
                f"Our account may not move issues in {project.key}, so they stay in their first "
                "status.",
                give_rights([TRANSITION_ISSUES], project.key),
            )
            return
        yield from _unfilled(mapping, workflow)

    def _transitions(
        self, project: ProjectOffer, issue_type: IssueTypeOffer, status: Reference
    ) -> tuple[Transition, ...] | None:
        """None where there is no issue in that status to read them from."""
        try:
            found = self.issues.issue_in(
                project_id=project.id, issue_type_id=issue_type.id, status_id=status.id
            )
            return tuple(self.issues.transitions(found.id)) if found else None
        except (NotFound, Refused):
            return None

    def _lacks_right(self, project: ProjectOffer) -> bool:
        try:
            return TRANSITION_ISSUES.key in self.rights_in(project.id).missing
        except (NotFound, Refused):
            return False


def _looked_at(mapping: Mapping, issue_type: IssueTypeOffer) -> list[Reference]:
    """The statuses from which an issue sets out for another one; those of the mapping first."""
    mapped = {status.id for status in mapping.statuses.values()}
    if not mapped:
        return []
    ends = {status.id for status in mapping.resolved_statuses}
    resolved = mapping.statuses.get(IncidentStatus.RESOLVED)
    ends |= {resolved.id} if resolved else set()
    found = [status for status in issue_type.statuses if status.id not in ends]
    return sorted(found, key=lambda status: status.id not in mapped)[:_MOST_STATUSES]


def _unfilled(mapping: Mapping, workflow: Workflow) -> Iterator[Problem]:
    mine = fillable(mapping)
    taken = {
        transition.id: transition
        for goal in filter(None, map(mapping.statuses.get, _GOALS))
        for start in workflow
        for transition in _steps(way(workflow, start=start, goal=goal.id, fillable=mine))
    }
    for transition in taken.values():
        yield from _of_transition(transition, mine)


def _steps(found: Way) -> tuple[Transition, ...]:
    return found.transitions if isinstance(found, Path) else ()


def _of_transition(transition: Transition, mine: frozenset[str]) -> Iterator[Problem]:
    for field in missing(transition, mine):
        says = (
            f'The transition "{transition.name}" requires the field {field.name} ({field.id}), and '
            "the mapping does not fill it."
        )
        cure = "Make the field optional on the transition's screen in Jira."
        if field.is_fillable:
            add = add_rule(field, "custom_fields")
            cure = f"{add}, or make the field optional on the transition's screen in Jira."
        yield error("custom_fields", says, cure)
