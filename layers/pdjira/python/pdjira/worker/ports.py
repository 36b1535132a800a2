"""How the work on a message ended before, as the queue's consumer asks for it."""

from typing import Protocol


class Attempts(Protocol):
    """How often in a row the work on a message ended without an answer, by a crash or a timeout.

    And how often it ended with a wait that a side had named.
    """

    def begin(self, message_id: str) -> int:
        """Work on a message that was delivered before begins; the row that it has so far.

        The first delivery is not recorded, so it counts unless it ended with an answer.
        """

    def end(self, message_id: str, *, is_named: bool = False) -> int:
        """The work ended with an answer, and so does the row.

        `is_named`: a side named the wait that follows; how often one has, this time included.
        Otherwise 0. To be called once for each delivery.
        """
