"""How often the work on a message ended without an answer, as the queue's consumer asks for it."""

from typing import Protocol


class Attempts(Protocol):
    """How often in a row the work on a message ended without an answer, by a crash or a timeout."""

    def begin(self, message_id: str) -> int:
        """Work on a message that was delivered before begins; the row that it has so far.

        The first delivery is not told of, so it counts unless it ended with an answer.
        """

    def end(self, message_id: str) -> None:
        """The work ended with an answer, and so does the row. Idempotent."""
