"""What brings an issue and its incident together: status, priority and summary.

What each side says now is compared with what both last agreed on. Where neither differs, nothing is
read and nothing is written. Where one differs, the other follows; where both do, PagerDuty wins.
"""

from collections.abc import Collection
from dataclasses import replace

from pdjira.errors import Side, with_cure
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import Issue, IssueHistory, IssueRef
from pdjira.model.link import Agreement, Link, Notice, goes_to_and_fro
from pdjira.model.mapping import Mapping
from pdjira.model.notices import reopened_key, stays_closed_text, without_untold
from pdjira.model.signal import FROM_JIRA
from pdjira.sync.fields.filling import priority_row, rule_value, summary
from pdjira.sync.fields.following import NOT_THERE, UNREAD, following, incident_digest, issue_digest
from pdjira.sync.fields.rules import (
    carry_step,
    read_again,
    ruled_step,
    without_targets,
    written_fields,
)
from pdjira.sync.fields.values import texts_of
from pdjira.sync.situation import Situation
from pdjira.sync.status.intents import before_move, is_unfinished
from pdjira.sync.status.rules import (
    MAP_THE_STATUS,
    STATUS,
    fillable,
    is_held,
    next_move,
    stands_for,
    why_closed,
)
from pdjira.sync.status.to_pagerduty import incident_step, waits_no_longer
from pdjira.sync.steps import (
    Agree,
    MoveIssue,
    Pause,
    ReadHistory,
    ReadIssue,
    Resume,
    Step,
    TellOnce,
    UpdateIssue,
)
from pdjira.text.plain_text import has_supplementary, may_be_left_of, text_digest


