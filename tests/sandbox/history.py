"""The laws that a whole run must have kept, read from what both sides hold at its end.

They hold for a run in the sandbox as for a simulated one, and no end state shows them.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.sandbox.jira import seed as jira_seed
from tests.sandbox.jira.issues import Issue
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.pagerduty import seed as pagerduty_seed
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import Incident

_UNDER_WAY = timedelta(minutes=3)
"""As old may be what was known of the incident when a step takes effect on its issue."""

SECRETS = (jira_seed.OUR_TOKEN, jira_seed.OUR_PASSWORD, pagerduty_seed.API_TOKEN)


def broken_laws(jira: JiraModel, pagerduty: PagerDutyModel) -> list[str]:
    """One sentence for each law that the run has broken."""
    return [
        *_second_issues(jira),
        *_repeated_notes(pagerduty),
        *_done_on_the_way(jira, pagerduty),
        *_secrets(jira, pagerduty),
    ]


def _second_issues(jira: JiraModel) -> Iterator[str]:
    """At most one issue was ever created for an incident under a mapping."""
    marks = Counter(
        (mark["id"], mark["mapping"])
        for issue in jira.issues.values()
        if (mark := issue.properties.get("pagerduty.incident"))
    )
    for mark, count in marks.items():
        if count > 1:
            yield f"{count} issues bear the mark {mark}"


def _repeated_notes(pagerduty: PagerDutyModel) -> Iterator[str]:
    """An incident is told nothing twice."""
    for incident in pagerduty.incidents.values():
        for text, count in Counter(note.content for note in incident.notes).items():
            if count > 1:
                yield f"{incident.id} was told {count} times: {text}"


def _done_on_the_way(jira: JiraModel, pagerduty: PagerDutyModel) -> Iterator[str]:
    """Our account closes an issue only where its incident is resolved, never in passing."""
    for issue in jira.issues.values():
        mark = issue.properties.get("pagerduty.incident", {})
        incident = pagerduty.incidents.get(str(mark.get("id")))
        if incident is None:
            continue
        for at, status in _our_moves_to_done(jira, issue):
            if not _was_resolved(incident, since=at - _UNDER_WAY, until=at):
                yield f"{issue.key} was moved to {status} while {incident.id} was open, at {at}"


def _our_moves_to_done(jira: JiraModel, issue: Issue) -> Iterator[tuple[datetime, str]]:
    for change in issue.history:
        for item in change.items:
            is_ours = change.author == jira_seed.OUR_ACCOUNT and item["field"] == "status"
            if is_ours and jira.world.statuses[str(item["to"])].category == "done":
                yield change.created, str(item["toString"])


def _was_resolved(incident: Incident, *, since: datetime, until: datetime) -> bool:
    """Whether the incident was resolved at any time in between."""
    is_resolved = False
    for entry in incident.log:
        if entry.created_at > until:
            break
        if entry.created_at > since and is_resolved:
            return True
        if entry.type in {"resolve_log_entry", "reopen_log_entry"}:
            is_resolved = entry.type == "resolve_log_entry"
    return is_resolved


def _secrets(jira: JiraModel, pagerduty: PagerDutyModel) -> Iterator[str]:
    """Nothing that was written names a secret."""
    texts = [note.content for it in pagerduty.incidents.values() for note in it.notes]
    texts += [comment.body for issue in jira.issues.values() for comment in issue.comments]
    texts += [str(issue.values) for issue in jira.issues.values()]
    for secret in SECRETS:
        if any(secret in text for text in texts):
            yield f"A text names a secret: {secret[:4]}..."
