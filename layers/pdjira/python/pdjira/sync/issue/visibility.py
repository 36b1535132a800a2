"""Whether Jira still shows an issue: what is done once it does not, and once it does again."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from pdjira.errors import NotFound, Permanent, Refused
from pdjira.model import notices
from pdjira.model.issue import Issue
from pdjira.model.link import LinkState
from pdjira.model.ports import Issues, Links
from pdjira.model.refusal import explain_change
from pdjira.sync.issue.rules import (
    is_known_missing,
    missing_key,
    missing_text,
    replaced_text,
    seen_at,
    what_moved,
)
from pdjira.sync.notices.steps import fall_due
from pdjira.sync.round import Round


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
