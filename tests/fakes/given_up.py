"""`GivenUps` and `DeadLetters` in memory, with the promises of their ports."""

from collections.abc import Collection, Sequence

from pdjira.adapters.aws.given_up import MOST, given_up_item, read_given_up
from pdjira.adapters.aws.items import Attributes
from pdjira.model.signal import DeadLetter, GivenUp, Signal, message_group
from tests.fakes.faults import FaultPlan
from tests.fakes.queue import FakeSignalQueue


class FakeGivenUps:
    """`stored` are the records by the message's id."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: dict[str, GivenUp] = {}

    def put(self, given_up: GivenUp) -> None:
        with self.faults.call("given_up.put"):
            kept = read_given_up(Attributes(given_up_item(given_up)))
            self.stored[given_up.message_id] = kept

    def latest(self) -> Sequence[GivenUp]:
        with self.faults.call("given_up.latest"):
            found = sorted(self.stored.values(), key=lambda one: one.sent_at, reverse=True)
            return found[:MOST]

    def forget(self, message_ids: Collection[str]) -> None:
        with self.faults.call("given_up.forget"):
            for message_id in message_ids:
                self.stored.pop(message_id, None)


class FakeDeadLetters:
    """The dead letters of a queue; what SQS itself has moved is put into `moved`, by its body."""

    def __init__(self, queue: FakeSignalQueue, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.moved: list[str] = []
        self._queue = queue
        self._hidden: set[str] = set()

    def receive(self) -> Sequence[DeadLetter]:
        with self.faults.call("dead_letters.receive"):
            free = [one for one in self._all() if one.receipt not in self._hidden][:10]
            self._hidden |= {one.receipt for one in free}
            return free

    def send_back(self, letter: DeadLetter, signal: Signal) -> None:
        with self.faults.call("dead_letters.send_back"):
            self._queue.send_body(letter.body, group=message_group(signal))
            dead = self._queue.dead
            dead[:] = [one for one in dead if one.message.id != letter.message_id]
            if letter.message_id is None and letter.body in self.moved:
                self.moved.remove(letter.body)

    def leave(self, letter: DeadLetter) -> None:
        with self.faults.call("dead_letters.leave"):
            self._hidden.discard(letter.receipt)

    def _all(self) -> list[DeadLetter]:
        ours = [
            DeadLetter(
                id=f"dead {one.message.id}",
                receipt=one.message.id,
                body=one.message.body,
                message_id=one.message.id,
            )
            for one in self._queue.dead
        ]
        theirs = [
            DeadLetter(id=body, receipt=f"moved {number}", body=body, message_id=None)
            for number, body in enumerate(self.moved)
        ]
        return [*ours, *theirs]
