"""What the use cases may rely on of Jira: the fake and the adapter keep the same promises."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pdjira.adapters.jira.searches import PROPERTY
from pdjira.errors import Ambiguous, NotFound, Refused, Unauthenticated
from pdjira.model.issue import IssueRef, Mark, Place
from tests.contract.jira_sides import (
    BUG,
    LINE,
    OTHERS_LINE,
    PROJECT,
    START,
    TASK,
    Side,
    bean,
    count,
    draft,
    drop_mark,
    link,
    on_every_version,
    put_description,
    put_mark,
)
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import Properties


@on_every_version
def test_we_are_told_who_we_are(side: Side) -> None:
    assert side.port.who_am_i() == OUR_ACCOUNT


@on_every_version
def test_the_server_tells_its_version_and_where_people_find_it(side: Side) -> None:
    info = side.port.server_info()

    assert info.version == side.model.version.numbers
    assert info.base_url.startswith("http")
    assert not info.base_url.endswith("/")
    assert info.title


@on_every_version
def test_a_create_screen_tells_what_each_field_takes(side: Side) -> None:
    fields = side.port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    assert fields["summary"].required
    assert (fields["summary"].type, fields["summary"].system) == ("string", "summary")
    assert (fields["labels"].type, fields["labels"].items) == ("array", "string")
    assert not fields["labels"].required
    assert fields["customfield_10001"].name == "Incident number"
    assert (fields["customfield_10001"].custom or "").endswith(":textfield")


@on_every_version
def test_a_changed_screen_is_seen_once_screens_are_forgotten(side: Side) -> None:
    side.port.create_screen(project_id=PROJECT, issue_type_id=BUG)
    side.model.set_required(PROJECT, BUG, "labels", required=True)
    side.model.set_on_screen(PROJECT, BUG, "environment", shown=False)

    side.port.forget_screens()
    fields = side.port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    assert fields["labels"].required
    assert "environment" not in fields


@pytest.mark.parametrize(
    ("project", "kind"),
    [("99999", BUG), (PROJECT, "99999"), ("../myself", BUG), ("", ""), ("ü", "🔥")],
)
def test_there_is_no_screen_for_what_does_not_exist(side: Side, project: str, kind: str) -> None:
    with pytest.raises((Refused, NotFound)):
        side.port.create_screen(project_id=project, issue_type_id=kind)


@on_every_version
def test_there_is_no_screen_where_we_may_not_create(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project=PROJECT)

    with pytest.raises((Refused, NotFound)):
        side.port.create_screen(project_id=PROJECT, issue_type_id=BUG)


@on_every_version
def test_an_issue_is_created_together_with_its_mark(side: Side) -> None:
    issue = side.port.create_issue(draft())

    made = bean(side, issue)
    assert (made["id"], made["key"]) == (issue.id, issue.key)
    assert made["fields"]["project"]["id"] == PROJECT
    assert made["fields"]["issuetype"]["id"] == BUG
    assert made["fields"]["creator"]["name"] == OUR_ACCOUNT
    assert made["fields"]["description"].endswith(LINE)
    assert made["properties"][PROPERTY] == {"id": "Q1", "mapping": "ops-bug"}


@pytest.mark.parametrize(
    "text", ['" OR project = WEB --', "{code}*b*{code} [~bob]", "</script>&amp; \\\\ ü 🔥 \u202e"]
)
def test_hostile_text_arrives_as_it_was_sent(side: Side, text: str) -> None:
    """P26."""
    issue = side.port.create_issue(
        draft(fields={"summary": text, "description": f"{text}\n{LINE}"})
    )

    made = bean(side, issue)["fields"]
    assert made["summary"] == text
    assert made["description"] == f"{text}\n{LINE}"


def test_m22_a_test_issue_is_created_with_a_mark_of_its_own(side: Side) -> None:
    line = "PagerDuty: test of ops-bug"
    mark = Mark(incident_id=None, mapping_id="ops-bug", line=line)

    issue = side.port.create_issue(draft(mark=mark, line=line))

    properties = side.model.get_issue("alice", issue.id, properties=("*all",))["properties"]
    assert properties == {"pagerduty.test": {"mapping": "ops-bug"}}


@pytest.mark.parametrize("properties", [Properties.REFUSED, Properties.DROPPED])
def test_p7_where_jira_takes_no_property_the_issue_is_created_and_found_by_its_line_alone(
    side: Side, properties: Properties
) -> None:
    side.model.world.properties = properties

    issue = side.port.create_issue(draft())

    made = bean(side, issue)
    assert made["fields"]["description"].endswith(LINE)
    assert made["properties"] == {}
    assert count(side) == 1
    assert side.port.find_issue(draft(), since=START) == issue


def test_a_jira_that_refuses_properties_names_the_field_that_is_missing(side: Side) -> None:
    side.model.world.properties = Properties.REFUSED
    side.model.set_required(PROJECT, BUG, "customfield_10001", required=True)

    with pytest.raises(Refused) as caught:
        side.port.create_issue(draft())

    assert list(caught.value.fields) == ["customfield_10001"]
    assert count(side) == 0


@on_every_version
def test_a_required_field_that_is_missing_is_named_and_nothing_is_created(side: Side) -> None:
    side.model.set_required(PROJECT, BUG, "customfield_10001", required=True)

    with pytest.raises(Refused) as caught:
        side.port.create_issue(draft())

    assert caught.value.status == 400
    assert list(caught.value.fields) == ["customfield_10001"]
    assert count(side) == 0


def test_a_field_that_the_screen_lacks_is_named_and_nothing_is_created(side: Side) -> None:
    side.model.set_on_screen(PROJECT, BUG, "labels", shown=False)

    with pytest.raises(Refused) as caught:
        side.port.create_issue(draft(fields={"summary": "x", "labels": ["a"]}))

    assert list(caught.value.fields) == ["labels"]
    assert count(side) == 0


def test_where_we_may_not_create_we_are_refused(side: Side) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project=PROJECT)

    with pytest.raises(Refused):
        side.port.create_issue(draft())

    assert count(side) == 0


def test_a_create_whose_request_was_lost_is_in_doubt(side: Side) -> None:
    side.lose_request()

    with pytest.raises(Ambiguous):
        side.port.create_issue(draft())

    assert count(side) == 0
    assert side.port.find_issue(draft(), since=START) is None


@on_every_version
def test_a_create_whose_answer_was_lost_is_found_by_its_mark(side: Side) -> None:
    """P7."""
    side.lose_answer()

    with pytest.raises(Ambiguous):
        side.port.create_issue(draft())

    found = side.port.find_issue(draft(), since=START)
    assert found is not None
    assert bean(side, found)["properties"][PROPERTY]["id"] == "Q1"
    assert count(side) == 1


def test_a_create_in_doubt_may_come_late(side: Side) -> None:
    """P7."""
    side.commit_late()

    with pytest.raises(Ambiguous):
        side.port.create_issue(draft())

    side.wait_for_late_commit()
    assert side.port.find_issue(draft(), since=START) is not None
    assert count(side) == 1


def test_an_issue_is_found_by_its_mark_and_no_other(side: Side) -> None:
    other = draft(incident="Q2", line=OTHERS_LINE)
    side.port.create_issue(other)
    ours = side.port.create_issue(draft())

    assert side.port.find_issue(draft(), since=START) == ours
    assert side.port.find_issue(draft(incident="Q3", line="PagerDuty: Q3"), since=START) is None


def test_an_issue_that_the_index_does_not_know_yet_is_not_found(side: Side) -> None:
    side.model.lag = 30
    ours = side.port.create_issue(draft())
    assert side.port.find_issue(draft(), since=START) is None

    side.clock.forward(seconds=31)

    assert side.port.find_issue(draft(), since=START) == ours


@on_every_version
def test_where_jira_dropped_the_property_the_line_alone_does(side: Side) -> None:
    ours = side.port.create_issue(draft())
    drop_mark(side, ours)

    assert side.port.find_issue(draft(), since=START) == ours


@pytest.mark.parametrize("description", [None, "Somebody wrote something else", ""])
def test_where_the_line_is_gone_the_property_alone_does(
    side: Side, description: str | None
) -> None:
    ours = side.port.create_issue(draft())
    put_description(side, ours, description)

    assert side.port.find_issue(draft(), since=START) == ours


def test_an_issue_with_neither_is_not_ours(side: Side) -> None:
    ours = side.port.create_issue(draft())
    put_description(side, ours, "Something else")
    drop_mark(side, ours)

    assert side.port.find_issue(draft(), since=START) is None


@pytest.mark.parametrize(
    "value", [{"id": "Q1", "mapping": "other"}, {"id": "Q2", "mapping": "ops-bug"}, {"odd": [1]}]
)
def test_a_property_of_something_else_outweighs_the_line(side: Side, value: object) -> None:
    put_mark(side, side.port.create_issue(draft()), value)

    assert side.port.find_issue(draft(), since=START) is None


def test_two_mappings_of_one_incident_have_an_issue_each(side: Side) -> None:
    first = side.port.create_issue(draft())
    second = side.port.create_issue(draft(mapping="ops-second"))

    assert side.port.find_issue(draft(), since=START) == first
    assert side.port.find_issue(draft(mapping="ops-second"), since=START) == second


def test_the_line_counts_also_with_blank_lines_and_line_ends_after_it(side: Side) -> None:
    ours = side.port.create_issue(draft())
    drop_mark(side, ours)
    put_description(side, ours, f"Disk full\r\n\r\n{LINE} \r\n\r\n")

    assert side.port.find_issue(draft(), since=START) == ours


def test_a_line_that_is_not_the_last_does_not_count(side: Side) -> None:
    ours = side.port.create_issue(draft())
    drop_mark(side, ours)
    put_description(side, ours, f"{LINE}\nand more")

    assert side.port.find_issue(draft(), since=START) is None


def test_a_copy_that_somebody_else_made_is_not_ours(side: Side) -> None:
    copied = {
        "fields": {
            "project": {"id": PROJECT},
            "issuetype": {"id": BUG},
            "summary": "Clone",
            "description": f"Disk full\n{LINE}",
        },
        "properties": [{"key": PROPERTY, "value": {"id": "Q1", "mapping": "ops-bug"}}],
    }
    side.model.create_issue("alice", copied)

    assert side.port.find_issue(draft(), since=START) is None


def test_an_issue_of_another_type_or_project_is_not_the_drafts(side: Side) -> None:
    side.port.create_issue(draft(issue_type_id=TASK))
    side.port.create_issue(draft(project_id="10200"))

    assert side.port.find_issue(draft(), since=START) is None


def test_clocks_that_differ_by_ten_minutes_hide_no_issue(side: Side) -> None:
    """P32."""
    ours = side.port.create_issue(draft())
    side.clock.forward(hours=2)

    assert side.port.find_issue(draft(), since=START + timedelta(minutes=10)) == ours


def test_an_issue_from_long_before_is_not_looked_at(side: Side) -> None:
    side.port.create_issue(draft())
    side.clock.forward(hours=2)

    assert side.port.find_issue(draft(), since=START + timedelta(hours=1)) is None


def test_the_first_of_two_issues_with_one_mark_is_found(side: Side) -> None:
    first = side.port.create_issue(draft())
    side.clock.forward(seconds=5)
    side.port.create_issue(draft())

    assert side.port.find_issue(draft(), since=START) == first


def test_an_issue_is_found_behind_several_pages_of_others(side: Side) -> None:
    for number in range(230):
        line = f"PagerDuty: https://acme.pagerduty.com/incidents/X{number}"
        body = {
            "fields": {
                "project": {"id": PROJECT},
                "issuetype": {"id": BUG},
                "summary": "x",
                "description": line,
            }
        }
        side.model.create_issue(OUR_ACCOUNT, body)
    ours = side.port.create_issue(draft())

    assert side.port.find_issue(draft(), since=START) == ours


@pytest.mark.parametrize("value", ['10100" OR project = "10200', '"', "\\", "10100\n", "EMPTY"])
def test_no_value_can_become_a_part_of_the_query(side: Side, value: str) -> None:
    """P26."""
    side.port.create_issue(draft(project_id="10200"))

    try:
        found = side.port.find_issue(draft(project_id=value), since=START)
    except Refused:
        found = None

    assert found is None


def test_p7_a_moved_issue_is_found_with_its_place_and_one_that_stays_as_well(side: Side) -> None:
    moved, stays = side.port.create_issue(draft()), side.port.create_issue(draft(incident="Q2"))
    key = side.model.move_issue("alice", moved.id, "WEB", type_id=TASK)

    found = side.port.find_moved_issue(draft(), since=START, taken=())
    there = side.port.find_moved_issue(draft(incident="Q2"), since=START, taken=())

    assert side.port.find_issue(draft(), since=START) is None
    assert found == (
        IssueRef(id=moved.id, key=key),
        Place(project_id="10200", issue_type_id=TASK),
    )
    assert there == (stays, Place(project_id=PROJECT, issue_type_id=BUG))


def test_p7_in_a_place_of_another_issue_of_the_incident_the_property_alone_tells(
    side: Side,
) -> None:
    taken = (Place(project_id="10200", issue_type_id=BUG),)
    moved = side.port.create_issue(draft())
    side.model.move_issue("alice", moved.id, "WEB")
    found = side.port.find_moved_issue(draft(), since=START, taken=taken)

    drop_mark(side, moved)

    assert found is not None
    assert found[0].id == moved.id
    assert side.port.find_moved_issue(draft(), since=START, taken=taken) is None
    assert side.port.find_moved_issue(draft(), since=START, taken=()) is not None


def test_a_copy_of_somebody_else_or_an_issue_from_long_before_was_not_moved(side: Side) -> None:
    side.port.create_issue(draft())
    side.clock.forward(hours=2)
    fields = {"project": {"id": "10200"}, "issuetype": {"id": BUG}, "summary": "Clone"}
    side.model.create_issue("alice", {"fields": {**fields, "description": f"Disk\n{LINE}"}})

    found = side.port.find_moved_issue(draft(), since=START + timedelta(hours=1), taken=())

    assert found is None


@on_every_version
def test_a_remote_link_is_shown_once_and_updated(side: Side) -> None:
    issue = side.port.create_issue(draft())

    side.port.put_remote_link(issue.id, link())
    side.port.put_remote_link(issue.id, link("[#1] It was the disk"))

    (shown,) = side.model.remote_links("alice", issue.id)
    assert shown["globalId"] == "pagerduty.incident=Q1"
    assert shown["application"] == {"type": "com.pagerduty", "name": "PagerDuty"}
    assert shown["object"]["url"] == "https://acme.pagerduty.com/incidents/Q1"
    assert shown["object"]["title"] == "[#1] It was the disk"


def test_a_remote_link_without_the_right_is_refused(side: Side) -> None:
    issue = side.port.create_issue(draft())
    side.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project=PROJECT)

    with pytest.raises(Refused) as caught:
        side.port.put_remote_link(issue.id, link())

    assert caught.value.status == 403


@pytest.mark.parametrize("issue_id", ["99999", "../10001", "", "ü"])
def test_an_unknown_issue_gets_no_link(side: Side, issue_id: str) -> None:
    with pytest.raises(NotFound):
        side.port.put_remote_link(issue_id, link())


@on_every_version
def test_credentials_that_are_not_accepted_are_told_by_every_call(side: Side) -> None:
    issue = side.port.create_issue(draft())
    side.refuse_us()

    calls: list[Callable[[], object]] = [
        side.port.who_am_i,
        lambda: side.port.create_issue(draft()),
        lambda: side.port.find_issue(draft(), since=START),
        lambda: side.port.put_remote_link(issue.id, link()),
        lambda: side.port.create_screen(project_id=PROJECT, issue_type_id=BUG),
    ]
    for call in calls:
        with pytest.raises(Unauthenticated):
            call()
    assert count(side) == 1
