"""G8: a dry run tells what a mapping would have done, by the planner's own reasons."""

import copy
import inspect
import typing
from dataclasses import fields, replace
from typing import Any

import pytest

from pdjira.admin import dry_run, dry_run_rules
from pdjira.admin.dry_run import DryRuns
from pdjira.errors import Misconfigured, NotFound, Temporary
from pdjira.jql.matches import MatchRow, MatchState, reads_of
from pdjira.model.incident import Reference
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Conditions, CreateMode, Mapping
from tests.builders import (
    HIGHEST,
    MAPPING_ITEM,
    NOW,
    PAGING,
    PAGING_NEW,
    a_const,
    a_mapping,
    an_attribute,
    three_statuses,
)
from tests.sandbox.pagerduty.seed import PAYMENTS, RESPONDER
from tests.world import World

READING = {
    "created", "open_incidents", "log",
    "incident_fields", "server_info", "create_screen", "offered", "count", "matches",
    "ids", "of_incident", "all", "find", "stored_items", "read_item", "verdict",
}  # fmt: skip


NOT_MATCHED = (
    'The mapping\'s conditions do not hold: its title "Checkout answers slowly" does not match '
    "title_matches, *database*."
)


def run(world: World, days: int = 7) -> Any:
    """Of the stored mapping ops-bug."""
    return world.dry_runs(MAPPING_ITEM).run({"mapping_id": "ops-bug", "days": days})


def told(found: Any) -> list[tuple[str, str]]:
    return [(one["would"], one["says"]) for one in found["incidents"]]


def a_world(mapping: Mapping | None = None) -> tuple[World, str]:
    """A world in which the mapping came after its first incident."""
    world = World(replace(mapping or a_mapping(), enabled_since=NOW.replace(year=2027)))
    return world, world.trigger()


def test_g8_every_port_of_a_dry_run_only_reads() -> None:
    hints, built = typing.get_type_hints(DryRuns), a_world()[0].dry_runs()
    names = {one.name for one in fields(DryRuns)} - {"clock"}

    whole = {name for name in names if inspect.isclass(hints[name])}
    calls = {getattr(getattr(built, name), "__name__", name) for name in names - whole}
    asked = calls.union(*(dir(hints[name]) for name in whole))

    assert {name for name in asked if not name.startswith("_")} == READING


def test_g8_nothing_is_written_to_either_side_or_to_our_tables() -> None:
    world, _ = a_world(replace(PAGING, statuses=three_statuses().statuses))
    world.issue(**HIGHEST)
    before = [
        copy.deepcopy(one)
        for one in (world.issues, world.links.links, world.links.entries, world.rows.all("ops-bug"))
    ]
    world.plan.calls.clear()

    run(world)

    methods = {call.partition(".")[2] for call in world.plan.calls}
    assert methods <= READING | {"project", "priorities", "resolutions", "fields", "in_project",
        "service", "custom_fields", "issue_in", "transitions", "in_force"}  # fmt: skip
    assert before == [
        world.issues, world.links.links, world.links.entries, world.rows.all("ops-bug")
    ]  # fmt: skip


def test_g8_an_incident_of_the_last_days_would_have_got_an_issue_and_is_told_where_it_stood() -> (
    None
):
    world, incident_id = a_world(three_statuses())
    world.pagerduty.model.resolve(incident_id, by=RESPONDER)

    found = run(world)

    (one,) = found["incidents"]
    assert (one["would"], one["status"], one["today"]) == ("create", "Resolved", [])
    assert one["says"] == "The mapping has no condition. The issue would be in Resolved now."
    assert {"Summary", "Description"} <= {*one["filled"]}


def test_g8_conditions_are_judged_by_todays_values_and_that_is_said() -> None:
    mapping = a_mapping(conditions=Conditions(title_matches="*database*"))
    world, incident_id = a_world(mapping)
    world.clock.forward(minutes=1)
    world.trigger("Database is slow")

    found = run(world)

    assert told(found) == [
        ("create", "All conditions hold."),
        ("nothing", NOT_MATCHED),
    ]
    answer = found
    assert answer["says"].startswith("Judged by what incidents and mapping are today")
    assert answer["counts"] == {"create": 1, "nothing": 1, "refused": 0, "open": 0, "wait": 0}
    assert answer["incidents"][1]["incident"]["id"] == incident_id


@pytest.mark.parametrize("mode", [CreateMode.MANUAL, CreateMode.NEVER])
def test_g8_a_mapping_that_makes_no_issue_by_itself_would_have_done_nothing(
    mode: CreateMode,
) -> None:
    world, _ = a_world(a_mapping(create_issue=mode))

    ((would, says),) = told(run(world))

    assert would == "nothing"
    assert mode.value in says


