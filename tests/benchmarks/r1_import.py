"""R1: importing the webhook function, beside importing what no such function can do without."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.budget import Figure
from tests.benchmarks.layers import build_own, install_third_party
from tests.benchmarks.scene import ENVIRONMENT, FUNCTIONS

PAIRS = 31
PAIRS_WITHOUT_BYTECODE = 7
LIMIT = 1.25
SHOWN = 12

SUBJECT = "import app"
YARDSTICK = """\
import boto3
from aws_lambda_powertools import Logger
Logger()
boto3.client("sqs")
"""

_IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| *(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """CPU seconds of fresh processes, side by side."""

    subject: Sequence[float]
    yardstick: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of the ratios of the pairs."""
        return median(a / b for a, b in zip(self.subject, self.yardstick, strict=True))

    def describe(self) -> str:
        """Medians and ratios in words."""
        subject, yardstick = median(self.subject), median(self.yardstick)
        least = min(self.subject) / min(self.yardstick)
        return (
            f"{subject * 1000:.0f} ms to {yardstick * 1000:.0f} ms; of {len(self.subject)} pairs "
            f"the median ratio is {self.ratio:.2f}, the ratio of medians "
            f"{subject / yardstick:.2f}, of minima {least:.2f}"
        )


def measure() -> list[Figure]:
    """Fresh processes by turns, user and system time of each."""
    with tempfile.TemporaryDirectory() as layer:
        return _measured(_search_path(FUNCTIONS / "pagerduty_webhook", build_own(Path(layer))))


def _measured(path: str) -> list[Figure]:
    pairs = _run_pairs(path, PAIRS)
    return [
        Figure(
            budget="R1",
            what="import of the webhook function",
            value=pairs.ratio,
            limit=LIMIT,
            unit="x yardstick",
            digits=2,
            details=(
                "yardstick: importing boto3, Powertools' Logger and making an SQS client",
                "CPU time, user and system, of fresh processes, interpreter included",
                pairs.describe(),
                f"layers without bytecode, as sam builds them: {_without_bytecode().describe()}",
                *_what_costs(path),
            ),
        )
    ]


def _search_path(*folders: Path) -> str:
    """As in Lambda: the function's folder, the layers, then what the runtime brings."""
    return os.pathsep.join(map(str, (*folders, sysconfig.get_path("purelib"))))


def _run_pairs(path: str, count: int, **more: str) -> Pairs:
    programs = (SUBJECT, YARDSTICK)
    environment = _environment(path, **more)
    for program in programs:
        _cpu_seconds(program, environment)
    seconds: dict[str, list[float]] = {program: [] for program in programs}
    for number in range(count):
        for program in programs if number % 2 else reversed(programs):
            seconds[program].append(_cpu_seconds(program, environment))
    return Pairs(subject=seconds[SUBJECT], yardstick=seconds[YARDSTICK])


def _cpu_seconds(program: str, environment: Mapping[str, str]) -> float:
    """User and system time of a fresh process.

    `-S` leaves out what this environment's own start-up files would add to either side.
    """
    process = subprocess.Popen([sys.executable, "-S", "-c", program], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"A measured process ended with {process.returncode}: {program}")
    return used.ru_utime + used.ru_stime


def _environment(path: str, **more: str) -> dict[str, str]:
    return {**ENVIRONMENT, "PATH": os.environ.get("PATH", ""), "PYTHONPATH": path, **more}


def _without_bytecode() -> Pairs:
    """Both sides with layers and function as they lie on AWS: Python compiles them at each start.

    The runtime's own boto3 has its bytecode there, and keeps it here.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    with tempfile.TemporaryDirectory() as folder:
        function, own, third_party = (Path(folder, name) for name in ("task", "own", "opt"))
        shutil.copytree(FUNCTIONS / "pagerduty_webhook", function, ignore=ignored)
        install_third_party(third_party)
        path = _search_path(function, build_own(own), third_party)
        return _run_pairs(path, PAIRS_WITHOUT_BYTECODE, PYTHONDONTWRITEBYTECODE="1")


def _what_costs(path: str) -> list[str]:
    """The modules that only the function imports, dearest first.

    Its own time holds the two clients that it makes, one of which is the yardstick's as well.
    """
    ours, theirs = _import_times(SUBJECT, path), _import_times(YARDSTICK, path)
    app = ours.pop("app")
    extra = {name: time for name, time in ours.items() if name not in theirs}
    dearest = sorted(extra.items(), key=lambda each: -each[1])[:SHOWN]
    return [
        f"app.py itself, with the two clients that it makes: {app / 1000:.1f} ms",
        f"what it alone imports: {len(extra)} modules, {sum(extra.values()) / 1000:.1f} ms",
        *(f"  {time / 1000:6.2f} ms  {name}" for name, time in dearest),
    ]


def _import_times(program: str, path: str) -> dict[str, int]:
    """Microseconds of each module by itself, without what it imports in turn."""
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", program],
        env=_environment(path),
        check=True,
        capture_output=True,
        text=True,
    )
    return {name: int(time) for time, name in _IMPORT.findall(done.stderr)}
