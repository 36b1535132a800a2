"""A PagerDuty for the tests of one module, as at the start for each of them."""

from collections.abc import Iterator

import pytest

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.receiver import Receiver
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    control,
)


@pytest.fixture(scope="module")
def running() -> Iterator[PagerDutyServer]:
    with PagerDutyServer() as server:
        yield server


@pytest.fixture
def server(running: PagerDutyServer) -> PagerDutyServer:
    control(running, "POST", "reset")
    return running


@pytest.fixture
def rest(server: PagerDutyServer) -> Rest:
    auth = {"Authorization": f"Token token={seed.API_TOKEN}", "From": seed.SYNC_EMAIL}
    return Rest(server.url, auth)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening
