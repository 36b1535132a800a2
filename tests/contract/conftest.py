"""What several contract suites need."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import trustme

from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoMatchRows, DynamoOpenings
from pdjira.adapters.aws.sweeps import DynamoCursors
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.jql.ports import Brakes, Cursors, MatchRows, Openings
from pdjira.model.ports import Links
from tests.aws import LINKS_TABLE, Aws, create_tables, empty_account
from tests.builders import FakeClock
from tests.contract import pagerduty_sides
from tests.contract.jira_sides import SIGN_IN, START, InProcess, OverHttp, Side
from tests.fakes.links import FakeLinks
from tests.fakes.openings import FakeBrakes, FakeCursors, FakeMatchRows, FakeOpenings
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.server import PagerDutyServer


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
    """Jira by the fake, and by the adapter before the sandbox's server.

    `on_every_version` asks for that server in a version, with a way to sign in to it.
    """
    if request.param == "fake":
        yield InProcess()
        return
    clock = FakeClock(START)
    if request.param == "adapter":
        with JiraServer(clock=clock) as server:
            yield OverHttp(server, clock)
        return
    version, way = request.param
    with JiraServer(clock=clock, version=version) as server:
        made = OverHttp(server, clock)
        made.take_tokens(qsh=True)
        made.sign_in(SIGN_IN[way])
        yield made


@pytest.fixture(params=["fake", "adapter"])
def pagerduty_side(request: pytest.FixtureRequest) -> Iterator[pagerduty_sides.Side]:
    """PagerDuty likewise."""
    if request.param == "fake":
        yield pagerduty_sides.InProcess()
        return
    with PagerDutyServer() as server:
        yield pagerduty_sides.OverHttp(server)


class Stores(NamedTuple):
    """What is stored of matches and of the incidents that they open."""

    openings: Openings
    rows: MatchRows
    brakes: Brakes
    cursors: Cursors
    links: Links


@pytest.fixture(params=["table", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        links = FakeLinks()
        return Stores(FakeOpenings(links), FakeMatchRows(), FakeBrakes(), FakeCursors(), links)
    aws: Aws = request.getfixturevalue("aws")
    items = VersionedItems(aws.dynamodb, LINKS_TABLE)
    return Stores(
        DynamoOpenings(items),
        DynamoMatchRows(aws.dynamodb, LINKS_TABLE),
        DynamoBrakes(items),
        DynamoCursors(items),
        DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="us"),
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()
