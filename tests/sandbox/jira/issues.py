"""An issue and what hangs on it, and the index that learns of it late."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Bean = dict[str, Any]

_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment; users by name. An edit replaces it."""

    id: int
    author: str
    body: str
    created: datetime
    updated: datetime
    update_author: str
    visibility: Bean | None = None
    properties: Bean = field(default_factory=dict)


def in_order(comments: Iterable[Comment]) -> list[Comment]:
    """Comments as Jira lists them: by the time that they bear."""
    return sorted(comments, key=lambda one: (one.created, one.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLink:
    """A link to a page elsewhere; `body` is what was posted."""

    id: int
    body: Bean


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLink:
    """One end of a link to another issue; `is_outward`: it starts from here."""

    id: int
    type_id: str
    other_id: int
    is_outward: bool

    def is_like(self, type_id: str, other_id: int) -> bool:
        """Whether it starts from here and leads there, as a link of that type."""
        return self.is_outward and (self.type_id, self.other_id) == (type_id, other_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the history: everything that one edit changed."""

    id: int
    author: str
    created: datetime
    items: tuple[Bean, ...]
    metadata: object = None


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue. `values` holds stored field values by field id; users are named by name.

    `shown_to` are those whom its security level lets see it; None: it has none.
    """

    id: int
    key: str
    project_id: str
    type_id: str
    status_id: str
    creator: str
    created: datetime
    updated: datetime
    shown_to: frozenset[str] | None = None
    values: Bean = field(default_factory=dict)
    resolved: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    links: list[RemoteLink] = field(default_factory=list)
    issue_links: list[IssueLink] = field(default_factory=list)
    properties: Bean = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)

    def frozen(self) -> "Issue":
        """The issue as it is now, whatever happens to it later."""
        taken = copy.copy(self)
        taken.values = dict(self.values)
        taken.comments = list(self.comments)
        taken.links = list(self.links)
        taken.issue_links = list(self.issue_links)
        taken.properties = dict(self.properties)
        taken.history = list(self.history)
        return taken


@dataclass(slots=True)
class _Entry:
    at: datetime
    issue: Issue | None


class Index:
    """What a search sees: every issue as it was `lag` ago."""

    def __init__(self) -> None:
        self.lag = 0.0
        self._entries: dict[int, list[_Entry]] = {}

    def learn(self, issue: Issue, at: datetime) -> None:
        """The issue was written."""
        self._add(issue.id, _Entry(at, issue.frozen()))

    def forget(self, issue_id: int, at: datetime) -> None:
        """The issue was deleted."""
        self._add(issue_id, _Entry(at, None))

    def visible(self, now: datetime) -> Iterable[Issue]:
        """The issues that a search finds now."""
        until = now - timedelta(seconds=self.lag)
        for entries in self._entries.values():
            known = next((entry for entry in reversed(entries) if entry.at <= until), None)
            if known is not None and known.issue is not None:
                yield known.issue

    def _add(self, issue_id: int, entry: _Entry) -> None:
        entries = self._entries.setdefault(issue_id, [])
        entries.append(entry)
        while len(entries) > 1 and entries[1].at < entry.at - _KEPT:
            del entries[0]
