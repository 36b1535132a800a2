"""What is wrong with a mapping's field rules, seen against Jira's create screen."""

import json
import re
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches

from pdjira.mappings.offers import Candidate, JiraOffer, unoffered
from pdjira.mappings.wrong_ids import NOT_BY_RULE
from pdjira.model.incident import Incident, IncidentStatus, Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.model.mapping import FieldRule, Problem, RuleType, error, hint
from pdjira.model.refusal import add_rule
from pdjira.model.rights import give_rights, right_to_fill
from pdjira.sync.fields.rules import (
    ATTRIBUTE_NAMES,
    COMMENT,
    ON_TRANSITIONS_ONLY,
    PREFIX,
    WORKLOG,
    custom_name,
    rule_value,
)
from pdjira.sync.fields.values import desk_problems, is_markup, takes_several
from pdjira.text.markup import escape, plain

_CUSTOM = re.compile(r"\w{1,50}")

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)

_LONE = re.compile(r"(?<=\S )[*_+~-](?= \S)")
"""Between blanks within a line such characters are no markup."""

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)

_SERVICE = Reference(id="P", name="Service")

FILLED_BY_US = frozenset({"summary", "project", "issuetype", "description", "reporter"})
"""Reporter: Jira takes the signed-in account where none is given."""

_BARE = Incident(
    id="Q",
    number=1,
    title="Title",
    status=IncidentStatus.TRIGGERED,
    urgency="high",
    html_url="https://acme.pagerduty.com/incidents/Q",
    service=_SERVICE,
    created_at=_ANY_TIME,
)
"""An incident with nothing but what every incident has."""

ANY_INCIDENT = replace(
    _BARE,
    description="Description",
    priority=Reference(id="PP", name="P1"),
    escalation_policy="Policy",
    impacted_services=("Service",),
    assignees=("Ada",),
    acknowledgers=("Ada",),
    last_status_change_at=_ANY_TIME,
    last_status_change_by="Ada",
)
"""An incident that has everything."""


def unknown_attributes(candidate: Candidate) -> Iterator[Problem]:
    """Names that are no attribute of an incident: in a rule, or in a template."""
    for place, rule in (*candidate.rules, *candidate.rules_to_pagerduty):
        if rule.type is RuleType.ATTRIBUTE and not _is_attribute(rule.source or ""):
            yield _no_attribute(f"custom_fields[{place}].source_incident_field", rule.source or "")
        if rule.type is RuleType.TEMPLATE:
            names = dict.fromkeys(name.strip() for name in _BRACES.findall(str(rule.value)))
            for name in names:
                if not _is_attribute(name):
                    yield _no_attribute(f"custom_fields[{place}].value", name)


_SINGLE = re.compile(r"(?<!\{)\{\{?\s*(incident_\w+)\s*\}\}?(?!\})")


def braces_problems(candidate: Candidate) -> Iterator[Problem]:
    """Names that stay text: in single braces, or in a constant."""
    for place, rule in candidate.rules:
        field, value = f"custom_fields[{place}]", str(rule.value)
        odd = [found for found in _SINGLE.finditer(value) if not _BRACES.fullmatch(found[0])]
        if rule.type is RuleType.TEMPLATE and odd:
            mended = _SINGLE.sub(r"{{ \1 }}", value)
            yield hint(
                f"{field}.value",
                f'"{odd[0][0]}" stays text: a name stands between two braces on either side.',
                f'Write "value": {json.dumps(mended, ensure_ascii=False)}.',
            )
        names = [name.strip() for name in _BRACES.findall(value)]
        if rule.type is RuleType.CONST and any(map(_is_attribute, names)):
            yield hint(
                f"{field}.type",
                f'In a const, "{{{{{names[0]}}}}}" stays text.',
                'Write "type": "template".',
            )