def test_g8_what_jira_requires_and_nothing_fills_would_have_been_refused_in_jiras_words() -> None:
    world, _ = a_world()
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)

    (one,) = run(world)["incidents"]

    assert one["would"] == "refused"
    assert one["says"].startswith("Jira requires the field ")
    assert one["cure"]
    assert one["cure"].startswith("Add to custom_fields of the mapping ops-bug ")


def test_g8_a_screen_that_our_account_may_not_see_refuses_every_issue() -> None:
    world, _ = a_world(a_mapping(issue_type=Reference(id="999", name="Nothing")))

    (one,) = run(world)["incidents"]

    assert one["would"] == "refused"
    assert one["cure"]


def test_g8_a_rule_that_cannot_be_used_is_told() -> None:
    world, _ = a_world(a_mapping(field_rules=(a_const("customfield_99999", "x"),)))

    (one,) = run(world)["incidents"]

    assert one["unused"] == ["customfield_99999 is not on the create screen."]


def test_g8_custom_fields_are_read_where_a_rule_names_them() -> None:
    world, incident_id = a_world(
        a_mapping(field_rules=(an_attribute("labels", "custom_field:team"),))
    )

    run(world)
    world.plan.fail_next("pagerduty.incident_fields", NotFound("It is gone."))
    found = run(world)

    assert world.plan.calls.count("pagerduty.incident_fields") == 2
    assert [one["incident"]["id"] for one in found["incidents"]] == [incident_id]


def test_g8_what_an_incident_has_today_is_told_beside_it() -> None:
    world = World(a_mapping())
    world.trigger()
    world.work()

    found = run(world)

    (row,) = found["incidents"]
    (today,) = row["today"]
    base_url = world.jira.server_info().base_url
    assert (today["key"], today["url"]) == ("OPS-1", f"{base_url}/browse/OPS-1")


def test_g8_a_merged_incident_is_told_no_status() -> None:
    world, other = a_world(three_statuses())
    merged = world.trigger()
    world.pagerduty.model.merge([merged], into=other, by=RESPONDER)

    found = {one["incident"]["id"]: one for one in run(world)["incidents"]}

    assert found[merged]["status"] is None
    assert found[other]["status"] == "Open"


def test_g8_incidents_of_other_services_and_older_ones_are_not_judged() -> None:
    world, _ = a_world()
    world.clock.forward(days=8)
    world.pagerduty.model.trigger(PAYMENTS, "Another", by=RESPONDER)

    assert run(world)["incidents"] == []
    assert len(run(world, days=30)["incidents"]) == 1


def test_g8_an_incident_of_this_very_second_is_judged() -> None:
    world, _ = a_world()
    world.clock.forward(seconds=0.6)
    world.trigger()

    assert len(run(world)["incidents"]) == 2


def test_g8_a_draft_is_tried_without_being_stored() -> None:
    world, _ = a_world()
    draft = MAPPING_ITEM | {"id": "draft", "enabled": False, "name": "Draft"}

    found: Any = world.dry_runs().run({"mapping": draft})

    assert [one["would"] for one in found["incidents"]] == ["create"]
    answer = found
    assert answer["mapping"] == {"id": "draft", "name": "Draft"}
    assert answer["check"]["status"] == "ok"


def test_g8_a_draft_that_cannot_be_read_is_judged_and_nothing_is_tried() -> None:
    world, _ = a_world()

    found: Any = world.dry_runs().run({"mapping": {"id": "half"}})

    assert found["check"]["problems"]
    assert (found["incidents"], found["left_out"]) == (
        [],
        ["The mapping cannot be read, so nothing was tried."],
    )


def test_g8_a_stored_mapping_that_cannot_be_read_is_judged_as_well() -> None:
    world = World()
    half = {"id": "half", "service": {"id": "P", "name": "x"}}
    world.mappings.put_item(half)

    found: Any = world.dry_runs(half).run({"mapping_id": "half"})

    assert found["incidents"] == []
    assert found["check"]["problems"]


def test_g8_a_mapping_that_cannot_be_read_any_more_ends_the_dry_run() -> None:
    world = World()
    half = {"id": "ops-bug", "service": {"id": "P", "name": "x"}}
    dry_runs = world.dry_runs(MAPPING_ITEM)
    asked = {"mapping_id": "ops-bug"}
    found = dry_runs.begin(asked)
    world.mappings.put_item(half)

    ended = dry_runs.go_on(asked, found, lambda: 100.0)

    assert (ended["next"], ended["left_out"]) == (None, ["Meanwhile the mapping cannot be read."])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"mapping_id": " "},
        {"mapping_id": "nowhere"},
        {"mapping_id": "ops-bug", "days": 0},
        {"mapping_id": "ops-bug", "days": 31},
        {"mapping_id": "ops-bug", "days": True},
        {"mapping_id": "ops-bug", "days": "x"},
    ],
)
def test_g8_what_cannot_be_tried_is_refused_with_a_cure(asked: dict[str, object]) -> None:
    with pytest.raises(Misconfigured) as raised:
        World().dry_runs(MAPPING_ITEM).run(asked)

    assert raised.value.cure


