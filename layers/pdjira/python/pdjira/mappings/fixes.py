"""What a cure shows to be written, as a change of the item: for a button that writes it."""

import json
import re
from collections import abc
from dataclasses import dataclass

from pdjira.mappings.changes import Item
from pdjira.mappings.names import Path, at_path, put_at
from pdjira.model.mapping import Problem, RuleType
from pdjira.sync.fields.rules import ATTRIBUTE_NAMES

_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]")

_SHOWN = re.compile(r"(?:Write|Did you mean) (?=[\"{\[tf\d])")

_RULE = re.compile(r"Add to custom_fields (?=\{)")

_DELETES = re.compile(r"Delete (?:it|the rule)\b")

_NAMED = re.compile(r" \(([^()]+)\)")

_WRONG = re.compile(r'does not offer "(.*)"\.')

_FIELD = re.compile(r"requires the field (.+?) \(")

_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A value that belongs to a place of the item; `words` are what people call it.

    `is_gone`: the place is to go. `is_more`: the value is one more of the list there.
    """

    field: str
    words: str
    value: object = None
    is_gone: bool = False
    is_more: bool = False


def fix_of(problem: Problem, item: Item) -> Fix | None:
    """What to write into the item, where the cure shows that; None where a person must choose."""
    cure = problem.cure
    if rule := _RULE.search(cure):
        value, _ = _JSON.raw_decode(cure, rule.end())
        value |= _named_like(problem.says, value)
        return Fix(field="custom_fields", words="fill the field", value=value, is_more=True)
    if _DELETES.match(cure):
        return Fix(field=_whole_rule(problem), words="delete it", is_gone=True)
    shown = _SHOWN.match(cure)
    return _shown(problem, item, shown.end()) if shown else None


def _named_like(says: str, rule: dict[str, object]) -> dict[str, object]:
    """The attribute that has the field's own name, where there is one: `Incident number`."""
    field = _FIELD.search(says)
    if field is None or rule.get("type") != RuleType.ATTRIBUTE.value:
        return {}
    name = "_".join(field[1].casefold().split())
    source = next((one for one in (name, f"incident_{name}") if one in ATTRIBUTE_NAMES), None)
    return {"source_incident_field": source} if source else {}


def _shown(problem: Problem, item: Item, start: int) -> Fix | None:
    cure, field = problem.cure, problem.field
    try:
        value, end = _JSON.raw_decode(cure, start)
        if cure.startswith(": ", end):
            parent, dot, _ = field.rpartition(".")
            field = f"{parent}{dot}{value}"
            value, end = _JSON.raw_decode(cure, end + 2)
    except json.JSONDecodeError:
        return None
    if cure.startswith(" or ", end):
        return None
    named = _NAMED.match(cure, end)
    words = named[1] if named else value if isinstance(value, str) else _text(value)
    if wrong := _WRONG.search(problem.says):
        value = _instead(at_path(item, path_of(field)), wrong[1], value)
    return Fix(field=field, words=str(words), value=value)


def _instead(former: object, wrong: str, right: object) -> object:
    """The right value in the place of the wrong one, which may be one of several in a text."""
    is_one = not isinstance(former, str) or former.strip() == wrong
    return right if is_one else str(former).replace(wrong, str(right))


def _whole_rule(problem: Problem) -> str:
    """The rule that a key of a rule belongs to, where all of it is to go."""
    is_rule = problem.cure.startswith("Delete the rule")
    return problem.field.rpartition("]")[0] + "]" if is_rule else problem.field


def fixed(item: Item, fix: Fix) -> Item:
    """The item with the fix. What is named by an id loses its former name."""
    path = path_of(fix.field)
    if fix.is_gone:
        return _without(item, path)
    if fix.is_more:
        listed = at_path(item, path)
        return _put(item, path, [*(listed if isinstance(listed, list) else []), fix.value])
    if path[-1:] == ("id",):
        return _put(item, path[:-1], {"id": fix.value})
    return _put(item, path, fix.value)


def path_of(field: str) -> Path:
    """The steps of a path such as `custom_fields[2].value`."""
    return tuple(name or int(place) for name, place in _STEP.findall(field))


def _put(item: Item, path: Path, value: object) -> Item:
    changed = put_at(item, path, value)
    return changed if isinstance(changed, abc.Mapping) else item


def _without(item: Item, path: Path) -> Item:
    parent, last = at_path(item, path[:-1]), path[-1]
    match parent, last:
        case abc.Mapping(), str():
            return _put(item, path[:-1], {key: one for key, one in parent.items() if key != last})
        case list(), int():
            rest = [one for place, one in enumerate(parent) if place != last]
            return _put(item, path[:-1], rest)
    return item


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
