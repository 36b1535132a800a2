"""What is wrong with the form of a stored mapping, key by key, in words for who typed it."""

from collections import abc
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pdjira.domain.problem import Problem, error

_MUST_BE = {
    "string_type": "text",
    "bool_type": "true or false (a Boolean)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list",
    "model_type": "a map",
}
_SHAPES = {
    "service": 'a map with "id" and "name"',
    "project": 'a map with "id" and "key"',
    "issue_type": 'a map with "id" and "name"',
    "create_issue": "'automatic', 'manual' or 'never'",
    "id": "text",
    "target_issue_field": "the id of a Jira field",
    "type": "'const', 'attribute', 'jira_value' or 'template'",
}


def form_problem(found: ErrorDetails) -> Problem:
    """What pydantic found, as a problem: in its own key, what it must be."""
    key = _path(found["loc"])
    kind, context = found["type"], found.get("ctx", {})
    must_be = _MUST_BE.get(kind, found["msg"])
    match kind:
        case "missing":
            shape = _SHAPES[str(found["loc"][-1])]
            return error(key, f"{key} is missing: it must be {shape}.", f"Add {key} to the item.")
        case "literal_error":
            must_be = context["expected"]
        case "greater_than_equal":
            must_be = f"a whole number from {context['ge']}"
        case "rule":
            missing, must_be = found["msg"].split("|")
            key = f"{key}.{missing}"
    return error(key, f"{key} must be {must_be}.", f"Correct {key} in the item.")


def unknown_keys(
    item: object, model: type[BaseModel], place: tuple[int | str, ...] = ()
) -> Iterator[Problem]:
    """An error for each key of the item that the form does not know, at any depth."""
    if not isinstance(item, abc.Mapping):
        return
    for key, value in item.items():
        field = model.model_fields.get(key)
        if field is None:
            yield _unknown((*place, key), model)
            continue
        inner = _model_in(field.annotation)
        if inner is None:
            continue
        if isinstance(value, list):
            for number, each in enumerate(value):
                yield from unknown_keys(each, inner, (*place, key, number))
        else:
            yield from unknown_keys(value, inner, (*place, key))


def _unknown(place: tuple[int | str, ...], model: type[BaseModel]) -> Problem:
    path, key = _path(place), str(place[-1])
    alike = get_close_matches(key, model.model_fields, n=1)
    cure = f"Did you mean {alike[0]}?" if alike else "Delete it, or look for its right name."
    return error(path, f"{path} is no key of a mapping, so it is ignored.", cure)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any type there is
    """The form within an annotation such as `tuple[X, ...]` or `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _path(place: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")
