"""Whether a field's JSON value is among those that Jira offers for it."""

from collections import abc
from collections.abc import Iterator

from pdjira.domain.issue import AllowedValue, FieldSchema
from pdjira.domain.problem import Problem, error, hint

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
