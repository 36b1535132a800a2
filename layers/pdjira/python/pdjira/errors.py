"""Every error of ours, sorted by what the caller can do about it.

PdjiraError
├── Temporary            try again later; nothing is known to have been written
│   ├── Unauthenticated  the other side does not accept our credentials
│   ├── CircuitOpen      the call was not made, because those before it came to nothing
│   ├── TooLarge         the answer was longer than it may be, and was not read
│   ├── Unfinished       nothing failed: the next delivery goes on
│   │   └── OutOfTime    in this run there was no time for more
│   └── Conflict         somebody else wrote first: read again, decide again
├── Ambiguous            a write was sent and its answer is unknown: look before writing again
└── Permanent            trying again changes nothing until a person does
    ├── Refused          the other side understood the request and said no
    │   └── Unstorable   it failed at a text that its database may not hold
    ├── NotFound         the other side knows no such thing, or does not show it to us
    └── Misconfigured    the stack, a secret or a mapping is not as it must be
        ├── UnreadableItem   a stored item is not as we write it
        └── UnreadableSecret the connection secret is not as it must be

An adapter raises nothing else; it translates foreign errors once, `from` the original.
"""

import re
from collections import abc
from enum import StrEnum
from typing import TypeVar


class Side(StrEnum):
    """Who is called."""

    JIRA = "jira"
    PAGERDUTY = "pagerduty"


class PdjiraError(Exception):
    """One plain sentence for a person (`says`), and what to do about it (`cure`)."""

    def __init__(self, says: str, *, cure: str | None = None) -> None:
        super().__init__(says)
        self.says = says
        self.cure = cure


class Temporary(PdjiraError):  # noqa: N818 - named by what the caller can do
    """Try again later.

    `retry_after` is in seconds, where the other side named it; `timed_out` is the side that was
    waited for in vain.
    """

    def __init__(
        self,
        says: str,
        *,
        cure: str | None = None,
        retry_after: float | None = None,
        timed_out: Side | None = None,
    ) -> None:
        super().__init__(says, cure=cure)
        self.retry_after = retry_after
        self.timed_out = timed_out


class Unauthenticated(Temporary):
    """The other side (`side`) does not accept our credentials; a changed secret cures it."""

    def __init__(self, says: str, *, cure: str | None = None, side: Side | None = None) -> None:
        super().__init__(says, cure=cure)
        self.side = side


class CircuitOpen(Temporary):
    """A side is left alone for a while: `circuit` says which, and where.

    `opened`: this very call was the one too many. `retry_after` is the time to the next try.
    """

    def __init__(
        self,
        says: str,
        *,
        cure: str | None = None,
        retry_after: float,
        circuit: str,
        opened: bool = False,
    ) -> None:
        super().__init__(says, cure=cure, retry_after=retry_after)
        self.circuit = circuit
        self.opened = opened


class TooLarge(Temporary):
    """The answer to a call that may be repeated is longer than it may be, and was not read."""


class Unfinished(Temporary):
    """Nothing failed and no side named a time: the next delivery goes on in `retry_after`."""


class OutOfTime(Unfinished):
    """The time of this run is up; `left` names what the next one goes on with."""

    def __init__(self, *, left: str) -> None:
        super().__init__(f"The time of this run was up; left for the next: {left}.", retry_after=1)
        self.left = left


class Conflict(Temporary):
    """A conditional write was lost: what was read is no longer so."""


class Ambiguous(PdjiraError):  # noqa: N818 - likewise
    """A write was sent and no answer tells whether it took effect.

    `timed_out` is the side that was waited for in vain.
    """

    def __init__(
        self, says: str, *, cure: str | None = None, timed_out: Side | None = None
    ) -> None:
        super().__init__(says, cure=cure)
        self.timed_out = timed_out


class Permanent(PdjiraError):  # noqa: N818 - likewise
    """Trying again changes nothing until a person changes something."""


class Refused(Permanent):
    """The other side said no.

    `status` is the HTTP status, `messages` what it said in general, and `fields` what it said of
    single fields, by field id.
    """

    def __init__(
        self,
        says: str,
        *,
        cure: str | None = None,
        status: int,
        messages: tuple[str, ...] = (),
        fields: abc.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(says, cure=cure)
        self.status = status
        self.messages = messages
        self.fields = dict(fields or {})


class Unstorable(Refused):
    """The other side failed, and its database may not hold a character that was sent."""


class NotFound(Permanent):
    """The other side knows no such thing, or does not show it to our user."""


class Misconfigured(Permanent):
    """The stack, a secret or a mapping is not as it must be."""


class NotThere(Misconfigured):
    """A person named what there is not, or gave a text that cannot be read."""


class UnreadableItem(Misconfigured):
    """A stored item is not as we write it: edited by hand, or written by a later version.

    `key` are its partition and its sort key; `why` names what is wrong, as part of a sentence.
    """

    def __init__(
        self, *, table: str, key: tuple[str, str], why: str, cure: str | None = None
    ) -> None:
        super().__init__(
            f"The item {' '.join(key)} in {table} cannot be read: {why}.",
            cure=cure or "Correct that attribute in the AWS console; `health` says more.",
        )
        self.key = key
        self.why = why


class UnreadableSecret(Misconfigured):
    """The connection secret is filled, but not as it must be; an empty one is `Misconfigured`."""


CURE = " What to do: "

WAIT = "Nothing: it is tried again by itself."

_ENDS = (".", "!", "?", "\u2026", "\u3002", '."', ".)")


def with_cure(says: str, cure: str | None) -> str:
    """What happened, then what to do, where that is known.

    What a side said itself may have no full stop.
    """
    if not cure:
        return says
    says = says.rstrip()
    stop = "." if says and not says.endswith(_ENDS) else ""
    return f"{says}{stop}{CURE}{cure}"


_OUR_ACCOUNT = re.compile(
    r"\b[Oo]ur account(?=(?: in Jira)? (?:lacks|may|is|has)\b)"
    r"|\b(?:[Gg]ive|[Ll]et|shows?|allow|add|as|has locked|blocks|hidden from|by|that) our account"
)


Text = TypeVar("Text", str, str | None)


def naming(text: Text, account: str) -> Text:
    """The sentence of ours, with the name of our account where it first speaks of it.

    `account` "": the name is not known.
    """
    if not text or not account or f"our account {account}".lower() in text.lower():
        return text
    return _OUR_ACCOUNT.sub(lambda found: f"{found[0]} {account}", text, count=1)


def sentence_of(error: PdjiraError) -> str:
    """What an error says, and its cure, where it names one."""
    return with_cure(error.says, error.cure)


def split_cure(text: str) -> tuple[str, str | None]:
    """What happened, and what to do, of such a text: what a side itself says comes before ours."""
    says, mark, cure = text.rpartition(CURE)
    return (says, cure) if mark else (text, None)
