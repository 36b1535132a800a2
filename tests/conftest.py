"""What holds for every suite: no credentials of this machine, no sockets where none may be."""

import gc
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

from tests.sandbox.vendors import left_out

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

pytest.register_assert_rewrite("tests.scenes", "tests.e2e.scenes")

NO_SOCKETS = {"unit", "functional", "simulation", "template"}


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Suites that reach nothing outside cannot open a socket, not even by mistake."""
    suite = Path(request.path).relative_to(Path(__file__).parent).parts[0]
    if suite in NO_SOCKETS:
        pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def collected() -> Iterator[None]:
    """For tests that recurse to the interpreter's limit: no earlier finalizer runs down there.

    At that depth a finalizer cannot do its work, and its failure would be blamed on the test.
    """
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many checks a clone leaves out, since the vendors' documents are not part of it."""
    if line := left_out(terminalreporter.getreports("skipped")):
        terminalreporter.write_line(line, yellow=True)
