"""Lets work run side by side, in a bounded number of threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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
