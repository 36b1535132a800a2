"""Cold-starts one function from its folder, as Lambda does, with AWS faked at the wire."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

ROOT = Path(__file__).parents[2]


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
        spec.loader.exec_module(module)
        yield cast("Function", module)
    finally:
        del sys.modules[module_name]
