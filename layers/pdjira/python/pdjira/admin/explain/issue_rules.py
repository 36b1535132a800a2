"""Whether an issue opens an incident by the JQL of a mapping, and why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.jql.lint import Clause, structure
from pdjira.jql.matches import Cursor, MatchRow, MatchState, reads_of
from pdjira.jql.opening_rules import Brake, PagingIssue, is_of, why_paused
from pdjira.jql.query import split, tokens
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Listed, Mapping
from pdjira.model.reason import Reason, Why
from pdjira.sync.creation.rules import why_not_in_force

MOST_CLAUSES = 10
"""Clauses of a JQL that are asked for one by one."""


def why_never(listed: Listed, issue: IssueRef, found: PagingIssue | None) -> Reason | None:
    """Why the mapping opens no incident for the issue, whatever its JQL says; None where it may.

    `found` None: Jira does not tell where the issue is, and who created it.
    """
    mapping = listed.in_force
    if mapping is None:
        return why_not_in_force(listed, listed.id)
    about = {"key": issue.key, "mapping": mapping.id}
    if mapping.jql is None:
        return Why.NO_JQL.of(**about)
    if found is None:
        return None
    if found.is_ours:
        return Why.OUR_ISSUE.of(**about)
    project, type_ = mapping.project.name, mapping.issue_type.name
    is_here = is_of(mapping, found.issue)
    return None if is_here else Why.ELSEWHERE.of(project=project, type=type_, **about)


def reads_such_issues(listed: Listed, found: PagingIssue | None) -> bool:
    """Whether a mapping has a JQL, or would read such issues if it had one."""
    mapping = listed.mapping
    if mapping is None or mapping.jql is not None:
        return True
    return found is not None and is_of(mapping, found.issue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What the poll has left behind of an issue under a mapping with a JQL."""

    mapping: Mapping
    issue: IssueRef
    now: datetime
    row: MatchRow | None
    cursor: Cursor | None
    brake: Brake | None

    def reason(self) -> Reason | None:
        """What becomes of it, as far as that is stored; None where Jira has to be asked."""
        row, key = self.row, self.issue.key
        if self.cursor and self.cursor.problem:
            return Why.JQL_REFUSED.of(what=self.cursor.problem, cure=self.cursor.cure or "")
        if row is None or row.reads != reads_of(self.mapping):
            return None
        if row.state is MatchState.BASELINE:
            return Why.BASELINE.of(key=key, mapping=self.mapping.id)
        if row.state is MatchState.OPENED:
            return Why.HAS_OPENED.of(key=key)
        return self._waiting(row)

    def _waiting(self, row: MatchRow) -> Reason:
        key, mapping = self.issue.key, self.mapping
        if row.refusal:
            cure = row.refusal.cure or "The worker's log says more."
            return Why.UNOPENED.of(key=key, what=row.refusal.says, cure=cure)
        if self.brake and self.brake.paused_at and not row.released:
            return Why.JQL_PAUSED.of(key=key, mapping=mapping.id, what=why_paused(self.brake))
        settled_at = row.seen_at + timedelta(seconds=mapping.jql_settle_seconds)
        if settled_at > self.now:
            reason = Why.SETTLES.of(key=key, seconds=mapping.jql_settle_seconds)
            return replace(reason, at=settled_at)
        return Why.WILL_OPEN.of(key=key)


def clauses_of(mapping: Mapping) -> Sequence[Clause]:
    """The clauses of a mapping's JQL, the first few. Raises `Misconfigured` as `split` does."""
    where = split(mapping.jql or "").where
    return structure(where, tokens(where)).clauses[:MOST_CLAUSES]


def no_match(match: Match, answers: Sequence[tuple[Clause, bool | None]]) -> Reason:
    """Why the issue does not match, by the clauses that were asked for; None: Jira did not tell."""
    what = " ".join(_sentences(answers)) or "Jira does not tell which of its clauses keeps it out."
    return Why.NO_MATCH.of(key=match.issue.key, mapping=match.mapping.id, what=what)


def _sentences(answers: Sequence[tuple[Clause, bool | None]]) -> Iterator[str]:
    kept_out = [text_of(clause) for clause, matches in answers if matches is False]
    untold = [text_of(clause) for clause, matches in answers if matches is None]
    if kept_out:
        yield f"it does not fulfil {'; '.join(kept_out)}."
    if untold:
        yield f"Of {'; '.join(untold)} Jira did not tell."


def text_of(clause: Clause) -> str:
    """A clause as a condition of its own."""
    return f"NOT ({clause.text})" if clause.negated else clause.text
