"""Both sides were changed since they last agreed: PagerDuty wins, and what Jira had is kept."""

from collections.abc import Iterator

from pdjira.model.comment import Comment
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import Issue
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping
from pdjira.sync.fields.filling import attribute, priority_row, summary
from pdjira.sync.fields.following import UNREAD, known_of
from pdjira.sync.fields.mapped_fields import DueWrite, Wanted, due_fields, wanted_of
from pdjira.sync.fields.mapped_fields import is_overwritten as is_overwritten_in_jira
from pdjira.sync.fields.mapped_fields import is_overwritten_there as is_overwritten_in_pagerduty
from pdjira.sync.fields.values import texts_of
from pdjira.sync.situation import Situation
from pdjira.sync.status.intents import is_unfinished
from pdjira.sync.status.meaning import fillable, status_meaning
from pdjira.text.markup import LINE_LIMIT, cut, escape, one_line
from pdjira.text.plain_text import may_be_left_of, text_digest

_CONFLICT = "conflict:"


def conflict(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps what Jira had, before it is overwritten; None where nothing is.

    Its id stays the same until both sides agree again.
    """
    issue, incident = situation.issue, situation.incident
    if issue is None or situation.status.origin is not None or situation.status.stuck:
        return None
    lost = [*_status(situation, issue, link, mapping), *_fields(situation, issue, link, mapping)]
    if not lost:
        return None
    parts = [link.agreed, incident.status, incident.priority, incident.title, lost]
    kept = "; ".join(lost)
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(parts))}",
        incident_id=incident.id,
        about="what Jira had",
        body=f"[PagerDuty] Both sides were changed; PagerDuty's change wins. Jira had: {kept}.",
        internal=mapping.internal_comments,
    )


def _status(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> Iterator[str]:
    agreed, now = link.agreed, situation.incident.status
    ours = agreed.status not in {None, now} and now in mapping.statuses and not link.paused
    theirs = agreed.issue_status_id not in {None, issue.status.id}
    theirs = theirs and not is_unfinished(situation, link, mapping)
    says: IncidentStatus | None = status_meaning(mapping, issue.status.id, now=now)
    if ours and theirs and says not in {None, now}:
        yield f"the status {escape(issue.status.name)}"


def _fields(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> Iterator[str]:
    agreed, incident, ruled = link.agreed, situation.incident, fillable(mapping)
    row = priority_row(mapping, incident)
    ours = agreed.priority_id != (incident.priority.id if incident.priority else None)
    theirs = link.initial_status_id is not None and agreed.issue_priority_id != issue.priority_id
    if row and row.jira_id != issue.priority_id and ours and theirs and "priority" not in ruled:
        name = issue.priority_name or issue.priority_id or "none"
        yield f"the priority {escape(one_line(name, limit=LINE_LIMIT))}"
    title = summary(incident)
    ours = agreed.title not in {None, text_digest(title)}
    theirs = agreed.issue_title not in {None, UNREAD, text_digest(issue.summary)}
    is_other = issue.summary != title and not may_be_left_of(title, issue.summary)
    if is_other and ours and theirs and "summary" not in ruled:
        yield f'the summary "{escape(one_line(issue.summary, limit=LINE_LIMIT))}"'


_KEPT_LIMIT = 2_000

_Lost = tuple[list[str], str]


def lost_field(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps a field's value before it is overwritten; None where none is lost.

    Its id stays the same until both sides agree again on that field.
    """
    lost = _in_jira(situation, link, mapping) or _in_pagerduty(situation, link, mapping)
    if lost is None:
        return None
    targets, said = lost
    parts = [[(target, known_of(link.agreed, target)) for target in targets], said]
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(parts))}",
        incident_id=situation.incident.id,
        about="overwritten value of a field",
        body=f"[PagerDuty] Both sides were changed; {said}",
        internal=mapping.internal_comments,
    )


def _in_jira(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    if situation.fields.refused:
        return None
    dues = due_fields(situation, link, mapping)
    lost = [due for due in dues if is_overwritten_in_jira(due, link.agreed)]
    kept = "; ".join(map(_of_issue, lost))
    says = f"PagerDuty's change wins. Jira had: {kept}."
    return ([due.schema.id for due in lost], says) if lost else None


def _in_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    incident, agreed = situation.incident, link.agreed
    wanted = next(wanted_of(situation, link, mapping), None)
    if wanted is None or not wanted.is_write:
        return None
    if not is_overwritten_in_pagerduty(wanted.rule, incident, agreed):
        return None
    says = f"Jira's change wins. PagerDuty had: {_of_incident(wanted, incident)}."
    return [wanted.rule.target], says


def _of_issue(due: DueWrite) -> str:
    return f'{escape(due.schema.name)} "{_shown(", ".join(texts_of(due.held)))}"'


def _of_incident(wanted: Wanted, incident: Incident) -> str:
    source = wanted.rule.source or ""
    value = attribute(incident, source) or ""
    return f'{escape(source)} "{_shown(value if isinstance(value, str) else ", ".join(value))}"'


def _shown(text: str) -> str:
    return escape(cut(text, limit=_KEPT_LIMIT))
