"""R9: how large the layers are as built, with their bytecode: ours zipped, the other unzipped."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.budget import Figure
from tests.benchmarks.layers import DEFAULT_ARCHITECTURE, OWN, THIRD_PARTY, build
from tests.benchmarks.scene import FUNCTIONS
from tests.sandbox.tools import ARCHITECTURE, PYTHON_RUNTIME

OWN_LIMIT = 2_000
THIRD_PARTY_LIMIT = 30
KILOBYTE = 1000
MEGABYTE = 1000 * KILOBYTE
SHOWN = 6
LAYER = "the layer"


def measure() -> list[Figure]:
    """Both layers freshly built by this Python, the third-party one for both processors."""
    sizes = own_code()
    beside = ", ".join(f"{name} {size / KILOBYTE:.1f} kB" for name, size in sizes.items())
    return [
        Figure(
            budget="R9",
            what="our layer with its bytecode, zipped",
            value=sizes[LAYER] / KILOBYTE,
            limit=OWN_LIMIT,
            unit="kB",
            details=(beside,),
        ),
        _third_party(),
    ]


def own_code() -> dict[str, int]:
    """Bytes of our layer as sam builds it and of each function, zipped."""
    functions = sorted(path.parent for path in FUNCTIONS.glob("*/app.py"))
    sizes = {folder.name: zipped_bytes(folder) for folder in functions}
    with tempfile.TemporaryDirectory() as layer:
        build(OWN, Path(layer))
        return {LAYER: zipped_bytes(Path(layer), with_bytecode=True), **sizes}


def zipped_bytes(folder: Path, *, with_bytecode: bool = False) -> int:
    """The size of a folder as a deployment package; sam leaves out the bytecode of functions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as package:
        for path in _files(folder):
            if with_bytecode or "__pycache__" not in path.parts:
                package.write(path, path.relative_to(folder))
    return len(buffer.getvalue())


def _third_party() -> Figure:
    on_aws, here = _built(DEFAULT_ARCHITECTURE), _built(ARCHITECTURE)
    dearest = sorted(on_aws.items(), key=lambda each: -each[1])[:SHOWN]
    total, local = sum(on_aws.values()), sum(here.values())
    return Figure(
        budget="R9",
        what="third-party layer with bytecode, unzipped",
        value=total / MEGABYTE,
        limit=THIRD_PARTY_LIMIT,
        unit="MB",
        digits=1,
        details=(
            f"{DEFAULT_ARCHITECTURE}, {PYTHON_RUNTIME}; for this machine {local / MEGABYTE:.1f} MB",
            ", ".join(f"{name} {size / MEGABYTE:.1f} MB" for name, size in dearest),
        ),
    )


def _built(architecture: str) -> dict[str, int]:
    """Bytes by top folder, all files counted: this is what AWS counts as well."""
    with tempfile.TemporaryDirectory() as folder:
        layer = build(THIRD_PARTY, Path(folder), architecture=architecture)
        sizes: dict[str, int] = {}
        for path in _files(layer):
            top = path.relative_to(layer).parts[0]
            sizes[top] = sizes.get(top, 0) + path.stat().st_size
        return sizes


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
