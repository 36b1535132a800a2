"""Finds HAProxy: on the path, else unpacked below `.tools` from the system's own packages.

Debian keeps one version of a package, so there is a lowest version instead of a pin, and apt
checks the signatures. No right of an administrator is needed: apt works in folders of its own.
"""

import os
import re
import shutil
import subprocess
from collections import abc
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.sandbox import tools

LOWEST = (3, 0)
_FOLDER = tools.ROOT / ".tools" / "haproxy"
# Of what HAProxy needs, the libraries that a small system may lack.
_LIBRARIES = re.compile(r"lib(?:crypt|jemalloc|lua|opentracing|pcre2-8|ssl|stdc\+\+)[\w.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An executable, and what its environment needs so that it starts."""

    path: Path
    environment: abc.Mapping[str, str] = field(default_factory=dict)

    def version(self) -> tuple[int, int] | None:
        """Major and minor; None where it does not start."""
        shown = subprocess.run(
            [self.path, "-v"],
            env=dict(os.environ) | dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            text=True,
        )
        found = re.search(r"version (\d+)\.(\d+)", shown.stdout)
        return (int(found[1]), int(found[2])) if found else None


@cache
def haproxy() -> Program:
    """HAProxy, fetched if need be. Exits with a sentence where there is none."""
    on_path = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")
    if on_path is not None:
        program = Program(path=Path(on_path))
    else:
        if not (_FOLDER / "ready").exists():
            _fetch()
        program = _unpacked()
    version = program.version()
    if version is None or version < LOWEST:
        raise SystemExit(
            f"HAProxy {LOWEST[0]}.{LOWEST[1]} or later is needed for tests/gateway; {program.path} "
            f"is {'no working one' if version is None else '.'.join(map(str, version))}."
        )
    return program


def _unpacked() -> Program:
    root = _FOLDER / "root"
    folders = {str(path.parent) for path in (root / "usr" / "lib").rglob("lib*.so*")}
    return Program(
        path=root / "usr" / "sbin" / "haproxy",
        environment={"LD_LIBRARY_PATH": os.pathsep.join(sorted(folders))},
    )


def _fetch() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise SystemExit("HAProxy is missing here: install 3.0 or later for tests/gateway.")
    shutil.rmtree(_FOLDER, ignore_errors=True)
    for name in ("lists/partial", "archives/partial", "root"):
        (_FOLDER / name).mkdir(parents=True)
    print("Fetching HAProxy from the system's packages ...", flush=True)
    _apt("apt-get", "update")
    needed = _apt("apt-cache", "depends", *_ONLY_NEEDED, "haproxy").splitlines()
    libraries = sorted({name for name in needed if _LIBRARIES.fullmatch(name)})
    _apt("apt-get", "download", "haproxy", *libraries)
    for package in _FOLDER.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, _FOLDER / "root"], check=True)
        package.unlink()
    shutil.rmtree(_FOLDER / "lists")
    (_FOLDER / "ready").touch()


_ONLY_NEEDED = (
    "--recurse",
    *(f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces")),
    "--no-enhances",
)


def _apt(command: str, *arguments: str) -> str:
    """What a command of apt prints, with its lists and its archives below our own folder."""
    options = {
        "Dir::State::lists": _FOLDER / "lists",
        "Dir::Cache": _FOLDER,
        "Dir::Cache::archives": _FOLDER / "archives",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
    }
    settings = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    answer = subprocess.run(
        [command, *settings, "-q", *arguments],
        cwd=_FOLDER,
        capture_output=True,
        check=False,
        text=True,
    )
    if answer.returncode:
        raise SystemExit(
            f"HAProxy cannot be fetched ({command} {arguments[0]}): {answer.stderr.strip()}\n"
            "Install HAProxy 3.0 or later with the system's own means, for tests/gateway."
        )
    return answer.stdout
