"""What is wrong with the directions of field rules, and with custom fields that they name."""

from collections import abc
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from pdjira.mappings.field_rules import ANY_INCIDENT
from pdjira.mappings.offers import Candidate, FieldOffer
from pdjira.model.incident import Incident, IncidentField
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.mapping import Direction, FieldRule, RuleType
from pdjira.model.problem import Problem, error, hint
from pdjira.sync.fields.filling import ATTRIBUTE_NAMES, PREFIX, custom_name, names_in, rule_value
from pdjira.sync.fields.following import ON_CREATE_ONLY, TITLE, is_written_by_people
from pdjira.sync.fields.mapped_fields import wanted

Place = tuple[int, FieldRule]

_CHOICE = f"incident_title, incident_urgency or {PREFIX}<name>"

_NAMED = 10

_ELSEWHERE = {
    "incident_priority": "Give rows of priorities instead, and set direction to to_jira.",
    "incident_status": "Give status_mapping instead, and set direction to to_jira.",
    "incident_assignees": "Set sync_people instead, and direction to to_jira.",
}

_VALUES: dict[str, str | tuple[str, ...]] = {
    "boolean": "true",
    "integer": "42",
    "float": "42.5",
    "datetime": "2026-11-24T03:00:00Z",
    "url": "https://example.com/",
}
"""A value of each kind of custom field, as PagerDuty tells it."""

_HELD: dict[str, object] = {
    "number": 42,
    "date": "2026-11-24",
    "datetime": "2026-11-24T03:00:00.000+0000",
}
"""What fields of Jira hold whose type tells it."""


def direction_problems(candidate: Candidate) -> Iterator[Problem]:
    """Rules whose direction leads nowhere."""
    writers: set[str] = set()
    filled = {rule.target for _, rule in candidate.rules}
    for place, rule in _rules(candidate):
        field = f"custom_fields[{place}]"
        if rule.direction is Direction.TO_JIRA:
            continue
        yield from _leading_nowhere(field, rule)
        if rule.direction is Direction.TO_PAGERDUTY and rule.target in filled:
            yield hint(
                f"{field}.target_issue_field",
                f"Another rule fills {rule.target} on creation; after that, only this one counts.",
                "Delete one of the rules, or make one of them with the direction both.",
            )
        if rule.source in writers:
            yield hint(
                f"{field}.source_incident_field",
                f"An earlier rule writes {rule.source} as well, so two fields of Jira change it.",
                "Delete one of the rules, or set its direction to to_jira.",
            )
        writers.add(rule.source or "")


def custom_field_names(candidate: Candidate) -> tuple[str, ...]:
    """The custom fields of PagerDuty that the rules name."""
    names = (name for _, rule in _rules(candidate) for name in names_in(rule))
    return tuple(dict.fromkeys(name for name in map(custom_name, names) if name is not None))


def custom_field_problems(
    candidate: Candidate, offers: abc.Mapping[str, FieldOffer] | None
) -> Iterator[Problem]:
    """Custom fields that PagerDuty does not have; `offers` None: the account has none at all."""
    for place, rule in _rules(candidate):
        key = "source_incident_field" if rule.type is RuleType.ATTRIBUTE else "value"
        for source in names_in(rule):
            name = custom_name(source)
            if name is not None and name not in (offers or {}):
                yield _unknown_field(f"custom_fields[{place}].{key}", name, offers)


def fit_problems(
    candidate: Candidate, screen: CreateScreen, offers: abc.Mapping[str, FieldOffer]
) -> Iterator[Problem]:
    """Fields of Jira whose type does not go together with what they follow, or what follows."""
    sample = _sample(offers)
    for place, rule in _rules(candidate):
        schema, name = screen.fields.get(rule.target), custom_name(rule.source or "")
        is_known = name is None or name in offers
        if schema is None or not is_known or not is_written_by_people(rule):
            continue
        field = f"custom_fields[{place}].source_incident_field"
        if name is not None and rule.direction is not Direction.TO_PAGERDUTY:
            _, unfit = rule_value(rule, sample, schema)
            if unfit:
                cure = "Choose a custom field that fits, or another field of Jira."
                yield error(field, unfit, cure)
        if rule.direction is not Direction.TO_JIRA:
            yield from _toward_pagerduty(field, rule, sample, schema, offer=offers.get(name or ""))


