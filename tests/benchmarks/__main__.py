"""Measures the budgets, or those that are named, and prints each figure beside its limit."""

import argparse
import json
import signal
import sys
import time
from collections import abc
from collections.abc import Callable, Sequence

from tests.benchmarks import (
    r1_import,
    r2_webhook,
    r3_worker,
    r4_calls,
    r5_dynamodb,
    r6_latency,
    r7_poll,
    r8_sweep,
    r9_size,
    r10_cost,
    r11_tree,
    r12_catching_up,
    r13_page,
    r14_cpu,
    r15_going_on,
)
from tests.benchmarks.budget import FIGURES, Figure, NotMeasuredError

BUDGETS: abc.Mapping[str, Callable[[], list[Figure]]] = {
    "R1": r1_import.measure,
    "R2": r2_webhook.measure,
    "R3": r3_worker.measure,
    "R4": r4_calls.measure,
    "R5": r5_dynamodb.measure,
    "R6": r6_latency.measure,
    "R7": r7_poll.measure,
    "R8": r8_sweep.measure,
    "R9": r9_size.measure,
    "R10": r10_cost.measure,
    "R11": r11_tree.measure,
    "R12": r12_catching_up.measure,
    "R13": r13_page.measure,
    "R14": r14_cpu.measure,
    "R15": r15_going_on.measure,
}


def main() -> int:
    """The exit status: 1 if a figure is over its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("budget", nargs="*", help=f"of {', '.join(BUDGETS)}; all without any")
    asked: Sequence[str] = parser.parse_args().budget
    unknown = [name for name in asked if name.upper() not in BUDGETS]
    if unknown:
        parser.error(f"there is no budget {', '.join(unknown)}")
    return _run([name.upper() for name in asked] or [*BUDGETS])


def _run(names: Sequence[str]) -> int:
    begun = time.monotonic()
    measured = {name: _measured(name) for name in names}
    figures = [figure for each in measured.values() for figure in each]
    print(f"\nMeasured in {time.monotonic() - begun:.0f} s:\n")
    for figure in figures:
        print(figure.line())
    _keep(figures)
    over = [figure for figure in figures if figure.is_over]
    print(
        f"\n{len(over)} of {len(figures)} over the limit" if over else "\nall within their limits"
    )
    missing = [name for name, each in measured.items() if not each]
    if missing:
        print(f"not measured: {', '.join(missing)}, see above")
    return 1 if over else 0


def _keep(figures: Sequence[Figure]) -> None:
    """Keep what was measured for `make promises`, beside the budgets that this run left out."""
    kept: dict[str, list[str]] = {}
    if FIGURES.exists():
        kept = json.loads(FIGURES.read_text("utf-8"))
    for name in {figure.budget for figure in figures}:
        kept[name] = [figure.short() for figure in figures if figure.budget == name]
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(kept, indent=1), "utf-8")


def _measured(name: str) -> list[Figure]:
    """None where it cannot be measured here."""
    try:
        figures = BUDGETS[name]()
    except NotMeasuredError as error:
        print(f"{name:<4}not measured: {error}", flush=True)
        return []
    for figure in figures:
        print(figure.line())
        for detail in figure.details:
            print(f"      {detail}")
    sys.stdout.flush()
    return figures


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
