"""Processes that are at work at once: at each call to the outside, the seed decides who goes on.

Every process is a thread, of which exactly one is awake. It may hand the baton on before any of
its calls and nowhere else, so a run is the same again with its seed, and no two processes ever
meet within a fake.
"""

import random
import threading
from collections.abc import Callable, Sequence

Work = Callable[[], None]


class _Process:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.baton = threading.Semaphore(0)


class Crew:
    """Lets processes run at once; `turns` counts how often the baton went to another one."""

    def __init__(self, rng: random.Random, *, handing_on: float = 0.2) -> None:
        self.turns = 0
        self._rng = rng
        self._handing_on = handing_on
        self._running: list[_Process] = []
        self._awake: _Process | None = None
        self._done = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def run(self, works: Sequence[Work]) -> None:
        """Run all of them to their ends; raises the first error that one ended in.

        One alone runs as if there were no crew.
        """
        if len(works) == 1:
            works[0]()
            return
        self._running, self._errors = [_Process(work) for work in works], []
        threads = [threading.Thread(target=self._live, args=(one,)) for one in self._running]
        for thread in threads:
            thread.start()
        if threads:
            self._wake_any()
            self._done.acquire()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def turn(self) -> None:
        """Before a call: perhaps others do something first."""
        me = self._awake
        if me is None or len(self._running) == 1 or self._rng.random() > self._handing_on:
            return
        self._wake_any()
        me.baton.acquire()

    def _live(self, me: _Process) -> None:
        me.baton.acquire()
        try:
            me.work()
        except BaseException as error:  # noqa: BLE001 - raised where the crew was started
            self._errors.append(error)
        self._running.remove(me)
        if self._running:
            self._wake_any()
        else:
            self._awake = None
            self._done.release()

    def _wake_any(self) -> None:
        self._awake = self._rng.choice(self._running)
        self.turns += 1
        self._awake.baton.release()
