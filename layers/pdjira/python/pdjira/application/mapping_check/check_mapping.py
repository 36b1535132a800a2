"""Judges a mapping: every problem at once, as far as both sides can be asked."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pdjira.application.mapping_check.catalogue import JiraCatalogue, PagerDutyCatalogue
from pdjira.application.mapping_check.check_directions import DirectionCheck, unseen
from pdjira.application.ports.core import Clock, Mappings
from pdjira.application.ports.searches import Searches
from pdjira.application.ports.service_desk import with_offered
from pdjira.domain.fields.desk_values import is_compared
from pdjira.domain.fields.offers import JiraOffer, PagerDutyOffer, ProjectOffer
from pdjira.domain.incident import Reference
from pdjira.domain.issue import CreateScreen
from pdjira.domain.jql.rules import (
    found_by_both,
    found_now,
    is_about_jql,
    problems_by_reading,
    query_of,
    query_of_both,
    refused,
)
from pdjira.domain.mapping import Mapping
from pdjira.domain.mapping_check.candidate import Candidate, Reading
from pdjira.domain.mapping_check.direction_rules import direction_problems
from pdjira.domain.mapping_check.field_rules import (
    named_users,
    unknown_attributes,
    unknown_user,
)
from pdjira.domain.mapping_check.mapping_rules import (
    alike,
    beside_others,
    paging_beside,
    problems_by_itself,
    problems_in_jira,
    problems_in_pagerduty,
)
from pdjira.domain.problem import Problem, Verdict
from pdjira.errors import NotFound, PdjiraError, Refused

_COMPARED = 10
"""Of other mappings with a JQL for such issues so many are compared: each is a search."""

ReadMapping = Callable[[abc.Mapping[str, object]], Reading]
"""Reads an item as a person typed it; raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingCheck:
    """Judges items of the mappings table, or what shall become one."""

    read: ReadMapping
    jira: JiraCatalogue
    searches: Searches
    pagerduty: PagerDutyCatalogue
    mappings: Mappings
    clock: Clock

    @property
    def directions(self) -> DirectionCheck:
        """What judges custom fields of PagerDuty, and rules that go there."""
        return DirectionCheck(jira=self.jira, pagerduty=self.pagerduty)

    def verdict(self, item: abc.Mapping[str, object]) -> Verdict:
        """What is wrong with an item; raises nothing of ours."""
        reading = self.read(item)
        found = list(reading.problems)
        if reading.candidate is not None:
            found += self._problems(reading.candidate)
        return Verdict(at=self.clock(), problems=tuple(found))

    def _problems(self, candidate: Candidate) -> Iterator[Problem]:
        yield from problems_by_itself(candidate)
        yield from unknown_attributes(candidate)
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
        screen = CreateScreen(fields={}) if isinstance(offer.screen, str) else offer.screen
        yield from self.directions.problems(candidate, screen)
        for place, field, name in named_users(candidate, screen):
            yield from self._user_in_jira(place, field, name)

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
            yield found_now(mapping, self.searches.count(query))
        except Refused as refusal:
            if not is_about_jql(refusal):
                raise
            yield refused(self._own_refusal(mapping) or refusal)

    def _own_refusal(self, mapping: Mapping) -> Refused | None:
        """Jira's words about the JQL as a person wrote it: they count its lines and characters."""
        try:
            self.searches.count(mapping.jql or "")
        except Refused as refusal:
            return refusal
        return None

    def _pagerduty_offer(self, candidate: Candidate) -> PagerDutyOffer:
        try:
            service = self.pagerduty.service(candidate.mapping.service.id)
        except NotFound:
            service = None
        return PagerDutyOffer(
            service=service,
            priorities=self._priorities(candidate),
            users=self._users(candidate),
            has_action_token=self.pagerduty.has_action_token(),
        )

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

    def _jira_offer(self, candidate: Candidate) -> JiraOffer:
        priorities, resolutions = self.jira.priorities(), self.jira.resolutions()
        try:
            project = self.jira.project(candidate.mapping.project.id)
        except NotFound:
            project = None
        return JiraOffer(
            project=project,
            screen=self._screen(candidate, project),
            priorities=tuple(priorities),
            resolutions=tuple(resolutions),
        )

    def _screen(self, candidate: Candidate, project: ProjectOffer | None) -> CreateScreen | str:
        issue_type_id = candidate.mapping.issue_type.id
        offered = project.issue_types if project else ()
        if project is None or all(one.id != issue_type_id for one in offered):
            return ""
        try:
            screen = self.jira.create_screen(project_id=project.id, issue_type_id=issue_type_id)
            return with_offered(screen, candidate.mapping, self.jira, needed=is_compared)
        except (NotFound, Refused) as error:
            return error.says
