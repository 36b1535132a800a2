"""Names that people write where an id must stand: where they may, and which id each one means."""

import re
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from pdjira.mappings.changes import Item
from pdjira.model.incident import NO_PRIORITY, IncidentStatus, Reference
from pdjira.model.mapping import Problem, RuleType, error

Path = tuple[str | int, ...]

_NAMED = 10
"""How many of the things that are offered a cure names."""

_WORKFLOW_ID = re.compile(r"P[A-Z0-9]{6,}")


class NameKind(StrEnum):
    """What is named, as people call it."""

    SERVICE = "service in PagerDuty"
    USER = "user in PagerDuty"
    PAGERDUTY_PRIORITY = "priority in PagerDuty"
    WORKFLOW = "incident workflow in PagerDuty"
    PROJECT = "project in Jira"
    ISSUE_TYPE = "issue type in the project"
    STATUS = "status in the workflow of the issue type"
    PRIORITY = "priority in Jira"
    RESOLUTION = "resolution in Jira"
    OPTION = "value of the field"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A place of an item where a name stands.

    `path` leads to the map that lacks its id, where `key` holds the name; or, where `key` is None,
    to the very value, which may be an id as well. `target` is the field of a rule whose value it
    is.
    """

    kind: NameKind
    path: Path
    name: str
    key: str | None = None
    target: str = ""

    @property
    def field(self) -> str:
        """The path to the name, as people read it: `resolved_statuses[0].name`."""
        return _shown(self.path if self.key is None else (*self.path, self.key))

    @property
    def id_field(self) -> str:
        """The path to where the id belongs."""
        return _shown(self.path if self.key is None else (*self.path, "id"))

    @property
    def covered(self) -> frozenset[str]:
        """The keys about which there is nothing more to say once the name has an error."""
        return frozenset({self.field, self.id_field, _shown(self.path[:3])})


def named_places(item: Item) -> tuple[NamedPlace, ...]:
    """Every place of the item where a name stands, or may stand; the project and type come first.

    A map that has an id is none, whatever name it has as well.
    """
    return (
        *_in_map(item, ("service",), NameKind.SERVICE),
        *_in_map(item, ("project",), NameKind.PROJECT, key="key"),
        *_in_map(item, ("issue_type",), NameKind.ISSUE_TYPE),
        *_in_map(item, ("sync_notes_user",), NameKind.USER, key="email"),
        *_statuses(item),
        *_in_lists(item),
        *_options(item),
    )


def _statuses(item: Item) -> Iterator[NamedPlace]:
    for state in IncidentStatus:
        yield from _in_map(item, ("status_mapping", state.value), NameKind.STATUS)
    for path in _each(item, ("resolved_statuses",)):
        yield from _in_map(item, path, NameKind.STATUS)
    for path in _each(item, ("reopen", "not_with_resolutions")):
        yield from _in_map(item, path, NameKind.RESOLUTION)


def _in_lists(item: Item) -> Iterator[NamedPlace]:
    for row in _each(item, ("priorities",)):
        yield from _value(item, (*row, "pagerduty_id"), NameKind.PAGERDUTY_PRIORITY)
        yield from _value(item, (*row, "jira_id"), NameKind.PRIORITY)
    for path in _each(item, ("conditions", "priority_ids")):
        if at_path(item, path) != NO_PRIORITY:
            yield from _value(item, path, NameKind.PAGERDUTY_PRIORITY)
    for path in _each(item, ("manual_workflow_ids",)):
        for place in _value(item, path, NameKind.WORKFLOW):
            if not is_workflow_id(place.name):
                yield place


def is_workflow_id(text: str) -> bool:
    """Whether it looks like the id of an incident workflow."""
    return _WORKFLOW_ID.fullmatch(text) is not None


def _options(item: Item) -> Iterator[NamedPlace]:
    """What `jira_value` names; a cascading value, which has no ids below, is left to Jira."""
    for rule in _each(item, ("custom_fields",)):
        if at_path(item, (*rule, "type")) != RuleType.JIRA_VALUE.value:
            continue
        target = str(at_path(item, (*rule, "target_issue_field")) or "")
        whole = (*rule, "value")
        for path in (whole, *_each(item, whole)):
            if at_path(item, (*path, "child")) is not None:
                continue
            kind = NameKind.RESOLUTION if target == "resolution" else NameKind.OPTION
            yield from (
                place
                for key in ("name", "value")
                for place in _in_map(item, path, kind, key=key, target=target)
            )


def _in_map(
    item: Item, path: Path, kind: NameKind, *, key: str = "name", target: str = ""
) -> Iterator[NamedPlace]:
    name = _text(at_path(item, (*path, key)))
    if name and not _text(at_path(item, (*path, "id"))):
        yield NamedPlace(kind=kind, path=path, name=name, key=key, target=target)


def _value(item: Item, path: Path, kind: NameKind) -> Iterator[NamedPlace]:
    name = _text(at_path(item, path))
    if name:
        yield NamedPlace(kind=kind, path=path, name=name)


def _each(item: Item, path: Path) -> Iterator[Path]:
    found = at_path(item, path)
    if isinstance(found, list):
        yield from ((*path, number) for number in range(len(found)))


def at_path(value: object, path: Path) -> object:
    """What stands there; None where the path leads nowhere."""
    for step in path:
        match value, step:
            case abc.Mapping(), _:
                value = value.get(step)
            case list(), int():
                value = value[step]
            case _:
                return None
    return value


def _text(value: object) -> str:
    """The text, or the number as it is written; empty for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value).strip() if is_number or isinstance(value, str) else ""


