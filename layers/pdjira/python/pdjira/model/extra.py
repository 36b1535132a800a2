"""What decorates an issue or an incident, and what of it a link still owes.

An extra never holds up the core (issue, status, priority, title, fields): one that fails keeps its
message for at most a minute. After that it is owed, and every sweep tries it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Extra(StrEnum):
    """The extras, in the order of the plan."""

    REMOTE_LINK = "remote_link"
    COMMENTS = "comments"
    NOTES = "notes"
    PEOPLE = "people"
    NOTICES = "notices"


class Failing(StrEnum):
    """How an extra failed last: `HANGS` costs each try the time of a whole call."""

    FAILS = "fails"
    HANGS = "hangs"
    REFUSED = "refused"


EXTRA_PATIENCE = timedelta(minutes=1)
"""How long an extra keeps its message, counted from the message's first delivery."""

TOLD_AFTER = timedelta(hours=1)
"""When people are told of what is owed."""

REFUSED_AGAIN = timedelta(minutes=55)
"""How old a refusal must be to be tried again: an hour, since schedules are not exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An extra that is still to be done.

    `since`: when it failed first, `tried`: when it was refused last (None: it was not refused), and
    `under` which secrets and mapping: another digest than that of now means that they have changed
    (""; it was not refused, or is not known). `is_known`: people know of it. Times are exact to a
    second.
    """

    since: datetime
    how: Failing = Failing.FAILS
    tried: datetime | None = None
    is_known: bool = False
    under: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the other side understood it and said no."""
        return self.how is Failing.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """An extra that failed in this round, and why, in a sentence.

    `owed` None: its message comes again soon.
    """

    why: str
    owed: Owed | None = None
