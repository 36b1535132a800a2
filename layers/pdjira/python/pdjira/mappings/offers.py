"""What both sides offer to a mapping, and the mapping that is held against it."""

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass, field

from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.model.mapping import FieldRule, Mapping, PriorityRow
from pdjira.model.problem import Problem, error, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTypeOffer:
    """An issue type of a project, and the statuses of its workflow there."""

    id: str
    name: str
    statuses: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOffer:
    """A project as Jira knows it: its own id and key, and its issue types."""

    id: str
    key: str
    issue_types: tuple[IssueTypeOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraOffer:
    """What Jira offers; `project` None: none that we may see.

    `screen` is the create screen of the mapping's issue type, or, as text, why there is none.
    """

    project: ProjectOffer | None
    screen: CreateScreen | str = ""
    priorities: tuple[Reference, ...] = ()
    resolutions: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOffer:
    """A custom field of incidents as it is set up; `options` None: it takes any value."""

    name: str
    data_type: str = "string"
    several: bool = False
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyOffer:
    """What PagerDuty offers; `service` None: it knows none of that id.

    `priorities` is None where the account has none. `users` holds the e-mail addresses of those
    users that the mapping names and PagerDuty knows, by id.
    """

    service: Reference | None
    priorities: tuple[Reference, ...] | None = ()
    users: abc.Mapping[str, str] = field(default_factory=dict)
    has_action_token: bool = False


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


_LISTED_KINDS = frozenset(
    {"option", "option-with-child", "component", "version", "priority", "resolution"}
)

_NAMED = 10


def unoffered(value: object, schema: FieldSchema, *, field: str) -> Iterator[Problem]:
    """One problem for each part of the value that Jira does not offer.

    A hint where only the case differs: some of Jira's fields take that, others do not.
    """
    kind = schema.items if schema.type == "array" else schema.type
    if schema.allowed is None or kind not in _LISTED_KINDS:
        return
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, abc.Mapping):
            yield from _part(part, schema, schema.allowed, field)


def _part(
    part: abc.Mapping[str, object],
    schema: FieldSchema,
    allowed: tuple[AllowedValue, ...],
    field: str,
) -> Iterator[Problem]:
    identity = part.get("id")
    if identity is not None:
        if all(one.id != str(identity) for one in allowed):
            named = [f"{one.id} ({one.name})" for one in allowed]
            yield _refused(field, schema, f"the id {identity}", named)
        return
    name = str(part.get("value") or part.get("name") or "")
    found = next((one for one in allowed if one.name.casefold() == name.casefold()), None)
    if found is None:
        yield _refused(field, schema, f'"{name}"', [one.name for one in allowed])
    elif found.name != name:
        says = f'{schema.name} ({schema.id}) offers "{found.name}", not "{name}".'
        yield hint(field, says, f'Write "{found.name}".')
    else:
        yield from _child(part, schema, found, field)


def _child(
    part: abc.Mapping[str, object], schema: FieldSchema, parent: AllowedValue, field: str
) -> Iterator[Problem]:
    child = part.get("child")
    name = child.get("value") if isinstance(child, abc.Mapping) else None
    if isinstance(name, str) and name not in parent.children:
        yield _refused(field, schema, f'"{name}" below "{parent.name}"', list(parent.children))


def _refused(field: str, schema: FieldSchema, what: str, named: list[str]) -> Problem:
    more = " and others" if len(named) > _NAMED else ""
    listed = ", ".join(named[:_NAMED])
    return error(
        field,
        f"{schema.name} ({schema.id}) does not offer {what}.",
        f"Choose one of {listed}{more}." if listed else "Add the value in Jira first.",
    )
