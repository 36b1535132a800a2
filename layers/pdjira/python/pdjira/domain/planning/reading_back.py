"""What Jira holds of what was written, where it may hold something else: it is read once more.

Else what it made of a value would come back to PagerDuty as if a person had changed it. What
cannot have become of the value is what a person wrote since.
"""

from dataclasses import replace

from pdjira.domain.fields.comparable import texts_of
from pdjira.domain.fields.filling import rule_value, summary
from pdjira.domain.fields.following_rules import (
    NOT_THERE,
    UNREAD,
    following,
    incident_digest,
    issue_digest,
)
from pdjira.domain.issue import Issue
from pdjira.domain.link import Agreement, Link
from pdjira.domain.planning.actions import Agree, ReadIssue
from pdjira.domain.planning.fields_to_jira import read_again
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.digest import text_digest
from pdjira.domain.text.supplementary import has_supplementary, may_be_left_of


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
        return None if situation.stuck else ReadIssue()
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
