"""What the planner answers: a step, a wait, or rest; and the steps that several aspects ask for."""

from dataclasses import dataclass
from typing import ClassVar

from pdjira.errors import Side
from pdjira.model.incident import IncidentChange
from pdjira.model.link import Agreement, Extra, Link
from pdjira.model.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is performed; the planner is asked again afterwards.

    `side` is whom it surely calls, None where it may call nobody. `most_calls` is how many calls it
    makes there in the worst case, each of which may take its whole deadline. `extra` says what it
    is for, where it may fail without holding up the core. `is_repair`: it brings one side to where
    the other is, which a sweep counts as drift; `writes`: it writes to a side.
    """

    side: ClassVar[Side | None] = None
    most_calls: ClassVar[int] = 1
    extra: ClassVar[Extra | None] = None
    is_repair: ClassVar[bool] = False
    writes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIssue(Step):
    """Read the issue.

    `with_comments`: also what was written on it; `with_history`: also who moved it, and what it
    was created with. Both as far as they come along.
    """

    side = Side.JIRA
    most_calls = 3

    with_comments: bool = False
    with_history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistory(Step):
    """Read who moved the issue last, and the status in which it was created."""

    side = Side.JIRA
    most_calls = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIncident(Step):
    """Write onto the incident what was changed on its issue."""

    side = Side.PAGERDUTY
    most_calls = 2
    is_repair = writes = True

    change: IncidentChange
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseStatuses(Step):
    """Carry no status any more until somebody asks: it goes to and fro."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeStatuses(Step):
    """Carry statuses again: after a pause, or once a merged incident was reopened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOnce(Step):
    """Have people told, once for each `key`, and go on with what both sides agree on."""

    key: str
    text: str
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Agree(Step):
    """Remember what both sides agree on now; `says` is what people want to know of it."""

    agreed: Agreement
    says: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember(Step):
    """Remember how the link stands, before coming to rest."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing can be done yet, and why. `seconds` until it can, where that is known.

    `extra`: only that one waits.
    """

    why: str
    seconds: float | None = None
    extra: Extra | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """There is nothing to do, and why."""

    why: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(Step):
    """Record that a comment or a note is never carried, and say so once where people miss it."""

    item_id: str
    says: str | None = None


Action = Step | Wait | Rest
"""What the planner answers."""
