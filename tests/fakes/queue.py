"""A FIFO queue in memory, with the promises of the `SignalQueue` port and the habits of SQS.

A message that is being worked on, or was put off, blocks its group and no other. One that is not
deleted within the visibility timeout is delivered again, with a new receipt; an old receipt then
no longer counts. The same deduplication id within five minutes is stored once per group.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.adapters.aws.queue import encode
from pdjira.errors import Conflict
from pdjira.model.signal import Message, QueueDepth, Signal, message_group, queue_safe
from tests.fakes.faults import FaultPlan

DEDUPLICATION = timedelta(minutes=5)
VISIBILITY = timedelta(seconds=330)
"""As `template.yaml` has it."""

LONGEST_DEFERRAL = 43_200


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    message: Message
    reason: str


@dataclass
class _Slot:
    number: int
    message: Message
    visible_at: datetime


class FakeSignalQueue:
    """`clock` tells the time; `dead` lists dead letters, `stored` what is not deleted yet."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        faults: FaultPlan | None = None,
        visibility: timedelta = VISIBILITY,
    ) -> None:
        self.faults = faults or FaultPlan()
        self.dead: list[DeadLetter] = []
        self._clock = clock
        self._visibility = visibility
        self._groups: dict[str, deque[_Slot]] = {}
        self._seen: dict[tuple[str, str], datetime] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def stored(self) -> list[Message]:
        slots = (slot for group in self._groups.values() for slot in group)
        return [slot.message for slot in sorted(slots, key=lambda slot: slot.number)]

    def send(self, signal: Signal) -> None:
        with self.faults.call("queue.send"), self._lock:
            group = message_group(signal)
            if self._is_new(group, f"{signal.kind}:{queue_safe(signal.id)}"):
                self._append(encode(signal), group)

    def send_body(self, body: str, *, group: str) -> None:
        """Store a message that we did not write."""
        with self._lock:
            self._append(body, group)

    def receive(self) -> Message | None:
        """The first message that may be delivered now."""
        with self._lock:
            now = self._clock()
            ready = (group[0] for group in self._groups.values() if group[0].visible_at <= now)
            first = min(ready, key=lambda slot: slot.number, default=None)
            return None if first is None else self._deliver(first)

    def ready(self) -> int:
        """How many messages may be delivered now, to as many workers."""
        with self._lock:
            now = self._clock()
            return sum(group[0].visible_at <= now for group in self._groups.values())

    def delete(self, message: Message) -> None:
        """The worker has done with the message. Without effect where it was delivered again."""
        with self._lock:
            if self._held(message) is None:
                return
            group = self._groups[message.group]
            group.popleft()
            if not group:
                del self._groups[message.group]

    def give_back(self, message: Message) -> None:
        """The worker died: the message is delivered again without waiting for the timeout."""
        with self._lock:
            held = self._held(message)
            if held is not None:
                held.visible_at = self._clock()

    def defer(self, message: Message, seconds: int) -> None:
        if not 0 <= seconds <= LONGEST_DEFERRAL:
            raise ValueError(seconds)
        with self.faults.call("queue.defer"), self._lock:
            held = self._held(message)
            if held is None:
                raise Conflict("The message is delivered to another worker by now.")
            held.visible_at = self._clock() + timedelta(seconds=seconds)

    def dead_letter(self, message: Message, reason: str) -> None:
        with self.faults.call("queue.dead_letter"), self._lock:
            if self._is_new("dead", message.id):
                self.dead.append(DeadLetter(message=message, reason=reason))

    def depth(self) -> QueueDepth:
        with self.faults.call("queue.depth"), self._lock:
            waiting = sum(map(len, self._groups.values()))
            return QueueDepth(waiting=waiting, dead=len(self.dead))

    def is_idle(self) -> bool:
        with self.faults.call("queue.is_idle"), self._lock:
            return not any(self._groups.values())

    def next_visible_at(self) -> datetime | None:
        """When the next message may be delivered: what a simulated clock is moved to."""
        with self._lock:
            firsts = (group[0].visible_at for group in self._groups.values())
            return min(firsts, default=None)

    def _is_new(self, group: str, deduplication_id: str) -> bool:
        now, key = self._clock(), (group, deduplication_id)
        if key in self._seen and now - self._seen[key] < DEDUPLICATION:
            return False
        self._seen[key] = now
        return True

    def _append(self, body: str, group: str) -> None:
        now, number = self._clock(), next(self._numbers)
        message = Message(
            id=f"message-{number}",
            receipt="",
            group=group,
            body=body,
            receives=0,
            sent_at=now,
        )
        slot = _Slot(number=number, message=message, visible_at=now)
        self._groups.setdefault(group, deque()).append(slot)

    def _deliver(self, slot: _Slot) -> Message:
        slot.visible_at = self._clock() + self._visibility
        slot.message = replace(
            slot.message,
            first_received_at=slot.message.first_received_at or self._clock(),
            receipt=f"receipt-{next(self._numbers)}",
            receives=slot.message.receives + 1,
        )
        return slot.message

    def _held(self, message: Message) -> _Slot | None:
        """The first of its group, where it is in the hands of whoever holds this receipt."""
        group = self._groups.get(message.group)
        if not group:
            return None
        slot, known = group[0], group[0].message
        is_same = (known.id, known.receipt) == (message.id, message.receipt)
        return slot if is_same and slot.visible_at > self._clock() else None
