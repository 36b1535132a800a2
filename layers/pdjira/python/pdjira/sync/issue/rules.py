"""When the issue is read, whether it is where the link says, and whether it shows its incident."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import Side, with_cure
from pdjira.model.incident import IncidentStatus
from pdjira.model.issue import Issue, IssueHistory, IssueRef, Naming
from pdjira.model.link import Extra, Link, LinkState
from pdjira.model.mapping import Mapping
from pdjira.model.notices import without_untold
from pdjira.model.reason import Why
from pdjira.model.signal import FROM_JIRA
from pdjira.model.times import CLOCKS
from pdjira.sync.notes.notes_to_comments import notes_held_since
from pdjira.sync.situation import Situation
from pdjira.sync.status.rules import is_to_move, waits_no_longer
from pdjira.sync.step import ReadHistory, ReadIssue, Remember, Rest, Step
from pdjira.text.plain_text import text_digest


def baseline_step(situation: Situation, link: Link, _mapping: Mapping) -> ReadHistory | None:
    """See what the issue was created with, before it is compared."""
    issue = situation.issue
    is_lacking = issue is not None and issue.history is None and link.initial_status_id is None
    return ReadHistory() if is_lacking else None


def look(situation: Situation, link: Link, mapping: Mapping) -> ReadIssue | None:
    """Read the issue where it may have changed or is to be moved; None where it was read."""
    is_looked_at = situation.issue is not None or situation.status.stuck
    is_due = hears_jira(situation, link) or is_to_move(situation, link, mapping)
    return reading(situation, link) if is_due and not is_looked_at else None


def hears_jira(situation: Situation, link: Link) -> bool:
    """Whether the issue is looked at: a write has no end or was refused, or the signal is late."""
    is_in_doubt = link.intent is not None or (link.refused and link.notes_since is None)
    is_in_doubt = is_in_doubt or situation.is_late or link.held_since is not None
    is_in_doubt = is_in_doubt or waits_no_longer(situation, link)
    return is_in_doubt or situation.signal.kind in FROM_JIRA


def reading(situation: Situation, link: Link) -> ReadIssue:
    """How the issue is read: with what this signal may need of it.

    More is asked for only where that has not failed before: it may be more than Jira can bear.
    """
    is_new = situation.tried_since is None
    moves = situation.incident.status is not link.agreed.status or link.intent is not None
    return ReadIssue(
        with_comments=is_new and hears_jira(situation, link),
        with_history=is_new and (moves or link.initial_status_id is None),
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


MISSING = "missing"
"""The kind of the notices that an issue is not shown any more."""

_ANOTHER_DAY = timedelta(days=1)
"""An issue that was not read for this long is read before it is written to."""


def is_stale(link: Link, *, now: datetime) -> bool:
    """Whether Jira may have been restored from a backup since it showed the link's issue.

    Such a Jira gives ids out again.
    """
    return link.issue_read_at is None or now - link.issue_read_at > _ANOTHER_DAY


def is_the_links(link: Link, issue: Issue, *, now: datetime) -> bool:
    """Whether an issue that was read is the link's, and not another one with its id.

    Its mark tells where its creation does not. Where neither does, one that Jira showed within a
    day, or that was there before the link, is no other.
    """
    naming = issue.naming
    known = link.issue_created_at
    if _names(naming, link) or (known is not None and known == issue.created_at):
        return True
    if naming is not None and naming.mapping_id is not None:
        return False
    if issue.created_at is None or known is not None:
        return issue.created_at is None
    return not is_stale(link, now=now) or issue.created_at <= link.claimed_at + CLOCKS


def _names(naming: Naming | None, link: Link) -> bool:
    if naming is None or naming.incident_id != link.incident_id:
        return False
    return naming.mapping_id in (None, link.mapping_id)


def replaced_text(issue: IssueRef, other: Issue) -> str:
    """The note that says that Jira has another issue in the place of the link's."""
    created = f", created at {other.created_at.isoformat()}" if other.created_at else ""
    return with_cure(
        f"{issue.key} cannot be read: Jira has given its id to another issue "
        f"({other.ref.key}{created}), as happens when Jira is restored from a backup. This "
        "incident stays as it is, and nothing is carried from one to the other.",
        "Follow this incident by hand: no other issue is made for it.",
    )


def missing_key(now: datetime) -> str:
    """The key of the notice that an issue is not shown any more: one for each time it is lost."""
    return f"{MISSING}-{now:%Y%m%d%H%M}"


