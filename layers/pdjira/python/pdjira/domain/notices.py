"""What people are told on an incident, word for word, so that a note can be recognised again."""

from collections.abc import Mapping

from pdjira.domain.model import IssueRef, Notice, NoticeState, Refusal

ISSUE = "issue"
"""The key of the notice that names the issue."""

_REFUSED = "refused-"


def refusal_key(refusal: Refusal) -> str:
    """The key of the notice of a refusal: one for each cause."""
    return f"{_REFUSED}{refusal.cause}"


def with_due(notices: Mapping[str, Notice], key: str) -> dict[str, Notice]:
    """The notices with one more that is due, unless it is there already.

    Others that people were not told yet are dropped: what they say is no longer so.
    """
    told = {other: notice for other, notice in notices.items() if notice.state is NoticeState.TOLD}
    return {**told, key: notices.get(key, Notice(state=NoticeState.DUE))}


def issue_url(issue: IssueRef, *, base_url: str) -> str:
    """Where a person sees the issue; `base_url` is what Jira says of itself."""
    return f"{base_url.rstrip('/')}/browse/{issue.key}"


def issue_text(issue: IssueRef, *, base_url: str) -> str:
    """The note that names the issue."""
    return f"Jira issue {issue.key}: {issue_url(issue, base_url=base_url)}"


def refusal_text(refusal: Refusal, *, mapping_id: str) -> str:
    """The note that says why there is no issue, and what to do."""
    return f"No Jira issue (mapping {mapping_id}). {refusal.says} What to do: {refusal.cure}"
