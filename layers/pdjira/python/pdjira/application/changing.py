"""The incident follows its issue: what PagerDuty is asked to change, and when that stops."""

from dataclasses import dataclass, replace

from pdjira.application.ports import Clock, Links, PagerDuty
from pdjira.application.round import Round
from pdjira.application.telling import fall_due
from pdjira.domain import notices
from pdjira.domain.actions import ChangeIncident, TellOnce
from pdjira.domain.flapping import with_write
from pdjira.domain.incident import NO_PRIORITY, Incident, IncidentChange, Reference
from pdjira.domain.link import Link
from pdjira.domain.refusals import explain_incident_change
from pdjira.errors import Misconfigured, NotFound, Refused, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """Writes onto incidents what was changed on their issues."""

    pagerduty: PagerDuty
    links: Links
    clock: Clock

    def change(self, current: Round, step: ChangeIncident) -> None:
        """Write onto the incident; what PagerDuty refuses is told and tried again later.

        Somebody whom PagerDuty does not know acknowledges nothing: the timeline says so.
        """
        change = step.change
        try:
            self.pagerduty.change_incident(current.incident.id, change)
        except (Refused, NotFound) as error:
            self._refuse(current, error)
        except Misconfigured as error:
            if change.by is None:
                raise
            seen = replace(current.link.agreed, issue_status_id=step.agreed.issue_status_id)
            current.keep(replace(current.link, agreed=seen))
            current.says.append(f"The assignee did not acknowledge the incident: {error.says}")
        else:
            self._changed(current, step)

    def pause(self, current: Round) -> None:
        """Carry no status any more, and say so once."""
        text = notices.paused_text(current.issue)
        at = current.situation.now.strftime("%Y%m%d%H%M")
        fall_due(self.links, current, replace(current.link, paused=True), f"paused-{at}", text)

    def resume(self, current: Round) -> None:
        """Carry statuses again."""
        current.keep(replace(current.link, paused=False, status_writes=()))
        current.says.append(f"{current.issue.key} and the incident are kept in step again.")

    def tell_once(self, current: Round, step: TellOnce) -> None:
        """Let people be told, and go on with what both sides agree on."""
        link = replace(current.link, agreed=step.agreed)
        fall_due(self.links, current, link, step.key, step.text)

    def _changed(self, current: Round, step: ChangeIncident) -> None:
        change = step.change
        link = replace(current.link, agreed=step.agreed)
        if change.status:
            link = with_status_write(link, current, side=Side.PAGERDUTY)
        current.learn(replace(current.situation, incident=_after(current.incident, change)))
        current.keep(link)
        current.says.append(f"{_what(change)}, as {current.issue.key} says.")

    def _refuse(self, current: Round, error: Refused | NotFound) -> None:
        refusal = explain_incident_change(error)
        text = notices.incident_text(refusal, issue=current.issue)
        fall_due(self.links, current, current.link, notices.incident_key(refusal), text)
        current.learn(replace(current.situation, incident_refused=True))


def with_status_write(link: Link, current: Round, *, side: Side) -> Link:
    """The link with one more status that we wrote to a side."""
    writes = with_write(link.status_writes, side=side, at=current.situation.now)
    return replace(link, status_writes=writes)


def _after(incident: Incident, change: IncidentChange) -> Incident:
    priority = incident.priority
    if change.priority:
        has_one = change.priority != NO_PRIORITY
        priority = Reference(id=change.priority, name=change.priority) if has_one else None
    return replace(
        incident,
        status=change.status or incident.status,
        title=change.title or incident.title,
        priority=priority,
    )


def _what(change: IncidentChange) -> str:
    """What was changed, as the beginning of a sentence."""
    parts = [f"the status to {change.status.value}"] if change.status else []
    parts += [f'the title to "{change.title}"'] if change.title else []
    parts += [f"the priority to {change.priority}"] if change.priority else []
    return f"Changed {' and '.join(parts)}"
