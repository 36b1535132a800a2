"""Field values: what Jira takes for each kind of field, how it stores it, how it shows it.

A stored value is a string, a number, an id, a user name, or a list of these.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.world import Beyond, Field, Named, Project, World

TEXT_LIMIT = 32_767
LINE_LIMIT = 255

_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_SPENT = re.compile(r"\d+[wdhm]( \d+[wdhm])*")

Json = object
Reader = Callable[[Field, Json, World, Project], Json]


class BadValueError(Exception):
    """What Jira says of a value that it does not take."""


def java_length(text: str) -> int:
    """How long Jira takes a text to be: Java counts UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read(field: Field, value: Json, world: World, project: Project) -> Json:
    """The value as it is stored; raises `BadValueError`."""
    if value is None:
        return [] if field.type == "array" else None
    kind = f"array of {field.items}" if field.type == "array" else field.type
    return kept(_READERS[kind](field, value, world, project), world)


def kept(value: Json, world: World) -> Json:
    """The value as the database keeps it; raises `JiraError` where it cannot."""
    if isinstance(value, list):
        return [kept(one, world) for one in value]
    if not isinstance(value, str) or world.beyond is Beyond.HELD or not _BEYOND.search(value):
        return value
    if world.beyond is Beyond.REFUSED:
        raise JiraError(500, "Internal server error")
    return _BEYOND.sub("?", value)


def is_empty(value: Json) -> bool:
    """Whether a stored value counts as none."""
    return value is None or value in ("", []) or (isinstance(value, str) and not value.strip())


def _text(field: Field, value: Json, _world: World, _project: Project) -> str:
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    if field.id == "summary":
        return _summary(value)
    limit = LINE_LIMIT if field.custom in ("textfield", "url") else TEXT_LIMIT
    if java_length(value) > limit:
        raise BadValueError(
            f"The entered text is too long. It exceeds the allowed limit of {limit:,} characters."
        )
    if field.custom == "url" and not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+$", value):
        raise BadValueError(f"The URL '{value}' is not valid.")
    return value


