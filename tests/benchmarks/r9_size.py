"""R9: how large the code is that each cold start loads: ours zipped, as built, others' unzipped."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.budget import Figure
from tests.benchmarks.layers import ON_AWS, build_own, install_third_party
from tests.benchmarks.scene import FUNCTIONS

OWN_LIMIT = 2_000
THIRD_PARTY_LIMIT = 20
KILOBYTE = 1000
MEGABYTE = 1000 * KILOBYTE
SHOWN = 6


def measure() -> list[Figure]:
    """Our code freshly built, the third-party layer freshly installed for both platforms."""
    sizes = own_code()
    beside = ", ".join(f"{name} {size / KILOBYTE:.1f} kB" for name, size in sizes.items())
    return [
        Figure(
            budget="R9",
            what="own code, zipped",
            value=sum(sizes.values()) / KILOBYTE,
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
        build_own(Path(layer))
        return {"the layer": zipped_bytes(Path(layer)), **sizes}


def zipped_bytes(folder: Path) -> int:
    """The size of a folder as a deployment package, without bytecode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as package:
        for path in _files(folder):
            package.write(path, path.relative_to(folder))
    return len(buffer.getvalue())


def _third_party() -> Figure:
    on_aws, here = _installed(*ON_AWS), _installed()
    dearest = sorted(on_aws.items(), key=lambda each: -each[1])[:SHOWN]
    total, local = sum(on_aws.values()), sum(here.values())
    return Figure(
        budget="R9",
        what="third-party layer, unzipped",
        value=total / MEGABYTE,
        limit=THIRD_PARTY_LIMIT,
        unit="MB",
        digits=1,
        details=(
            f"for arm64 and Python 3.13, the defaults; for this machine {local / MEGABYTE:.1f} MB",
            ", ".join(f"{name} {size / MEGABYTE:.1f} MB" for name, size in dearest),
        ),
    )


def _installed(*platform: str) -> dict[str, int]:
    """Bytes by top folder, all files counted: this is what AWS counts as well."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        install_third_party(target, *platform)
        sizes: dict[str, int] = {}
        for path in _files(target):
            top = path.relative_to(target).parts[0]
            sizes[top] = sizes.get(top, 0) + path.stat().st_size
        return sizes


def _files(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )
