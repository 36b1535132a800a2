"""The start of every function, which Python's collector of garbage would only slow down."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def starting() -> Iterator[None]:
    """Let the collector wait; what is made meanwhile is for good, and never looked through.

    It runs again and again while modules and clients are made, and finds next to nothing: a sixth
    of the CPU time of a cold start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
