"""What Jira holds of what was written, where it may hold something else: it is read once more.

Else what it made of a value would come back to PagerDuty as if a person had changed it.
"""

from dataclasses import replace

from pdjira.domain.fields.following_rules import NOT_THERE, UNREAD, issue_digest
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement, Link
from pdjira.domain.planning.actions import Agree, ReadIssue
from pdjira.domain.planning.fields_to_jira import read_again
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.digest import text_digest


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
        is_new = link.initial_status_id is None
        return None if situation.stuck else ReadIssue(with_history=is_new)
    return read_again(issue) if issue.stale else Agree(agreed=_held(link.agreed, issue))


def _held(agreed: Agreement, issue: Issue) -> Agreement:
    found = {
        target: issue_digest(issue.fields[target]) if target in issue.fields else NOT_THERE
        for target in unread(agreed)
    }
    known = {target: replace(agreed.fields[target], issue=now) for target, now in found.items()}
    is_title = agreed.issue_title == UNREAD
    title = text_digest(issue.summary) if is_title else agreed.issue_title
    return replace(agreed, issue_title=title, fields={**agreed.fields, **known})
