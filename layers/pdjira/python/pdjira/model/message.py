"""A message of the queue, and how many there are. Imported by the webhooks, so it stays small."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pdjira.model.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the queue delivered it.

    `body` is the encoded signal, `receives` counts deliveries, this one included, `sent_at` is the
    time at which it was stored, and `first_received_at` that of its first delivery.
    """

    id: str
    receipt: str
    group: str
    body: str
    receives: int
    sent_at: datetime
    first_received_at: datetime | None = None

    @property
    def tried_since(self) -> datetime | None:
        """Since when an earlier delivery may have been worked on; None where this is the first."""
        return None if self.receives == 1 else self.first_received_at or self.sent_at

    def facts(self, *, now: datetime) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "message_id": self.id,
            "receives": self.receives,
            "age_seconds": round((now - self.sent_at).total_seconds()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """Approximate counts: `waiting` to be delivered or put off, `dead` in the dead-letter queue."""

    waiting: int
    dead: int


class SignalSink(Protocol):
    """Where a signal is stored."""

    def send(self, signal: Signal) -> None:
        """Store the signal; returning means that it is stored."""
