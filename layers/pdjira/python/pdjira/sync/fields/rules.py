"""What fields of an issue are filled with, and which of them follow their incident."""

import math
import re
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import assert_never

from pdjira.model.incident import Incident, IncidentField, IncidentStatus
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.link import Agreement, FieldAgreement, mark_line
from pdjira.model.mapping import Direction, FieldRule, Mapping, PriorityRow, RuleType
from pdjira.model.rights import right_to_fill
from pdjira.sync.fields.values import (
    REQUEST_TYPE,
    Texts,
    Unfit,
    as_jira_value,
    desk_kind,
    digest,
    filled,
    identities_of,
    takes_several,
)
from pdjira.text.markup import LINE_LIMIT, TEXT_LIMIT, cut, escape, one_line, plain, whole_escapes
from pdjira.text.plain_text import has_supplementary

Value = str | tuple[str, ...] | None
"""What an attribute of an incident holds: text, several texts, or nothing."""

RESOLUTION, COMMENT, WORKLOG = "resolution", "comment", "worklog"

ON_TRANSITIONS_ONLY = frozenset({RESOLUTION, COMMENT, WORKLOG})
"""The fields that a rule fills on transitions only."""

_COMMA = re.compile(r"(?<!\\),")

_NAME = re.compile(r"\{\{\s*((?:custom_field:)?\w+)\s*\}\}")

_EMPTIED = frozenset({"incident_assignees", "incident_acknowledgers"})
"""What PagerDuty empties by itself when an incident is resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFields:
    """Field ids to JSON values, and one sentence for each rule that could not be used."""

    values: abc.Mapping[str, object]
    unused: tuple[str, ...]


def issue_fields(
    incident: Incident, mapping: Mapping, screen: CreateScreen, *, line: str | None = None
) -> IssueFields:
    """The fields of a new issue, as far as the create screen has them.

    Summary and description are filled without a rule; a rule for them takes their place, but the
    description's last line is always the mark: `line`, by default that of the incident.
    """
    ruled, unused = _ruled(incident, mapping, screen)
    own = escape(cut(plain(incident.description or ""), limit=TEXT_LIMIT))
    body = str(ruled.pop("description", own))
    values = {"summary": summary(incident), **_priority(mapping, incident, screen), **ruled}
    if "description" in screen.fields:
        values["description"] = description(body, line or mark_line(incident))
    return IssueFields(values=values, unused=tuple(unused))


def _ruled(
    incident: Incident, mapping: Mapping, screen: CreateScreen
) -> tuple[dict[str, object], list[str]]:
    """What the rules fill, and one sentence for each that could not be used."""
    values: dict[str, object] = {}
    unused: list[str] = []
    for rule in mapping.field_rules:
        schema = screen.fields.get(rule.target)
        if rule.target in ON_TRANSITIONS_ONLY:
            continue
        if schema is None:
            unused.append(_off_screen(rule.target))
            continue
        value, problem = rule_value(rule, incident, schema)
        if problem:
            unused.append(problem)
        elif value not in (None, "", []):
            values[rule.target] = value
    return values, unused


def _off_screen(target: str) -> str:
    right = right_to_fill(target)
    if right is None:
        return f"{target} is not on the create screen."
    return (
        f"{target} is not on the create screen that Jira shows our account: it takes the right "
        f"{right.name}."
    )


def _priority(mapping: Mapping, incident: Incident, screen: CreateScreen) -> dict[str, object]:
    row = priority_row(mapping, incident)
    return {"priority": {"id": row.jira_id}} if row and "priority" in screen.fields else {}


def priority_row(mapping: Mapping, incident: Incident) -> PriorityRow | None:
    """The first row of the mapping for the incident's priority."""
    current = incident.priority.id if incident.priority else None
    return next((row for row in mapping.priorities if row.pagerduty_id == current), None)


def summary(incident: Incident) -> str:
    """The incident's title as a Jira summary: one line, at most 255 characters."""
    return one_line(incident.title, limit=LINE_LIMIT) or f"Incident {incident.number}"