def field_problems(candidate: Candidate, offer: JiraOffer) -> Iterator[Problem]:
    """What the create screen does not take, and what it requires that nothing fills."""
    screen = offer.shown
    if "description" not in screen.fields:
        yield error(
            "issue_type.id",
            "Description is not on the create screen, so our own issues could not be recognised.",
            "Put the field Description on the create screen in Jira.",
        )
    seen: set[str] = set()
    for place, rule in candidate.rules:
        field = f"custom_fields[{place}]"
        if rule.target in seen:
            yield hint(
                f"{field}.target_issue_field",
                f"An earlier rule fills {rule.target} as well; this later one wins.",
                "Delete one of the rules.",
            )
        seen.add(rule.target)
        if rule.target in ON_TRANSITIONS_ONLY:
            yield from _value_problems(field, rule, _on_transitions(rule.target, offer.resolutions))
        elif rule.target not in offer.missing_fields:
            yield from _target_problems(field, rule, candidate, offer)
    yield from _rendered(candidate, screen)
    yield from _unfilled(candidate, screen)


def _rendered(candidate: Candidate, screen: CreateScreen) -> Iterator[Problem]:
    """One hint at all templates whose own text Jira renders: earlier versions have escaped it."""
    places = [
        f"custom_fields[{place}].value"
        for place, rule in candidate.rules
        if rule.type is RuleType.TEMPLATE and _is_rendered(rule, screen.fields.get(rule.target))
    ]
    if places:
        yield hint(
            places[0],
            f"Jira renders the template's own text as wiki markup ({', '.join(places)}).",
            "Nothing, if that is meant; else put a backslash before each character of the markup.",
        )


def _is_rendered(rule: FieldRule, schema: FieldSchema | None) -> bool:
    own = _LONE.sub("", _SINGLE.sub("x", _BRACES.sub("x", plain(str(rule.value)))))
    return schema is not None and is_markup(schema) and escape(own) != own


def _target_problems(
    field: str, rule: FieldRule, candidate: Candidate, offer: JiraOffer
) -> Iterator[Problem]:
    schema = offer.shown.fields.get(rule.target)
    target = f"{field}.target_issue_field"
    if rule.target in NOT_BY_RULE:
        yield hint(target, f"The mapping itself gives {rule.target}.", "Delete the rule.")
    elif schema is None:
        yield _off_screen(target, rule, candidate, offer)
    else:
        if rule.target == "priority" and candidate.mapping.priorities:
            yield hint(
                target,
                "The rows of priorities fill the priority as well; on creation this rule wins.",
                "Delete the rule, or the rows.",
            )
        yield from _value_problems(field, rule, schema)


def _off_screen(target: str, rule: FieldRule, candidate: Candidate, offer: JiraOffer) -> Problem:
    """Jira hides some fields from those who lack a right."""
    right, project = right_to_fill(rule.target), candidate.mapping.project.name
    if right is not None and right.key in offer.rights_missing:
        return hint(
            target,
            f"Our account may not fill {rule.target}: it lacks the right {right.name} in "
            f"{project}, so the rule does nothing.",
            give_rights([right], project),
        )
    return hint(
        target,
        f"{rule.target} is not on the create screen, so the rule does nothing on creation.",
        "Put the field on the create screen in Jira, or delete the rule.",
    )


def named_users(candidate: Candidate, screen: CreateScreen) -> Iterator[tuple[str, str, str]]:
    """The user names that rules give whatever the incident: where, the field's name, and which."""
    for place, rule in candidate.rules:
        schema = screen.fields.get(rule.target)
        kind = schema and (schema.items if takes_several(schema) else schema.type)
        if schema is None or kind != "user" or _varies(rule):
            continue
        value, unfit = rule_value(rule, ANY_INCIDENT, schema)
        for part in value if isinstance(value, list) else [value]:
            name = part.get("name") if isinstance(part, abc.Mapping) and not unfit else None
            if name:
                yield f"custom_fields[{place}].value", f"{schema.name} ({schema.id})", str(name)


def unknown_user(place: str, field: str, name: str) -> Problem:
    """What to say of a user name that is no active account."""
    return error(
        place,
        f'{field}: Jira knows no active user "{name}".',
        "Write the user name as it stands in the user's profile in Jira, not the full name.",
    )


