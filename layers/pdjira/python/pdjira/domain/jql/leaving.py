"""Which issues have left a JQL, and which an incomplete index of Jira only fails to show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.domain.jql.matches import MatchRow

LAG = timedelta(minutes=10)
"""So long may Jira's index not show what a search showed before."""

MANY = 10
"""So many that left at once, if they are more than half of all, are not believed at first."""

_UNSEEN = timedelta(days=1)
"""An issue that the index does not show at all for so long is deleted or hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a sweep finds of the `known` rows of a mapping.

    `gone` are the ids that the JQL finds no more; those of them that the index shows at all are
    `shown`.
    """

    known: Sequence[MatchRow]
    gone: Sequence[str]
    shown: Collection[str]
    now: datetime

    @property
    def is_mass(self) -> bool:
        """Whether so many have left at once that the index is to be doubted."""
        return len(self.gone) >= MANY and 2 * len(self.gone) > len(self.known)

    @property
    def forgotten(self) -> Sequence[MatchRow]:
        """The rows whose issues have left."""
        return [row for row in self._missing() if self._has_left(row)]

    @property
    def doubted(self) -> Sequence[MatchRow]:
        """The rows that are missed for the first time and may be back in the next sweep."""
        return [row for row in self._missing() if not row.missed_at and not self._has_left(row)]

    @property
    def back(self) -> Sequence[MatchRow]:
        """The rows that were missed, and are not now."""
        gone = set(self.gone)
        return [row for row in self.known if row.missed_at and row.issue_id not in gone]

    def _missing(self) -> Sequence[MatchRow]:
        gone = set(self.gone)
        return [row for row in self.known if row.issue_id in gone]

    def _has_left(self, row: MatchRow) -> bool:
        since = row.missed_at or self.now
        if row.issue_id not in self.shown:
            return self.now - since >= _UNSEEN
        return not self.is_mass or self.now - since >= LAG
