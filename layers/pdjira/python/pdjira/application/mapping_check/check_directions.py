"""Judges the directions of field rules and the custom fields that they name, on both sides."""

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass

from pdjira.application.mapping_check.catalogue import JiraCatalogue, PagerDutyCatalogue
from pdjira.domain.fields.offers import FieldOffer
from pdjira.domain.issue import CreateScreen
from pdjira.domain.mapping_check.candidate import Candidate
from pdjira.domain.mapping_check.direction_rules import (
    custom_field_names,
    custom_field_problems,
    fit_problems,
    target_problems,
    unknown_targets,
)
from pdjira.domain.problem import Problem, hint
from pdjira.errors import PdjiraError


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionCheck:
    """Asks nothing where no rule names a custom field and every field is on the create screen."""

    jira: JiraCatalogue
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
        unknown = unknown_targets(candidate, screen)
        if unknown:
            known = [field.id for field in self.jira.fields()]
            yield from target_problems(candidate, unknown, known)


def unseen(field: str, side: str, error: PdjiraError) -> Problem:
    """The hint that something could not be checked, and when it is tried again."""
    return hint(
        field,
        f"What concerns {side} could not be checked: {error.says}",
        f"{error.cure or f'Wait until {side} can be reached.'} Then save the mapping once more.",
    )