def meant_by(place: NamedPlace, offered: Sequence[Reference]) -> Reference | Problem:
    """The one thing that the name means; an error where there is none, or more than one.

    An id goes before a name, and a name that is written alike before one in another case.
    """
    for found in (
        [one for one in offered if place.key is None and one.id == place.name],
        [one for one in offered if one.name == place.name],
        [one for one in offered if one.name.casefold() == place.name.casefold()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            return _ambiguous(place, found)
    return _unknown(place, offered)


def _ambiguous(place: NamedPlace, found: Sequence[Reference]) -> Problem:
    ids = ", ".join(f'"{one.id}"' for one in found[:_NAMED])
    return error(
        place.field,
        f'"{place.name}" is the name of more than one {place.kind}.',
        f"Write one of the ids as {place.id_field}: {ids}.",
    )


def _unknown(place: NamedPlace, offered: Sequence[Reference]) -> Problem:
    close = get_close_matches(place.name, [one.name for one in offered], n=1)
    names = [f"{one.name} ({one.id})" for one in offered[:_NAMED]]
    more = " and others" if len(offered) > _NAMED else ""
    cure = f"Choose one of {', '.join(names)}{more}." if names else "Correct the name."
    return error(
        place.field,
        f'"{place.name}" is no {place.kind}, or our account does not see it.',
        f'Did you mean "{close[0]}"?' if close else cure,
    )


def unasked(place: NamedPlace, says: str, cure: str | None) -> Problem:
    """The error that nothing could be looked up, and why."""
    return error(
        place.field,
        f'What "{place.name}" means could not be looked up: {says}',
        cure or f"Try again later, or write the id as {place.id_field}.",
    )


def without_project(place: NamedPlace) -> Problem:
    """The error that a name belongs to a project that is not known."""
    return error(
        place.field,
        f'What "{place.name}" means is not known without its project and issue type.',
        "Correct those first.",
    )


def with_id(item: Item, place: NamedPlace, meant: Reference) -> Item:
    """The item with the id in its place, and the name as it is really written."""
    if place.key is None:
        new: object = meant.id
    elif place.target:
        new = {"id": meant.id}
    else:
        former = at_path(item, place.path)
        rest = former if isinstance(former, abc.Mapping) else {}
        new = {**rest, "id": meant.id, place.key: meant.name}
    changed = put_at(item, place.path, new)
    return changed if isinstance(changed, abc.Mapping) else item


def put_at(value: object, path: Path, new: object) -> object:
    """The value with another one where the path leads; maps on the way are made."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, abc.Mapping) or isinstance(step, str):
        known = value if isinstance(value, abc.Mapping) else {}
        return {**known, step: put_at(known.get(step), tuple(rest), new)}
    listed = value if isinstance(value, list) else []
    return [
        put_at(each, tuple(rest), new) if number == step else each
        for number, each in enumerate(listed)
    ]


def _shown(path: Path) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")
