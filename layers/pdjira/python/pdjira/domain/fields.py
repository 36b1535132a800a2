"""From an incident and a mapping's field rules to the fields of a Jira issue."""

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from pdjira.domain.incident import Incident
from pdjira.domain.issue import CreateScreen, FieldSchema
from pdjira.domain.mapping import FieldRule, Mapping, RuleType
from pdjira.domain.marks import mark_line
from pdjira.domain.markup import ELLIPSIS, cut, escape, one_line, plain, units

Value = str | tuple[str, ...] | None
"""What an attribute of an incident holds: text, several texts, or nothing."""

SUMMARY_LIMIT = 255
LABEL_LIMIT = 255
LINE_LIMIT = 255
TEXT_LIMIT = 30_000
"""Units, as Jira counts them: below Jira's default of 32,767, so that the last line always fits."""

_COMMA = re.compile(r"(?<!\\),")
_WIKI_FIELDS = frozenset({"description", "environment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFields:
    """Field ids to JSON values, and one sentence for each rule that could not be used."""

    values: MappingABC[str, object]
    unused: tuple[str, ...]


def issue_fields(incident: Incident, mapping: Mapping, screen: CreateScreen) -> IssueFields:
    """The fields of a new issue, as far as the create screen has them.

    Summary and description are filled without a rule; a rule for them takes their place, but the
    description's last line is always the mark.
    """
    values: dict[str, object] = {"summary": summary(incident)}
    body = escape(cut(plain(incident.description or ""), limit=TEXT_LIMIT))
    unused: list[str] = []
    for rule in mapping.field_rules:
        schema = screen.fields.get(rule.target)
        if schema is None:
            unused.append(f"{rule.target} is not on the create screen.")
            continue
        value, problem = _rule_value(rule, incident, schema)
        if problem:
            unused.append(problem)
        elif value in (None, "", []):
            continue
        elif rule.target == "description":
            body = str(value)
        else:
            values[rule.target] = value
    if "description" in screen.fields:
        values["description"] = description(body, incident)
    return IssueFields(values=values, unused=tuple(unused))


def summary(incident: Incident) -> str:
    """The incident's title as a Jira summary: one line, at most 255 characters."""
    return one_line(incident.title, limit=SUMMARY_LIMIT) or f"Incident {incident.number}"


def description(body: str, incident: Incident) -> str:
    """A Jira description: wiki markup, cut where it is too long, with the mark as its last line."""
    line = mark_line(incident)
    body = _whole_escapes(body)
    return f"{body}\n\n{line}" if body else line


def attribute(incident: Incident, name: str) -> Value:
    """The value of a `source_incident_field`; None where the incident has none, or no such name."""
    read = _ATTRIBUTES.get(name)
    return read(incident) if read else None


def _rule_value(
    rule: FieldRule, incident: Incident, schema: FieldSchema
) -> tuple[object, str | None]:
    match rule.type:
        case RuleType.JIRA_VALUE:
            return rule.value, None
        case RuleType.CONST:
            texts = _split if _takes_several(schema) else _whole
            return _fit(texts(str(rule.value)), schema)
        case RuleType.ATTRIBUTE:
            value = attribute(incident, rule.source or "")
            return _fit((value,) if isinstance(value, str) else value or (), schema)
        case RuleType.TEMPLATE:
            return None, f"{schema.name} ({schema.id}): templates are not supported yet."
        case _:
            assert_never(rule.type)


def _fit(texts: tuple[str, ...], schema: FieldSchema) -> tuple[object, str | None]:
    """The JSON value of a field; None where there is nothing to say."""
    if not texts:
        return None, None
    if schema.type == "array" and schema.items == "string":
        return [label for text in texts if (label := _label(text))], None
    if schema.type == "string":
        return _string(", ".join(texts), schema), None
    return None, f"{schema.name} ({schema.id}): fields of type {schema.type} are not filled yet."


def _string(text: str, schema: FieldSchema) -> str:
    """Text as a field of type string takes it.

    Jira renders multi-line and, by default, single-line text fields as wiki markup.
    """
    if schema.id == "summary":
        return one_line(text, limit=SUMMARY_LIMIT)
    if schema.system in _WIKI_FIELDS or _is_custom(schema, "textarea"):
        return _whole_escapes(escape(cut(plain(text), limit=TEXT_LIMIT)))
    line = one_line(text, limit=LINE_LIMIT)
    if not _is_custom(schema, "textfield"):
        return line
    while units(escape(line)) > LINE_LIMIT:
        line = cut(line, limit=units(line) * 9 // 10)
    return escape(line)


def _whole_escapes(markup: str) -> str:
    """Markup that fits, and whose end is no half of an escape."""
    markup = markup.rstrip()
    if units(markup) <= TEXT_LIMIT:
        return markup
    return cut(markup, limit=TEXT_LIMIT).rstrip("\\" + ELLIPSIS) + ELLIPSIS


def _is_custom(schema: FieldSchema, kind: str) -> bool:
    return (schema.custom or "").endswith(f":{kind}")


def _label(text: str) -> str:
    return cut("_".join(plain(text).split()), limit=LABEL_LIMIT)


def _takes_several(schema: FieldSchema) -> bool:
    return schema.type == "array"


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
