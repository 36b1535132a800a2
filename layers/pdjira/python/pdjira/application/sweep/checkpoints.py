"""Where a part of a sweep stopped because its time was up: the next sweep goes on there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pdjira.application.ports.openings import Cursors
from pdjira.application.time_budget import TimeBudget, TimeIsUp
from pdjira.domain.jql.cursors import Cursor
from pdjira.errors import UnreadableItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """A cursor for each part; what it `reads` is where to go on, nothing once all is done."""

    cursors: Cursors

    def find(self, part: str) -> Cursor:
        """The checkpoint of a part; its time is when the work on all of it began."""
        return self.hint(Cursor(id=part, until=datetime.min.replace(tzinfo=UTC), reads=""))

    def hint(self, otherwise: Cursor) -> Cursor:
        """What is stored under that id, else this.

        What cannot be read is deleted: a sweep finds anew what such cursors tell.
        """
        try:
            return self.cursors.find(otherwise.id) or otherwise
        except UnreadableItem:
            self.cursors.drop(otherwise.id)
            return otherwise

    def keep(self, checkpoint: Cursor, *, reads: str) -> None:
        """Store where to go on; nothing where that is known."""
        if reads != checkpoint.reads:
            self.cursors.put(replace(checkpoint, reads=reads))

    def go_round(
        self, part: str, ids: Iterable[str], budget: TimeBudget, work: Callable[[str], None]
    ) -> None:
        """Work on each, from where the last sweep stopped.

        What does not come to its end although it was the first is passed over by the next sweep.
        Raises `TimeIsUp` once the checkpoint is kept.
        """
        checkpoint = self.find(part)
        done = checkpoint.reads
        try:
            for one in turned(ids, after=checkpoint.reads):
                budget.check()
                done = one if done == checkpoint.reads else done
                work(one)
                done = one
        except TimeIsUp:
            self.keep(checkpoint, reads=done)
            raise
        self.keep(checkpoint, reads="")


def turned(ids: Iterable[str], *, after: str) -> Iterator[str]:
    """All in their order, beginning behind one of them."""
    ordered = sorted(ids)
    yield from (one for one in ordered if one > after)
    yield from (one for one in ordered if one <= after)
