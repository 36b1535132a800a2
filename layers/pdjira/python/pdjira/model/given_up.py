"""What was given up, as people are told of it. Imported by the worker, so it stays small."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pdjira.model.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A message that lies in the dead-letter queue, and why.

    `is_readable`: it holds a signal that the worker can try once more.
    """

    message_id: str
    at: datetime
    sent_at: datetime
    why: str
    incident_id: str | None = None
    issue_id: str | None = None
    event: str = ""
    is_readable: bool = False


class GivenUps(Protocol):
    """Records of what the worker gave up, for as long as the queue keeps the messages."""

    def put(self, given_up: GivenUp) -> None:
        """Keep a record. May be repeated."""

    def latest(self) -> Sequence[GivenUp]:
        """Up to a hundred, the last one first; those of the last second may be missing."""

    def forget(self, message_ids: Collection[str]) -> None:
        """Forget what lies in the queue no longer. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message as the dead-letter queue delivered it.

    `message_id` is the one that it had before it was given up; None where SQS itself moved it.
    """

    id: str
    receipt: str
    body: str
    message_id: str | None


class DeadLetters(Protocol):
    """The dead-letter queue, to send back what lies there."""

    def receive(self) -> Sequence[DeadLetter]:
        """Up to ten, which nobody else gets for a minute; none where none can be had now."""

    def send_back(self, letter: DeadLetter, signal: Signal) -> None:
        """Store its signal in the sync queue, also one that was stored a minute ago; take it out.

        Whatever fails, it is in one of both queues at least.
        """

    def leave(self, letter: DeadLetter) -> None:
        """Let it be had again at once. May be repeated."""


Decode = Callable[[str], Signal]
"""Reads the body of a message. Raises `Misconfigured` for one that is no signal of ours."""
