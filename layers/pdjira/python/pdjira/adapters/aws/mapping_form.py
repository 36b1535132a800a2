"""The form of a mapping: what is wrong with an item, with the JSON to write in its place."""

import json
from collections import abc
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pdjira.mappings.changes import STACK_KEYS
from pdjira.model.mapping import Problem, error

Place = tuple[int | str, ...]

_STATUS = {"id": "6", "name": "Closed"}

_EXAMPLE: dict[str, Any] = {
    "id": "ops-bug",
    "name": "Create Bug (OPS)",
    "enabled": True,
    "service": {"id": "PABC123", "name": "Checkout"},
    "project": {"id": "10100", "key": "OPS"},
    "issue_type": {"id": "10001", "name": "Bug"},
    "create_issue": "automatic",
    "manual_workflow_ids": ["PWF1234"],
    "conditions": {"urgency": ["high"], "priority_ids": ["PP1"], "title_matches": "*database*"},
    "jql": "priority = Highest",
    "jql_applies_to": "new",
    "jql_settle_seconds": 0,
    "max_incidents_per_hour": 10,
    "incident_urgency": "high",
    "status_mapping": {
        "triggered": {"id": "1", "name": "Open"},
        "acknowledged": {"id": "3", "name": "In Progress"},
        "resolved": _STATUS,
    },
    "resolved_statuses": [_STATUS],
    "acknowledge_on_status": True,
    "reopen": {
        "issue": True,
        "incident": True,
        "not_after_days": 30,
        "not_with_resolutions": [{"id": "10001", "name": "Won't Fix"}],
    },
    "priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}],
    "sync_notes": "both",
    "sync_notes_user": {"id": "PUSER1", "email": "a@example.com"},
    "internal_comments": False,
    "sync_people": {"assignee": True, "watchers": False},
    "custom_fields": [
        {
            "target_issue_field": "labels",
            "type": "const",
            "value": "blue,red",
            "source_incident_field": "incident_title",
            "direction": "to_jira",
        }
    ],
}
"""A value of the right kind for every key that people write."""

_MUST_BE = {
    "string_type": "text",
    "bool_type": "true or false (a Boolean)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list",
    "model_type": "a map",
}

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_MEANT = {
    "open": "triggered",
    "new": "triggered",
    "acked": "acknowledged",
    "closed": "resolved",
    "done": "resolved",
}
"""What other tools call the states of an incident."""

_LONGEST = 120

_MOST_KEYS = 3

_LEAST = 3
"""How few letters may stand for the key that they begin."""

_FEW = 6
"""Up to how many keys all are named where none is similar."""

_SURE = 0.8
"""How similar a key must be to one of another place."""


def form_problem(found: ErrorDetails) -> Problem:
    """What pydantic found, as a problem: in its own key, what it must be, and what to write."""
    place, kind, context = found["loc"], found["type"], found.get("ctx", {})
    must_be = _MUST_BE.get(kind, found["msg"])
    match kind:
        case "missing":
            says = f"{_path(place)} is missing: it must be {_shape(place)}."
            within = f" to {_path(place[:-1])}" if place[1:] else ""
            name = _name_in(found["input"]) if place[-1] == "id" and place[1:] else None
            if name:
                shows = "The next check shows the id that belongs to that name."
                return error(_path(place), says, f"Add{within} {_pair(place, name)}. {shows}")
            return error(_path(place), says, f"Add{within}, for example, {_sample(place)}.")
        case "model_type" | "tuple_type":
            must_be = f"{must_be}, such as {_json(_brief(_example(place)))}"
        case "literal_error":
            must_be = context["expected"]
        case "greater_than_equal":
            must_be = f"a whole number from {context['ge']}"
        case "rule":
            missing, must_be = found["msg"].split("|")
            place = (*place, missing)
    says = f"{_path(place)} must be {must_be}."
    return error(_path(place), says, _cure(place, kind, found))


def _name_in(typed: object) -> str | None:
    """The name by which a person means what has no id."""
    given = [typed.get(key) for key in ("name", "key")] if isinstance(typed, abc.Mapping) else []
    return next((one for one in given if isinstance(one, str) and one), None)


def _shape(place: Place) -> str:
    """What a key that is missing must be."""
    match _example(place):
        case abc.Mapping() as example:
            return "a map with " + " and ".join(f'"{key}"' for key in example)
    return {
        "create_issue": "'automatic', 'manual' or 'never'",
        "target_issue_field": "the id of a Jira field",
        "type": "'const', 'attribute', 'jira_value' or 'template'",
    }.get(str(place[-1]), "text")


def _cure(place: Place, kind: str, found: ErrorDetails) -> str:
    mended = _mended(place, kind, found)
    if mended is not None and len(_json(mended)) <= _LONGEST:
        return f"Write {_pair(place, mended)}."
    return f"Write, for example, {_sample(place)}."


