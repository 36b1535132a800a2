"""Cold-starts one function from its folder, as Lambda does, with AWS faked at the wire."""

import gc
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, cast

from tests.rights import Calls

ROOT = Path(__file__).parents[2]

_watching: list[Calls] = []


class Function(Protocol):
    """A loaded function; `stack` is what its bootstrap made."""

    stack: Any

    def handler(self, event: Any, context: object) -> dict[str, Any]:
        """Answer one event."""
        ...


@contextmanager
def cold_started(name: str) -> Iterator[Function]:
    """Load `functions/<name>/app.py` anew, under a name of its own."""
    module_name = f"function_{name}"
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        with _watching[-1].of(name) if _watching else nullcontext():
            spec.loader.exec_module(module)
        yield cast("Function", module)
    finally:
        gc.unfreeze()
        del sys.modules[module_name]


@contextmanager
def with_their_roles() -> Iterator[Calls]:
    """Functions that are started inside may do what their roles allow, and nothing else.

    Answers what they called. Where this is not asked for, as in benchmarks, they may do anything.
    """
    calls = Calls()
    _watching.append(calls)
    try:
        yield calls
    finally:
        _watching.remove(calls)