def _value_problems(field: str, rule: FieldRule, schema: FieldSchema) -> Iterator[Problem]:
    """What does not fit the field's type, and what is not among its values."""
    is_attribute = rule.type is RuleType.ATTRIBUTE
    if custom_name(rule.source or "") is not None:
        return  # its kind is PagerDuty's matter: `direction_rules`
    place = f"{field}.source_incident_field" if is_attribute else f"{field}.value"
    value, unfit = rule_value(rule, ANY_INCIDENT, schema)
    if unfit:
        yield error(place, unfit, "Write a value that fits, or choose another field.")
        return
    if not _varies(rule):
        yield from unoffered(value, schema, field=place)
        yield from desk_problems(rule, value, schema, field=place)
    elif schema.allowed is not None:
        yield hint(
            place,
            f"{schema.name} ({schema.id}) takes only what Jira lists: an incident with any other "
            "value gets no issue.",
            "Make sure that Jira lists each value, or use a constant.",
        )


def _varies(rule: FieldRule) -> bool:
    """Whether the rule's value depends on the incident."""
    if rule.type is RuleType.TEMPLATE:
        return _BRACES.search(str(rule.value)) is not None
    return rule.type is RuleType.ATTRIBUTE


def _unfilled(candidate: Candidate, screen: CreateScreen) -> Iterator[Problem]:
    """The fields that Jira requires and that nothing fills, or not always."""
    rules = {rule.target: (place, rule) for place, rule in candidate.rules}
    for schema in screen.fields.values():
        if not schema.required or schema.has_default or schema.id in FILLED_BY_US:
            continue
        if schema.id in rules:
            yield from _emptiness(*rules[schema.id], schema)
        elif schema.id == "priority" and candidate.mapping.priorities:
            yield from _priority_gap(candidate)
        else:
            yield error(
                "custom_fields",
                f"Jira requires the field {schema.name} ({schema.id}), and the mapping does not "
                "fill it.",
                f"{add_rule(schema, 'custom_fields')}, or make the field optional in Jira.",
            )


def _emptiness(place: int, rule: FieldRule, schema: FieldSchema) -> Iterator[Problem]:
    """Whether a rule for a required field yields nothing, or may."""
    field = f"custom_fields[{place}]"
    needed = f"Jira requires the field {schema.name} ({schema.id}), and this rule"
    full, unfit = rule_value(rule, ANY_INCIDENT, schema)
    bare, _ = rule_value(rule, _BARE, schema)
    if unfit:
        return
    if _is_empty(full) and custom_name(rule.source or "") is None:
        says = f"{needed} leaves it empty."
        yield error(f"{field}.value", says, "Give a value, or make the field optional in Jira.")
    elif _is_empty(bare):
        yield hint(
            field,
            f"{needed} leaves it empty for an incident that lacks the attribute.",
            "Use a template with some fixed text, or make the field optional in Jira.",
        )


def _priority_gap(candidate: Candidate) -> Iterator[Problem]:
    if all(row.pagerduty_id is not None for row in candidate.mapping.priorities):
        yield hint(
            "priorities",
            "Jira requires a priority, and no row is for an incident without one.",
            'Add to priorities {"pagerduty_id": null, "jira_id": "..."}.',
        )


def _is_empty(value: object) -> bool:
    return value in (None, "", [])


def _on_transitions(target: str, resolutions: Sequence[Reference]) -> FieldSchema:
    """What a field that only transitions take is like."""
    if target == COMMENT:
        return FieldSchema(id=target, name="Comment", required=False, type="comments-page")
    if target == WORKLOG:
        return FieldSchema(
            id=target, name="Log Work", required=False, type="array", items="worklog"
        )
    return FieldSchema(
        id=target,
        name="Resolution",
        required=False,
        type="resolution",
        allowed=tuple(AllowedValue(id=one.id, name=one.name) for one in resolutions),
    )


def _no_attribute(field: str, name: str) -> Problem:
    candidates = (name.replace(" ", "_"), f"incident_{name}")
    alike = [one for text in candidates for one in get_close_matches(text, ATTRIBUTE_NAMES, n=1)]
    return error(
        field,
        f'An incident has no attribute "{name}", so nothing is filled in.',
        f'Did you mean "{alike[0]}"?'
        if alike
        else f"Choose one of {', '.join(sorted(ATTRIBUTE_NAMES))}, or {PREFIX} and the name of a "
        "custom field of PagerDuty.",
    )


def _is_attribute(name: str) -> bool:
    return name in ATTRIBUTE_NAMES or _CUSTOM.fullmatch(custom_name(name) or "") is not None