def _mended(place: Place, kind: str, found: ErrorDetails) -> object:
    """What was typed, in the right form; None where that is not plain."""
    typed = found["input"]
    match kind, typed:
        case "bool_type", str() | int():
            return _WORDS.get(str(typed).strip().casefold())
        case "int_type", str() if typed.strip().isdecimal():
            return int(typed)
        case "tuple_type", str() | int() | abc.Mapping() if _is_element(typed, _example(place)[0]):
            return [typed]
        case "model_type", str() | int() if "id" in _example(place):
            return {"id": str(typed)}
        case "literal_error", str():
            alike = get_close_matches(typed.strip().casefold(), _quoted(found), n=1)
            return alike[0] if alike else None
    return None


def _is_element(typed: object, example: object) -> bool:
    if isinstance(typed, abc.Mapping) and isinstance(example, abc.Mapping):
        return not typed.keys().isdisjoint(example)
    return not isinstance(typed, abc.Mapping) and not isinstance(example, abc.Mapping)


def _quoted(found: ErrorDetails) -> list[str]:
    expected = str(found.get("ctx", {}).get("expected", ""))
    return [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]


def _example(place: Place) -> Any:  # noqa: ANN401 - JSON of any kind
    value: Any = _EXAMPLE
    for step in place:
        value = value[0] if isinstance(step, int) else value[step]
    return value


def _brief(example: object) -> object:
    """The example without the less common keys."""
    match example:
        case abc.Mapping():
            return {key: _brief(each) for key, each in [*example.items()][:_MOST_KEYS]}
        case list():
            return [_brief(each) for each in example]
    return example


def _sample(place: Place) -> str:
    return _pair(place, _brief(_example(place)))


def _pair(place: Place, value: object) -> str:
    """The JSON to write: with its key, but for an element of a list."""
    last = place[-1]
    return f'"{last}": {_json(value)}' if isinstance(last, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def unknown_keys(item: object, model: type[BaseModel], place: Place = ()) -> Iterator[Problem]:
    """An error for each key of the item that the form does not know, at any depth."""
    if not isinstance(item, abc.Mapping):
        return
    for key, value in item.items():
        field = model.model_fields.get(key)
        inner = field and _model_in(field.annotation)
        if field is None:
            yield _unknown((*place, key), value, model)
        elif inner is None:
            continue
        elif isinstance(value, list):
            for number, each in enumerate(value):
                yield from unknown_keys(each, inner, (*place, key, number))
        elif get_origin(field.annotation) is not tuple:
            yield from unknown_keys(value, inner, (*place, key))


def _unknown(place: Place, value: object, model: type[BaseModel]) -> Problem:
    path, key = _path(place), str(place[-1])
    names = [name for name in model.model_fields if place[1:] or name not in STACK_KEYS]
    says = f"{path} is no key of a mapping, so it is ignored."
    named = f"Write one of {', '.join(names)}." if len(names) <= _FEW else "Delete it."
    return error(path, says, _meant_here(key, names) or _meant_elsewhere(key, value) or named)


def _meant_here(key: str, names: list[str]) -> str | None:
    """The key of the same map that was probably meant, unless another map has exactly this one."""
    typed = key.casefold()
    same = typed if typed in names else _MEANT.get(typed)
    if same in names:
        return f"Did you mean {same}?"
    begun = [name for name in names if len(typed) >= _LEAST and name.startswith(typed)]
    alike = get_close_matches(typed, names, n=1) or begun[:1]
    is_elsewhere = typed in {place[-1] for place in _places(_EXAMPLE)}
    return f"Did you mean {alike[0]}?" if alike and not is_elsewhere else None


def _meant_elsewhere(key: str, value: object) -> str | None:
    """The key of another map that was probably meant, with what was typed in its place."""
    places = {str(place[-1]): place for place in reversed([*_places(_EXAMPLE)])}
    alike = get_close_matches(key.casefold(), places, n=1, cutoff=_SURE)
    if not alike:
        return None
    place = places[alike[0]]
    says = f"Did you mean {_path(place)}?"
    if any(isinstance(step, int) for step in place) or isinstance(value, abc.Mapping):
        return says
    wants_list = isinstance(_example(place), list) and not isinstance(value, list)
    written: object = [value] if wants_list else value
    for step in reversed(place[1:]):
        written = {step: written}
    return f'{says} Write "{place[0]}": {_json(written)}.'


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every key of the example."""
    if isinstance(value, list):
        yield from _places(value[0], (*place, 0))
    elif isinstance(value, abc.Mapping):
        for key, each in value.items():
            yield (*place, key)
            yield from _places(each, (*place, key))


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any type there is
    """The form within an annotation such as `tuple[X, ...]` or `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _path(place: Place) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")
