"""The seed of the random walks: a fresh one for each run, which can be walked again."""

import os

import pytest

from tests.simulation.course import fresh_seed

VARIABLE = "SIMULATION_SEED"
SEED = int(os.environ.get(VARIABLE) or fresh_seed())


def pytest_report_header() -> str:
    """Show the seed, also where every test passes."""
    return f"simulation: {VARIABLE}={SEED}"


_FIGURES: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures, which no test holds to a limit."""
    for figure in _FIGURES:
        terminalreporter.write_line(f"simulation: {figure}")


@pytest.fixture
def figures() -> list[str]:
    """What is measured on the way."""
    return _FIGURES


@pytest.fixture
def seed() -> int:
    """What the walks of this run begin with."""
    return SEED
