"""What every page says at its top: what needs somebody, and when either side was last heard of."""

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
    """The attentions, gravest first; `waiting` counts incidents that wait for another try."""

    attentions: Sequence[Attention] = ()
    last_webhook: datetime | None = None
    last_poll: datetime | None = None
    waiting: int = 0
