"""Faults on order: the n-th outside call fails, before or after its effect.

One plan may be shared by all fakes of a test; then its count is that of all outside calls, which
is what a crash-point sweep needs:

    plan = FaultPlan()
    run(plan)                                  # once without faults: len(plan.calls) calls
    for number in range(1, len(plan.calls) + 1):
        run(FaultPlan().fail(number, Crash(), after=True))
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self


class Crash(BaseException):
    """The process dies here: nothing below the test may catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    first: int
    last: int
    method: str | None
    after: bool
    error: BaseException

    def hits(self, method: str, *, overall: int, own: int, after: bool) -> bool:
        if after is not self.after or self.method not in (None, method):
            return False
        number = overall if self.method is None else own
        return self.first <= number <= self.last


class FaultPlan:
    """Counts calls and raises what was planned for them. Safe to share between threads.

    Methods are named `<port>.<method>`, for instance `links.save`; `calls` holds them in order.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._faults: list[_Fault] = []
        self._own: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._current = threading.local()

    def fail(
        self,
        number: int,
        error: BaseException,
        *,
        method: str | None = None,
        after: bool = False,
        times: int = 1,
    ) -> Self:
        """Plan a fault for the `number`-th call (from 1) of all, or of `method`.

        `after` lets the call take effect first. `times` covers the calls that follow as well.
        """
        fault = _Fault(
            first=number, last=number + times - 1, method=method, after=after, error=error
        )
        with self._lock:
            self._faults.append(fault)
        return self

    def fail_next(
        self, method: str, error: BaseException, *, after: bool = False, times: int = 1
    ) -> Self:
        """Plan a fault for the next call of `method`, counted from now."""
        with self._lock:
            number = self._own[method] + 1
        return self.fail(number, error, method=method, after=after, times=times)

    def heal(self, method: str) -> None:
        """Whatever was planned for `method` fails no more."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.method != method]

    def before(self, method: str) -> None:
        """Count a call; raise what is planned before its effect."""
        with self._lock:
            self.calls.append(method)
            self._own[method] += 1
            self._current.overall = len(self.calls)
            self._current.own = self._own[method]
        self._raise(method, after=False)

    def after(self, method: str) -> None:
        """Raise what is planned after the effect of the call that `before` counted last here."""
        self._raise(method, after=True)

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        """Both hooks around an effect; an effect that raises has no `after`."""
        self.before(method)
        yield
        self.after(method)

    def _raise(self, method: str, *, after: bool) -> None:
        overall, own = self._current.overall, self._current.own
        with self._lock:
            planned = [
                fault.error
                for fault in self._faults
                if fault.hits(method, overall=overall, own=own, after=after)
            ]
        if planned:
            raise planned[0]
