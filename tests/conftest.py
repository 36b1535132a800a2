"""What holds for every suite: no credentials of this machine, no sockets where none may be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

NO_SOCKETS = {"unit", "functional", "simulation", "template"}


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Suites that reach nothing outside cannot open a socket, not even by mistake."""
    suite = Path(request.path).relative_to(Path(__file__).parent).parts[0]
    if suite in NO_SOCKETS:
        pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()
