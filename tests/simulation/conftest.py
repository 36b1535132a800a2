"""The seed of the random walks: a fresh one for each run, which can be walked again."""

import os

import pytest

from tests.simulation.course import fresh_seed

VARIABLE = "SIMULATION_SEED"
SEED = int(os.environ.get(VARIABLE) or fresh_seed())


def pytest_report_header() -> str:
    """Show the seed, also where every test passes."""
    return f"simulation: {VARIABLE}={SEED}"


@pytest.fixture
def seed() -> int:
    """What the walks of this run begin with."""
    return SEED