def is_known_missing(link: Link) -> bool:
    """Whether people know that the issue is not shown; a merge of its incident changes nothing."""
    was_told = any(key.startswith(MISSING) for key in link.notices)
    return link.state is LinkState.MISSING or (link.state is LinkState.CLOSED and was_told)


def missing_text(issue: IssueRef, *, project: str) -> str:
    """The note that says that an issue is gone or hidden: Jira does not tell which."""
    return with_cure(
        f"{issue.key} cannot be read: it was deleted, or our account in Jira may no longer see it, "
        "since a permission or its security level was changed. This incident stays as it "
        "is, and nothing is carried from one to the other.",
        "If it was deleted, nothing: no other issue is made. If it is hidden, let our account see "
        f"it (Browse Projects in {project}, and its security level), then invoke the admin "
        'function with {"action": "resync", "incident_id": "..."}.',
    )


def look_again(situation: Situation) -> ReadIssue | None:
    """Whether a missing issue is looked for: once, and only where Jira or a person gives cause."""
    mapping, signal = situation.mapping, situation.signal
    if mapping is None or situation.status.stuck or signal.kind not in FROM_JIRA:
        return None
    return ReadIssue(with_comments=situation.tried_since is None)


def without_issue(situation: Situation, link: Link) -> Remember | Rest:
    """The link of a missing issue: it is tried every hour while its incident is open.

    What people write meanwhile is carried once the issue is shown again, even if the incident is
    resolved by then. What Jira tells while the mapping is off has a sweep look once it is on.
    """
    mapping = situation.mapping
    if mapping is None and situation.signal.kind in FROM_JIRA and not link.refused:
        return Remember(link=replace(link, refused=True))
    if mapping is None:
        return Rest(why=Why.NOT_IN_FORCE.of(mapping=link.mapping_id))
    key = link.issue.key if link.issue else "The issue"
    at_rest = _at_rest(situation, link, mapping)
    is_stored = (at_rest.state, at_rest.refused) == (link.state, link.refused)
    if is_stored and at_rest.notes_since == link.notes_since:
        return Rest(why=Why.MISSING.of(key=key, incident=link.incident_id))
    return Remember(link=at_rest)


def seen_at(link: Link, issue: Issue, *, now: datetime) -> Link:
    """The link once Jira has shown the issue: there again, where it was missing, and in its place.

    The place decides about the workflow, and the key is what people see.
    """
    notices = without_untold(link.notices, MISSING) if link.state is LinkState.MISSING else None
    return replace(
        link,
        state=LinkState.LINKED if link.state is LinkState.MISSING else link.state,
        issue=issue.ref,
        issue_created_at=issue.created_at or link.issue_created_at,
        issue_read_at=now if is_stale(link, now=now) else link.issue_read_at,
        project_id=issue.project_id,
        issue_type_id=issue.issue_type_id,
        notices=link.notices if notices is None else notices,
    )


def what_moved(link: Link, issue: Issue) -> Iterator[str]:
    """What people are told of an issue that was moved, or is there again."""
    key = link.issue.key if link.issue else issue.ref.key
    if link.state is LinkState.MISSING:
        yield f"Jira shows {issue.ref.key} again."
    stays = f"The mapping {link.mapping_id} goes on with it, in the workflow that it has there."
    if key != issue.ref.key:
        is_moved = link.project_id != issue.project_id
        why = "it was moved to another project" if is_moved else "its project has another key"
        yield f"{key} is {issue.ref.key} now: {why}. {stays}"
    elif link.issue_type_id != issue.issue_type_id:
        yield f"{key} is of another issue type now. {stays}"


def _at_rest(situation: Situation, link: Link, mapping: Mapping) -> Link:
    incident = situation.incident
    is_over = incident.status is IncidentStatus.RESOLVED
    return replace(
        link,
        state=LinkState.CLOSED if incident.merged_into else LinkState.MISSING,
        refused=not is_over,
        notes_since=notes_held_since(situation, link, mapping),
        ended_at=None,
        held_since=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIncident(Step):
    """Put the remote link to the incident onto the issue."""

    side = Side.JIRA
    extra = Extra.REMOTE_LINK
    writes = True


def show_incident(
    situation: Situation, link: Link, _mapping: Mapping | None
) -> ShowIncident | None:
    """Show the incident on its issue, unless it is shown or Jira refused that in this round."""
    is_shown = link.remote_linked or situation.remote_link.refused
    return None if is_shown else ShowIncident()
