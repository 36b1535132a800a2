"""What the form of a mapping shows: choices by name, fields in their order, and what is wrong."""

import re
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pdjira.mappings.changes import Item
from pdjira.mappings.field_rules import FILLED_BY_US
from pdjira.mappings.fixes import fix_of
from pdjira.mappings.wrong_ids import NOT_BY_RULE
from pdjira.model.incident import NO_PRIORITY, Incident, Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.model.mapping import FieldRule, Problem, Severity
from pdjira.page.mapping_form import STATES, inputs_of, values_in
from pdjira.page.mapping_offers import Offered, chosen, statuses_of
from pdjira.sync.fields.rules import ON_TRANSITIONS_ONLY, rule_value
from pdjira.sync.fields.values import is_markup, takes_several

Option = tuple[str, str]

Options = Sequence[Option]

_ATTRIBUTES = (
    ("incident_number", "Number of the incident"),
    ("incident_title", "Title of the incident"),
    ("incident_description", "Description of the incident"),
    ("incident_html_url", "Link to the incident"),
    ("incident_service", "Service"),
    ("incident_impacted_services", "Impacted services"),
    ("incident_urgency", "Urgency"),
    ("incident_priority", "Priority in PagerDuty"),
    ("incident_status", "Status of the incident"),
    ("incident_created_at", "Time it was opened"),
    ("incident_escalation_policy", "Escalation policy"),
    ("incident_assignees", "Assignees"),
    ("incident_acknowledgers", "Who acknowledged it"),
    ("incident_last_status_change_at", "Time of its last change of status"),
    ("incident_last_status_change_by", "Who changed its status last"),
)

_ON_TRANSITIONS = {"resolution": "Resolution", "comment": "Comment", "worklog": "Log work"}

_OWN = FILLED_BY_US - {"description", "reporter"}
"""What a mapping fills by itself, and no rule may."""

_FEW, _LONGEST_PREVIEW = 7, 300

_HINTS = {
    "number": "A number, such as 42.5",
    "date": "Such as 2026-12-24",
    "datetime": "Such as 2026-12-24T03:00:00Z",
    "user": "The name to sign in with",
    "group": "The name of the group",
}

_INDEX = re.compile(r"\[\d+\]$")

