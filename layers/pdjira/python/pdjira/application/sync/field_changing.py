"""Fields of the incident follow those of its issue: what is read, written, and told on the way."""

from dataclasses import dataclass, replace
from typing import assert_never

from pdjira.application.ports.core import Links, PagerDuty
from pdjira.application.sync.notifying import fall_due
from pdjira.application.sync.round import Round
from pdjira.domain import notices
from pdjira.domain.incident import Incident
from pdjira.domain.planning.field_actions import ChangeField, FieldStep, ReadIncidentFields
from pdjira.domain.planning.fields_to_pagerduty import settled
from pdjira.domain.refusals import explain_incident_change
from pdjira.domain.text.cures import told
from pdjira.errors import NotFound, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChanging:
    """Writes onto incidents what fields of their issues hold."""

    pagerduty: PagerDuty
    links: Links

    def perform(self, step: FieldStep, current: Round) -> None:
        """Do one step; what PagerDuty refuses is told once and keeps nothing else back."""
        match step:
            case ReadIncidentFields():
                self._read(current)
            case ChangeField():
                self._change(current, step)
            case _:
                assert_never(step)

    def _read(self, current: Round) -> None:
        try:
            fields = self.pagerduty.incident_fields(current.incident.id)
        except (Refused, NotFound) as error:
            self._refuse(current, error)
            current.learn(replace(current.situation, incident_fields_refused=True))
        else:
            self._learn(current, replace(current.incident, fields=fields))

    def _change(self, current: Round, step: ChangeField) -> None:
        try:
            incident = self._written(current, step)
        except (Refused, NotFound) as error:
            self._refuse(current, error)
            refused = current.situation.carrying_refused | {step.rule.target}
            current.learn(replace(current.situation, carrying_refused=refused))
            return
        self._learn(current, incident)
        agreed = settled(step.agreed, step.rule, incident)
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

    def _learn(self, current: Round, incident: Incident) -> None:
        current.learn(replace(current.situation, incident=incident))

    def _refuse(self, current: Round, error: Refused | NotFound) -> None:
        """Let people be told; before there is an issue, the timeline has it."""
        refusal = explain_incident_change(error)
        link = current.situation.link
        if link is None or link.issue is None:
            current.says.append(f"PagerDuty did not give the custom fields: {told(error)}")
            return
        text = notices.field_text(refusal, issue=link.issue)
        fall_due(self.links, current, link, notices.field_key(refusal), text)


def _what(step: ChangeField) -> str:
    """What was changed: the title, the urgency, or a custom field."""
    if step.field is not None:
        return f"the custom field {step.field}"
    return "the title" if step.change.title else f"the urgency to {step.change.urgency}"
