"""Which field rules follow later changes, which way, and what both sides last agreed on."""

from collections import abc
from dataclasses import replace

from pdjira.model.incident import Incident
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.link import Agreement, FieldAgreement
from pdjira.model.mapping import Direction, FieldRule, Mapping, RuleType
from pdjira.sync.fields.filling import ON_TRANSITIONS_ONLY, custom_name, names_in, yielded
from pdjira.sync.fields.values import REQUEST_TYPE, desk_kind, digest, identities_of
from pdjira.text.plain_text import has_supplementary

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


def to_pagerduty(rule: FieldRule) -> bool:
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
    return tuple(target for target, rule in following(mapping).items() if to_pagerduty(rule))


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
        and (follows_incident(rule) or to_pagerduty(rule))
    )