_RULE = re.compile(r"(custom_fields\[\d+\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """A field of the issue, and how it gets its value; `name` begins the names of its inputs."""

    name: str
    target: str
    label: str
    is_required: bool = False
    kinds: Options = ()
    kind: str = ""
    value: str = ""
    values: Sequence[str] = ()
    control: str = "area"
    options: Options = ()
    hint: str = ""
    lines: int = 1
    direction: str = "to_jira"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRow:
    """A priority of PagerDuty, and the one of Jira that belongs to it."""

    name: str
    pagerduty_id: str
    label: str
    jira_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A button that writes what the cure of a problem shows: its place among the problems."""

    place: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is wrong with an input."""

    errors: Sequence[str] = ()
    hints: Sequence[str] = ()
    mends: Sequence[Mend] = ()


MOST = 50
"""How many services a page holds; a script loads the others, and [Find] looks for them."""


def few(
    found: Sequence[Option], looked_for: str, kept: abc.Set[str], most: int = MOST
) -> list[Option]:
    """The first that fit what one looks for, and those that are chosen."""
    text = looked_for.casefold()
    fitting = [one for one in found if text in one[1].casefold()][:most]
    shown = {identity for identity, _ in fitting} | kept
    return [one for one in found if one[0] in shown]


def view_of(
    item: Item,
    found: Offered,
    problems: Sequence[Problem],
    *,
    added: str = "",
    looked_for: str = "",
) -> dict[str, object]:
    """What the template shows of an item.

    `added` is a field that a person wants to fill, `looked_for` a part of a service's name.
    """
    inputs = inputs_of(item)
    rows = _field_rows(item, inputs, found, added)
    names = {*inputs, *(f"{row.name}.{key}" for row in rows for key in ("type", "value"))}
    told, loose = _told(problems, item, rows, names)
    return {
        "inputs": {name: values[-1] if values else "" for name, values in inputs.items()},
        "several": inputs,
        **_services(item, found, looked_for),
        **_choices(item, inputs, found),
        "priority_rows": _priority_rows(item, found),
        "rows": rows,
        "more_fields": _more_fields(found.screen.value, rows),
        "told": told,
        "loose": loose,
    }


def _services(item: Item, found: Offered, looked_for: str) -> dict[str, object]:
    known = _choice(found.services.value, item, "service")
    return {
        "services": few(known, looked_for, {chosen(item, "service")}),
        "services_total": len(known),
        "looked_for": looked_for,
    }


def _choices(
    item: Item, inputs: abc.Mapping[str, Sequence[str]], found: Offered
) -> dict[str, object]:
    """What is offered where one picks."""
    statuses = statuses_of(found.project.value, chosen(item, "issue_type"))
    kept = _listed_in(item.get("reopen"), "not_with_resolutions")
    of_states = _named_in(item, *(("status_mapping", one) for one in STATES))
    return {
        "projects": _projects(found, item),
        "types": _types(found, item),
        "statuses": _pairs(statuses, of_states),
        "other_statuses": _pairs(statuses, _listed_in(item, "resolved_statuses")),
        "resolutions": _pairs(found.resolutions.value, kept),
        "priorities": (
            *_pairs(found.priorities.value, inputs["conditions.priority_ids"]),
            (NO_PRIORITY, "No priority"),
        ),
        "jira_priorities": _pairs(
            found.jira_priorities.value, [jira for _, jira in _priorities_in(item)]
        ),
        "workflows": _pairs(found.workflows.value, inputs["manual_workflow_ids"]),
    }


# ---- choices


def _pairs(found: Sequence[Reference] | None, also: Sequence[str | Option]) -> list[Option]:
    """The choices; what is chosen and not among them, as far as is known, comes as well."""
    pairs = [(one.id, one.name) for one in found or ()]
    known = {identity for identity, _ in pairs}
    for one in also:
        identity, name = (one, one) if isinstance(one, str) else one
        if identity and identity not in known and identity != NO_PRIORITY:
            pairs.append((identity, name))
            known.add(identity)
    return pairs


def _reference(value: object, key: str = "name") -> Option:
    if not isinstance(value, abc.Mapping):
        return ("", "")
    identity = str(value.get("id") or "")
    return identity, str(value.get(key) or identity)


def _named_in(item: Item, *paths: tuple[str, ...]) -> list[Option]:
    found = []
    for path in paths:
        value: object = item
        for step in path:
            value = value.get(step) if isinstance(value, abc.Mapping) else None
        found.append(_reference(value))
    return found


def _listed_in(item: object, key: str) -> list[Option]:
    listed = item.get(key) if isinstance(item, abc.Mapping) else None
    return [_reference(one) for one in listed] if isinstance(listed, list) else []


def _choice(found: Sequence[Reference] | None, item: Item, key: str) -> list[Option]:
    return _pairs(found, [_reference(item.get(key))])


def _projects(found: Offered, item: Item) -> list[Option]:
    known = [
        Reference(id=one.id, name=f"{one.key}, {one.name}" if one.name else one.key)
        for one in found.projects.value or ()
    ]
    return _pairs(known, [_reference(item.get("project"), "key")])


def _types(found: Offered, item: Item) -> list[Option]:
    project = found.project.value
    known = [
        Reference(id=one.id, name=one.name) for one in (project.issue_types if project else ())
    ]
    return _pairs(known, [_reference(item.get("issue_type"))])


def _priorities_in(item: Item) -> list[Option]:
    """The ids of the item's pairs of priorities."""
    listed = item.get("priorities")
    return [
        (str(row.get("pagerduty_id") or ""), str(row.get("jira_id") or ""))
        for row in (listed if isinstance(listed, list) else [])
        if isinstance(row, abc.Mapping)
    ]


def _priority_rows(item: Item, found: Offered) -> list[PriorityRow]:
    """A row for each priority of PagerDuty and for none; those of the item first."""
    known = _priorities_in(item)
    names = {one.id: one.name for one in found.priorities.value or ()} | {"": "No priority"}
    known += [(identity, "") for identity in names if identity not in dict(known)]
    made = [
        PriorityRow(
            name=f"priorities[{place}]",
            pagerduty_id=pagerduty,
            label=names.get(pagerduty, pagerduty),
            jira_id=jira,
        )
        for place, (pagerduty, jira) in enumerate(known)
    ]
    order = list(names)
    return sorted(
        made, key=lambda row: order.index(row.pagerduty_id) if row.pagerduty_id in order else -1
    )


# ---- fields


def _field_rows(
    item: Item, inputs: abc.Mapping[str, Sequence[str]], found: Offered, added: str
) -> list[FieldRow]:
    """What Jira requires, then what rules fill, then what a person wants to fill as well."""
    screen = found.screen.value or CreateScreen(fields={})
    listed = item.get("custom_fields")
    count = len(listed) if isinstance(listed, list) else 0
    targets = [inputs[f"custom_fields[{place}].target_issue_field"][-1] for place in range(count)]
    required = [one.id for one in screen.fields.values() if _must_be_filled(one, item)]
    wanted = [*targets, *(one for one in required if one not in targets)]
    if added and added not in wanted:
        wanted.append(added)
    rows = [
        _row(f"custom_fields[{place}]", target, inputs, found)
        for place, target in enumerate(wanted)
    ]
    return sorted(rows, key=lambda row: not row.is_required)


def _must_be_filled(schema: FieldSchema, item: Item) -> bool:
    by_rows = schema.id == "priority" and bool(item.get("priorities"))
    return (
        schema.required and not schema.has_default and schema.id not in FILLED_BY_US and not by_rows
    )


def _row(
    name: str, target: str, inputs: abc.Mapping[str, Sequence[str]], found: Offered
) -> FieldRow:
    screen = found.screen.value or CreateScreen(fields={})
    schema = screen.fields.get(target)
    kind = _last(inputs, f"{name}.type")
    value = _last(inputs, f"{name}.value")
    control, options = _control(schema, kind)
    return FieldRow(
        name=name,
        target=target,
        label=schema.name
        if schema
        else _ON_TRANSITIONS.get(target, target or "A field without id"),
        is_required=schema is not None and schema.required and target not in FILLED_BY_US,
        kinds=_kinds(found, kind),
        kind=kind,
        value=value,
        values=values_in(value) if control == "several" else [value],
        control=control,
        options=_with_value(options, values_in(value) if control == "several" else [value]),
        hint=_hint(schema),
        lines=3 if kind in {"template", "jira_value"} or (schema and is_markup(schema)) else 1,
        direction=_last(inputs, f"{name}.direction") or "to_jira",
    )


def _last(inputs: abc.Mapping[str, Sequence[str]], name: str) -> str:
    return (inputs.get(name) or ("",))[-1]


def _control(schema: FieldSchema | None, kind: str) -> tuple[str, list[Option]]:
    """What one gives a constant by: a choice where Jira lists the values, else a text."""
    if schema is None or schema.allowed is None or kind in {"template", "jira_value"}:
        return "area", []
    options = [pair for one in schema.allowed for pair in _allowed(one)]
    if not takes_several(schema):
        return "one", [("", "Choose"), *options]
    return ("several", options)


def _allowed(one: AllowedValue) -> Iterator[Option]:
    yield one.name, one.name
    for child in one.children:
        yield f"{one.name} > {child}", f"{one.name} > {child}"


def _with_value(options: list[Option], values: Sequence[str]) -> list[Option]:
    known = {value for value, _ in options}
    return [*options, *((one, one) for one in values if one and one not in known)]


def _kinds(found: Offered, kind: str) -> Options:
    custom = [
        (f"attribute custom_field:{one.name}", f"Custom field {one.name}")
        for one in found.incident_fields.value or ()
    ]
    own = [(f"attribute {name}", words) for name, words in _ATTRIBUTES]
    kinds = [
        ("", "Nothing"),
        ("const", "A fixed value"),
        ("template", "A text with values of the incident"),
        *own,
        *custom,
        ("jira_value", "JSON, as Jira takes it"),
    ]
    known = {value for value, _ in kinds}
    return kinds if kind in known else [*kinds, (kind, kind.partition(" ")[2] or kind)]


def _hint(schema: FieldSchema | None) -> str:
    if schema is None:
        return ""
    one = schema.items if takes_several(schema) else schema.type
    hint = _HINTS.get(one or "", "")
    if takes_several(schema) and schema.allowed is None:
        return f"{hint}. Split at commas" if hint else "Split at commas"
    return hint


def _more_fields(screen: CreateScreen | None, rows: Sequence[FieldRow]) -> list[Option]:
    filled = {row.target for row in rows}
    fields = screen.fields.values() if screen else ()
    found = [
        (one.id, one.name)
        for one in fields
        if one.is_fillable and one.id not in filled | _OWN | set(NOT_BY_RULE)
    ]
    later = [
        (target, f"{_ON_TRANSITIONS[target]}, on transitions")
        for target in sorted(ON_TRANSITIONS_ONLY - filled)
        if target in _ON_TRANSITIONS
    ]
    return [*sorted(found, key=lambda pair: pair[1].casefold()), *later]


# ---- what is wrong


def _told(
    problems: Sequence[Problem], item: Item, rows: Sequence[FieldRow], names: abc.Set[str]
) -> tuple[dict[str, Told], Told]:
    """What is told at each input, and what belongs to none."""
    told: dict[str, Told] = {}
    loose = Told()
    for place, problem in enumerate(problems):
        fix = fix_of(problem, item)
        target = _target_of(fix.value) if fix and fix.is_more else ""
        name = _row_of(target, rows) if target else _input_of(problem.field, rows, names)
        mends = (Mend(place=place, words=_words(fix.words, fix.value)),) if fix else ()
        plain = replace(problem, cure="") if fix and fix.is_more else problem
        if name:
            told[name] = _and(told.get(name, Told()), plain, mends)
        else:
            loose = _and(loose, plain, mends)
    return told, loose


def _and(told: Told, problem: Problem, mends: Sequence[Mend]) -> Told:
    says = f"{problem.says} {problem.cure}".strip()
    is_error = problem.severity is Severity.ERROR
    return Told(
        errors=(*told.errors, says) if is_error else told.errors,
        hints=told.hints if is_error else (*told.hints, says),
        mends=(*told.mends, *mends),
    )


def _target_of(value: object) -> str:
    return str(value.get("target_issue_field") or "") if isinstance(value, abc.Mapping) else ""


def _words(words: str, value: object) -> str:
    """What a button calls a rule: what it fills the field with."""
    if not isinstance(value, abc.Mapping) or "target_issue_field" not in value:
        return words
    source = str(value.get("source_incident_field") or "")
    named = dict(_ATTRIBUTES).get(source)
    if named:
        return f"fill with the {named[0].lower()}{named[1:]}"
    return f"fill {_ON_TRANSITIONS.get(_target_of(value), 'it')} with {told(value.get('value'))}"


def _row_of(target: str, rows: Sequence[FieldRow]) -> str:
    return next((f"{row.name}.type" for row in rows if row.target == target), "")


def _input_of(field: str, rows: Sequence[FieldRow], names: abc.Set[str]) -> str:
    """The input at which a problem of a key is told; empty where no input is for the key."""
    if found := _RULE.match(field):
        end = "value" if field.endswith(".value") else "type"
        return f"{found[1]}.{end}" if found[1] in {row.name for row in rows} else ""
    if field.startswith("sync_notes_user"):
        return "sync_notes_user.email"
    field = {"id": "name"}.get(field, field.replace(".pagerduty_id", ".jira_id"))
    steps = field.split(".")
    places = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    tried = (name for one in places for name in (one, f"{one}.id", _INDEX.sub("", one)))
    return next((name for name in tried if name in names), "")


def summary_of(problems: Sequence[Problem], view: abc.Mapping[str, object]) -> list[Option]:
    """Each error with the input that it leads to."""
    told = view["told"]
    places = [
        (says, name)
        for name, one in (told.items() if isinstance(told, abc.Mapping) else ())
        for says in one.errors
    ]
    return [
        (next((name for says, name in places if says.startswith(one.says)), ""), one.says)
        for one in problems
        if one.severity is Severity.ERROR
    ]


def told(value: object) -> str:
    """A value of an item as people read it."""
    match value:
        case None | "" | []:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case {"name": str(name)} | {"key": str(name)} | {"email": str(name)}:
            return name
        case list():
            return "; ".join(told(one) for one in value)
        case abc.Mapping():
            return ", ".join(f"{key}: {told(one)}" for key, one in value.items())
    return str(value)


def preview_of(rule: FieldRule, incident: Incident, screen: CreateScreen | None) -> str:
    """What a rule makes of an incident; empty where the screen lacks its field."""
    schema = screen.fields.get(rule.target) if screen else None
    if schema is None:
        return ""
    value, unfit = rule_value(rule, incident, schema)
    return unfit or told(value)[:_LONGEST_PREVIEW]
