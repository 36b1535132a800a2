"""Both layers as `sam build` makes them, without bytecode: ours by make, wheels unpacked."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.scene import ROOT

REQUIREMENTS = ROOT / "layers/dependencies/requirements.txt"
ON_AWS = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13")
"""The template's defaults."""

_UV = ROOT / ".tools/bin/uv"


def build_own(target: Path) -> Path:
    """Our layer, by the rule that sam calls; the folder in it that is on Python's path.

    Raises `RuntimeError` with what make says where that cannot be done.
    """
    done = subprocess.run(
        [
            *("make", "--directory", str(ROOT / "layers/pdjira"), "build-PdjiraLayer"),
            *(f"ARTIFACTS_DIR={target}", f"PYTHON={sys.executable}"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"Our layer cannot be built: {done.stderr.strip()}")
    return target / "python"


def install_third_party(target: Path, *platform: str) -> None:
    """Raises `RuntimeError` with what uv says where that cannot be done."""
    done = subprocess.run(
        [
            *(str(_UV), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"),
            *(*platform, "--target", str(target), "--requirement", str(REQUIREMENTS)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"The third-party layer cannot be installed: {done.stderr.strip()}")
