"""What both sides offer to a mapping, and the mapping that is held against it."""

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.model.mapping import FieldRule, Mapping, PriorityRow, Problem, error, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTypeOffer:
    """An issue type of a project, and the statuses of its workflow there.

    `categories` are those of the statuses, by id: `new`, `indeterminate` or `done`.
    """

    id: str
    name: str
    statuses: tuple[Reference, ...] = ()
    categories: abc.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOffer:
    """A project as Jira knows it: its own id, key and name, and its issue types."""

    id: str
    key: str
    name: str = ""
    issue_types: tuple[IssueTypeOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraOffer:
    """What Jira offers; `project` None: none that we may see.

    `project_of_key` is the one that the mapping's key names, asked for where `project` has another
    key or there is none. `screen` is the create screen of the mapping's issue type, or, as text,
    why there is none. `fields` are all of Jira's, asked for where rules name `off_screen` ones;
    `rights_missing` are the keys of those that our account lacks, asked for before anything that
    they may explain is blamed on something else.
    """

    project: ProjectOffer | None
    project_of_key: ProjectOffer | None = None
    screen: CreateScreen | str = ""
    off_screen: tuple[str, ...] = ()
    fields: tuple[Reference, ...] = ()
    rights_missing: frozenset[str] = frozenset()
    priorities: tuple[Reference, ...] = ()
    resolutions: tuple[Reference, ...] = ()

    @property
    def shown(self) -> CreateScreen:
        """The create screen; without a field where there is none."""
        return CreateScreen(fields={}) if isinstance(self.screen, str) else self.screen

    @property
    def missing_fields(self) -> frozenset[str]:
        """The fields that rules name and that Jira does not have at all."""
        return frozenset(self.off_screen) - {one.id for one in self.fields}


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
    users that the mapping names and PagerDuty knows, by id. What is alike is told by name, users by
    their address, and asked for where an id names nothing.
    """

    service: Reference | None
    services_alike: tuple[Reference, ...] = ()
    users_alike: tuple[Reference, ...] = ()
    workflows_alike: tuple[Reference, ...] = ()
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


def meant_among(wanted: Reference, offered: Sequence[Reference]) -> Reference | None:
    """What has the id, or else a name that stands in the place of the id, or beside it."""
    names = {wanted.id.casefold(), wanted.name.casefold()}
    by_id = (one for one in offered if one.id == wanted.id)
    by_name = (one for one in offered if one.name.casefold() in names)
    return next(by_id, None) or next(by_name, None)


def type_meant(wanted: Reference, project: ProjectOffer) -> IssueTypeOffer | None:
    """The project's issue type that a mapping means, by its id or its name."""
    offered = [Reference(id=one.id, name=one.name) for one in project.issue_types]
    meant = meant_among(wanted, offered)
    return next((one for one in project.issue_types if meant and one.id == meant.id), None)


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
            known = {one.name.casefold(): one for one in allowed}
            meant = known.get(str(identity).casefold())
            write = f'Write {{"id": "{meant.id}"}} ({meant.name}).' if meant else None
            yield _refused(field, schema, f"the id {identity}", named, cure=write)
        return
    name = str(part.get("value") or part.get("name") or "")
    found = next((one for one in allowed if one.name.casefold() == name.casefold()), None)
    if found is None:
        yield _unoffered_name(field, schema, name, [one.name for one in allowed])
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


def _unoffered_name(field: str, schema: FieldSchema, name: str, named: list[str]) -> Problem:
    alike = get_close_matches(name, named, n=1)
    cure = f'Did you mean "{alike[0]}"?' if alike else None
    return _refused(field, schema, f'"{name}"', named, cure=cure)


def _refused(
    field: str, schema: FieldSchema, what: str, named: list[str], *, cure: str | None = None
) -> Problem:
    more = " and others" if len(named) > _NAMED else ""
    listed = ", ".join(named[:_NAMED])
    return error(
        field,
        f"{schema.name} ({schema.id}) does not offer {what}.",
        cure or (f"Choose one of {listed}{more}." if listed else "Add the value in Jira first."),
    )
