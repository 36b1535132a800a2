"""What several contract suites need."""

from collections.abc import Iterator

import pytest

from tests.aws import Aws, create_tables, empty_account
from tests.builders import FakeClock
from tests.contract.jira_sides import START, InProcess, OverHttp, Side
from tests.sandbox.jira.server import JiraServer


@pytest.fixture
def aws(
    monkeypatch: pytest.MonkeyPatch,
    socket_disabled: None,  # noqa: ARG001 - asked for, not used
) -> Iterator[Aws]:
    """An AWS account in memory with our tables, and no way to a real one."""
    with empty_account(monkeypatch) as account:
        create_tables(account.dynamodb)
        yield account


@pytest.fixture(params=["fake", "adapter"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Jira by the fake, and by the adapter before the sandbox's server."""
    if request.param == "fake":
        yield InProcess()
        return
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)
