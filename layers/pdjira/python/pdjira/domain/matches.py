"""What a search of Jira finds: issues, by id, and when each was changed."""

from dataclasses import dataclass
from datetime import datetime

from pdjira.domain.issue import IssueRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An issue that matches; `updated` is in UTC and, as the index has it, in whole seconds."""

    issue: IssueRef
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPage:
    """A page of matches, and how many there are on all pages.

    `next_start` is where the next page starts; None after the last one, and where Jira lets
    nobody read on (`SEARCH_WINDOW`): then `total` is more than was read.
    """

    matches: tuple[Match, ...]
    total: int
    next_start: int | None
