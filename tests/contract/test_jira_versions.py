"""Every version of Jira that is supported keeps the promises of the port, or says what it lacks."""

from collections.abc import Callable, Iterator

import pytest

from pdjira.adapters.jira.sign_in import Capabilities
from pdjira.errors import Misconfigured, NotFound
from tests.builders import FakeClock
from tests.contract import test_jira, test_jira_issues
from tests.contract.jira_sides import (
    BUG,
    PROJECT,
    SIGN_IN,
    START,
    OverHttp,
    Side,
    client,
    connection,
    draft,
)
from tests.contract.wire_double import answer, serving
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira.versions import VERSIONS, Version

Promise = Callable[[Side], None]

WAYS = {
    "7.2": ("basic", "jwt"),
    "7.6": ("basic",),
    "8.4": ("basic", "jwt"),
    "8.20": ("basic", "pat"),
    "9.12": ("pat", "jwt"),
    "10.3": ("basic", "pat"),
    "11.3": ("pat", "jwt"),
}
PROMISES: tuple[Promise, ...] = (
    test_jira.test_we_are_told_who_we_are,
    test_jira.test_the_server_tells_its_version_and_where_people_find_it,
    test_jira.test_a_create_screen_tells_what_each_field_takes,
    test_jira.test_a_changed_screen_is_seen_once_screens_are_forgotten,
    test_jira.test_there_is_no_screen_where_we_may_not_create,
    test_jira.test_an_issue_is_created_together_with_its_mark,
    test_jira.test_a_required_field_that_is_missing_is_named_and_nothing_is_created,
    test_jira.test_a_create_whose_answer_was_lost_is_found_by_its_mark,
    test_jira.test_where_jira_dropped_the_property_the_line_alone_does,
    test_jira.test_a_remote_link_is_shown_once_and_updated,
    test_jira.test_credentials_that_are_not_accepted_are_told_by_every_call,
    test_jira_issues.test_a_transition_moves_the_issue_and_writes_the_fields_of_its_screen,
    test_jira_issues.test_the_transitions_are_those_of_the_issues_status_with_what_their_screens_require,
    test_jira_issues.test_fields_are_written_and_writing_them_twice_changes_nothing,
    test_jira_issues.test_an_issue_in_a_status_is_found_and_only_of_that_project_and_type,
)


@pytest.fixture(params=[(version, way) for version, ways in WAYS.items() for way in ways])
def side(request: pytest.FixtureRequest) -> Iterator[OverHttp]:
    version, way = request.param
    clock = FakeClock(START)
    with JiraServer(clock=clock, version=version) as server:
        made = OverHttp(server, clock)
        made.take_tokens(qsh=True)
        made.sign_in(SIGN_IN[way])
        yield made


@pytest.fixture
def jira() -> Iterator[OverHttp]:
    """One to which we sign in by user name and password, as every version up to 10 allows."""
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        made = OverHttp(server, clock)
        made.sign_in(SIGN_IN["basic"])
        yield made


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_m1_m3_every_version_keeps_the_core_of_the_port_by_every_sign_in(
    side: OverHttp, promise: Promise
) -> None:
    promise(side)


def test_every_version_of_the_sandbox_is_tried() -> None:
    assert set(WAYS) == set(VERSIONS)


def test_m1_the_old_create_metadata_are_only_asked_for_one_project_and_one_type(
    jira: OverHttp,
) -> None:
    """Without both filters the call can take all of Jira's memory (JRASERVER-42282)."""
    jira.model.install("7.2")

    jira.port.create_screen(project_id=PROJECT, issue_type_id=BUG)

    (asked,) = [call for call in jira.server.calls.calls() if "createmeta" in call["path"]]
    assert asked["path"].endswith("/issue/createmeta")
    assert f"projectIds={PROJECT}&issuetypeIds={BUG}&" in asked["query"]


@pytest.mark.parametrize(("project", "kind"), [("", BUG), (PROJECT, ""), ("", "")])
def test_m1_nothing_is_asked_where_a_filter_would_be_empty(
    jira: OverHttp, project: str, kind: str
) -> None:
    jira.model.install("7.2")

    with pytest.raises(NotFound):
        jira.port.create_screen(project_id=project, issue_type_id=kind)

    assert not [call for call in jira.server.calls.calls() if "createmeta" in call["path"]]