def _rules(candidate: Candidate) -> list[Place]:
    """All rules in the order in which they stand."""
    return sorted((*candidate.rules, *candidate.rules_to_pagerduty), key=lambda one: one[0])


def _leading_nowhere(field: str, rule: FieldRule) -> Iterator[Problem]:
    direction = f"{field}.direction"
    if rule.type is not RuleType.ATTRIBUTE:
        yield error(
            direction,
            f"A rule of type {rule.type.value} names nothing in PagerDuty that could follow Jira.",
            f"Set direction to to_jira, or use the type attribute with {_CHOICE}.",
        )
    elif rule.target in ON_CREATE_ONLY:
        yield error(
            direction,
            f"{rule.target} is filled on creation alone; later changes of it are not carried.",
            "Set direction to to_jira, or choose another field.",
        )
    elif rule.source in ATTRIBUTE_NAMES and not is_written_by_people(rule):
        yield error(
            direction,
            f"Nobody can write {rule.source} in PagerDuty, so it cannot follow {rule.target}.",
            _ELSEWHERE.get(
                rule.source, f"Set direction to to_jira, or choose {_CHOICE} as the source."
            ),
        )
    elif (rule.target, rule.source) == ("summary", TITLE):
        yield hint(
            direction, "Title and summary follow each other without a rule.", "Delete the rule."
        )


def _unknown_field(field: str, name: str, offers: abc.Mapping[str, FieldOffer] | None) -> Problem:
    if offers is None:
        return error(
            field,
            f"This PagerDuty account has no custom fields, so {PREFIX}{name} has no value.",
            "Ask PagerDuty for a plan that has them, or delete the rule.",
        )
    alike = get_close_matches(name, offers, n=1)
    named = ", ".join(sorted(offers)[:_NAMED])
    cure = f"Choose one of {named}." if named else "Create the field in PagerDuty first."
    return error(
        field,
        f'PagerDuty has no custom field named "{name}".',
        f"Did you mean {alike[0]}?" if alike else cure,
    )


def _sample(offers: abc.Mapping[str, FieldOffer]) -> Incident:
    """An incident whose custom fields all have a value of their kind."""
    fields = {
        name: IncidentField(
            name=name,
            data_type=offer.data_type,
            several=offer.several,
            value=(offer.options or (None,))[0] or _VALUES.get(offer.data_type, "text"),
        )
        for name, offer in offers.items()
    }
    return replace(ANY_INCIDENT, fields=fields)


def _toward_pagerduty(
    field: str,
    rule: FieldRule,
    sample: Incident,
    schema: FieldSchema,
    *,
    offer: FieldOffer | None,
) -> Iterator[Problem]:
    """What the field of Jira may hold, tried against what PagerDuty takes."""
    held, is_all = _held(schema)
    problems = {str(one): _refusal(rule, sample, one, offer) for one in held}
    refused = {one: says for one, says in problems.items() if says}
    if not refused:
        return
    says = f"{schema.name} ({schema.id}) does not fit there: {next(iter(refused.values()))}."
    if len(refused) == len(problems) and is_all:
        yield error(field, says, "Choose a field of Jira that holds such values.")
        return
    listed = ", ".join(list(refused)[:_NAMED])
    which = f"What PagerDuty does not take ({listed})" if is_all else "What does not fit"
    yield hint(field, says, f"{which} is not carried, and the timeline says so.")


def _held(schema: FieldSchema) -> tuple[list[object], bool]:
    """Values that a field may hold, and whether these are all that it may hold."""
    kind = (schema.items if schema.type == "array" else schema.type) or ""
    if schema.allowed:
        return [one.name for one in schema.allowed], True
    if kind in _HELD:
        return [_HELD[kind]], True
    return ["text"], False


def _refusal(
    rule: FieldRule, sample: Incident, held: object, offer: FieldOffer | None
) -> str | None:
    """Why PagerDuty would not take a value; None where it would."""
    found = wanted(rule, sample, held)
    if found.problem:
        return found.problem
    values = found.value if isinstance(found.value, list) else [found.value]
    options = offer.options if offer else None
    if options is None or found.field is None or all(value in options for value in values):
        return None
    return f"{rule.source} takes {', '.join(options[:_NAMED])}"
