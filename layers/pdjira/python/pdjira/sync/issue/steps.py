"""Reads the issue and its history."""

from dataclasses import dataclass, replace

from pdjira.errors import NotFound, Refused, Temporary, TooLarge
from pdjira.model.issue import NO_HISTORY, UNKNOWN_HISTORY
from pdjira.model.ports import Issues
from pdjira.sync.fields.rules import changed, watched
from pdjira.sync.fields.title_and_priority import unread
from pdjira.sync.issue.rules import history_unknown, is_the_links, with_baseline
from pdjira.sync.issue.visibility import Visibility, keep_location
from pdjira.sync.notes.steps import NoteSteps
from pdjira.sync.round import Performs, Round
from pdjira.sync.step import Agree, ReadHistory, ReadIssue, Remember


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSteps:
    """Reads the issue of a link."""

    issues: Issues
    visibility: Visibility
    notes: NoteSteps

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            ReadIssue: self.read,
            ReadHistory: self.read_history,
            Agree: lambda current, step: current.agree(step.agreed, step.says),
            Remember: lambda current, step: current.keep(step.link),
        }

    def read(self, current: Round, step: ReadIssue) -> None:
        """Read the issue."""
        due = changed(current.incident, current.link.agreed, current.situation.mapping)
        try:
            issue = self.issues.read_issue(
                current.issue.id,
                with_comments=step.with_comments,
                with_history=step.with_history,
                fields={*watched(current.situation.mapping), *unread(current.link.agreed), *due},
                with_screen=bool(due),
            )
        except (Refused, NotFound) as error:
            current.set_issue(None)
            self.visibility.cannot_follow(current, error)
            return
        if not is_the_links(current.link, issue, now=current.situation.now):
            self.visibility.lose_to(current, issue)
            return
        if issue.is_untouched:
            issue = replace(issue, history=NO_HISTORY)
        current.set_issue(issue)
        keep_location(current, issue)
        _keep_baseline(current)
        if step.with_comments:
            self.notes.look_up(current)

    def read_history(self, current: Round, _step: ReadHistory) -> None:
        """Read it; where it is too much, go on without it and say so.

        The same where Jira does not tell it in time a second time: a long history that others wrote
        must not hold up the status.
        """
        issue = current.read_issue
        try:
            history = self.issues.read_history(issue.ref.id)
        except (Refused, NotFound) as error:
            current.set_issue(None)
            self.visibility.cannot_follow(current, error)
            return
        except Temporary as error:
            is_late = error.timed_out is not None and current.situation.tried_since is not None
            if not (is_late or isinstance(error, TooLarge)):
                raise
            current.says.append(history_unknown(issue.ref))
            history = UNKNOWN_HISTORY
        current.set_issue(replace(issue, history=history))
        _keep_baseline(current)


def _keep_baseline(current: Round) -> None:
    """Keep what the issue said when it was created, once its history tells."""
    history = current.read_issue.history
    if history and current.link.initial_status_id is None:
        current.keep(with_baseline(current.link, current.read_issue, history))
