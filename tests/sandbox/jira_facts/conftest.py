"""A Jira for the tests of one module, as at the start for each of them."""

from collections.abc import Iterator

import pytest
import requests

from tests.builders import FakeClock
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira_facts.client import Client


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def running(clock: FakeClock) -> Iterator[JiraServer]:
    with JiraServer(clock=clock) as server:
        yield server


@pytest.fixture
def jira(running: JiraServer) -> Iterator[Client]:
    with requests.Session() as session:
        client = Client(running, session)
        client.control("POST", "reset")
        yield client
    running.start()
