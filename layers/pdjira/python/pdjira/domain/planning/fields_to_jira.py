"""Fields of the issue that follow later changes of the incident, as the mapping's rules say."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from pdjira.domain.fields.comparable import identities_of, texts_of
from pdjira.domain.fields.filling import rule_value
from pdjira.domain.fields.following_rules import (
    UNREAD,
    at_first_sight,
    changed,
    following,
    incident_digest,
    issue_digest,
    known_of,
    written_digest,
)
from pdjira.domain.fields.values import takes_several
from pdjira.domain.incident import Incident
from pdjira.domain.issue import FieldSchema, Issue
from pdjira.domain.link import Agreement, FieldAgreement, Link
from pdjira.domain.mapping import FieldRule, Mapping
from pdjira.domain.notices import off_screen_key, off_screen_text
from pdjira.domain.planning.actions import Agree, ReadIssue, TellOnce, UpdateIssue
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.digest import text_digest
from pdjira.domain.text.supplementary import has_supplementary, may_be_left_of

Step = Agree | ReadIssue | TellOnce | UpdateIssue


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
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


def ruled_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings fields of the issue to what their rules make of the incident now."""
    incident, agreed, issue = situation.incident, link.agreed, situation.issue
    seen = at_first_sight(incident, agreed, mapping)
    if seen != agreed:
        return Agree(agreed=seen)
    targets = changed(incident, agreed, mapping)
    if not targets or situation.fields_refused:
        return None
    if issue is None:
        return None if situation.stuck else ReadIssue()
    if issue.screen is None or not issue.asked.issuperset(targets):
        return read_again(issue)
    lacking = [target for target in targets if target not in issue.screen.fields]
    if lacking:
        now = at_first_sight(incident, Agreement(), mapping)
        return _tell_of(lacking, issue, now=now, agreed=agreed)
    return _write(due_fields(situation, link, mapping), issue, agreed)


def due_fields(situation: Situation, link: Link, mapping: Mapping) -> tuple[Due, ...]:
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


def is_overwritten(due: Due, agreed: Agreement) -> bool:
    """Whether a value is lost that somebody gave the field since both sides agreed."""
    if due.problem or due.is_there or not texts_of(due.held):
        return False
    if may_be_left_of(due.value, due.held):
        return False
    return known_of(agreed, due.schema.id).issue not in {UNREAD, issue_digest(due.held)}


def read_again(issue: Issue) -> ReadIssue:
    """Read the issue with what was not asked for before, and with what was."""
    return ReadIssue(with_comments=issue.comments is not None)


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
) -> Due:
    value, problem = rule_value(rule, incident, schema)
    if value is None:
        value = [] if takes_several(schema) else None
    held, before = issue.fields.get(rule.target), known_of(agreed, rule.target).issue
    return Due(
        schema=schema,
        value=value,
        held=held,
        known=FieldAgreement(
            incident=incident_digest(rule, incident),
            issue=before if problem else written_digest(value, schema),
        ),
        problem=problem,
    )


def _write(dues: tuple[Due, ...], issue: Issue, agreed: Agreement) -> Step:
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


def _with_known(agreed: Agreement, *dues: Due) -> Agreement:
    return replace(agreed, fields={**agreed.fields, **{due.schema.id: due.known for due in dues}})


def _tell_of(lacking: list[str], issue: Issue, *, now: Agreement, agreed: Agreement) -> TellOnce:
    """People are told once of fields that the edit screen lacks; that settles the change."""
    settled = {
        target: replace(known_of(agreed, target), incident=known_of(now, target).incident)
        for target in lacking
    }
    return TellOnce(
        key=off_screen_key(lacking),
        text=off_screen_text(lacking, issue=issue.ref),
        agreed=replace(agreed, fields={**agreed.fields, **settled}),
    )
