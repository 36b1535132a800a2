"""The fields of a mapping's rules, both ways: what each side gets of the other."""

from collections import abc
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from pdjira.errors import Side
from pdjira.model.incident import Incident, IncidentChange
from pdjira.model.issue import FieldSchema, Issue
from pdjira.model.link import Agreement, FieldAgreement, Link
from pdjira.model.mapping import FieldRule, Mapping
from pdjira.model.notices import off_screen_key, off_screen_text
from pdjira.sync.fields.rules import (
    NOT_THERE,
    TITLE,
    UNREAD,
    Value,
    agreeing_on,
    at_first_sight,
    attribute,
    changed,
    custom_name,
    following,
    follows_incident,
    follows_issue,
    incident_digest,
    issue_digest,
    known_of,
    names_custom_fields,
    rule_value,
    to_custom,
    was_seen,
    watched,
    written_digest,
)
from pdjira.sync.fields.values import (
    Texts,
    Unfit,
    identities_of,
    is_markup,
    label,
    takes_several,
    texts_of,
)
from pdjira.sync.situation import Situation
from pdjira.sync.step import Agree, ReadIssue, Step, TellOnce
from pdjira.text.markup import LINE_LIMIT, one_line
from pdjira.text.plain_text import has_supplementary, may_be_left_of, text_digest, to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWrite:
    """A field for which the incident has another value: what it is to hold, and what it holds.

    `problem` says why the field cannot take the value. `known` is what both then agree on.
    """

    schema: FieldSchema
    value: object
    held: object
    known: FieldAgreement
    problem: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether the field holds the value already."""
        return identities_of(self.value) == identities_of(self.held)


def mapped_fields_to_jira(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings fields of the issue to what their rules make of the incident now."""
    incident, agreed, issue = situation.incident, link.agreed, situation.issue
    seen = at_first_sight(incident, agreed, mapping)
    if seen != agreed:
        return Agree(agreed=seen)
    targets = changed(incident, agreed, mapping)
    if not targets or situation.fields.refused:
        return None
    if issue is None:
        return None if situation.status.stuck else ReadIssue()
    if issue.screen is None or not issue.asked.issuperset(targets):
        return read_again(issue)
    lacking = [target for target in targets if target not in issue.screen.fields]
    if lacking:
        now = at_first_sight(incident, Agreement(), mapping)
        return _tell_of(lacking, issue, now=now, agreed=agreed)
    return _write(due_fields(situation, link, mapping), issue, agreed)


def due_fields(situation: Situation, link: Link, mapping: Mapping) -> tuple[DueWrite, ...]:
    """The fields that are to be written, as far as they were read and the edit screen has them."""
    incident, agreed, issue = situation.incident, link.agreed, situation.issue
    if issue is None or issue.screen is None:
        return ()
    rules, shown = following(mapping), issue.screen.fields
    return tuple(
        _due(rules[target], incident, schema=shown[target], issue=issue, agreed=agreed)
        for target in changed(incident, agreed, mapping)
        if target in shown and target in issue.asked
    )


def is_overwritten(due: DueWrite, agreed: Agreement) -> bool:
    """Whether a value is lost that somebody gave the field since both sides agreed."""
    if due.problem or due.is_there or not texts_of(due.held):
        return False
    if may_be_left_of(due.value, due.held):
        return False
    return known_of(agreed, due.schema.id).issue not in {UNREAD, issue_digest(due.held)}