def description(body: str, line: str) -> str:
    """A Jira description: wiki markup, cut where it is too long, with the mark as its last line."""
    body = whole_escapes(body)
    return f"{body}\n\n{line}" if body else line


def attribute(incident: Incident, name: str) -> Value:
    """The value of a `source_incident_field`; None where the incident has none, or no such name."""
    custom = custom_name(name)
    if custom is not None:
        field = (incident.fields or {}).get(custom)
        return field.value if field else None
    read = _ATTRIBUTES.get(name)
    return read(incident) if read else None


def names_in(rule: FieldRule) -> tuple[str, ...]:
    """The attributes of the incident that a rule names; none for a constant."""
    if rule.type is RuleType.ATTRIBUTE:
        return (rule.source,) if rule.source else ()
    return tuple(_NAME.findall(str(rule.value))) if rule.type is RuleType.TEMPLATE else ()


def yielded(rule: FieldRule, incident: Incident) -> tuple[str, ...] | None:
    """What a rule makes of the incident now; None where the incident does not show that.

    Its custom fields may not have been asked for, a description may be in its log alone, and a
    resolved incident no longer tells whom it was assigned to.
    """
    names = names_in(rule)
    is_partial = incident.fields is None and any(custom_name(name) is not None for name in names)
    is_thin = incident.description is None and "incident_description" in names
    if is_partial or is_thin:
        return None
    if rule.type is RuleType.TEMPLATE:
        return ("".join(text for text, _ in _parts(str(rule.value), incident)),)
    value = attribute(incident, rule.source or "")
    is_emptied = incident.status is IncidentStatus.RESOLVED and rule.source in _EMPTIED
    if is_emptied and not value:
        return None
    return (value,) if isinstance(value, str) else tuple(sorted(value or ()))


def rule_value(
    rule: FieldRule, incident: Incident, schema: FieldSchema
) -> tuple[object, str | None]:
    """The JSON value of a rule for a field, None for an empty one; or why there is none."""
    try:
        return _value(rule, incident, schema), None
    except Unfit as unfit:
        return None, f"{schema.name} ({schema.id}) {unfit}."


def _value(rule: FieldRule, incident: Incident, schema: FieldSchema) -> object:
    match rule.type:
        case RuleType.JIRA_VALUE:
            return rule.value
        case RuleType.CONST:
            texts = _split if takes_several(schema) else _whole
            return as_jira_value(texts(str(rule.value)), schema)
        case RuleType.ATTRIBUTE:
            value = attribute(incident, rule.source or "")
            return as_jira_value((value,) if isinstance(value, str) else value or (), schema)
        case RuleType.TEMPLATE:
            return filled(_parts(str(rule.value), incident), schema)
        case _:
            assert_never(rule.type)


def _parts(template: str, incident: Incident) -> tuple[tuple[str, bool], ...]:
    """The template's own texts and, in place of each `{{ name }}`, the value of that attribute.

    Each with whether it is a value; a list is joined.
    """

    def value(name: str) -> str:
        found = attribute(incident, name) or ""
        return found if isinstance(found, str) else ", ".join(found)

    texts = enumerate(_NAME.split(template))
    return tuple((value(text), True) if number % 2 else (text, False) for number, text in texts)


def _split(text: str) -> tuple[str, ...]:
    parts = (part.replace("\\,", ",").strip() for part in _COMMA.split(text))
    return tuple(part for part in parts if part)


