"""The laws that a whole run must have kept, read from everything that reached either side.

They hold for a run in the sandbox as for a simulated one, and no end state shows them.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from tests.sandbox.jira import seed as jira_seed
from tests.sandbox.jira.issues import Issue
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.pagerduty import seed as pagerduty_seed
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import Incident

_UNDER_WAY = timedelta(minutes=3)
"""As old may be what was known of the incident when a step takes effect on its issue."""

_COMES_AGAIN = ("cannot be read", "The workflow has no way", "opens nothing more for now")
"""An issue may be hidden, moved or held back by a pause more than once."""

SECRETS = (jira_seed.OUR_TOKEN, jira_seed.OUR_PASSWORD, pagerduty_seed.API_TOKEN)


class _Move(NamedTuple):
    at: datetime
    is_ours: bool
    after: str


def broken_laws(
    jira: JiraModel,
    pagerduty: PagerDutyModel,
    *,
    late: Collection[datetime] = (),
    slack: timedelta = timedelta(),
    told_again: int = 0,
) -> list[str]:
    """One sentence for each law that the run has broken.

    `late` is when a write took effect long after its answer was lost: none of ours can know that.
    `slack` is how far the clocks of both sides are apart. `told_again`: so often something came
    about once more that is told each time.
    """
    return [
        *_second_issues(jira),
        *_second_incidents(pagerduty),
        *_repeated_notes(pagerduty, told_again),
        *_done_on_the_way(jira, pagerduty, late, slack),
        *_secrets(jira, pagerduty),
    ]


def written_after(rest: datetime, jira: JiraModel, pagerduty: PagerDutyModel) -> list[str]:
    """One sentence for each write of ours that came later than `rest`, when all was done."""
    return [
        f"After rest, at {at}, {what}"
        for at, what in [*_written_to_jira(jira), *_written_to_pagerduty(pagerduty)]
        if at > rest
    ]


def _second_issues(jira: JiraModel) -> Iterator[str]:
    """At most one issue was ever created for an incident under a mapping.

    One that people deleted before we had linked it counts for nothing: no search can find it.
    """
    known = [*jira.issues.values(), *(issue for issue in jira.deleted if issue.links)]
    marks = Counter(
        (mark["id"], mark["mapping"])
        for issue in known
        if (mark := issue.properties.get("pagerduty.incident"))
    )
    for mark, count in marks.items():
        if count > 1:
            yield f"{count} issues bear the mark {mark}"


def _second_incidents(pagerduty: PagerDutyModel) -> Iterator[str]:
    """At most one incident was ever opened for an issue."""
    keys = Counter(it.incident_key for it in pagerduty.incidents.values() if it.incident_key)
    for key, count in keys.items():
        if key.startswith("jira:") and count > 1:
            yield f"{count} incidents have the key {key}"


def _repeated_notes(pagerduty: PagerDutyModel, told_again: int) -> Iterator[str]:
    """An incident is told nothing twice, but for what came about twice."""
    for incident in pagerduty.incidents.values():
        for text, count in Counter(note.content for note in incident.notes).items():
            comes_again = any(one in text for one in _COMES_AGAIN)
            if count > 1 + (told_again if comes_again else 0):
                yield f"{incident.id} was told {count} times: {text}"


def _done_on_the_way(
    jira: JiraModel, pagerduty: PagerDutyModel, late: Collection[datetime], slack: timedelta
) -> Iterator[str]:
    """Our account closes an issue only where its incident is resolved, and never in passing."""
    for issue in _every_issue(jira):
        mark = issue.properties.get("pagerduty.incident", {})
        incident = pagerduty.incidents.get(str(mark.get("id")))
        if incident is None:
            continue
        moves = [move for move in _moves(issue) if move.is_ours and _is_done(jira, move.after)]
        for move in moves:
            if not _was_resolved(
                incident, since=move.at - _UNDER_WAY - slack, until=move.at + slack
            ):
                status = jira.world.statuses[move.after].name
                yield f"{issue.key} was moved to {status} while {incident.id} was open, {move.at}"
        yield from _passed(jira, issue, incident, late, slack)


def _passed(
    jira: JiraModel, issue: Issue, incident: Incident, late: Collection[datetime], slack: timedelta
) -> Iterator[str]:
    """We leave a Done status again only where the incident was reopened."""
    for into, out in pairwise(_moves(issue)):
        if not (into.is_ours and out.is_ours and _is_done(jira, into.after)):
            continue
        if into.at in late or out.at in late:
            continue
        since = into.at - _UNDER_WAY - slack
        reopened = (one for one in incident.log if one.type == "reopen_log_entry")
        if not any(since <= one.created_at <= out.at + slack for one in reopened):
            yield f"{issue.key} passed {jira.world.statuses[into.after].name} at {into.at}"


def _moves(issue: Issue) -> Iterator[_Move]:
    for change in issue.history:
        for item in change.items:
            if item["field"] == "status":
                is_ours = change.author == jira_seed.OUR_ACCOUNT
                yield _Move(change.created, is_ours, str(item["to"]))


def _is_done(jira: JiraModel, status_id: str) -> bool:
    return jira.world.statuses[status_id].category == "done"


def _was_resolved(incident: Incident, *, since: datetime, until: datetime) -> bool:
    """Whether the incident was resolved at any time in between; its log is in its true order."""
    is_resolved = False
    for entry in incident.log:
        if entry.created_at > until:
            continue
        if entry.created_at > since and is_resolved:
            return True
        if entry.type in {"resolve_log_entry", "reopen_log_entry"}:
            is_resolved = entry.type == "resolve_log_entry"
    return is_resolved


def _secrets(jira: JiraModel, pagerduty: PagerDutyModel) -> Iterator[str]:
    """Nothing that was written names a secret."""
    texts = [text for issue in _every_issue(jira) for text in _texts_of_issue(issue)]
    texts += [text for it in pagerduty.incidents.values() for text in _texts_of_incident(it)]
    for secret in SECRETS:
        if any(secret in text for text in texts):
            yield f"A text names a secret: {secret[:4]}..."


def _texts_of_issue(issue: Issue) -> Iterator[str]:
    held = [issue.values, issue.properties, *(link.body for link in issue.links)]
    yield json.dumps(held, default=str)
    for comment in issue.comments:
        yield json.dumps([comment.body, comment.properties])


def _texts_of_incident(incident: Incident) -> Iterator[str]:
    yield json.dumps([incident.title, incident.incident_key, incident.custom_fields])
    yield from (note.content for note in incident.notes)


def _written_to_jira(jira: JiraModel) -> Iterator[tuple[datetime, str]]:
    for issue in _every_issue(jira):
        if issue.creator == jira_seed.OUR_ACCOUNT:
            yield issue.created, f"{issue.key} was created"
        for comment in issue.comments:
            if comment.update_author == jira_seed.OUR_ACCOUNT:
                yield comment.updated, f"comment {comment.id} was written on {issue.key}"
        for change in issue.history:
            if change.author == jira_seed.OUR_ACCOUNT:
                fields = ", ".join(str(item["field"]) for item in change.items)
                yield change.created, f"{issue.key} was changed: {fields}"


def _written_to_pagerduty(pagerduty: PagerDutyModel) -> Iterator[tuple[datetime, str]]:
    for incident in pagerduty.incidents.values():
        for note in incident.notes:
            if note.user["id"] == pagerduty_seed.SYNC_USER:
                yield note.created_at, f"note {note.id} was written on {incident.id}"
        for entry in incident.log:
            if entry.agent["id"] == pagerduty_seed.SYNC_USER:
                yield entry.created_at, f"{incident.id} was changed: {entry.type}"


def _every_issue(jira: JiraModel) -> list[Issue]:
    return [*jira.issues.values(), *jira.deleted]
