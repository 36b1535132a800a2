"""Remembers for a while what Jira said."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by key, each for `seconds` on the monotonic `clock`."""

    def __init__(self, *, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The value for `key`, read where it is not remembered. A failure is not remembered."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        value = read()
        self._kept[key] = (self._clock() + self._seconds, value)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
