"""Runs one function as Lambda does: in a process of its own, event by event.

Started by path, with nothing on Python's path but what the function has: it imports no other module
of ours. Each line of its input is `{"event": ..., "look": ...}`, each of its output
`{"answer": ..., "cpu": seconds, "seen": ...}`: the CPU time of the handler in all threads, and what
a look at its frames has shown. `look` is empty, or the name of one of `LOOKS`.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections import Counter, abc
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from types import FrameType
from typing import Any, TextIO

OWN, APP = "pdjira", "app.py"
SAMPLE_SECONDS = 0.001
"""CPU time between two samples; the kernel's own clock may tick less often."""

Seen = dict[str, int]


@cache
def _file_below_path(file: str) -> str:
    """A file as one imports it, `pdjira/errors.py`; empty for the standard library's."""
    for place in os.environ["PYTHONPATH"].split(os.pathsep):
        if file.startswith(f"{place}/"):
            return file[len(place) + 1 :]
    return ""


def _package_of(frame: FrameType) -> str:
    """The top-level package that a frame runs in; empty for the standard library."""
    file = _file_below_path(frame.f_code.co_filename)
    return OWN if file == APP else file.partition("/")[0]


def _file_of_product(frame: FrameType) -> str:
    """The file of the product that a frame runs in; empty for everything else."""
    file = _file_below_path(frame.f_code.co_filename)
    return file if file == APP or file.startswith(f"{OWN}/") else ""


def _stack(frame: FrameType | None) -> abc.Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


@contextmanager
def _calls(seen: Seen) -> abc.Iterator[None]:
    """Counts calls from one file of the product to another or itself, as `caller>callee`.

    What lies between them, such as `map` of the standard library, is passed over. A generator is
    called once, however often it goes on.
    """
    begun: set[FrameType] = set()

    def see(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame in begun:
            return
        begun.add(frame)
        callee = _file_of_product(frame)
        if callee:
            caller = next(filter(None, map(_file_of_product, _stack(frame.f_back))), "")
            seen[f"{caller}>{callee}"] = seen.get(f"{caller}>{callee}", 0) + 1

    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(None)


@contextmanager
def _samples(seen: Seen) -> abc.Iterator[None]:
    """Counts samples as `outermost>innermost` of the packages at work: ours where no other is."""
    counted: Counter[str] = Counter()

    def see(_: int, frame: FrameType | None) -> None:
        packages = list(filter(None, map(_package_of, _stack(frame))))
        others = [each for each in packages if each != OWN]
        counted[f"{others[-1] if others else OWN}>{packages[0] if packages else ''}"] += 1

    signal.signal(signal.SIGPROF, see)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        seen.update(counted)


LOOKS: abc.Mapping[str, abc.Callable[[Seen], AbstractContextManager[None]]] = {
    "": lambda _: nullcontext(),
    "calls": _calls,
    "samples": _samples,
}


def _serve(handler: abc.Callable[[Any, None], Any], output: TextIO) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        seen: Seen = {}
        begun = time.process_time()
        with LOOKS[asked["look"]](seen):
            answer = handler(asked["event"], None)
        cpu = time.process_time() - begun
        output.write(json.dumps({"answer": answer, "cpu": cpu, "seen": seen}) + "\n")
        output.flush()


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where the function's log goes
    _serve(importlib.import_module("app").handler, channel)
