"""Summary and priority: what each side gets of the other, and what it holds of what was written."""

from collections.abc import Collection
from dataclasses import replace

from pdjira.model.incident import NO_PRIORITY, Incident, IncidentChange
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Link
from pdjira.model.mapping import Mapping, fillable
from pdjira.sync.fields.mapped_fields import (
    UpdateIssue,
    read_again,
    without_targets,
    written_fields,
)
from pdjira.sync.fields.rules import (
    NOT_THERE,
    UNREAD,
    following,
    incident_digest,
    issue_digest,
    priority_row,
    rule_value,
    summary,
)
from pdjira.sync.fields.values import texts_of
from pdjira.sync.issue.rules import reading
from pdjira.sync.situation import Situation
from pdjira.sync.step import Agree, ChangeIncident, ReadIssue, Step
from pdjira.text.markup import LINE_LIMIT, one_line
from pdjira.text.plain_text import has_supplementary, may_be_left_of, text_digest


def at_creation(incident: Incident) -> Agreement:
    """What a new issue agrees on with its incident: its fields, but not its status yet."""
    priority = incident.priority.id if incident.priority else None
    return Agreement(status=None, priority_id=priority, title=title_digest(incident))


def title_digest(incident: Incident) -> str:
    """What tells one summary from another, short enough to be kept on the link."""
    return text_digest(summary(incident))


def with_fields(issue: Issue, step: UpdateIssue) -> Issue:
    """The issue as it is once a step's fields are written."""
    written = step.fields.keys()
    priority = step.agreed.issue_priority_id if "priority" in written else issue.priority_id
    title = str(step.fields["summary"]) if "summary" in written else issue.summary
    return replace(
        issue,
        priority_id=priority,
        priority_name=issue.priority_name if priority == issue.priority_id else None,
        summary=title,
        fields=written_fields(issue, step),
        stale=issue.stale or is_unread(step.agreed),
    )


def without_refused(
    step: UpdateIssue, before: Agreement, refused: Collection[str]
) -> UpdateIssue | None:
    """The step without the fields that Jira complained of; None where that is the same step.

    Of those fields both sides agree on what they agreed on `before`.
    """
    fields = {name: value for name, value in step.fields.items() if name not in refused}
    if not fields or len(fields) == len(step.fields):
        return None
    agreed = step.agreed
    if "priority" in step.fields and "priority" not in fields:
        agreed = replace(
            agreed,
            priority_id=before.priority_id,
            issue_priority_id=before.issue_priority_id,
        )
    if "summary" in step.fields and "summary" not in fields:
        agreed = replace(agreed, title=before.title, issue_title=before.issue_title)
    agreed = without_targets(agreed, before, refused)
    return replace(step, fields=fields, agreed=agreed)


