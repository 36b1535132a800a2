"""What needs somebody: a line at the top of every page, and a card where there is more to say."""

from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How something is; each has its shape and colour. OFF is also what was not checked."""

    OK = "ok"
    ATTENTION = "attention"
    BROKEN = "broken"
    WAITING = "waiting"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that needs somebody: a few words, and the address that tells more.

    `until` is when it is tried again or ends by itself.
    """

    kind: Kind
    says: str
    to: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The attentions, gravest first; `waiting` counts events that are still to be worked on.

    `is_known`: both sides were looked at lately.

    The same list feeds the heading of the front page, Problems and Health, so that they agree.
    """

    attentions: Sequence[Attention] = ()
    last_webhook: datetime | None = None
    last_poll: datetime | None = None
    waiting: int = 0
    is_known: bool = True

    @property
    def needing(self) -> int:
        """How many attentions need a person; the others end by themselves."""
        return sum(one.kind in {Kind.BROKEN, Kind.ATTENTION} for one in self.attentions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """What one can do: with `given` a form of these hidden values, otherwise a way to a page."""

    words: str
    to: str
    given: abc.Mapping[str, str] | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One cause, however many incidents it holds up, with what it takes to be rid of it.

    `says` is the reason, `cure` what to do; `more` leads to all that it holds up.
    """

    kind: Kind
    heading: str
    says: str
    cure: str = ""
    since: datetime | None = None
    buttons: Sequence[Button] = ()
    more: Button | None = None
