"""What differs between the supported versions of Jira, and what earlier ones are told.

That each keeps the core of the port is shown where the core is: by the tests `on_every_version`.
"""

from collections.abc import Iterator

import pytest

from pdjira.adapters.jira.answers import Capabilities
from pdjira.errors import Misconfigured, NotFound
from tests.builders import FakeClock
from tests.contract.jira_sides import (
    BUG,
    PROJECT,
    SIGN_IN,
    START,
    WAYS,
    OverHttp,
    client,
    connection,
    draft,
)
from tests.contract.wire_double import answer, serving
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.jira.versions import VERSIONS, Version


@pytest.fixture
def jira() -> Iterator[OverHttp]:
    """One to which we sign in by user name and password, as every version up to 10 allows."""
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        made = OverHttp(server, clock)
        made.sign_in(SIGN_IN["basic"])
        yield made


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
