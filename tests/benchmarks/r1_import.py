"""R1: the cold start of every function, beside importing what no such function can do without."""

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.budget import Figure
from tests.benchmarks.layers import OWN, THIRD_PARTY, build, lay_runtime
from tests.benchmarks.scene import ENVIRONMENT, FUNCTIONS

PAIRS = 21
FEW = 5
SHOWN = 12
SUBJECT = "import app"
END = "\nimport os; os._exit(0)"
"""A start has no end: Lambda freezes the process. Tidying up would count for either side."""

WEBHOOKS = ("pagerduty_webhook", "jira_webhook")
WEBHOOK_LIMIT = 1.25
LIMIT = 1.7

WEBHOOK_YARDSTICK = """\
import boto3
from aws_lambda_powertools import Logger
Logger()
boto3.client("sqs")
"""
YARDSTICK = """\
import boto3, pydantic, requests
from aws_lambda_powertools import Logger
Logger()
for client in {clients}:
    boto3.client(client)
"""

_CLIENTS = """\
import boto3
made, make = [], boto3.session.Session.client
def noting(session, name, **more):
    made.append(name)
    return make(session, name, **more)
boto3.session.Session.client = noting
import app
print(*made)
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
    """Fresh processes by turns, user and system time of each, over the layers as built."""
    with read_only_layers() as layers:
        return [_figure(app.parent, layers) for app in sorted(FUNCTIONS.glob("*/app.py"))]


def cold_start_cpu(function: str) -> float:
    """CPU seconds of a function's cold start, by the name of its folder: the median of some."""
    with read_only_layers() as layers:
        path = _search_path(FUNCTIONS / function, *layers)
        return median(_cpu_seconds(SUBJECT, path) for _ in range(FEW))


@contextmanager
def read_only_layers() -> Iterator[tuple[Path, ...]]:
    """As on AWS, where nothing compiled at a cold start can be kept for the next one.

    With them what the runtime brings.
    """
    with (
        tempfile.TemporaryDirectory() as own,
        tempfile.TemporaryDirectory() as third_party,
        tempfile.TemporaryDirectory() as runtime,
    ):
        layers = (build(OWN, Path(own)), build(THIRD_PARTY, Path(third_party)))
        folders = [path for layer in layers for path in (layer, *layer.rglob("*")) if path.is_dir()]
        for folder in folders:
            folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        yield (*layers, lay_runtime(Path(runtime)))
        for folder in folders:
            folder.chmod(stat.S_IRWXU)


def _figure(function: Path, layers: Sequence[Path]) -> Figure:
    path = _search_path(function, *layers)
    is_webhook = function.name in WEBHOOKS
    clients = _output("-c", _CLIENTS, path=path).split()
    yardstick = WEBHOOK_YARDSTICK if is_webhook else YARDSTICK.format(clients=clients)
    beside = (
        "boto3, Powertools' Logger and an SQS client"
        if is_webhook
        else f"boto3, Powertools' Logger, requests, pydantic and clients of {', '.join(clients)}"
    )
    pairs = _run_pairs(yardstick, path)
    return Figure(
        budget="R1",
        what=f"cold start of {function.name}",
        value=pairs.ratio,
        limit=WEBHOOK_LIMIT if is_webhook else LIMIT,
        unit="x yardstick",
        digits=2,
        details=(
            f"yardstick: {beside}; CPU time of fresh processes, interpreter included",
            pairs.describe(),
            *_what_costs(yardstick, path),
        ),
    )


def _search_path(*folders: Path) -> str:
    """As in Lambda: the function's folder, then the layers and what the runtime brings."""
    return os.pathsep.join(map(str, folders))


def _run_pairs(yardstick: str, path: str) -> Pairs:
    programs = (SUBJECT, yardstick)
    for program in programs:
        _cpu_seconds(program, path)
    seconds: dict[str, list[float]] = {program: [] for program in programs}
    for number in range(PAIRS):
        for program in programs if number % 2 else reversed(programs):
            seconds[program].append(_cpu_seconds(program, path))
    return Pairs(subject=seconds[SUBJECT], yardstick=seconds[yardstick])


def _cpu_seconds(program: str, path: str) -> float:
    """User and system time of a fresh process.

    `-S` leaves out what this environment's own start-up files would add to either side, `-B` keeps
    the function's own bytecode from being written, which sam does not ship.
    """
    process = subprocess.Popen(
        [sys.executable, "-B", "-S", "-c", program + END], env=_environment(path)
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"A measured process ended with {process.returncode}: {program}")
    return used.ru_utime + used.ru_stime


def _environment(path: str) -> dict[str, str]:
    return {**ENVIRONMENT, "PATH": os.environ.get("PATH", ""), "PYTHONPATH": path}


def _what_costs(yardstick: str, path: str) -> list[str]:
    """The modules that only the function imports, dearest first."""
    ours, theirs = _import_times(SUBJECT, path), _import_times(yardstick, path)
    app = ours.pop("app")
    extra = {name: time for name, time in ours.items() if name not in theirs}
    dearest = sorted(extra.items(), key=lambda each: -each[1])[:SHOWN]
    return [
        f"app.py itself, with the clients that it makes: {app / 1000:.1f} ms",
        f"what it alone imports: {len(extra)} modules, {sum(extra.values()) / 1000:.1f} ms",
        *(f"  {time / 1000:6.2f} ms  {name}" for name, time in dearest),
    ]


def _import_times(program: str, path: str) -> dict[str, int]:
    """Microseconds of each module by itself, without what it imports in turn."""
    told = _output("-X", "importtime", "-c", program, path=path)
    return {name: int(time) for time, name in _IMPORT.findall(told)}


def _output(*arguments: str, path: str) -> str:
    """What a fresh process says, on either stream."""
    done = subprocess.run(
        [sys.executable, "-B", "-S", *arguments],
        env=_environment(path),
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout
