"""A fault at every outside call, one run for each: what a crash-point sweep is made of."""

from collections.abc import Callable, Collection, Iterable

import pytest

from pdjira.errors import Ambiguous, Conflict, Temporary, Unauthenticated
from tests.fakes.faults import Crash

each_error = pytest.mark.parametrize(
    "error",
    [
        Crash(),
        Temporary("busy"),
        Conflict("lost"),
        Unauthenticated("bad token"),
        Ambiguous("no answer"),
        RuntimeError("a bug of ours"),
    ],
    ids=lambda error: type(error).__name__,
)


def at_every_call(
    names: Iterable[str], run: Callable[[int], None], *, but: Collection[str] = ()
) -> None:
    """Run once for each call, by its number; a run that fails names the call."""
    for number, name in enumerate(names, start=1):
        if name in but:
            continue
        try:
            run(number)
        except AssertionError as problem:
            raise AssertionError(f"call {number} ({name}) failed") from problem