def fields_to_jira(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """Priority and summary, where the incident's differ from what was agreed on."""
    incident, agreed, issue = situation.incident, link.agreed, situation.issue
    now = at_creation(incident)
    after = replace(agreed, priority_id=now.priority_id, title=now.title)
    if after == agreed or situation.fields.refused:
        return None
    wanted = _wanted(incident, agreed, mapping)
    if not wanted:
        return Agree(agreed=after)
    if issue is None:
        return None if situation.status.stuck else reading(situation, link)
    if "priority" in wanted:
        after = replace(after, issue_priority_id=wanted["priority"])
    fields = _differing(wanted, issue)
    if "summary" in wanted:
        title = UNREAD if has_supplementary(fields.get("summary")) else now.title
        after = replace(after, issue_title=title)
    return UpdateIssue(fields=fields, agreed=after) if fields else Agree(agreed=after)


def _wanted(incident: Incident, agreed: Agreement, mapping: Mapping) -> dict[str, str]:
    """The priority's id and the summary, where the incident's changed and no rule fills them."""
    now, mine = at_creation(incident), fillable(mapping)
    wanted: dict[str, str] = {}
    row = priority_row(mapping, incident)
    if row and now.priority_id != agreed.priority_id and "priority" not in mine:
        wanted["priority"] = row.jira_id
    if now.title != agreed.title and "summary" not in mine:
        wanted["summary"] = summary(incident)
    return wanted


def _differing(wanted: dict[str, str], issue: Issue) -> dict[str, object]:
    """What Jira is to write: nothing that is there already."""
    fields: dict[str, object] = {}
    if wanted.get("priority", issue.priority_id) != issue.priority_id:
        fields["priority"] = {"id": wanted["priority"]}
    if wanted.get("summary", issue.summary) != issue.summary:
        fields["summary"] = wanted["summary"]
    return fields


def unread(agreed: Agreement) -> tuple[str, ...]:
    """The fields of rules that are to be read once more."""
    return tuple(target for target, known in agreed.fields.items() if known.issue == UNREAD)


def is_unread(agreed: Agreement) -> bool:
    """Whether something was written of which it is not known yet what Jira holds."""
    return agreed.issue_title == UNREAD or bool(unread(agreed))


def read_back(situation: Situation, link: Link, _mapping: Mapping) -> Agree | ReadIssue | None:
    """Read what was written, and agree on what is there; None where all is known."""
    issue = situation.issue
    if not is_unread(link.agreed):
        return None
    if issue is None:
        return None if situation.status.stuck else ReadIssue()
    return read_again(issue) if issue.stale else Agree(agreed=_held(situation, link.agreed, issue))


def _held(situation: Situation, agreed: Agreement, issue: Issue) -> Agreement:
    known = {
        target: replace(agreed.fields[target], issue=_field(situation, agreed, target, issue))
        for target in unread(agreed)
    }
    is_title = agreed.issue_title == UNREAD
    title = _title(situation, agreed, issue) if is_title else agreed.issue_title
    return replace(agreed, issue_title=title, fields={**agreed.fields, **known})


def _title(situation: Situation, agreed: Agreement, issue: Issue) -> str:
    """The digest of the summary, or of the one that we wrote where a person has changed it."""
    written = summary(situation.incident)
    is_known = text_digest(written) == agreed.title and "summary" not in agreed.fields
    is_changed = is_known and not _may_have_become(written, issue.summary)
    return text_digest(written if is_changed else issue.summary)


def _field(situation: Situation, agreed: Agreement, target: str, issue: Issue) -> str:
    """As `_title`, of the field of a rule."""
    if target not in issue.fields:
        return NOT_THERE
    held, written = issue.fields[target], _written(situation, agreed, target, issue)
    is_changed = has_supplementary(written) and not _may_have_become(written, held)
    return issue_digest(written if is_changed else held)


def _written(situation: Situation, agreed: Agreement, target: str, issue: Issue) -> object:
    """What the field was given; None where that is not known any more."""
    rule, schema = following(situation.mapping).get(target), issue.schemas.get(target)
    if rule is None or schema is None:
        return None
    if incident_digest(rule, situation.incident) != agreed.fields[target].incident:
        return None
    value, _ = rule_value(rule, situation.incident, schema)
    return value


def _may_have_become(written: object, held: object) -> bool:
    """Whether Jira may hold that of what it was given, part by part."""
    given, shown = texts_of(written), texts_of(held)
    left = [(text, one) for text in given for one in (*shown, "") if _is_left(text, one)]
    return {text for text, _ in left} == {*given} and {*shown} <= {one for _, one in left}


def _is_left(text: str, held: str) -> bool:
    return text == held or may_be_left_of(text, held)


def fields_to_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """Priority and title, where the issue's differ from what was agreed on."""
    issue = situation.issue
    if issue is None or situation.status.incident_refused:
        return None
    agreed, ruled = link.agreed, fillable(mapping)
    after, change = agreed, IncidentChange()
    has_other = link.initial_status_id is not None and agreed.issue_priority_id != issue.priority_id
    if has_other and "priority" not in ruled:
        after = replace(after, issue_priority_id=issue.priority_id)
        change, after = _with_priority(change, after, situation, mapping)
    if agreed.issue_title not in {None, text_digest(issue.summary)} and "summary" not in ruled:
        after = replace(after, issue_title=text_digest(issue.summary))
        title = one_line(issue.summary, limit=LINE_LIMIT)
        if title and title != summary(situation.incident):
            change, after = replace(change, title=title), replace(after, title=text_digest(title))
    if after == agreed:
        return None
    is_change = change != IncidentChange()
    return ChangeIncident(change=change, agreed=after) if is_change else Agree(agreed=after)


def _with_priority(
    change: IncidentChange, after: Agreement, situation: Situation, mapping: Mapping
) -> tuple[IncidentChange, Agreement]:
    """The change with the priority that the map's first row gives; without a row, as it was."""
    wanted = after.issue_priority_id
    row = next((row for row in mapping.priorities if row.jira_id == wanted), None)
    now = situation.incident.priority.id if situation.incident.priority else None
    if row is None or row.pagerduty_id == now:
        return change, after
    change = replace(change, priority=row.pagerduty_id or NO_PRIORITY)
    return change, replace(after, priority_id=row.pagerduty_id)
