"""Measures the budgets, or those that are named, and prints each figure beside its limit."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks import (
    r1_import,
    r2_webhook,
    r3_worker,
    r4_calls,
    r5_dynamodb,
    r9_size,
)
from tests.benchmarks.budget import Figure

BUDGETS: Mapping[str, Callable[[], list[Figure]]] = {
    "R1": r1_import.measure,
    "R2": r2_webhook.measure,
    "R3": r3_worker.measure,
    "R4": r4_calls.measure,
    "R5": r5_dynamodb.measure,
    "R9": r9_size.measure,
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
    figures = [figure for name in names for figure in _measured(name)]
    print(f"\nMeasured in {time.monotonic() - begun:.0f} s:\n")
    for figure in figures:
        print(figure.line())
    over = [figure for figure in figures if figure.is_over]
    print(
        f"\n{len(over)} of {len(figures)} over the limit" if over else "\nall within their limits"
    )
    return 1 if over else 0


def _measured(name: str) -> list[Figure]:
    figures = BUDGETS[name]()
    for figure in figures:
        print(figure.line())
        for detail in figure.details:
            print(f"      {detail}")
    sys.stdout.flush()
    return figures


if __name__ == "__main__":
    sys.exit(main())
