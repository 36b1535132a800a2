"""Both layers as `sam build` makes them, by the Makefiles that it calls."""

import os
import subprocess
import sysconfig
from pathlib import Path

from tests.benchmarks.scene import ROOT
from tests.sandbox.tools import ARCHITECTURE, PYTHON_RUNTIME, build_environment

OWN, THIRD_PARTY = "pdjira", "dependencies"
DEFAULT_ARCHITECTURE = "arm64"
"""The template's."""

IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "six.py")
"""As in the Makefile, which leaves them out of the layer."""

_TARGETS = {OWN: "build-PdjiraLayer", THIRD_PARTY: "build-DependenciesLayer"}


def build(layer: str, target: Path, *, architecture: str = ARCHITECTURE) -> Path:
    """A layer for the Python that runs this; the folder in it that is on Python's path.

    Raises `RuntimeError` with what make says where that cannot be done.
    """
    layers = ROOT / "layers"
    done = subprocess.run(
        [
            *("make", "--makefile", str(layers / layer / "Makefile"), _TARGETS[layer]),
            f"ARTIFACTS_DIR={target}",
        ],
        check=False,
        cwd=layers / "targets" / f"{PYTHON_RUNTIME}-{architecture}",
        env=_environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"The layer {layer} cannot be built: {done.stderr.strip()}")
    return target / "python"


def lay_runtime(target: Path) -> Path:
    """What the runtime of AWS brings beside the standard library, and nothing else of ours.

    What tests need must not be found there: PyJWT imports `cryptography` wherever it finds it.
    """
    installed = Path(sysconfig.get_path("purelib"))
    for name in IN_THE_RUNTIME:
        (target / name).symlink_to(installed / name)
    return target


def _environment() -> dict[str, str]:
    """Without what make hands down where it runs this."""
    handed_down = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    return {
        name: value for name, value in build_environment().items() if name not in handed_down
    } | {"HOME": os.environ.get("HOME", "/")}
