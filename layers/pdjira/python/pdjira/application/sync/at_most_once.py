"""What is written at most once: the attempt stands on record before, and its end after."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.application.ports.core import Clock, CommentRecords
from pdjira.application.sync.round import Round
from pdjira.domain.comments import CommentRecord
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Temporary

SKIPPED = "kept back"
"""Stands on record in the place of the id of what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMostOnce:
    """Writes comments or notes by their records.

    `back_as` makes of the id of what was written the one by which it will be heard of again, where
    its record shall tell that it is ours.
    """

    records: CommentRecords
    clock: Clock
    back_as: Callable[[str], str] | None = None

    def write(
        self,
        current: Round,
        item_id: str,
        *,
        known: CommentRecord | None,
        write: Callable[[], str],
        text: str | None = None,
    ) -> str | None:
        """Record the attempt (at a `text`, its digest), write, record what was made; its id.

        None: something else is on record than what is `known`, and nothing was written. Raises
        what `write` raises: what is `known` stands again, unless it is unknown what was written.
        """
        attempt = CommentRecord(attempt_at=self.clock(), text=text)
        other = self.records.begin(current.link, item_id, attempt, known=known)
        if other is not None:
            _not_written(current, item_id, other)
            return None
        try:
            made = write()
        except (Refused, NotFound):
            self.records.end(current.link, item_id, known or CommentRecord())
            raise
        except (Temporary, Misconfigured):
            with suppress(PdjiraError):
                self.records.end(current.link, item_id, known or CommentRecord())
            raise
        self.found(current, item_id, made)
        return made

    def look_up(self, current: Round, item_ids: Collection[str]) -> None:
        """Go on with what is on record of these, as far as this round does not know it."""
        unknown = [one for one in item_ids if one not in current.situation.records]
        found = self.records.of(current.link, unknown) if unknown else {}
        records = {**found, **current.situation.records}
        current.learn(replace(current.situation, records=records))

    def skip(self, current: Round, item_id: str) -> bool:
        """Record that it is never to be written; whether nothing was on record before."""
        record = CommentRecord(comment_id=SKIPPED, attempt_at=self.clock())
        other = self.records.begin(current.link, item_id, record, known=None)
        _learn(current, item_id, other or record)
        return other is None

    def found(self, current: Round, item_id: str, made: str) -> None:
        """Record what is there, and first that it is ours, by the id by which it comes back."""
        if self.back_as:
            self.records.end(current.link, self.back_as(made), CommentRecord(comment_id=item_id))
        record = CommentRecord(comment_id=made)
        self.records.end(current.link, item_id, record)
        _learn(current, item_id, record)
        current.learn(replace(current.situation, carried=current.situation.carried + 1))


def not_listed(current: Round, item_id: str) -> None:
    """Go on knowing that an earlier attempt is not to be seen."""
    unlisted = current.situation.unlisted | {item_id}
    current.learn(replace(current.situation, unlisted=unlisted))


def refused(current: Round, item_id: str) -> None:
    """Go on knowing that Jira refused this comment in this round."""
    so_far = current.situation.comments_refused | {item_id}
    current.learn(replace(current.situation, comments_refused=so_far))


def _not_written(current: Round, item_id: str, other: CommentRecord) -> None:
    """Go on knowing what is on record instead; no side was called."""
    _learn(current, item_id, other)
    current.has_called = False


def _learn(current: Round, item_id: str, record: CommentRecord) -> None:
    records = {**current.situation.records, item_id: record}
    current.learn(replace(current.situation, records=records))
