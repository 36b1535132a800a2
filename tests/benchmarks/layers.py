"""The third-party layer, installed as `sam build` does it: wheels unpacked, no bytecode."""

import subprocess
from pathlib import Path

from tests.benchmarks.scene import ROOT

REQUIREMENTS = ROOT / "layers/dependencies/requirements.txt"
ON_AWS = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13")
"""The template's defaults."""

_UV = ROOT / ".tools/bin/uv"


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