def next_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings both sides together; None where they agree."""
    if link.paused and situation.signal.is_asked_by_person:
        return Resume()
    if hears_jira(situation, link) and situation.issue is None and not situation.status.stuck:
        return reading(situation, link)
    return (
        read_back(situation, link)
        or _status_step(situation, link, mapping)
        or _fields_step(situation, link, mapping)
        or ruled_step(situation, link, mapping)
        or incident_step(situation, link, mapping)
        or carry_step(situation, link, mapping)
    )


def baseline_step(situation: Situation, link: Link) -> ReadHistory | None:
    """Whether it is yet to be seen what the issue was created with, before it is compared."""
    issue = situation.issue
    is_lacking = issue is not None and issue.history is None and link.initial_status_id is None
    return ReadHistory() if is_lacking else None


def hears_jira(situation: Situation, link: Link) -> bool:
    """Whether the issue is looked at: a write has no end or was refused, or the signal is late."""
    is_in_doubt = link.intent is not None or (link.refused and link.notes_since is None)
    is_in_doubt = is_in_doubt or situation.is_late or link.held_since is not None
    is_in_doubt = is_in_doubt or waits_no_longer(situation, link)
    return is_in_doubt or situation.signal.kind in FROM_JIRA


def at_creation(incident: Incident) -> Agreement:
    """What a new issue agrees on with its incident: its fields, but not its status yet."""
    priority = incident.priority.id if incident.priority else None
    return Agreement(status=None, priority_id=priority, title=title_digest(incident))


def title_digest(incident: Incident) -> str:
    """What tells one summary from another, short enough to be kept on the link."""
    return text_digest(summary(incident))


def reading(situation: Situation, link: Link) -> ReadIssue:
    """How the issue is read: with what this signal may need of it.

    More comes along where that has not failed before: it may be more than Jira bears.
    """
    is_new = situation.tried_since is None
    moves = situation.incident.status is not link.agreed.status or link.intent is not None
    return ReadIssue(
        with_comments=is_new and hears_jira(situation, link),
        with_history=is_new and (moves or link.initial_status_id is None),
    )


def _status_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    status, issue, workflow = situation.incident.status, situation.issue, situation.status.workflow
    is_on_the_way = is_unfinished(situation, link, mapping)
    is_agreed = status is link.agreed.status and not is_on_the_way
    if is_agreed or situation.status.stuck or link.paused:
        return None
    target = mapping.statuses.get(status)
    if target is None:
        here = issue.status.id if issue and is_on_the_way else link.agreed.issue_status_id
        return Agree(agreed=replace(link.agreed, status=status, issue_status_id=here))
    if issue is None or workflow is None:
        return reading(situation, link)
    arrived = _arrived(situation, issue, link, mapping)
    step = arrived or next_move(situation, issue, workflow, target)
    if not isinstance(step, MoveIssue):
        return step
    if goes_to_and_fro(link.status_writes, side=Side.JIRA, at=situation.now):
        return Pause()
    return before_move(situation, link, mapping, issue) or step


def _arrived(
    situation: Situation, issue: Issue, link: Link, mapping: Mapping
) -> Agree | ReadHistory | TellOnce | None:
    """What ends the way: the issue is there, or stays where a person put it; else None."""
    status = situation.incident.status
    held = replace(link.agreed, status=status, issue_status_id=issue.status.id)
    after = replace(held, waits=False)
    if stands_for(mapping, issue.status.id, status):
        return Agree(agreed=after)
    if is_held(mapping, issue, link.agreed):
        return Agree(agreed=held)
    closed = why_closed(mapping, issue, agreed=link.agreed.status, now=situation.now)
    if closed:
        text = stays_closed_text(issue.ref, closed)
        return TellOnce(key=reopened_key("closed", at=situation.now), text=text, agreed=after)
    if _is_known(situation, issue, link, mapping):
        return None
    if issue.history is None:
        return ReadHistory()
    left = Agree(agreed=after, says=_left_alone(issue, mapping))
    return None if issue.history.moved_by_us else left


def _is_known(situation: Situation, issue: Issue, link: Link, mapping: Mapping) -> bool:
    """Whether the incident may move the issue out of its status.

    Only resolving moves an issue out of a status that the mapping does not know; the status in
    which Jira created the issue counts as known, and so does one into which we moved it.
    """
    known = {target.id for target in mapping.statuses.values()}
    known |= {target.id for target in mapping.resolved_statuses}
    is_known = issue.status.id in known or issue.status.id == link.initial_status_id
    is_ours = situation.status.origin is not None
    return is_known or is_ours or situation.incident.status is IncidentStatus.RESOLVED


def _left_alone(issue: Issue, mapping: Mapping) -> str:
    says = (
        f"{issue.ref.key} stays in {issue.status.name}, a status that the mapping {mapping.id} "
        "does not know."
    )
    return with_cure(says, MAP_THE_STATUS)


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


def history_unknown(issue: IssueRef) -> str:
    """What people are told where the history of an issue is more than can be read."""
    return with_cure(
        f"The history of {issue.key} is too long to be read, so who moved it last and in which "
        "status it was created is not known; its status was decided without that.",
        f"Look whether {issue.key} and the incident are where they should be, and move the issue "
        "otherwise.",
    )


def with_baseline(link: Link, issue: Issue, history: IssueHistory) -> Link:
    """The link with what the issue said when it was created, as its history tells."""
    agreed = link.agreed
    initial = history.initial_status_id or issue.status.id
    title = issue.summary if history.initial_summary is None else history.initial_summary
    first = history.initial_priority_id
    seen = replace(
        agreed,
        issue_status_id=agreed.issue_status_id or initial,
        issue_priority_id=issue.priority_id if first is None else first or None,
        issue_title=text_digest(title),
    )
    return replace(link, initial_status_id=initial, agreed=seen)


def without_explanations(link: Link, agreed: Agreement) -> dict[str, Notice]:
    """The notices that still hold once both sides agree so: of the status none that is untold."""
    if agreed.status is link.agreed.status:
        return dict(link.notices)
    return without_untold(link.notices, STATUS)


def without_refused(
    step: UpdateIssue, before: Agreement, refused: Collection[str]
) -> UpdateIssue | None:
    """The step without the fields that Jira complained of; None where that is no other step.

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


def _fields_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
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
    """Whether of anything written it is not known yet what Jira holds."""
    return agreed.issue_title == UNREAD or bool(unread(agreed))


def read_back(situation: Situation, link: Link) -> Agree | ReadIssue | None:
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
    """The digest of the summary; of the one that was written, where a person has changed it."""
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