def _summary(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise BadValueError("The summary is invalid because it contains newline characters.")
    if java_length(value) > LINE_LIMIT:
        raise BadValueError(f"Summary must be less than {LINE_LIMIT} characters.")
    return value.strip()


def _labels(_field: Field, value: Json, _world: World, _project: Project) -> list[str]:
    labels: list[str] = []
    for label in _list(value):
        if not isinstance(label, str):
            raise BadValueError("Operation value must be a string")
        if re.search(r"\s", label):
            raise BadValueError(f"The label '{label}' contains spaces which is invalid.")
        if java_length(label) > LINE_LIMIT:
            raise BadValueError(f"The label '{label}' exceeds the allowed limit of 255 characters.")
        labels.append(label)
    return sorted(set(labels))


def _number(_field: Field, value: Json, _world: World, _project: Project) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValueError("Operation value must be a number")
    return float(value)


def _date(_field: Field, value: Json, _world: World, _project: Project) -> str:
    text = _expect_text(value)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadValueError(f"Error parsing date string: {text}") from error


def _datetime(_field: Field, value: Json, _world: World, _project: Project) -> str:
    text = _expect_text(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}", text):
        raise BadValueError(f"Error parsing time: {text}")
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as error:
        raise BadValueError(f"Error parsing time: {text}") from error
    return text


def _option(field: Field, value: Json, _world: World, _project: Project) -> str:
    return _choose(field.options, value).id


def _options(field: Field, value: Json, _world: World, _project: Project) -> list[str]:
    return [_choose(field.options, one).id for one in _list(value)]


def _cascade(field: Field, value: Json, _world: World, _project: Project) -> list[str]:
    parent = _choose(field.options, value)
    child = value.get("child") if isinstance(value, dict) else None
    return [parent.id] if child is None else [parent.id, _choose(parent.children, child).id]


def _choose(options: Iterable[Named], value: Json) -> Named:
    if not isinstance(value, dict) or not {"id", "value"} & value.keys():
        raise BadValueError("Could not find valid 'id' or 'value' in the Parent Option object.")
    wanted = str(value.get("id", value.get("value")))
    for option in options:
        if wanted == (option.id if "id" in value else option.name):
            return option
    part = "id" if "id" in value else "value"
    raise BadValueError(f"Option {part} '{wanted}' is not valid")


def _user(field: Field, value: Json, world: World, project: Project) -> str | None:
    if not isinstance(value, dict):
        raise BadValueError("data was not an object")
    if value.get("name") is None or (field.id == "assignee" and value["name"] == ""):
        return None
    user = world.user(str(value["name"]))
    if user is None:
        raise BadValueError(f"User '{value['name']}' does not exist.")
    if field.id == "assignee" and not world.may(user.name, "ASSIGNABLE_USER", project):
        raise BadValueError(f"User '{user.name}' cannot be assigned issues.")
    return user.name


def _priority(_field: Field, value: Json, world: World, _project: Project) -> str:
    return _pick("Priority", world.priorities.values(), value).id


def _resolution(_field: Field, value: Json, world: World, _project: Project) -> str:
    return _pick("Resolution", world.resolutions.values(), value).id


def _components(_field: Field, value: Json, _world: World, project: Project) -> list[str]:
    return [_pick("Component", project.components, one).id for one in _list(value)]


def _versions(_field: Field, value: Json, _world: World, project: Project) -> list[str]:
    return [_pick("Version", project.versions, one).id for one in _list(value)]


def _pick(what: str, known: Iterable[Named], value: Json) -> Named:
    if not isinstance(value, dict) or not {"id", "name"} & value.keys():
        raise BadValueError(f"Could not find valid 'id' or 'name' in the {what} object.")
    part = "id" if "id" in value else "name"
    for one in known:
        if str(value[part]) == (one.id if part == "id" else one.name):
            return one
    raise BadValueError(f"{what} {part} '{value[part]}' is not valid")


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise BadValueError("data was not an array")
    return value


def _expect_text(value: Json) -> str:
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    return value


def _request_type(_field: Field, value: Json, world: World, project: Project) -> str:
    desk = world.desks.get(project.id)
    text = _expect_text(value)
    found = desk.type_of(text) if desk else None
    if found is None:
        raise BadValueError(f"The request type '{text}' is not valid.")
    return text


def _organizations(_field: Field, value: Json, world: World, project: Project) -> list[int]:
    desk = world.desks.get(project.id)
    known = {int(one.id) for one in desk.organizations} if desk else set()
    for one in _list(value):
        if not isinstance(one, int) or one not in known:
            raise BadValueError(f"The organization '{one}' is not valid.")
    return [one for one in _list(value) if isinstance(one, int)]


def _worklogs(_field: Field, value: Json, _world: World, _project: Project) -> list[Json]:
    for one in _list(value):
        spent = one.get("timeSpent") if isinstance(one, dict) else None
        if not _SPENT.fullmatch(str(spent or "")):
            raise BadValueError("You must indicate the time spent working.")
    return _list(value)


_READERS: dict[str, Reader] = {
    "string": _text,
    "array of string": _labels,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "option": _option,
    "array of option": _options,
    "option-with-child": _cascade,
    "user": _user,
    "priority": _priority,
    "resolution": _resolution,
    "array of component": _components,
    "array of version": _versions,
    "array of worklog": _worklogs,
    "sd-customerrequesttype": _request_type,
    "array of sd-customerorganization": _organizations,
}


def change(field: Field, stored: Json, operations: Json, world: World, project: Project) -> Json:
    """The stored value after the verbs of an `update`; raises `BadValueError`."""
    for operation in _list(operations):
        if not isinstance(operation, dict) or len(operation) != 1:
            raise BadValueError("Operation must be an object with one verb")
        [(verb, value)] = operation.items()
        if verb not in field.operations:
            raise BadValueError(f"Field '{field.id}' does not support update '{verb}'")
        if verb == "set":
            stored = read(field, value, world, project)
            continue
        given = read(field, [value], world, project)
        stored = _with(stored, given) if verb == "add" else _without(stored, given)
    return stored


def _with(stored: Json, given: Json) -> list[Json]:
    present = _list(stored or [])
    return present + [one for one in _list(given) if one not in present]


def _without(stored: Json, given: Json) -> list[Json]:
    return [one for one in _list(stored or []) if one not in _list(given)]
