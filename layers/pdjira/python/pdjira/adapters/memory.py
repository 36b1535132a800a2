"""What clients share: a memory of what a side said, and work that runs side by side."""

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST_KEPT = 1_000


class Memory(Generic[Value]):
    """Values by key, each for `seconds` on the monotonic `clock`; at most `limit`, the latest."""

    def __init__(
        self, *, seconds: float, clock: Callable[[], float], limit: int = MOST_KEPT
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._limit = limit
        self._kept: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The value for `key`, read where it is not remembered. A failure is not remembered."""
        kept = self._kept.pop(key, None)
        if kept is not None and self._clock() < kept[0]:
            self._kept[key] = kept
            return kept[1]
        value = read()
        self._kept[key] = (self._clock() + self._seconds, value)
        while len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


Found = TypeVar("Found")


class SideBySide:
    """Runs up to `most` works at once."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, works: Sequence[Callable[[], Found]]) -> Sequence[Found]:
        """What each work answers, in their order.

        Where one raises, the others are finished all the same, and the first error is raised then.
        """
        with ThreadPoolExecutor(self._most) as threads:
            begun = [threads.submit(work) for work in works]
        return [one.result() for one in begun]