@pytest.mark.parametrize(("project", "kind"), [("99999", BUG), (PROJECT, "99999")])
def test_m1_an_old_jira_that_offers_no_such_screen_is_not_asked_twice_for_it(
    jira: OverHttp, project: str, kind: str
) -> None:
    jira.model.install("7.2")

    with pytest.raises(NotFound, match="no such project and issue type"):
        jira.port.create_screen(project_id=project, issue_type_id=kind)

    paths = [call["path"] for call in jira.server.calls.calls()]
    assert [path for path in paths if "createmeta" in path] == ["/rest/api/2/issue/createmeta"]


@pytest.mark.parametrize(("before", "after"), [("7.2", "9.12"), ("9.12", "7.6"), ("8.4", "10.3")])
def test_m1_a_jira_that_is_replaced_by_another_version_under_way_is_probed_again(
    jira: OverHttp, before: str, after: str
) -> None:
    """The version is remembered for ten minutes; a resource that is gone brings the new one."""
    jira.model.install(before)
    jira.port.create_screen(project_id=PROJECT, issue_type_id=BUG)
    jira.port.forget_screens()

    jira.model.install(after)
    screen = jira.port.create_screen(project_id=PROJECT, issue_type_id=BUG)

    assert screen.fields["summary"].required
    if before != "8.4":
        assert jira.port.server_info().version == VERSIONS[after].numbers


def test_m1_where_the_version_is_the_same_what_is_missing_stays_missing(jira: OverHttp) -> None:
    jira.port.server_info()
    jira.server.calls.reset()

    jira.server.faults.add("status", status=404, body={"errorMessages": ["No"], "errors": {}})
    with pytest.raises(NotFound):
        jira.port.create_screen(project_id=PROJECT, issue_type_id=BUG)

    paths = [call["path"].rsplit("/", 1)[1] for call in jira.server.calls.calls()]
    assert paths == [BUG, "serverInfo"]


@pytest.mark.parametrize("numbers", ["[7, 1, 9]", "[6, 4, 12]"])
def test_m1_a_version_before_7_2_is_named_as_unsupported(numbers: str) -> None:
    with serving(answer(200, f'{{"versionNumbers": {numbers}}}')) as stage:
        port = client(lambda: connection(stage.url))
        with pytest.raises(Misconfigured, match=r"works with 7\.2 and later") as caught:
            port.server_info()
        with pytest.raises(Misconfigured, match=r"works with 7\.2 and later"):
            port.create_screen(project_id=PROJECT, issue_type_id=BUG)

    assert ".".join(numbers[1:-1].split(", ")) in caught.value.says
    assert "Update Jira" in (caught.value.cure or "")


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_m1_what_we_take_a_version_to_be_capable_of_is_what_the_sandbox_has(
    version: Version,
) -> None:
    can = Capabilities(version=version.numbers)

    assert can.supported
    assert can.create_metadata_by_type is version.new_createmeta
    assert can.access_tokens is version.access_tokens
    assert can.passwords_by_default is version.basic


def test_m1_a_cascading_select_that_an_old_jira_declares_as_a_list_is_one_all_the_same() -> None:
    field = (
        '{"name": "Place", "required": false, "schema": {"type": "array", "items": "string",'
        ' "custom": "com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect"}}'
    )
    page = f'{{"projects": [{{"id": "{PROJECT}", "issuetypes": [{{"id": "{BUG}", "fields":'
    info = answer(200, '{"versionNumbers": [7, 2, 0]}')
    with serving(info, answer(200, f'{page} {{"customfield_1": {field}}}}}]}}]}}')) as stage:
        port = client(lambda: connection(stage.url))
        fields = port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    assert (fields["customfield_1"].type, fields["customfield_1"].items) == (
        "option-with-child",
        None,
    )


def test_m1_an_issue_that_was_made_before_an_update_is_found_after_it(jira: OverHttp) -> None:
    jira.model.install("7.2")
    ours = jira.port.create_issue(draft())

    jira.model.install("10.3")

    assert jira.port.find_issue(draft(), since=START) == ours
