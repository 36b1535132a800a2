"""The incident follows fields of its issue: title, urgency and custom fields, as rules say."""

from collections.abc import Iterator
from dataclasses import dataclass

from pdjira.domain.fields.comparable import Texts, texts_of
from pdjira.domain.fields.filling import Value, attribute
from pdjira.domain.fields.following_rules import (
    NOT_THERE,
    TITLE,
    agreeing_on,
    changed,
    following,
    incident_digest,
    issue_digest,
    known_of,
    names_custom_fields,
    to_jira,
    to_pagerduty,
    was_seen,
    watched,
)
from pdjira.domain.fields.incident_fields import custom_name, to_custom
from pdjira.domain.fields.values import LINE_LIMIT, Unfit, is_markup, label
from pdjira.domain.incident import Incident, IncidentChange
from pdjira.domain.issue import FieldSchema, Issue
from pdjira.domain.link import Agreement, Link
from pdjira.domain.mapping import FieldRule, Mapping
from pdjira.domain.planning.actions import Agree, ReadIssue
from pdjira.domain.planning.field_actions import ChangeField, ReadIncidentFields
from pdjira.domain.planning.fields_to_jira import read_again
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.markup import one_line
from pdjira.domain.text.plain_text import to_plain

Step = Agree | ChangeField | ReadIssue

_URGENCIES = frozenset({"high", "low"})
_NO_CHANGE = IncidentChange()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the incident is to have, since a field of its issue was changed.

    `change` of the incident itself, or `field` with its `value`; neither where it has that already.
    `problem` says why PagerDuty cannot take it.
    """

    rule: FieldRule
    change: IncidentChange = _NO_CHANGE
    field: str | None = None
    value: object = None
    problem: str | None = None

    @property
    def is_write(self) -> bool:
        """Whether anything is to be written."""
        return self.field is not None or self.change != _NO_CHANGE


def missing_fields(situation: Situation, mapping: Mapping) -> ReadIncidentFields | None:
    """Ask PagerDuty for the custom fields of the incident where a rule needs them."""
    is_known = situation.incident.fields is not None or situation.incident_fields_refused
    return None if is_known or not names_custom_fields(mapping) else ReadIncidentFields()


def carry_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings the incident to what watched fields of the issue hold now."""
    issue, targets = situation.issue, watched(mapping)
    unseen = [target for target in targets if known_of(link.agreed, target).issue is None]
    if issue is None or not issue.asked.issuperset(targets):
        return _look(situation) if unseen or issue else None
    sight = _sight(issue, link.agreed, targets)
    if sight:
        return sight
    wanted = next(wanted_of(situation, link, mapping), None)
    return None if wanted is None else _carry(wanted, situation.incident, issue, agreed=link.agreed)


def wanted_of(situation: Situation, link: Link, mapping: Mapping) -> Iterator[Wanted]:
    """What is to be carried, as far as the issue was read, PagerDuty's own changes going first."""
    issue, incident = situation.issue, situation.incident
    if issue is None:
        return
    ours = changed(incident, link.agreed, mapping)
    for target, rule in following(mapping).items():
        known = known_of(link.agreed, target).issue
        is_read = target in issue.fields and was_seen(link.agreed, target)
        is_read = is_read and to_pagerduty(rule)
        is_held = target in ours or target in situation.carrying_refused
        is_held = is_held or not is_told(rule, incident)
        if is_read and not is_held and issue_digest(issue.fields[target]) != known:
            yield wanted(rule, incident, issue.fields[target], schema=issue.schemas.get(target))


def wanted(
    rule: FieldRule, incident: Incident, held: object, *, schema: FieldSchema | None = None
) -> Wanted:
    """What the incident is to have for what a field of its issue holds."""
    texts = _shown(rule, held, schema)
    if isinstance(held, list) and all(isinstance(one, str) for one in held):
        texts = _in_own_words(texts, attribute(incident, rule.source or ""))
    name = custom_name(rule.source or "")
    try:
        return _own(rule, incident, texts) if name is None else _custom(rule, incident, texts)
    except Unfit as unfit:
        return Wanted(rule=rule, problem=f"{rule.source} {unfit}")


