"""Both sides were changed since they last agreed: PagerDuty wins, and what Jira had is kept."""

from collections.abc import Iterator

from pdjira.domain.comments import Comment
from pdjira.domain.fields.filling import priority_row, summary
from pdjira.domain.fields.following_rules import UNREAD
from pdjira.domain.fields.values import LINE_LIMIT
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.issue import Issue
from pdjira.domain.link import Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.intents import is_unfinished
from pdjira.domain.planning.meaning import meaning
from pdjira.domain.planning.moving import fillable
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.digest import text_digest
from pdjira.domain.text.markup import escape, one_line
from pdjira.domain.text.supplementary import may_be_left_of

_CONFLICT = "conflict:"


def conflict(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps what Jira had, before it is overwritten; None where nothing is.

    Its id stays the same until both sides agree again.
    """
    issue, incident = situation.issue, situation.incident
    if issue is None or situation.origin is not None or situation.stuck:
        return None
    lost = [*_status(situation, issue, link, mapping), *_fields(situation, issue, link, mapping)]
    if not lost:
        return None
    told = [link.agreed, incident.status, incident.priority, incident.title, lost]
    kept = "; ".join(lost)
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(told))}",
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
    says: IncidentStatus | None = meaning(mapping, issue.status.id, now=now)
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
