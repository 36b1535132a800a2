"""The rights of our account, asked of the fake and over HTTP: M5, M6, M10."""

from datetime import UTC, datetime

import pytest

from pdjira.adapters.jira.catalogue import JiraAccessTokens, JiraRights
from pdjira.errors import NotFound, Temporary, Unauthenticated
from pdjira.health.jira import AGENT
from pdjira.model.rights import TABLE
from tests.contract.jira_sides import PROJECT, InProcess, OverHttp, Side, client, connection
from tests.contract.wire_double import answer, serving
from tests.fakes.catalogue import FakeRights
from tests.fakes.health import FakeAccessTokens
from tests.sandbox.jira.seed import MINIMUM_RIGHTS, OUR_ACCOUNT
from tests.sandbox.jira.versions import version_named


def rights(side: Side) -> JiraRights | FakeRights:
    if isinstance(side, InProcess):
        return FakeRights(side.port)
    assert isinstance(side, OverHttp)
    return side.port.rights()


def test_m6_exactly_the_minimum_is_held_where_no_more_is_granted(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="OPS")

    told = rights(side).in_project(PROJECT)

    assert told.held == frozenset(MINIMUM_RIGHTS)
    assert {right.key for right in TABLE} <= told.named


@pytest.mark.parametrize("key", [key for key in MINIMUM_RIGHTS if key != "BROWSE_PROJECTS"])
def test_m5_a_right_that_was_taken_away_is_missing_in_that_project_alone(
    side: Side, key: str
) -> None:
    side.model.world.revoke(OUR_ACCOUNT, key, project="OPS")

    assert key in rights(side).in_project(PROJECT).missing
    assert key not in rights(side).in_project("10200").missing


@pytest.mark.parametrize("project_id", ["99999", "../10100"])
def test_a_project_that_jira_does_not_show_is_not_found(side: Side, project_id: str) -> None:
    with pytest.raises(NotFound):
        rights(side).in_project(project_id)


def test_m6_a_project_that_we_may_not_browse_is_not_found(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project="OPS")

    with pytest.raises(NotFound):
        rights(side).in_project(PROJECT)


def test_m10_a_service_desk_and_its_agents_are_told(side: Side) -> None:
    project = side.model.world.project_named("OPS")

    before = rights(side).in_project(PROJECT)
    project.type_key = "service_desk"
    side.model.world.grant(OUR_ACCOUNT, AGENT, project="OPS")
    after = rights(side).in_project(PROJECT)

    assert (before.is_service_desk, AGENT in before.missing) == (False, True)
    assert (after.is_service_desk, AGENT in after.missing) == (True, False)


def test_rights_are_not_asked_for_as_nobody(side: Side) -> None:
    side.refuse_us()

    with pytest.raises(Unauthenticated):
        rights(side).in_project(PROJECT)


@pytest.mark.parametrize("body", ["{}", '{"permissions": []}'])
def test_an_answer_without_rights_is_tried_again(body: str) -> None:
    with serving(answer(200, body)) as stage:
        port = client(lambda: connection(stage.url))

        with pytest.raises(Temporary):
            port.rights().in_project(PROJECT)


def tokens(side: Side) -> JiraAccessTokens | FakeAccessTokens:
    if isinstance(side, InProcess):
        return FakeAccessTokens(side.port)
    assert isinstance(side, OverHttp)
    return side.port.access_tokens(is_token=lambda: True)


def test_g6_the_access_tokens_of_our_account_are_listed_with_their_ends(side: Side) -> None:
    account = side.model.world.users[OUR_ACCOUNT]

    (endless,) = tokens(side).listed() or ()
    account.token_ends = datetime(2026, 12, 24, tzinfo=UTC)
    (ending,) = tokens(side).listed() or ()

    assert (endless.name, endless.ends) == ("token 1", None)
    assert ending.ends == account.token_ends


def test_g6_a_jira_before_8_14_has_no_access_tokens(side: Side) -> None:
    side.model.version = version_named("7.2")

    with pytest.raises((NotFound, Unauthenticated)):
        tokens(side).listed()


def test_g6_who_signs_in_otherwise_is_not_asked_for_tokens() -> None:
    with serving() as stage:
        port = client(lambda: connection(stage.url))

        assert port.access_tokens(is_token=lambda: False).listed() is None