def read_again(issue: Issue) -> ReadIssue:
    """Read the issue with what was not asked for before, and with what was."""
    return ReadIssue(with_comments=issue.comments is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateIssue(Step):
    """Write fields of the issue, field id to JSON value."""

    side = Side.JIRA
    most_calls = 4
    is_repair = writes = True

    fields: abc.Mapping[str, object]
    agreed: Agreement


def written_fields(issue: Issue, step: UpdateIssue) -> dict[str, object]:
    """What the fields of the issue that were read hold once a step's are written."""
    written = {target: held for target, held in step.fields.items() if target in issue.asked}
    return {**issue.fields, **written}


def without_targets(after: Agreement, before: Agreement, refused: Collection[str]) -> Agreement:
    """The agreement, of the fields that Jira refused as it was before."""
    kept = {
        target: known_of(before, target) if target in refused else known
        for target, known in after.fields.items()
    }
    return replace(after, fields=kept)


def _due(
    rule: FieldRule, incident: Incident, *, schema: FieldSchema, issue: Issue, agreed: Agreement
) -> DueWrite:
    value, problem = rule_value(rule, incident, schema)
    if value is None:
        value = [] if takes_several(schema) else None
    held, before = issue.fields.get(rule.target), known_of(agreed, rule.target).issue
    return DueWrite(
        schema=schema,
        value=value,
        held=held,
        known=FieldAgreement(
            incident=incident_digest(rule, incident),
            issue=before if problem else written_digest(value, schema),
        ),
        problem=problem,
    )


def _write(dues: tuple[DueWrite, ...], issue: Issue, agreed: Agreement) -> Step:
    """Write what differs, once what can never be written is agreed on."""
    unfit = next((due for due in dues if due.problem), None)
    if unfit:
        says = f"{issue.ref.key} was not changed: {unfit.problem}"
        return Agree(agreed=_with_known(agreed, unfit), says=says)
    fields = {due.schema.id: due.value for due in dues if not due.is_there}
    after = _with_known(agreed, *dues)
    if "summary" in fields:
        title = str(fields["summary"])
        after = replace(
            after, issue_title=UNREAD if has_supplementary(title) else text_digest(title)
        )
    return UpdateIssue(fields=fields, agreed=after) if fields else Agree(agreed=after)


def _with_known(agreed: Agreement, *dues: DueWrite) -> Agreement:
    return replace(agreed, fields={**agreed.fields, **{due.schema.id: due.known for due in dues}})


def _tell_of(lacking: list[str], issue: Issue, *, now: Agreement, agreed: Agreement) -> TellOnce:
    """People are told once of fields that the edit screen lacks; that settles the change."""
    never_written = {
        target: replace(known_of(agreed, target), incident=known_of(now, target).incident)
        for target in lacking
    }
    return TellOnce(
        key=off_screen_key(lacking),
        text=off_screen_text(lacking, issue=issue.ref),
        agreed=replace(agreed, fields={**agreed.fields, **never_written}),
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIncidentFields(Step):
    """Read the custom fields of the incident."""

    side = Side.PAGERDUTY


def missing_fields(
    situation: Situation, _link: Link | None, mapping: Mapping
) -> ReadIncidentFields | None:
    """Ask PagerDuty for the custom fields of the incident where a rule needs them."""
    is_known = situation.incident.fields is not None or situation.fields.incident_refused
    return None if is_known or not names_custom_fields(mapping) else ReadIncidentFields()


def mapped_fields_to_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
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
    """What is to be carried, as far as the issue was read; PagerDuty's own changes go first."""
    issue, incident = situation.issue, situation.incident
    if issue is None:
        return
    ours = changed(incident, link.agreed, mapping)
    for target, rule in following(mapping).items():
        known = known_of(link.agreed, target).issue
        is_read = target in issue.fields and was_seen(link.agreed, target)
        is_read = is_read and follows_issue(rule)
        is_held = target in ours or target in situation.fields.carrying_refused
        is_held = is_held or not is_known(rule, incident)
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
    """Labels as the incident has them: there they may have blanks."""
    words: dict[str, list[str]] = {}
    for word in (own,) if isinstance(own, str) else own or ():
        words.setdefault(label(word), []).append(word)
    return tuple(word for text in texts for word in words.get(text, [text]))


def is_overwritten_there(rule: FieldRule, incident: Incident, agreed: Agreement) -> bool:
    """Whether a value of PagerDuty's is lost that somebody gave it since both sides agreed.

    Only where the incident follows the issue and not the other way round.
    """
    known, now = known_of(agreed, rule.target).incident, incident_digest(rule, incident)
    has_value = bool(attribute(incident, rule.source or ""))
    return not follows_incident(rule) and has_value and None not in {known, now} and known != now


def is_known(rule: FieldRule, incident: Incident) -> bool:
    """Whether it is known what the incident has: its custom fields may not have been read."""
    return incident.fields is not None or custom_name(rule.source or "") is None


def agreed_once_written(agreed: Agreement, rule: FieldRule, incident: Incident) -> Agreement:
    """The agreement once the incident has what it was to have, in PagerDuty's own words."""
    return agreeing_on(agreed, rule.target, incident=incident_digest(rule, incident))


def _look(situation: Situation) -> ReadIssue | None:
    """Read the fields that are watched; what they hold at first sight changes nothing."""
    if situation.status.stuck:
        return None
    return read_again(situation.issue) if situation.issue else ReadIssue()


def _sight(issue: Issue, before: Agreement, targets: tuple[str, ...]) -> Agree | None:
    """What is agreed on of fields that come into sight, or go out of it; that is said once."""
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
        return Agree(agreed=agreed_once_written(after, wanted.rule, incident))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeField(Step):
    """Write onto the incident what a field of its issue holds now, as a rule says.

    `change` is of the incident itself; else its custom field of the name `field` gets `value`.
    """

    side = Side.PAGERDUTY
    is_repair = writes = True

    rule: FieldRule
    change: IncidentChange
    field: str | None
    value: object
    agreed: Agreement
