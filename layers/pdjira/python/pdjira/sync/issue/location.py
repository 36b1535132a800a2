"""Where an issue is: moved elsewhere, or no longer shown to us; and what a link makes of it.

Links hold ids, so an issue that is moved to another project or type stays linked; from then on its
workflow is the one it has there. The poller reads the projects of mappings; a sweep compares links
wherever their issues are, and tells the poller of the other projects (`jql/cursors.py`). Until then
Jira's webhook and the sweep carry what changes there.

Jira answers the same for an issue that was deleted as for one that our account may not see. Either
makes the link `missing`: people are told once, nothing is resolved, and no other issue is made. A
change of the incident then costs no call of Jira; only a signal about the issue, a person and a
sweep that sees it again look at it, by one read.

A Jira that was restored from a backup gives ids out again. Each read tells another issue by the
time of its creation, else by its mark. Before a comment, a watcher or the remote link is written,
the issue is read where that was not done for a day; all else that is written follows a read anyway.
Another issue is never written to, and what people do to it says nothing about the incident.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from pdjira.errors import with_cure
from pdjira.model.incident import IncidentStatus
from pdjira.model.issue import Issue, IssueRef, Naming
from pdjira.model.link import Link, LinkState
from pdjira.model.mapping import Mapping
from pdjira.model.notices import without_untold
from pdjira.model.reason import Why
from pdjira.model.signal import FROM_JIRA
from pdjira.model.times import CLOCKS
from pdjira.sync.notes.notes_to_comments import notes_held_since
from pdjira.sync.situation import Situation
from pdjira.sync.step import ReadIssue, Remember, Rest

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
