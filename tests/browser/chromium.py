"""Finds Chromium: on the path, else installed from the system's packages where that is allowed."""

import os
import shutil
import subprocess
from functools import cache

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@cache
def executable() -> str:
    """Where Chromium lies. Exits with a sentence where there is none and none can be installed."""
    found = _on_path() or _installed()
    if found is None:
        raise SystemExit(
            "Chromium is missing here, and tests/browser needs it: install it with the system's "
            "own means (Debian: apt-get install chromium), or run make test as root, which does."
        )
    return found


def _on_path() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _installed() -> str | None:
    """Installed by apt, which needs root; None where that is not possible."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return None
    print("Installing Chromium from the system's packages ...", flush=True)
    quietly = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    wanted = ("install", "--yes", "--no-install-recommends", "chromium")
    for arguments in (("update",), wanted):
        answer = subprocess.run(
            ["apt-get", "-q", *arguments],
            env=quietly,
            capture_output=True,
            check=False,
            text=True,
        )
        if answer.returncode:
            raise SystemExit(f"apt-get {arguments[0]} failed: {answer.stderr.strip()}")
    return _on_path()
