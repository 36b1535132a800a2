"""When the issue is read, and with what of it."""

from dataclasses import replace

from pdjira.errors import with_cure
from pdjira.model.incident import IncidentStatus
from pdjira.model.issue import Issue, IssueHistory, IssueRef
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping
from pdjira.model.signal import FROM_JIRA
from pdjira.sync.situation import Situation
from pdjira.sync.step import ReadHistory, ReadIssue
from pdjira.text.plain_text import text_digest


def baseline_step(situation: Situation, link: Link, _mapping: Mapping) -> ReadHistory | None:
    """See what the issue was created with, before it is compared."""
    issue = situation.issue
    is_lacking = issue is not None and issue.history is None and link.initial_status_id is None
    return ReadHistory() if is_lacking else None


def look(situation: Situation, link: Link, _mapping: Mapping) -> ReadIssue | None:
    """Read the issue where it may have changed; None where nothing says so, or it was read."""
    is_looked_at = situation.issue is not None or situation.status.stuck
    return None if is_looked_at or not hears_jira(situation, link) else reading(situation, link)


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


def waits_no_longer(situation: Situation, link: Link) -> bool:
    """Whether a person has resolved the issue and nothing keeps its incident open any more."""
    is_open = situation.incident.status is not IncidentStatus.RESOLVED
    return link.agreed.waits and is_open and not situation.status.others_open