def _whole(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


_ATTRIBUTES: dict[str, Callable[[Incident], Value]] = {
    "incident_number": lambda incident: str(incident.number),
    "incident_title": lambda incident: incident.title,
    "incident_description": lambda incident: incident.description,
    "incident_status": lambda incident: incident.status.value,
    "incident_created_at": lambda incident: _iso(incident.created_at),
    "incident_service": lambda incident: incident.service.name,
    "incident_escalation_policy": lambda incident: incident.escalation_policy,
    "incident_impacted_services": lambda incident: incident.impacted_services,
    "incident_html_url": lambda incident: incident.html_url,
    "incident_assignees": lambda incident: incident.assignees,
    "incident_acknowledgers": lambda incident: incident.acknowledgers,
    "incident_last_status_change_at": lambda incident: _iso(incident.last_status_change_at),
    "incident_last_status_change_by": lambda incident: incident.last_status_change_by,
    "incident_urgency": lambda incident: incident.urgency,
    "incident_priority": lambda incident: incident.priority.name if incident.priority else None,
}

ATTRIBUTE_NAMES = frozenset(_ATTRIBUTES)

PREFIX = "custom_field:"
"""How a rule names a custom field: this, then its name."""

STRING_LIMIT = 255

URL_LIMIT = 500

MOST_VALUES = 10

_YES = frozenset({"true", "yes", "1", "on"})

_NO = frozenset({"false", "no", "0", "off"})


def custom_name(source: str) -> str | None:
    """The name of the custom field that a source means; None where it means none."""
    return source.removeprefix(PREFIX) if source.startswith(PREFIX) else None


def to_custom(texts: Texts, field: IncidentField) -> object:
    """The JSON value that PagerDuty takes, None for an empty one. Raises `Unfit`.

    A field of one value takes several texts joined by a comma and a blank.
    """
    if not texts:
        return None
    convert = _CONVERTERS.get(field.data_type, _string)
    if not field.several:
        return convert(", ".join(texts))
    if len(texts) > MOST_VALUES:
        raise Unfit(f"takes at most {MOST_VALUES} values")
    return [convert(text) for text in dict.fromkeys(texts)]


def _string(text: str) -> str:
    return cut(plain(text), limit=STRING_LIMIT)


def _url(text: str) -> str:
    text = text.strip()
    is_url = text.lower().startswith(("http://", "https://")) and not any(map(str.isspace, text))
    if not is_url or len(text) > URL_LIMIT:
        raise Unfit(f"takes a URL of at most {URL_LIMIT} characters")
    return text


def _boolean(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _YES | _NO:
        raise Unfit("takes true or false")
    return word in _YES


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise Unfit("takes a whole number")
    return int(number)


def _float(text: str) -> float:
    return float(_decimal(text))


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not math.isfinite(float(number)) or number.adjusted() > _LARGEST:
        raise Unfit("takes a number such as 42.5")
    return number


_LARGEST = 17
"""Powers of ten: whole numbers beyond it are no 64-bit integers any more."""


def _datetime(text: str) -> str:
    """A time in UTC; a bare day begins at midnight there."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("takes a date and time such as 2026-11-24T03:00:00Z") from None
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_CONVERTERS: dict[str, Callable[[str], object]] = {
    "string": _string,
    "url": _url,
    "boolean": _boolean,
    "integer": _integer,
    "float": _float,
    "datetime": _datetime,
}

ON_CREATE_ONLY = frozenset({"description", "project", "issuetype"}) | ON_TRANSITIONS_ONLY
"""Fields that no later change of the incident reaches by a rule."""

TITLE, URGENCY = "incident_title", "incident_urgency"

NOT_THERE = "-"
"""In place of the digest of a field that Jira does not show on the issue."""

UNREAD = "?"
"""In place of the digest of what was written and is to be read, as Jira may hold something else."""

_NOTHING_AGREED = FieldAgreement()


def following(mapping: Mapping | None) -> abc.Mapping[str, FieldRule]:
    """The rules that follow later changes, by field: of several for one field the last counts."""
    listed = (*mapping.field_rules, *mapping.rules_to_pagerduty) if mapping else ()
    rules = {rule.target: rule for rule in listed if not _is_assigned(rule, mapping)}
    return {target: rule for target, rule in rules.items() if _follows(rule)}


def follows_incident(rule: FieldRule) -> bool:
    """Whether the issue's field follows the incident."""
    return rule.direction is not Direction.TO_PAGERDUTY


def follows_issue(rule: FieldRule) -> bool:
    """Whether the incident follows the issue's field."""
    return rule.direction is not Direction.TO_JIRA and is_written_by_people(rule)


def is_written_by_people(rule: FieldRule) -> bool:
    """Whether what the rule names can be written in PagerDuty: a title, an urgency, a field."""
    source = rule.source or ""
    is_open = source in {TITLE, URGENCY} or custom_name(source) is not None
    return rule.type is RuleType.ATTRIBUTE and is_open


def names_custom_fields(mapping: Mapping) -> bool:
    """Whether a rule needs the incident's custom fields, for which PagerDuty is to be asked."""
    rules = (*mapping.field_rules, *mapping.rules_to_pagerduty)
    return any(custom_name(name) is not None for rule in rules for name in names_in(rule))


def watched(mapping: Mapping | None) -> tuple[str, ...]:
    """The fields whose changes in Jira go to the incident: they are read with the issue."""
    return tuple(target for target, rule in following(mapping).items() if follows_issue(rule))


def changed(incident: Incident, agreed: Agreement, mapping: Mapping | None) -> tuple[str, ...]:
    """The fields for which the incident has another value than was agreed on."""
    found = []
    for target, rule in following(mapping).items():
        known, now = known_of(agreed, target).incident, incident_digest(rule, incident)
        if follows_incident(rule) and None not in {known, now} and known != now:
            found.append(target)
    return tuple(found)


def incident_digest(rule: FieldRule, incident: Incident) -> str | None:
    """The digest of what the rule makes of the incident; None where that cannot be seen."""
    texts = yielded(rule, incident)
    return None if texts is None else digest(map(str.strip, texts))


def issue_digest(value: object) -> str:
    """The digest of what a field of the issue holds."""
    return digest(identities_of(value))


def written_digest(value: object, schema: FieldSchema | None) -> str:
    """The digest of what is written; `UNREAD` where Jira may hold, or tell, something else."""
    is_told_otherwise = schema is not None and desk_kind(schema) == REQUEST_TYPE
    return UNREAD if is_told_otherwise or has_supplementary(value) else issue_digest(value)


def known_of(agreed: Agreement, target: str) -> FieldAgreement:
    """What was agreed on for a field; nothing where it was never seen."""
    return agreed.fields.get(target, _NOTHING_AGREED)


def was_seen(agreed: Agreement, target: str) -> bool:
    """Whether Jira has shown the field when both sides last agreed."""
    return known_of(agreed, target).issue not in {None, NOT_THERE, UNREAD}


def agreeing_on(
    agreed: Agreement, target: str, *, incident: str | None = None, issue: str | None = None
) -> Agreement:
    """The agreement with other digests for a field; None leaves one as it is."""
    known = known_of(agreed, target)
    now = FieldAgreement(
        incident=known.incident if incident is None else incident,
        issue=known.issue if issue is None else issue,
    )
    return replace(agreed, fields={**agreed.fields, target: now})


def at_first_sight(incident: Incident, agreed: Agreement, mapping: Mapping) -> Agreement:
    """The agreement with what the incident says now for each field that was never agreed on.

    Fields that no longer follow are forgotten.
    """
    rules = following(mapping)
    kept = {target: known for target, known in agreed.fields.items() if target in rules}
    after = agreed if len(kept) == len(agreed.fields) else replace(agreed, fields=kept)
    for target, rule in rules.items():
        if known_of(after, target).incident is None:
            now = incident_digest(rule, incident)
            after = after if now is None else agreeing_on(after, target, incident=now)
    return after


def as_created(
    agreed: Agreement,
    mapping: Mapping,
    fields: abc.Mapping[str, object],
    screen: CreateScreen,
) -> Agreement:
    """The agreement with what a new issue is given; what Jira fills by itself is not seen yet."""
    digests = {
        name: written_digest(value, screen.fields.get(name)) for name, value in fields.items()
    }
    given = {
        target: replace(known_of(agreed, target), issue=digests.get(target))
        for target in following(mapping)
    }
    return replace(agreed, fields={**agreed.fields, **given})


def _is_assigned(rule: FieldRule, mapping: Mapping | None) -> bool:
    """Whether the field is the assignee, which the incident's people decide."""
    return rule.target == "assignee" and mapping is not None and mapping.sync_people.assignee


def _follows(rule: FieldRule) -> bool:
    return (
        rule.target not in ON_CREATE_ONLY
        and bool(names_in(rule))
        and (follows_incident(rule) or follows_issue(rule))
    )
