"""The form of a mapping: an item as inputs, which are named like its keys, and back again.

What the form leaves as it was keeps the very shape that it had in the item.
"""

import json
import re
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pdjira.mappings.changes import Item, written_by_people
from pdjira.model.incident import NO_PRIORITY, IncidentStatus
from pdjira.model.mapping import Problem, Severity
from pdjira.text.json_text import NotJson, read_json

Inputs = abc.Mapping[str, Sequence[str]]

BASE = "base"
"""The input that holds the item which the form was made from."""

ON = "true"
"""What a checkbox says."""

SEVERAL = "several"
"""The end of the name of what marks a field that takes several of its values."""

_ROW = re.compile(r"custom_fields\[(\d{1,4})\]\.target_issue_field")

_PRIORITY = re.compile(r"priorities\[(\d{1,4})\]\.jira_id")

_COMMA = re.compile(r"(?<!\\),")

STATES = tuple(state.value for state in IncidentStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What people call the ids of each kind: `service`, `project` (its key), `issue_type` ..."""

    names: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=dict)

    def of(self, kind: str, identity: str) -> str | None:
        """The name; None where it is not known."""
        return self.names.get(kind, {}).get(identity)


# ---- from the item to the inputs


def inputs_of(item: Item) -> dict[str, list[str]]:
    """What the inputs of the form hold for an item, however strange it is."""
    found: dict[str, list[str]] = {}
    for name in _TEXTS:
        found[name] = [_text(_at(item, name))]
    for name in (*_NAMED, *(f"status_mapping.{state}" for state in STATES)):
        found[f"{name}.id"] = [_text(_at(item, f"{name}.id"))]
    for name, default in _FLAGS.items():
        value = _at(item, name)
        is_on = default if value is None else value is True
        found[name] = [ON] if is_on else []
    for name, key in _LISTS.items():
        rows = _list(_at(item, name))
        found[name] = [_text(row.get(key) if isinstance(row, abc.Mapping) else row) for row in rows]
    for place, row in enumerate(_rows(item, "priorities")):
        found[f"priorities[{place}].pagerduty_id"] = [_text(row.get("pagerduty_id"))]
        found[f"priorities[{place}].jira_id"] = [_text(row.get("jira_id"))]
    for place, rule in enumerate(_rows(item, "custom_fields")):
        for key, text in _rule_inputs(rule).items():
            found[f"custom_fields[{place}].{key}"] = [text]
    return found


_TEXTS = {
    "name": "",
    "create_issue": None,
    "conditions.title_matches": None,
    "incident_urgency": None,
    "sync_notes": "both",
    "sync_notes_user.email": None,
    "jql": None,
    "jql_applies_to": "new",
    "jql_settle_seconds": 0,
    "max_incidents_per_hour": 10,
    "reopen.not_after_days": None,
}
"""The inputs of one text, with what the stack takes where there is none."""

_NUMBERS = {"jql_settle_seconds", "max_incidents_per_hour", "reopen.not_after_days"}

_DIGITS = 10
"""A number of so many is none that anybody means; DynamoDB stores none of more than 38."""

_NAMED = {"service": "name", "project": "key", "issue_type": "name"}
"""What is picked by its id, with the key for people."""

_FLAGS = {
    "acknowledge_on_status": False,
    "reopen.issue": True,
    "reopen.incident": True,
    "internal_comments": False,
    "sync_people.assignee": False,
    "sync_people.watchers": False,
}

_LISTS = {
    "conditions.urgency": "",
    "conditions.priority_ids": "",
    "manual_workflow_ids": "",
    "resolved_statuses": "id",
    "reopen.not_with_resolutions": "id",
}
"""What several of may be chosen, with the key that holds each one's id; "" for the id itself."""


def _rule_inputs(rule: Item) -> dict[str, str]:
    kind, source = _text(rule.get("type")), _text(rule.get("source_incident_field"))
    value = rule.get("value")
    is_json = kind == "jira_value" and value is not None
    return {
        "target_issue_field": _text(rule.get("target_issue_field")),
        "type": f"{kind} {source}".strip() if kind == "attribute" else kind,
        "value": json.dumps(value, ensure_ascii=False) if is_json else _text(value),
        "direction": _text(rule.get("direction")) or "to_jira",
    }


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool() | abc.Mapping() | list():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def _at(item: Item, name: str) -> object:
    found: object = item
    for step in name.split("."):
        found = found.get(step) if isinstance(found, abc.Mapping) else None
    return found


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _rows(item: Item, name: str) -> list[abc.Mapping[str, object]]:
    return [row if isinstance(row, abc.Mapping) else {} for row in _list(item.get(name))]


# ---- what was found wrong, as the form bears it


def text_of(problems: Sequence[Problem]) -> str:
    """The problems of a form, for its hidden input."""
    keys = ("severity", "field", "says", "cure")
    return json.dumps([{key: str(getattr(one, key)) for key in keys} for one in problems])


def problems_of(text: str) -> Sequence[Problem] | None:
    """What such an input holds; None where nothing was judged yet, or found."""
    listed = read_json(text)
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return tuple(map(_problem, rows)) or None


def _problem(row: dict[str, object]) -> Problem:
    severity = Severity.ERROR if row.get("severity") == Severity.ERROR else Severity.HINT
    texts = {key: str(row.get(key) or "") for key in ("field", "says", "cure")}
    return Problem(severity=severity, **texts)


# ---- from the inputs to the item


def item_of(form: Inputs, called: Called) -> dict[str, object]:
    """The item that the form says; what it left as it was is as in the item it was made from."""
    base = base_of(form)
    said, before = _Said(form, called), _Said(inputs_of(base), Called())
    item = dict(base)
    for key, read in _KEYS.items():
        if read(_Said(form, Called())) != read(before):
            item[key] = read(said)
    return item


def base_of(form: Inputs) -> dict[str, object]:
    """The item that the form was made from; without the keys that the stack writes."""
    found = read_json(_last(form, BASE))
    return written_by_people(found) if isinstance(found, dict) else {}


def _last(form: Inputs, name: str) -> str:
    return (form.get(name) or ("",))[-1]


def whole(text: str) -> int:
    """The number that an input of the page's own holds; 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 0


class _Said:
    """What a form says, key by key; names are added to the ids that are known."""

    def __init__(self, form: Inputs, called: Called) -> None:
        self._form = form
        self._called = called

    def text(self, name: str) -> object:
        """The text, or a number where one belongs there; the default where it is blank."""
        said = _last(self._form, name).replace("\r\n", "\n").strip()
        if name in _NUMBERS and said.isdecimal() and len(said) < _DIGITS:
            return int(said)
        return said or _TEXTS[name]

    def flag(self, name: str) -> bool:
        return ON in self._form.get(name, ())

    def ids(self, name: str) -> list[str]:
        return [one for one in self._form.get(name, ()) if one]

    def named(self, name: str, kind: str, key: str = "name") -> dict[str, str] | None:
        """The map of an id, with its name where that is known; None where nothing is chosen."""
        return self._map(_last(self._form, f"{name}.id").strip(), kind, key)

    def several(self, name: str, kind: str) -> list[dict[str, str] | None]:
        return [self._map(one, kind, "name") for one in self.ids(name)]

    def _map(self, identity: str, kind: str, key: str) -> dict[str, str] | None:
        if not identity:
            return None
        name = self._called.of(kind, identity)
        return {"id": identity} | ({key: name} if name else {})

    def user(self) -> dict[str, object] | None:
        email = self.text("sync_notes_user.email")
        return {"email": email} if email else None

    def priorities(self) -> list[dict[str, str | None]]:
        rows = []
        for place in _places(self._form, _PRIORITY):
            pagerduty = _last(self._form, f"priorities[{place}].pagerduty_id")
            jira = _last(self._form, f"priorities[{place}].jira_id")
            if jira:
                is_none = pagerduty in ("", NO_PRIORITY)
                rows.append({"pagerduty_id": None if is_none else pagerduty, "jira_id": jira})
        return rows

    def rules(self) -> list[dict[str, object]]:
        found = (self._rule(f"custom_fields[{place}]") for place in _places(self._form, _ROW))
        return [rule for rule in found if rule is not None]

    def _rule(self, row: str) -> dict[str, object] | None:
        """None for a field that nothing fills."""
        kind, _, source = _last(self._form, f"{row}.type").partition(" ")
        value = self._value(row)
        if not kind and not value:
            return None
        rule: dict[str, object] = {
            "target_issue_field": _last(self._form, f"{row}.target_issue_field"),
            "type": kind or "const",
        }
        if kind == "attribute":
            rule["source_incident_field"] = source
        else:
            rule["value"] = _json(value) if kind == "jira_value" else value
        direction = _last(self._form, f"{row}.direction")
        return rule | ({"direction": direction} if direction not in ("", "to_jira") else {})

    def _value(self, row: str) -> str:
        values = [one.replace("\r\n", "\n") for one in self._form.get(f"{row}.value", ())]
        if f"{row}.{SEVERAL}" in self._form:
            return ",".join(_COMMA.sub(r"\\,", one) for one in values if one)
        return values[-1] if values else ""


def values_in(text: str) -> list[str]:
    """The values of a constant that holds several."""
    return [part.strip().replace("\\,", ",") for part in _COMMA.split(text) if part.strip()]


def _json(text: str) -> object:
    """The JSON that was typed; the text itself where it is none."""
    found = read_json(text)
    return text if isinstance(found, NotJson) else found


def _places(form: Inputs, pattern: re.Pattern[str]) -> list[int]:
    return sorted(int(found[1]) for name in form if (found := pattern.fullmatch(name)))


_KEYS: dict[str, Callable[[_Said], object]] = {
    "name": lambda said: said.text("name"),
    "service": lambda said: said.named("service", "service"),
    "project": lambda said: said.named("project", "project", "key"),
    "issue_type": lambda said: said.named("issue_type", "issue_type"),
    "create_issue": lambda said: said.text("create_issue"),
    "manual_workflow_ids": lambda said: said.ids("manual_workflow_ids"),
    "conditions": lambda said: {
        "urgency": said.ids("conditions.urgency"),
        "priority_ids": said.ids("conditions.priority_ids"),
        "title_matches": said.text("conditions.title_matches"),
    },
    "custom_fields": lambda said: said.rules(),
    "status_mapping": lambda said: {
        state: said.named(f"status_mapping.{state}", "status") for state in STATES
    },
    "resolved_statuses": lambda said: said.several("resolved_statuses", "status"),
    "acknowledge_on_status": lambda said: said.flag("acknowledge_on_status"),
    "priorities": lambda said: said.priorities(),
    "sync_notes": lambda said: said.text("sync_notes"),
    "sync_notes_user": lambda said: said.user(),
    "internal_comments": lambda said: said.flag("internal_comments"),
    "sync_people": lambda said: {
        name: said.flag(f"sync_people.{name}") for name in ("assignee", "watchers")
    },
    "jql": lambda said: said.text("jql"),
    "jql_applies_to": lambda said: said.text("jql_applies_to"),
    "jql_settle_seconds": lambda said: said.text("jql_settle_seconds"),
    "max_incidents_per_hour": lambda said: said.text("max_incidents_per_hour"),
    "incident_urgency": lambda said: said.text("incident_urgency"),
    "reopen": lambda said: {
        "issue": said.flag("reopen.issue"),
        "incident": said.flag("reopen.incident"),
        "not_after_days": said.text("reopen.not_after_days"),
        "not_with_resolutions": said.several("reopen.not_with_resolutions", "resolution"),
    },
}
"""How each key that the form has is read; what names nothing is None, as if it were left out."""


def slug(text: str) -> str:
    """An id for a mapping of that name."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60] or "mapping"