def _shown(rule: FieldRule, held: object, schema: FieldSchema | None) -> Texts:
    """What people read there: markup as plain text, also where Jira does not tell the kind."""
    texts = texts_of(held)
    if not isinstance(held, str) or rule.target == "summary":
        return texts
    is_plain = schema is not None and not is_markup(schema)
    return texts if is_plain else tuple(filter(None, map(to_plain, texts)))


def _in_own_words(texts: Texts, own: Value) -> Texts:
    """Labels, each as the incident has it: there it may have blanks."""
    words: dict[str, list[str]] = {}
    for word in (own,) if isinstance(own, str) else own or ():
        words.setdefault(label(word), []).append(word)
    return tuple(word for text in texts for word in words.get(text, [text]))


def is_overwritten(rule: FieldRule, incident: Incident, agreed: Agreement) -> bool:
    """Whether a value of PagerDuty's is lost that somebody gave it since both sides agreed.

    Only where the incident follows the issue and not the other way round.
    """
    known, now = known_of(agreed, rule.target).incident, incident_digest(rule, incident)
    has_value = bool(attribute(incident, rule.source or ""))
    return not to_jira(rule) and has_value and None not in {known, now} and known != now


def is_told(rule: FieldRule, incident: Incident) -> bool:
    """Whether it is known what the incident has: custom fields may not have been told."""
    return incident.fields is not None or custom_name(rule.source or "") is None


def settled(agreed: Agreement, rule: FieldRule, incident: Incident) -> Agreement:
    """The agreement once the incident has what it was to have, in PagerDuty's own words."""
    return agreeing_on(agreed, rule.target, incident=incident_digest(rule, incident))


def _look(situation: Situation) -> ReadIssue | None:
    """Read the fields that are watched; what they hold at first sight changes nothing."""
    if situation.stuck:
        return None
    return read_again(situation.issue) if situation.issue else ReadIssue()


def _sight(issue: Issue, before: Agreement, targets: tuple[str, ...]) -> Agree | None:
    """What is agreed on of fields that come into sight, or go out of it, which is said once."""
    after, gone = before, []
    for target in targets:
        if target in issue.fields and not was_seen(before, target):
            after = agreeing_on(after, target, issue=issue_digest(issue.fields[target]))
        elif target not in issue.fields and known_of(before, target).issue != NOT_THERE:
            after = agreeing_on(after, target, issue=NOT_THERE)
            gone.append(target)
    if after == before:
        return None
    says = f"Jira does not show {', '.join(gone)} on {issue.ref.key}: the incident keeps its value."
    return Agree(agreed=after, says=says if gone else None)


def _carry(wanted: Wanted, incident: Incident, issue: Issue, *, agreed: Agreement) -> Step:
    target = wanted.rule.target
    after = agreeing_on(agreed, target, issue=issue_digest(issue.fields[target]))
    if wanted.problem:
        says = f"The incident does not take what {target} of {issue.ref.key} holds"
        return Agree(agreed=after, says=f"{says}: {wanted.problem}.")
    if not wanted.is_write:
        return Agree(agreed=settled(after, wanted.rule, incident))
    return ChangeField(
        rule=wanted.rule,
        change=wanted.change,
        field=wanted.field,
        value=wanted.value,
        agreed=after,
    )


def _own(rule: FieldRule, incident: Incident, texts: Texts) -> Wanted:
    """The title or the urgency."""
    text = one_line(", ".join(texts), limit=LINE_LIMIT)
    if rule.source == TITLE:
        if not text:
            raise Unfit("cannot be empty")
        is_so = text == one_line(incident.title, limit=LINE_LIMIT)
        return Wanted(rule=rule, change=_NO_CHANGE if is_so else IncidentChange(title=text))
    urgency = text.casefold()
    if urgency not in _URGENCIES:
        raise Unfit("takes high or low")
    is_so = urgency == incident.urgency
    return Wanted(rule=rule, change=_NO_CHANGE if is_so else IncidentChange(urgency=urgency))


def _custom(rule: FieldRule, incident: Incident, texts: Texts) -> Wanted:
    name = custom_name(rule.source or "") or ""
    field = (incident.fields or {}).get(name)
    if field is None:
        raise Unfit("is no custom field of this incident")
    value = to_custom(texts, field)
    is_so = texts_of(value) == texts_of(_listed(field.value))
    return Wanted(rule=rule) if is_so else Wanted(rule=rule, field=name, value=value)


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
