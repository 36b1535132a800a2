"""The promises of the catalogues' ports, kept by the fakes and by the adapters."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest

from pdjira.adapters.pagerduty.catalogue import RestPagerDutyCatalogue
from pdjira.errors import NotFound, Refused, Temporary, Unauthenticated
from pdjira.mappings.offers import ProjectOffer
from pdjira.mappings.ports import PagerDutyCatalogue
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, IssueDraft, Mark
from tests.contract.jira_sides import BUG, PROJECT, Side, catalogue_of
from tests.contract.pagerduty_sides import client, connection
from tests.contract.wire_double import answer, serving
from tests.fakes.catalogue import FakePagerDutyCatalogue
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import Properties
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.seed import CHECKOUT, SYNC_EMAIL, SYNC_USER, WORKFLOW, jira_extension
from tests.sandbox.pagerduty.server import PagerDutyServer

# ---- Jira


def test_m11_a_project_comes_with_its_issue_types_and_their_statuses(side: Side) -> None:
    project = catalogue_of(side).project(PROJECT)

    assert (project.id, project.key) == (PROJECT, "OPS")
    assert [(one.id, one.name) for one in project.issue_types] == [
        ("10001", "Bug"),
        ("10002", "Task"),
    ]
    assert Reference(id="3", name="In Progress") in project.issue_types[0].statuses
    assert project.issue_types[0].categories["3"] == "indeterminate"


def test_every_project_that_our_account_sees_is_listed(side: Side) -> None:
    listed = catalogue_of(side).projects()
    side.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project=PROJECT)

    assert ProjectOffer(id=PROJECT, key="OPS", name="Operations") in listed
    assert PROJECT not in [one.id for one in catalogue_of(side).projects()]


def test_a_project_is_found_by_its_key_and_tells_its_id(side: Side) -> None:
    project = catalogue_of(side).project("OPS")

    assert isinstance(project, ProjectOffer)
    assert project.id == PROJECT


def test_a_project_that_is_not_there_or_hidden_is_not_found(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project=PROJECT)

    for project_id in ("99999", PROJECT):
        with pytest.raises(NotFound):
            catalogue_of(side).project(project_id)


def test_priorities_and_resolutions_come_by_id(side: Side) -> None:
    catalogue = catalogue_of(side)

    assert Reference(id="1", name="Highest") in catalogue.priorities()
    assert Reference(id="10000", name="Done") in catalogue.resolutions()


def test_m20_a_create_screen_tells_which_values_a_field_takes(side: Side) -> None:
    fields = catalogue_of(side).create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    team, place = fields["customfield_10004"], fields["customfield_10011"]
    assert team.allowed
    assert AllowedValue(id="10300", name="Platform") in team.allowed
    assert place.allowed
    assert place.allowed[0].children == ("Hall 1", "Hall 2")
    assert fields["labels"].allowed is None
    assert AllowedValue(id="10400", name="Checkout") in (fields["components"].allowed or ())


def test_m21_a_create_screen_is_read_afresh_each_time(side: Side) -> None:
    catalogue = catalogue_of(side)
    before = catalogue.create_screen(project_id=PROJECT, issue_type_id=BUG)

    side.model.set_required(PROJECT, BUG, "customfield_10001", required=True)

    after = catalogue.create_screen(project_id=PROJECT, issue_type_id=BUG)
    assert not before.fields["customfield_10001"].required
    assert after.fields["customfield_10001"].required


def test_where_we_may_not_create_the_screen_is_refused(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project=PROJECT)

    with pytest.raises((Refused, NotFound)):
        catalogue_of(side).create_screen(project_id=PROJECT, issue_type_id=BUG)


def test_a_jira_that_does_not_know_us_says_so(side: Side) -> None:
    side.refuse_us()

    for ask in (
        lambda: catalogue_of(side).project(PROJECT),
        lambda: catalogue_of(side).priorities(),
    ):
        with pytest.raises((Unauthenticated, NotFound)):
            ask()


def test_a_user_is_known_by_the_user_name_while_active(side: Side) -> None:
    catalogue = catalogue_of(side)

    assert catalogue.has_user("alice")
    assert not catalogue.has_user("Alice Example")

    side.model.world.users["alice"].active = False
    assert not catalogue.has_user("alice")


@pytest.mark.parametrize(
    ("properties", "kept"), [(Properties.HELD, True), (Properties.DROPPED, False)]
)
def test_whether_jira_keeps_properties_is_seen_by_our_latest_issue(
    side: Side, properties: Properties, kept: bool
) -> None:
    catalogue = catalogue_of(side)
    line = "PagerDuty: https://acme.pagerduty.com/incidents/Q1"
    draft = IssueDraft(
        project_id=PROJECT,
        issue_type_id=BUG,
        fields={"summary": "Down", "description": line},
        mark=Mark(incident_id="Q1", mapping_id="ops-bug", line=line),
    )

    before = catalogue.keeps_properties(PROJECT)
    side.model.world.properties = properties
    side.port.create_issue(draft)

    assert before is None
    assert catalogue.keeps_properties(PROJECT) is kept


# ---- PagerDuty


@pytest.fixture(params=["fake", "adapter"])
def side_of_pagerduty(request: pytest.FixtureRequest) -> tuple[PagerDutyCatalogue, PagerDutyModel]:
    if request.param == "fake":
        fake = FakePagerDuty()
        return FakePagerDutyCatalogue(fake, action_token=True), fake.model
    server: PagerDutyServer = request.getfixturevalue("pagerduty_server")
    adapter = client(lambda: connection(server.url, action_token="t")).catalogue()
    return adapter, server.model


@pytest.fixture
def pagerduty(
    side_of_pagerduty: tuple[PagerDutyCatalogue, PagerDutyModel],
) -> PagerDutyCatalogue:
    return side_of_pagerduty[0]


@pytest.fixture
def model(side_of_pagerduty: tuple[PagerDutyCatalogue, PagerDutyModel]) -> PagerDutyModel:
    return side_of_pagerduty[1]


@pytest.fixture
def pagerduty_server() -> Iterator[PagerDutyServer]:
    with PagerDutyServer() as server:
        yield server


def test_a_service_is_found_by_its_id(pagerduty: PagerDutyCatalogue) -> None:
    assert pagerduty.service(CHECKOUT) == Reference(id=CHECKOUT, name="Checkout")
    with pytest.raises(NotFound):
        pagerduty.service("PNONE")


def test_m23_services_users_and_workflows_are_found_by_a_part_of_the_name_in_any_case(
    pagerduty: PagerDutyCatalogue,
) -> None:
    assert pagerduty.services_like("checkout") == (Reference(id=CHECKOUT, name="Checkout"),)
    assert pagerduty.services_like("Check") == (Reference(id=CHECKOUT, name="Checkout"),)
    assert pagerduty.users_like("Jira Sync") == ()
    assert pagerduty.users_like("SYNC@example.com") == (Reference(id=SYNC_USER, name=SYNC_EMAIL),)
    assert pagerduty.workflows_like("open a Jira issue") == (
        Reference(id=WORKFLOW, name="Open a Jira issue"),
    )
    assert pagerduty.workflows_like("No such") == ()
    assert Reference(id=CHECKOUT, name="Checkout") in pagerduty.services_like("")
    assert Reference(id=WORKFLOW, name="Open a Jira issue") in pagerduty.workflows_like("")


def test_g19_the_rules_of_the_vendors_integration_are_told_as_pagerduty_has_them(
    pagerduty: PagerDutyCatalogue, model: PagerDutyModel
) -> None:
    other = jira_extension() | {
        "id": "POTHER1",
        "config": {"anykey": "anyvalue"},
        "extension_schema": {"id": "PHOOK01", "key": "custom_webhook", "label": "Button"},
    }
    silent = jira_extension() | {"id": "PEXT002", "config": {}}
    model.extensions += [jira_extension(CHECKOUT), other, silent]

    found, told_nothing = pagerduty.jira_extensions()

    assert told_nothing["id"] == "PEXT002"
    assert found["id"] == "PEXT001"
    assert found["config"] == jira_extension()["config"]
    (service,) = cast("list[dict[str, object]]", found["extension_objects"])
    assert service["id"] == CHECKOUT


def test_the_priorities_come_most_severe_first(pagerduty: PagerDutyCatalogue) -> None:
    priorities = pagerduty.priorities()

    assert priorities
    assert priorities[0] == Reference(id="PP1", name="P1")
    assert len(priorities) == 5


def test_a_users_address_is_found_by_the_users_id(pagerduty: PagerDutyCatalogue) -> None:
    assert pagerduty.email_of(SYNC_USER) == SYNC_EMAIL
    with pytest.raises(NotFound):
        pagerduty.email_of("PNONE")


def test_it_is_known_whether_buttons_are_accepted(pagerduty: PagerDutyCatalogue) -> None:
    assert pagerduty.has_action_token()


# ---- PagerDuty, on the wire


def on_the_wire(url: str) -> RestPagerDutyCatalogue:
    return client(lambda: connection(url)).catalogue()


def test_an_account_without_priorities_has_none() -> None:
    body = '{"error": {"message": "Account does not have this ability", "code": 2012}}'

    with serving(answer(402, body)) as stage:
        assert on_the_wire(stage.url).priorities() is None


def test_priorities_that_are_refused_for_another_reason_are_an_error() -> None:
    body = '{"error": {"message": "Forbidden", "code": 2010}}'

    with serving(answer(403, body)) as stage, pytest.raises(Refused):
        on_the_wire(stage.url).priorities()


ASKED: list[Callable[[RestPagerDutyCatalogue], object]] = [
    lambda catalogue: catalogue.service("P"),
    lambda catalogue: catalogue.email_of("P"),
    lambda catalogue: catalogue.services_like("P"),
]


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_without_what_was_asked_for_is_temporary(
    ask: Callable[[RestPagerDutyCatalogue], object],
) -> None:
    with serving(answer(200, "{}")) as stage, pytest.raises(Temporary):
        ask(on_the_wire(stage.url))


def test_more_services_than_a_page_are_all_looked_through() -> None:
    first = '{"services": [{"id": "A", "name": "Web 1"}, "x"], "more": true}'
    second = '{"services": [{"id": "B", "name": "Web"}], "more": false}'

    with serving(answer(200, first), answer(200, second)) as stage:
        assert on_the_wire(stage.url).services_like("web") == (
            Reference(id="A", name="Web 1"),
            Reference(id="B", name="Web"),
        )
