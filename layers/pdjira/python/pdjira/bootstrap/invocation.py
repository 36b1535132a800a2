"""What Lambda tells a function of the invocation that it runs."""

from math import inf
from typing import Protocol


class Context(Protocol):
    """What Lambda hands over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""


def seconds_left(context: Context | None) -> float:
    """Seconds until the function is ended; without end where nobody says."""
    return context.get_remaining_time_in_millis() / 1000 if context else inf
