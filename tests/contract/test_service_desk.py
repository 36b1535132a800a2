"""The promises of `ServiceDesk`, kept by the fake and by the adapter; on every version of Jira."""

from collections.abc import Iterator

import pytest

from pdjira.errors import Temporary
from pdjira.model.issue import AllowedValue
from pdjira.sync.fields.values import ORGANIZATION, REQUEST_TYPE
from tests.builders import FakeClock
from tests.contract.jira_sides import PROJECT, SIGN_IN, START, OverHttp, Side, catalogue_of
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.desks import open_desk
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira.versions import VERSIONS
from tests.sandbox.jira.world import Named


@pytest.fixture
def over_http() -> Iterator[OverHttp]:
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)


@pytest.mark.parametrize("version", VERSIONS)
def test_m10_a_service_desk_tells_its_request_types_and_organizations(
    side: Side, version: str
) -> None:
    side.model.install(version)
    if isinstance(side, OverHttp) and not side.model.version.access_tokens:
        side.sign_in(SIGN_IN["basic"])
    open_desk(side.model.world, "WEB")
    open_desk(side.model.world)

    types = side.port.offered(PROJECT, REQUEST_TYPE)
    organizations = side.port.offered(PROJECT, ORGANIZATION)

    assert types == (
        AllowedValue(id="", name="Report an outage"),
        AllowedValue(id="", name="Get IT help"),
    )
    assert organizations == (AllowedValue(id="1", name="Acme"), AllowedValue(id="2", name="Globex"))
    assert catalogue_of(side).offered(PROJECT, REQUEST_TYPE) == types


def test_m10_a_key_that_jira_tells_is_taken_with_its_portal(side: Side) -> None:
    open_desk(side.model.world, tells_keys=True)

    types = side.port.offered(PROJECT, REQUEST_TYPE)

    assert AllowedValue(id="ops/outage", name="Report an outage") in (types or ())


def test_m10_a_jira_without_service_management_tells_of_none(side: Side) -> None:
    assert side.port.offered(PROJECT, REQUEST_TYPE) is None


def test_m10_a_project_that_is_no_service_desk_or_is_hidden_has_none(side: Side) -> None:
    open_desk(side.model.world, "WEB")
    no_desk = side.port.offered(PROJECT, REQUEST_TYPE)
    side.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project="WEB")

    assert no_desk is None
    assert catalogue_of(side).offered("10200", REQUEST_TYPE) is None


def test_more_than_a_page_is_read(side: Side) -> None:
    desk = open_desk(side.model.world)
    desk.organizations = tuple(Named(id=str(one), name=f"Group {one}") for one in range(1, 251))

    found = side.port.offered(PROJECT, ORGANIZATION)

    assert found is not None
    assert len(found) == 250


def test_what_was_told_is_remembered_until_screens_are_forgotten(over_http: OverHttp) -> None:
    desk = open_desk(over_http.model.world)
    before = over_http.port.offered(PROJECT, ORGANIZATION)
    desk.organizations = ()

    remembered = over_http.port.offered(PROJECT, ORGANIZATION)
    over_http.port.forget_screens()

    assert remembered == before
    assert over_http.port.offered(PROJECT, ORGANIZATION) == ()


def test_a_service_desk_that_fails_is_asked_again_later(over_http: OverHttp) -> None:
    open_desk(over_http.model.world)
    over_http.server.faults.add(FaultKind.STATUS, path="servicedesk$", status=503)

    with pytest.raises(Temporary):
        over_http.port.offered(PROJECT, REQUEST_TYPE)

    assert over_http.port.offered(PROJECT, REQUEST_TYPE)


@pytest.mark.parametrize("status", [403, 412])
def test_a_service_desk_that_is_not_for_our_account_is_none(
    over_http: OverHttp, status: int
) -> None:
    open_desk(over_http.model.world)
    over_http.server.faults.add(FaultKind.STATUS, path="servicedesk$", status=status)

    assert over_http.port.offered(PROJECT, REQUEST_TYPE) is None
