"""Reads the issue and its history, tells where it is missing, and shows the incident on it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from pdjira.errors import NotFound, Permanent, Refused, Temporary, TooLarge, sentence_of
from pdjira.model import notices
from pdjira.model.issue import NO_HISTORY, UNKNOWN_HISTORY, Issue
from pdjira.model.link import Extra, LinkState, remote_link
from pdjira.model.ports import Issues, Jira, Links
from pdjira.model.refusal import explain_change
from pdjira.sync.fields.rules import changed, watched
from pdjira.sync.fields.title_and_priority import unread
from pdjira.sync.issue.rules import (
    ShowIncident,
    history_unknown,
    is_known_missing,
    is_the_links,
    missing_key,
    missing_text,
    replaced_text,
    seen_at,
    what_moved,
    with_baseline,
)
from pdjira.sync.round import Performs, Round, fall_due, is_news
from pdjira.sync.step import Agree, ReadHistory, ReadIssue, Remember


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """Keeps on the link where its issue is."""

    issues: Issues
    links: Links

    def is_lost(self, current: Round, error: Permanent) -> bool:
        """Whether what was not found is the issue itself; then people are told, once.

        The issue is looked for only where something on it was not found.
        """
        if not isinstance(error, NotFound):
            return False
        try:
            self.issues.read_issue(current.issue.id)
        except (Refused, NotFound) as second:
            return self.lose(current, second)
        return False

    def lose(self, current: Round, error: Permanent) -> bool:
        """Jira does not show the issue: tell people once, and rest until somebody asks again.

        False where the error says something else.
        """
        if not _is_hidden(error):
            return False
        self._lose(current, missing_text(current.issue, project=current.mapping.project.name))
        return True

    def lose_to(self, current: Round, other: Issue) -> None:
        """Jira has another issue in its place: the same, since nothing is to be written to that."""
        self._lose(current, replaced_text(current.issue, other))

    def _lose(self, current: Round, text: str) -> None:
        link = replace(current.link, state=LinkState.MISSING, refused=True)
        if not is_known_missing(current.link):
            fall_due(self.links, current, link, missing_key(current.situation.now), text)
        elif current.link.state is not LinkState.MISSING:
            current.keep(link)
        current.set_issue(None)
        current.learn(replace(current.situation.status, stuck=True))

    def cannot_follow(self, current: Round, error: Refused | NotFound) -> None:
        """Tell people why the issue cannot be read, and try no further step on it."""
        if self.lose(current, error):
            return
        refusal = explain_change(error, mapping=current.mapping)
        text = notices.unreadable_text(refusal, issue=current.issue)
        fall_due(self.links, current, current.link, notices.unreadable_key(refusal), text)
        current.learn(replace(current.situation.status, stuck=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSteps:
    """Reads the issue of a link; `look_up` sees which of its comments are on record."""

    issues: Issues
    visibility: Visibility
    look_up: Callable[[Round], None]

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
            self.look_up(current)

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


def _is_hidden(error: Permanent) -> bool:
    """Whether it is Jira itself, and nothing in front of it, that does not show the issue."""
    if isinstance(error, Refused):
        return error.status == HTTPStatus.FORBIDDEN and bool(error.messages)
    return isinstance(error, NotFound)


def keep_location(current: Round, issue: Issue) -> None:
    """Remember where the issue is, and say so where that has changed."""
    seen = seen_at(current.link, issue, now=current.situation.now)
    if seen != current.link:
        current.says.extend(what_moved(current.link, issue))
        current.keep(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLinkSteps:
    """Shows the incident on its issue."""

    jira: Jira

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {ShowIncident: self.show}

    def show(self, current: Round, _step: ShowIncident) -> None:
        """Put the remote link onto the issue; the work goes on where Jira refuses it."""
        try:
            self.jira.put_remote_link(current.issue.id, remote_link(current.incident))
        except (Refused, NotFound) as error:
            current.learn(replace(current.situation.remote_link, refused=True))
            if is_news(current, Extra.REMOTE_LINK):
                current.says.append(f"The issue has no link to the incident: {sentence_of(error)}")
        else:
            current.keep(replace(current.link, remote_linked=True))
