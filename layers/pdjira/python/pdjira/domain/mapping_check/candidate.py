"""A mapping that is to be judged: what the rules look at, and where it stands in the item."""

from dataclasses import dataclass

from pdjira.domain.incident import Reference
from pdjira.domain.mapping import FieldRule, Mapping, PriorityRow
from pdjira.domain.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesUser:
    """The PagerDuty user whom a mapping names as the writer of notes."""

    id: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A readable mapping, with what is not part of `Mapping`.

    `rules` (those towards Jira), `rules_to_pagerduty` (those that never fill a field) and `rows`
    have their place in `custom_fields` and `priorities`. A row without `jira_id` has it empty.
    """

    mapping: Mapping
    rules: tuple[tuple[int, FieldRule], ...] = ()
    rules_to_pagerduty: tuple[tuple[int, FieldRule], ...] = ()
    rows: tuple[tuple[int, PriorityRow], ...] = ()
    kept_resolutions: tuple[Reference, ...] = ()
    notes_user: NotesUser | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an item says: the candidate, None where it cannot be read, and what is wrong with it.

    A candidate may come with errors: unknown keys are named and otherwise ignored.
    """

    candidate: Candidate | None
    problems: tuple[Problem, ...] = ()

    @property
    def in_force(self) -> bool:
        """Whether the mapping is readable and enabled."""
        return self.candidate is not None and self.candidate.mapping.enabled