def test_g8_no_more_than_five_hundred_incidents_are_judged_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dry_run, "MOST", 2)
    monkeypatch.setattr("pdjira.adapters.pagerduty.incidents.PAGE", 1)
    world, _ = a_world()
    for _ in range(2):
        world.trigger()

    found = run(world)

    assert len(found["incidents"]) == 2
    assert found["left_out"] == ["Only the newest 2 incidents were judged."]


def test_g8_where_the_time_is_up_what_was_found_is_told_and_what_was_not_read() -> None:
    world, _ = a_world(PAGING)
    left, dry_runs = iter([100.0]), world.dry_runs(MAPPING_ITEM)

    found: Any = dry_runs.run({"mapping_id": "ops-bug"}, time_left=lambda: next(left, 0.0))
    late: Any = dry_runs.run({"mapping_id": "ops-bug"}, time_left=lambda: 0.0)

    assert len(found["incidents"]) == 1
    assert late["incidents"] == []
    assert [one.split(" were read")[0] for one in [*late["left_out"], *found["left_out"]]] == [
        "The time was up before older incidents",
        "The time was up before the issues that match the JQL",
    ]


def test_g8_a_jira_that_does_not_answer_is_no_answer() -> None:
    world, _ = a_world()
    world.plan.fail_next("jira.server_info", Temporary("Jira is down."))

    found = run(world)

    assert found["incidents"]


def issues_of(world: World, mapping: Mapping | None = None) -> list[tuple[str, str]]:
    if mapping:
        world.mappings.put(mapping)
    found = run(world)
    assert all(one["says"] for one in found["issues"])
    return [(one["issue"]["key"], one["would"]) for one in found["issues"]]


def test_g8_issues_that_match_now_would_open_incidents_up_to_the_limit() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(2):
        world.issue(**HIGHEST)
    world.issue()

    assert issues_of(world) == [("OPS-1", "open"), ("OPS-2", "wait")]
    answer = run(world)
    assert answer["matching"] == 2
    assert "max_incidents_per_hour is 1" in answer["issues"][1]["says"]


def test_g8_issues_that_match_already_never_page_where_the_jql_is_for_new_ones() -> None:
    world = World(PAGING_NEW)
    world.issue(**HIGHEST)

    assert issues_of(world) == [("OPS-1", "nothing")]


def test_g8_what_the_poll_knows_of_a_match_counts() -> None:
    world = World(PAGING_NEW)
    for _ in range(2):
        world.issue(**HIGHEST)
    opened, waiting = (
        MatchRow(
            mapping_id="ops-bug",
            issue_id=issue["id"],
            state=state,
            seen_at=NOW,
            reads=reads_of(PAGING_NEW),
        )
        for issue, state in zip(world.issues, (MatchState.OPENED, MatchState.WAITING), strict=True)
    )
    world.rows.add_new([opened, waiting])

    assert issues_of(world) == [("OPS-1", "nothing"), ("OPS-2", "open")]


def test_g8_our_own_issues_never_page() -> None:
    world = World(replace(PAGING, jql=""))
    world.trigger()
    world.work()
    world.issue()

    assert issues_of(world) == [("OPS-1", "nothing"), ("OPS-2", "open")]


def test_g8_a_jql_that_jira_refuses_is_told_and_the_incidents_are_judged_all_the_same() -> None:
    world, _ = a_world(replace(PAGING, jql="priority = Highestt"))

    found = run(world)

    assert found["incidents"]
    (left,) = found["left_out"]
    assert left.startswith("The JQL was not run.")


def test_g8_no_more_issues_than_that_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "MOST", 1)
    world = World(PAGING)
    for _ in range(2):
        world.issue(**HIGHEST)

    found = run(world)

    assert found["matching"] == 2
    assert found["left_out"] == ["Only the first 1 issues that match were judged."]


def test_an_issue_is_told_without_its_url_where_jira_does_not_tell_its_own() -> None:
    issue = IssueRef(id="1", key="OPS-1")

    assert dry_run_rules.shown_issue(issue, None) == {"id": "1", "key": "OPS-1", "url": None}
