"""Fields are written both ways, as far as each side takes them; what it refuses is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar, cast

from pdjira.errors import NotFound, Refused, Temporary, Unstorable, sentence_of
from pdjira.model import notices
from pdjira.model.incident import Incident
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.mapping import FieldRule, Mapping
from pdjira.model.ports import Issues, Links, PagerDuty, ServiceDesk
from pdjira.model.refusal import explain_change, explain_incident_change
from pdjira.sync.fields.mapped_fields import (
    ChangeField,
    ReadIncidentFields,
    UpdateIssue,
    agreed_once_written,
)
from pdjira.sync.fields.title_and_priority import with_fields, without_refused
from pdjira.sync.fields.values import desk_kind, goes_by_name
from pdjira.sync.issue.steps import Visibility
from pdjira.sync.round import Performs, Round, fall_due
from pdjira.text.plain_text import REPLACEMENT, without_supplementary


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSteps:
    """Writes onto incidents what fields of their issues hold."""

    issues: Issues
    pagerduty: PagerDuty
    links: Links
    visibility: Visibility

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            UpdateIssue: self.update,
            ReadIncidentFields: self.read,
            ChangeField: self.change,
        }

    def update(self, current: Round, step: UpdateIssue) -> None:
        """Write fields; what Jira refuses is told and not tried again until it changes."""
        key = current.issue.key
        try:
            write_or_replace_emoji(
                current,
                lambda fields: self.issues.update_issue(current.issue.id, fields),
                step.fields,
            )
        except (Refused, NotFound) as error:
            if self.visibility.is_lost(current, error):
                return
            refusal = explain_change(error, mapping=current.mapping)
            text = notices.fields_text(refusal, issue=current.issue)
            fall_due(self.links, current, current.link, notices.fields_key(refusal), text)
            current.learn(replace(current.situation.fields, refused=True))
            self._update_rest(current, step, error)
        else:
            current.says.append(f"Changed {' and '.join(sorted(step.fields))} of {key}.")
            written = with_fields(current.read_issue, step)
            current.set_issue(written)
            current.agree(step.agreed)

    def _update_rest(self, current: Round, step: UpdateIssue, error: Refused | NotFound) -> None:
        """Write what Jira did not complain of."""
        refused = error.fields if isinstance(error, Refused) else {}
        rest = without_refused(step, current.link.agreed, refused)
        if rest:
            self.update(current, rest)

    def read(self, current: Round, _step: ReadIncidentFields) -> None:
        """Read the custom fields of the incident."""
        try:
            fields = self.pagerduty.incident_fields(current.incident.id)
        except (Refused, NotFound) as error:
            self._refuse(current, error)
            current.learn(replace(current.situation.fields, incident_refused=True))
        else:
            current.set_incident(replace(current.incident, fields=fields))

    def change(self, current: Round, step: ChangeField) -> None:
        """Write onto the incident what a field of its issue holds."""
        try:
            incident = self._written(current, step)
        except (Refused, NotFound) as error:
            self._refuse(current, error)
            refused = current.situation.fields.carrying_refused | {step.rule.target}
            current.learn(replace(current.situation.fields, carrying_refused=refused))
            return
        current.set_incident(incident)
        agreed = agreed_once_written(step.agreed, step.rule, incident)
        current.keep(replace(current.link, agreed=agreed))
        current.says.append(f"Changed {_what(step)}, as {current.issue.key} says.")

    def _written(self, current: Round, step: ChangeField) -> Incident:
        """The incident as it is once the step is done, in PagerDuty's own words."""
        incident, change = current.incident, step.change
        if step.field is not None:
            written = self.pagerduty.set_incident_field(incident.id, step.field, step.value)
            return replace(incident, fields={**(incident.fields or {}), **written})
        self.pagerduty.change_incident(incident.id, change)
        return replace(
            incident,
            title=change.title or incident.title,
            urgency=change.urgency or incident.urgency,
        )

    def _refuse(self, current: Round, error: Refused | NotFound) -> None:
        """Let people be told; before there is an issue, the timeline has it."""
        refusal = explain_incident_change(error)
        link = current.situation.link
        if link is None or link.issue is None:
            current.says.append(f"PagerDuty did not give the custom fields: {sentence_of(error)}")
            return
        text = notices.field_text(refusal, issue=link.issue)
        fall_due(self.links, current, link, notices.field_key(refusal), text)


def _what(step: ChangeField) -> str:
    """What was changed: the title, the urgency, or a custom field."""
    if step.field is not None:
        return f"the custom field {step.field}"
    return "the title" if step.change.title else f"the urgency to {step.change.urgency}"


PASSING = timedelta(seconds=10)
"""How long Jira's own 500 at a text with emoji counts as a failure of the moment."""

UNSTORABLE_PATIENCE = timedelta(hours=1)
"""After that, a text that Jira fails at in every form holds nothing else up."""

Value = TypeVar("Value")

Made = TypeVar("Made")


def write_or_replace_emoji(
    current: Round,
    write: Callable[[Value], Made],
    value: Value,
    *,
    look: Callable[[], Made | None] | None = None,
    since: datetime | None = None,
) -> Made:
    """Write; where Jira goes on failing at it in later deliveries, without such characters.

    `look` finds what was written although Jira said that it failed. `since`: when it began to fail
    in earlier messages. Raises what `write` raises, but `Temporary` in place of `Unstorable` for
    the first hour of what was not refused before.
    """
    try:
        return write(value)
    except Unstorable as error:
        now = current.situation.now
        lasted = now - min(since or now, current.situation.tried_since or now)
        if lasted < PASSING:
            raise Temporary(error.says, cure=error.cure) from error
        there = look() if look else None
        if there is not None:
            return there
        is_final = current.link.refused or lasted >= UNSTORABLE_PATIENCE
        return _replaced(current, write, value, failure=error if is_final else None)


def _replaced(
    current: Round, write: Callable[[Value], Made], value: Value, *, failure: Unstorable | None
) -> Made:
    """Write it replaced; where Jira fails at that as well, no character may be the cause."""
    try:
        made = write(cast("Value", without_supplementary(value)))
    except (Temporary, Unstorable) as error:
        if failure is not None:
            raise failure from error
        if isinstance(error, Temporary):
            raise
        raise Temporary(error.says, cure=error.cure) from error
    current.says.append(
        f"Jira's database does not hold characters such as emoji: each was replaced by "
        f'"{REPLACEMENT}".'
    )
    return made


def with_offered(
    screen: CreateScreen,
    mapping: Mapping,
    offered: ServiceDesk,
    *,
    needed: Callable[[FieldRule, FieldSchema], bool] = goes_by_name,
) -> CreateScreen:
    """The screen with what the service desk offers, for the fields whose rules need that.

    Where no rule does, the service desk is not asked.
    """
    fields = dict(screen.fields)
    for rule in mapping.field_rules:
        schema = screen.fields.get(rule.target)
        kind = desk_kind(schema) if schema else None
        if schema and kind and needed(rule, schema):
            values = offered(mapping.project.id, kind)
            allowed = None if values is None else tuple(values)
            fields[schema.id] = replace(schema, allowed=allowed)
    return CreateScreen(fields=fields)
