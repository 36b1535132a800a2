"""M11, M20, M21, M23: every problem of a mapping is named at once, with its key and its cure."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pdjira.adapters.aws.stored_mapping import read_mapping
from pdjira.errors import Refused, Temporary
from pdjira.jql.lint import found_now
from pdjira.mappings.offers import unoffered
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, IssueDraft, Mark
from pdjira.model.mapping import CreateMode
from tests.builders import MAPPING_ITEM, NOW, a_mapping, a_rule_item, a_schema
from tests.fakes.catalogue import Judge
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import Properties
from tests.sandbox.pagerduty.seed import SYNC_EMAIL, SYNC_USER


def from_attribute(target: str, source: str) -> dict[str, Any]:
    return {"target_issue_field": target, "type": "attribute", "source_incident_field": source}


def test_templates_whose_own_text_is_rendered_now_are_hinted_at_once() -> None:
    rules = [
        a_rule_item(
            "description",
            "Plain text: {{ incident_title }} - {{ incident_number }}",
            type="template",
        ),
        a_rule_item("environment", "*{{ incident_title }}*", type="template"),
        a_rule_item("labels", "*{{ incident_title }}*", type="template"),
        a_rule_item("customfield_10006", "h1. {{ incident_title }}", type="template"),
    ]

    found = [one for one in Judge().verdict(custom_fields=rules).problems if "renders" in one.says]

    assert [one.severity.value for one in found] == ["hint"]
    assert "custom_fields[1].value" in found[0].says


def test_a_mapping_without_a_problem_is_ok() -> None:
    verdict = Judge().verdict()

    assert verdict.shown() == {
        "status": "ok",
        "in_force": True,
        "at": "2026-11-24T03:00:00.000000+00:00",
        "problems": [],
    }
    assert verdict.at == NOW


def test_every_problem_is_named_at_once() -> None:
    found = Judge().says(
        service={"id": "PNONE"},
        colour="red",
        status_mapping={"resolved": {"id": "99"}},
        priorities=[{"pagerduty_id": "PP9", "jira_id": "99"}],
        custom_fields=[a_rule_item("customfield_10005", "much")],
    )

    assert found == [
        ("error", "colour"),
        ("error", "service.id"),
        ("error", "priorities[0].pagerduty_id"),
        ("error", "status_mapping.resolved.id"),
        ("error", "priorities[0].jira_id"),
        ("error", "custom_fields[0].value"),
    ]


def test_every_problem_of_form_is_named_at_once_and_nobody_is_asked() -> None:
    judge = Judge()

    found = judge.says(project=None, enabled="yes", conditions={"urgncy": ["high"]})

    assert found == [("error", "enabled"), ("error", "project"), ("error", "conditions.urgncy")]
    assert judge.jira.plan.calls == judge.pagerduty.plan.calls == []


def test_an_unknown_key_is_named_with_what_it_may_have_meant() -> None:
    (problem,) = Judge().verdict(custom_feilds=[]).problems

    assert "custom_feilds" in problem.says
    assert problem.cure == "Did you mean custom_fields?"


def test_hints_alone_leave_the_verdict_at_ok() -> None:
    verdict = Judge().verdict(create_issue="never")

    assert [one.field for one in verdict.problems] == ["create_issue"]
    assert verdict.status.value == "ok"
    assert json.loads(json.dumps(verdict.shown()))["problems"][0]["severity"] == "hint"


ROWS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    # PagerDuty
    ({"service": {"id": "PNONE"}}, [("error", "service.id")]),
    ({"conditions": {"priority_ids": ["none", "PP9"]}}, [("error", "conditions.priority_ids[1]")]),
    ({"sync_notes_user": {"id": "PNONE"}}, [("error", "sync_notes_user.id")]),
    ({"sync_notes_user": {"id": SYNC_USER}}, []),
    (
        {"sync_notes_user": {"id": SYNC_USER, "email": "sünc@example.com"}},
        [("error", "sync_notes_user.email"), ("hint", "sync_notes_user.email")],
    ),
    ({"sync_notes_user": {"id": SYNC_USER, "email": SYNC_EMAIL.upper()}}, []),
    (
        {"sync_notes_user": {"id": SYNC_USER, "email": "x@y.example"}},
        [("hint", "sync_notes_user.email")],
    ),
    ({"create_issue": "manual"}, [("hint", "create_issue")]),
    ({"create_issue": "manual", "manual_workflow_ids": ["PW1"]}, []),
    ({"create_issue": "never", "jql": "priority = Highest"}, [("hint", "jql")]),
    # Jira
    ({"project": {"id": "99999"}}, [("error", "project.id")]),
    ({"project": {"id": "OPS"}}, [("error", "project.id")]),
    ({"issue_type": {"id": "99"}}, [("error", "issue_type.id")]),
    ({"status_mapping": {"triggered": {"id": "1"}, "resolved": {"id": "5"}}}, []),
    (
        {"status_mapping": {"acknowledged": {"id": "10000"}}},
        [("error", "status_mapping.acknowledged.id")],
    ),
    ({"resolved_statuses": [{"id": "6"}, {"id": "x"}]}, [("error", "resolved_statuses[1].id")]),
    (
        {"status_mapping": {"triggered": {"id": "1"}}, "resolved_statuses": [{"id": "1"}]},
        [("hint", "status_mapping.triggered.id")],
    ),
    ({"reopen": {"not_with_resolutions": [{"id": "10001"}]}}, []),
    (
        {"reopen": {"not_with_resolutions": [{"id": "9"}]}},
        [("error", "reopen.not_with_resolutions[0].id")],
    ),
    # priorities
    ({"priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}, {"jira_id": "4"}]}, []),
    ({"priorities": [{"pagerduty_id": "PP1"}]}, [("hint", "priorities[0].jira_id")]),
    (
        {"priorities": [{"pagerduty_id": "PP1", "jira_id": "9"}]},
        [("error", "priorities[0].jira_id")],
    ),
    (
        {
            "priorities": [
                {"jira_id": "1"},
                {"jira_id": "2"},
                {"pagerduty_id": "PP1", "jira_id": "1"},
            ]
        },
        [("hint", "priorities[1].pagerduty_id")],
    ),
    (
        {"project": {"id": "9"}, "priorities": [{"jira_id": "9"}]},
        [("error", "project.id"), ("error", "priorities[0].jira_id")],
    ),
    (
        {"issue_type": {"id": "9"}, "priorities": [{"jira_id": "9"}]},
        [("error", "issue_type.id"), ("error", "priorities[0].jira_id")],
    ),
    # rules
    ({"custom_fields": [a_rule_item("labels", "blue,red")]}, []),
    (
        {"custom_fields": [a_rule_item("customfield_99999")]},
        [("error", "custom_fields[0].target_issue_field")],
    ),
    (
        {"custom_fields": [a_rule_item("project")]},
        [("hint", "custom_fields[0].target_issue_field")],
    ),
    (
        {"custom_fields": [a_rule_item("labels"), a_rule_item("labels", "y")]},
        [("hint", "custom_fields[1].target_issue_field")],
    ),
    (
        {"custom_fields": [a_rule_item("priority", "High")], "priorities": [{"jira_id": "4"}]},
        [("hint", "custom_fields[0].target_issue_field")],
    ),
    (
        {
            "custom_fields": [
                from_attribute("labels", "incident_title") | {"direction": "to_pagerduty"},
                a_rule_item("customfield_10005", "much"),
            ]
        },
        [("error", "custom_fields[1].value")],
    ),
    (
        {"custom_fields": [a_rule_item("customfield_10008", "tomorrow")]},
        [("error", "custom_fields[0].value")],
    ),
    (
        {"custom_fields": [from_attribute("customfield_10005", "incident_title")]},
        [("error", "custom_fields[0].source_incident_field")],
    ),
    ({"custom_fields": [from_attribute("customfield_10005", "incident_number")]}, []),
    (
        {"custom_fields": [from_attribute("labels", "incident_colour")]},
        [("error", "custom_fields[0].source_incident_field")],
    ),
    (
        {
            "custom_fields": [
                a_rule_item("environment", "{{ incident_title }} {{ moon }}", type="template")
            ]
        },
        [("error", "custom_fields[0].value")],
    ),
    (
        {
            "custom_fields": [
                a_rule_item(
                    "environment", "{{incident title}} of {{ incident_title }}", type="template"
                )
            ]
        },
        [("error", "custom_fields[0].value")],
    ),
    # values that Jira lists
    ({"custom_fields": [a_rule_item("customfield_10004", "Platform")]}, []),
    ({"custom_fields": [a_rule_item("customfield_10004", "platform")]}, []),
    (
        {"custom_fields": [a_rule_item("components", "checkout")]},
        [("hint", "custom_fields[0].value")],
    ),
    (
        {"custom_fields": [a_rule_item("customfield_10004", "Moon")]},
        [("error", "custom_fields[0].value")],
    ),
    (
        {"custom_fields": [a_rule_item("components", "Checkout, Moon")]},
        [("error", "custom_fields[0].value")],
    ),
    ({"custom_fields": [a_rule_item("fixVersions", "1.0")]}, []),
    ({"custom_fields": [a_rule_item("customfield_10011", "North > Hall 1")]}, []),
    ({"custom_fields": [a_rule_item("customfield_10011", "North")]}, []),
    (
        {"custom_fields": [a_rule_item("customfield_10011", "North > Hall 3")]},
        [("error", "custom_fields[0].value")],
    ),
    ({"custom_fields": [a_rule_item("customfield_10004", {"id": "10300"}, type="jira_value")]}, []),
    (
        {"custom_fields": [a_rule_item("customfield_10004", {"id": "9"}, type="jira_value")]},
        [("error", "custom_fields[0].value")],
    ),
    ({"custom_fields": [a_rule_item("customfield_10004", "as it is", type="jira_value")]}, []),
    (
        {"custom_fields": [from_attribute("customfield_10004", "incident_service")]},
        [("hint", "custom_fields[0].source_incident_field")],
    ),
    (
        {
            "custom_fields": [
                a_rule_item("customfield_10004", "{{ incident_service }}", type="template")
            ]
        },
        [("hint", "custom_fields[0].value")],
    ),
    ({"custom_fields": [a_rule_item("customfield_10004", "Search", type="template")]}, []),
    ({"custom_fields": [a_rule_item("resolution", "Done")]}, []),
    ({"custom_fields": [a_rule_item("worklog", "1m"), a_rule_item("comment", "Over.")]}, []),
    (
        {"custom_fields": [a_rule_item("resolution", "Fixed")]},
        [("error", "custom_fields[0].value")],
    ),
]


@pytest.mark.parametrize(("changes", "found"), ROWS, ids=lambda each: str(each)[:90])
def test_m20_a_mapping_is_told_what_does_not_work(
    changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert Judge().says(**changes) == found


def test_a_wrong_id_is_told_with_the_right_ones() -> None:
    (problem,) = Judge().verdict(issue_type={"id": "9"}).problems

    assert problem.cure == "Choose one of 10001 (Bug), 10002 (Task)."


def test_a_field_that_is_there_but_off_the_create_screen_is_worth_a_hint() -> None:
    judge = Judge()
    judge.world.projects["10100"].screens["10001"].fields.remove("environment")

    assert judge.says(custom_fields=[a_rule_item("environment")]) == [
        ("hint", "custom_fields[0].target_issue_field")
    ]


def test_of_many_right_ones_ten_are_named() -> None:
    judge = Judge()
    field = judge.world.fields["priority"]
    many = tuple(type(field.options[0])(id=f"{n}", name=f"P{n}") for n in range(20))
    field.options = many

    (problem,) = judge.verdict(priorities=[{"jira_id": "99"}]).problems

    assert problem.cure.endswith("9 (P9) and others.")


# ---- mandatory fields


def test_m21_a_mandatory_field_that_nothing_fills_is_named() -> None:
    judge = Judge()
    judge.require("customfield_10001")

    (problem,) = judge.verdict().problems

    assert (problem.severity.value, problem.field) == ("error", "custom_fields")
    assert "Incident number (customfield_10001)" in problem.says


MANDATORY: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (a_rule_item("customfield_10001"), []),
    (a_rule_item("customfield_10001", ""), [("error", "custom_fields[0].value")]),
    (from_attribute("customfield_10001", "incident_title"), []),
    (from_attribute("customfield_10001", "incident_priority"), [("hint", "custom_fields[0]")]),
    (
        a_rule_item("customfield_10001", "{{ incident_description }}", type="template"),
        [("hint", "custom_fields[0]")],
    ),
    (a_rule_item("customfield_10001", "no {{ incident_description }}", type="template"), []),
]


@pytest.mark.parametrize(("rule", "found"), MANDATORY, ids=str)
def test_m21_a_rule_for_a_mandatory_field_has_to_yield_something(
    rule: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    judge = Judge()
    judge.require("customfield_10001")

    assert judge.says(custom_fields=[rule]) == found


def test_m21_a_rule_that_does_not_fit_is_told_once() -> None:
    judge = Judge()
    judge.require("customfield_10005")

    assert judge.says(custom_fields=[a_rule_item("customfield_10005", "much")]) == [
        ("error", "custom_fields[0].value")
    ]


def test_m21_summary_and_description_are_filled_without_a_rule() -> None:
    judge = Judge()
    judge.require("description")

    assert judge.says() == []


def test_m21_a_mandatory_priority_needs_a_row_for_incidents_without_one() -> None:
    judge = Judge()
    judge.require("priority")
    judge.world.fields["priority"].has_default = False

    assert judge.says(priorities=[{"jira_id": "4"}]) == []
    assert judge.says(priorities=[{"pagerduty_id": "PP1", "jira_id": "4"}]) == [
        ("hint", "priorities")
    ]
    assert judge.says() == [("error", "custom_fields")]


def test_without_a_description_on_the_create_screen_nothing_could_be_told_as_ours() -> None:
    judge = Judge()
    judge.world.projects["10100"].screens["10001"].fields.remove("description")

    assert judge.says() == [("error", "issue_type.id")]


def test_a_priority_off_the_create_screen_is_worth_a_hint() -> None:
    judge = Judge()
    judge.world.projects["10100"].screens["10001"].fields.remove("priority")

    assert judge.says(priorities=[{"jira_id": "4"}]) == [("hint", "priorities")]


def test_only_the_priorities_of_the_projects_scheme_count() -> None:
    judge = Judge()
    field = judge.world.fields["priority"]
    field.options = field.options[:2]

    assert judge.says(priorities=[{"jira_id": "4"}]) == [("error", "priorities[0].jira_id")]


def test_a_project_in_which_we_may_not_create_is_told_by_the_right() -> None:
    judge = Judge()
    judge.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="10100")

    (problem,) = judge.verdict().problems

    assert problem.field == "issue_type.id"
    assert "Create Issues" in problem.cure


# ---- sides that are out of reach


@pytest.mark.parametrize(
    ("break_it", "field"),
    [
        (lambda judge: setattr(judge.jira, "authenticated", False), "project"),
        (lambda judge: setattr(judge.pagerduty, "authenticated", False), "service"),
    ],
)
def test_what_could_not_be_checked_is_a_hint_and_the_rest_is_checked(
    break_it: Callable[[Judge], None], field: str
) -> None:
    judge = Judge()
    break_it(judge)

    found = judge.says(create_issue="never")

    assert found == [("hint", "create_issue"), ("hint", field)]


@pytest.mark.parametrize("side", ["jira", "pagerduty"])
def test_a_verdict_of_which_a_part_is_missing_is_unchecked(side: str) -> None:
    judge = Judge()
    getattr(judge, side).authenticated = False

    assert judge.verdict().shown()["status"] == "unchecked"
    assert judge.verdict(colour="red").shown()["status"] == "invalid"


@pytest.mark.parametrize(
    ("changes", "in_force"),
    [({}, True), ({"colour": "red"}, True), ({"enabled": False}, False), ({"project": {}}, False)],
)
def test_each_verdict_says_whether_the_mapping_is_in_force(
    changes: dict[str, Any], in_force: bool
) -> None:
    assert Judge().verdict(**changes).shown()["in_force"] is in_force


def test_an_account_without_priorities_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge()
    monkeypatch.setattr("tests.fakes.catalogue.FakePagerDutyCatalogue.priorities", lambda _: None)

    assert judge.says(priorities=[{"pagerduty_id": "PP1", "jira_id": "4"}]) == [
        ("hint", "priorities")
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(["PP1"], [("hint", "conditions.priority_ids")]), (["PP1", "none"], []), ([], [])],
)
def test_a_condition_on_priorities_that_no_incident_can_meet_is_worth_a_hint(
    monkeypatch: pytest.MonkeyPatch, wanted: list[str], found: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr("tests.fakes.catalogue.FakePagerDutyCatalogue.priorities", lambda _: None)

    assert Judge().says(conditions={"priority_ids": wanted}) == found


# ---- the other mappings


def test_two_mappings_of_a_service_with_issues_of_one_type_in_one_project_are_both_named() -> None:
    judge = Judge()
    judge.mappings.put(a_mapping(id="another"))
    judge.mappings.put(a_mapping(id="ops-bug"))

    (problem,) = judge.verdict().problems

    assert (problem.severity.value, problem.field) == ("hint", "issue_type.id")
    assert problem.says.startswith(
        "The mapping ops-bug and the mapping another make issues of one type in one project"
    )


def test_an_id_with_the_name_of_another_is_told_and_one_that_was_renamed_is_not() -> None:
    mixed = Judge().verdict(issue_type={"id": "10001", "name": "Task"}).problems
    renamed = Judge().verdict(issue_type={"id": "10001", "name": "Incident"}).problems

    (problem,) = mixed
    assert (problem.severity.value, problem.field) == ("hint", "issue_type.id")
    assert problem.says == ("The issue type with the id 10001 is Bug, not Task: the id counts.")
    assert problem.cure == 'Write "10002" (Task), if that is meant; else correct the name.'
    assert renamed == ()


def test_a_mapping_that_no_table_takes_names_its_longest_text() -> None:
    judge = Judge()
    texts = [{"target_issue_field": "labels", "type": "const", "value": "x" * 9_000}] * 50

    (problem,) = judge.verdict(custom_fields=texts).problems

    assert (problem.severity.value, problem.field) == ("error", "custom_fields[0].value")
    assert problem.says == (
        "The mapping has 454 KB, and 350 KB fit. Its longest text is custom_fields[0].value."
    )


def made_for_an_incident(judge: Judge) -> None:
    """An issue that our account has made in the project, with both marks where Jira keeps both."""
    line = "PagerDuty: https://acme.pagerduty.com/incidents/Q1"
    judge.jira.create_issue(
        IssueDraft(
            project_id="10100",
            issue_type_id="10001",
            fields={"summary": "Down", "description": line},
            mark=Mark(incident_id="Q1", mapping_id="another", line=line),
        )
    )


@pytest.mark.parametrize(
    ("properties", "severity"),
    [
        (Properties.HELD, "hint"),
        (Properties.DROPPED, "error"),
        (Properties.REFUSED, "error"),
    ],
)
def test_it_is_an_error_where_the_descriptions_line_alone_must_tell_their_issues_apart(
    properties: Properties, severity: str
) -> None:
    judge = Judge()
    judge.world.properties = properties
    judge.mappings.put(a_mapping(id="another"))
    made_for_an_incident(judge)

    (problem,) = judge.verdict().problems

    assert (problem.severity.value, problem.field) == (severity, "issue_type.id")
    assert ("may be taken for the other" in problem.says) is (severity == "error")
    assert "each incident will get two issues" in problem.says


def test_where_jira_cannot_be_asked_whether_it_keeps_properties_that_stays_a_hint() -> None:
    judge = Judge()
    judge.mappings.put(a_mapping(id="another"))
    judge.jira.plan.fail_next("jira.keeps_properties", Temporary("down"))

    assert judge.says() == [("hint", "issue_type.id")]


HIGHEST = "priority = Highest"


def paging_for_the_same(judge: Judge, jql: str, other: str | None, **changes: Any) -> list[str]:
    """What is said of the JQL of another mapping, which is of another service."""
    elsewhere = {"id": "another", "service": ELSEWHERE, "jql": other}
    judge.mappings.put(a_mapping(**elsewhere | changes))
    return [one.says for one in judge.verdict(jql=jql).problems if "same issues" in one.says]


def test_g14_a_jql_that_finds_issues_of_another_mappings_is_told_with_how_many() -> None:
    judge = Judge()
    fields = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "x"}
    more = {"priority": {"id": "1"}, "labels": ["red"]}
    judge.jira.model.create_issue("alice", {"fields": fields | more})

    (says,) = paging_for_the_same(judge, f"{HIGHEST} ORDER BY key", "labels = red OR labels = blue")

    assert "mapping another" in says
    assert "1 issue matches now both" in says


@pytest.mark.parametrize(
    ("jql", "other", "changes", "told"),
    [
        (HIGHEST, HIGHEST, {}, 1),
        (HIGHEST, "priority = Low", {}, 0),
        (HIGHEST, None, {}, 0),
        (HIGHEST, HIGHEST, {"issue_type": Reference(id="10002", name="Task")}, 0),
        (HIGHEST, HIGHEST, {"enabled": False}, 0),
        (HIGHEST, HIGHEST, {"id": "ops-bug"}, 0),
        (HIGHEST, "priority = (", {}, 0),
        (HIGHEST, "nonsense = 1", {}, 0),
        ("ORDER BY key", "ORDER BY key", {}, 1),
    ],
)
def test_g14_two_mappings_with_one_jql_are_told_and_others_only_by_what_jira_finds(
    jql: str, other: str | None, changes: dict[str, Any], told: int
) -> None:
    assert len(paging_for_the_same(Judge(), jql, other, **changes)) == told


def test_g14_a_mapping_that_is_off_is_not_compared() -> None:
    judge = Judge()
    judge.mappings.put(a_mapping(id="another", service=ELSEWHERE, jql=HIGHEST))

    problems = judge.verdict(jql=HIGHEST, enabled=False).problems

    assert not [one for one in problems if "same issues" in one.says]


NOBODY = [("error", "custom_fields[0].value")]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (a_rule_item("assignee", "alice"), []),
        (a_rule_item("assignee", "Alice Example"), NOBODY),
        (
            a_rule_item("reporter", {"name": "gone"}, type="jira_value"),
            [("error", "custom_fields[0].value")],
        ),
        (a_rule_item("customfield_10010", "gone"), [("error", "custom_fields[0].value")]),
        (
            a_rule_item("customfield_10010", "gone", type="template"),
            [("error", "custom_fields[0].value")],
        ),
        (a_rule_item("customfield_10010", {"key": "x"}, type="jira_value"), []),
        (a_rule_item("customfield_10010", ""), []),
        (from_attribute("customfield_10010", "incident_title"), []),
    ],
)
def test_m20_a_user_who_does_not_exist_is_named_before_an_incident_finds_out(
    rule: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    judge = Judge()
    judge.world.grant(OUR_ACCOUNT, "ASSIGN_ISSUES", "MODIFY_REPORTER", project="10100")

    assert judge.says(custom_fields=[rule]) == found


def test_a_user_who_cannot_be_looked_up_is_a_hint() -> None:
    judge = Judge()
    judge.jira.plan.fail_next("jira.has_user", Refused("no", status=403))

    assert judge.says(custom_fields=[a_rule_item("customfield_10010", "alice")]) == [
        ("hint", "custom_fields[0].value")
    ]


ELSEWHERE = Reference(id="1", name="elsewhere")


@pytest.mark.parametrize(
    ("other", "changes"),
    [
        ({"id": "ops-bug"}, {}),
        ({"service": ELSEWHERE}, {}),
        ({"project": ELSEWHERE}, {}),
        ({"issue_type": ELSEWHERE}, {}),
        ({"enabled": False}, {}),
        ({"create_issue": CreateMode.NEVER}, {}),
        ({}, {"enabled": False}),
        ({"create_issue": CreateMode.NEVER}, {"create_issue": "never", "jql": "labels = x"}),
    ],
)
def test_mappings_whose_issues_cannot_be_mistaken_for_each_other_are_not_named(
    other: dict[str, Any], changes: dict[str, Any]
) -> None:
    judge = Judge()
    judge.mappings.put(a_mapping(**{"id": "another", **other}))

    assert ("hint", "issue_type.id") not in judge.says(**changes)


def test_while_the_other_mappings_cannot_be_read_the_rest_is_checked() -> None:
    judge = Judge()
    judge.mappings.faults.fail_next("mappings.in_force", Temporary("Throttled."))

    assert judge.says(issue_type={"id": "9"}) == [("hint", "id"), ("error", "issue_type.id")]


def test_a_refusal_of_jira_other_than_of_the_screen_is_a_hint() -> None:
    judge = Judge()
    judge.jira.plan.fail_next("jira.priorities", Refused("no", status=403))

    assert judge.says() == [("hint", "project")]


def test_buttons_are_a_way_to_ask() -> None:
    judge = Judge()
    judge.action_token = True

    assert judge.says(create_issue="manual") == []


def test_what_a_field_offers_is_only_told_for_kinds_that_are_chosen_from_a_list() -> None:
    schema = a_schema("x", type="string", allowed=(AllowedValue(id="1", name="a"),))
    empty = a_schema("x", type="component", allowed=())

    assert list(unoffered({"name": "b"}, schema, field="f")) == []
    (problem,) = unoffered({"name": "b"}, empty, field="f")
    assert problem.cure == "Add the value in Jira first."


# ---- JQL


def with_issues(judge: Judge, count: int, **fields: Any) -> Judge:
    body = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "Slow", **fields}
    for _ in range(count):
        judge.jira.model.create_issue("alice", {"fields": body})
    return judge


def about_jql(judge: Judge, **changes: Any) -> list[tuple[str, str]]:
    """(severity, sentence) of each problem of the JQL."""
    problems = [one for one in judge.verdict(**changes).problems if one.field == "jql"]
    assert all(one.says and one.cure for one in problems)
    return [(one.severity.value, one.says) for one in problems]


def test_m15_a_jql_is_told_how_many_issues_match_now_and_that_they_do_not_page() -> None:
    judge = with_issues(Judge(), 12, labels=["red"])

    ((severity, says),) = about_jql(judge, jql="labels = red")

    assert severity == "hint"
    assert says == (
        "12 issues match now: none of them opens an incident, since jql_applies_to is new; each "
        "issue that comes to match later does."
    )
    assert judge.verdict(jql="labels = red").status.value == "ok"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "No issue matches now."),
        (1, "1 issue matches now: it opens an incident, since jql_applies_to is existing."),
        (
            2,
            "2 issues match now: each of them opens an incident, since jql_applies_to is existing.",
        ),
        (
            3,
            (
                "3 issues match now: each of them opens an incident, since jql_applies_to is "
                "existing. After 2 within an hour the JQL pauses."
            ),
        ),
    ],
)
def test_m15_with_existing_every_match_pages_until_the_brake(count: int, told: str) -> None:
    judge = with_issues(Judge(), count)

    found = about_jql(
        judge, jql="status = Open", jql_applies_to="existing", max_incidents_per_hour=2
    )

    assert found == [("hint", told)]


@pytest.mark.parametrize(
    ("applies_to", "count", "severity"),
    [("new", 10_001, "error"), ("new", 10_000, "hint"), ("existing", 10_001, "hint")],
)
def test_m14_more_matches_than_can_be_remembered_are_refused_for_new(
    applies_to: str, count: int, severity: str
) -> None:
    item = MAPPING_ITEM | {"jql": "status = Open", "jql_applies_to": applies_to}
    mapping = read_mapping(item).to_domain()

    problem = found_now(mapping, count)

    assert problem.severity.value == severity
    assert problem.says.startswith(f"{count:,} issues match now")
    assert ("Narrow the JQL" in problem.cure) == (severity == "error")


@pytest.mark.parametrize(
    "jql",
    [
        "ORDER BY key",
        "project = OPS AND type in (Bug, Task)",
        "key is not EMPTY",
        "created > 2000-01-01",
    ],
)
def test_m15_a_jql_that_leaves_nothing_out_is_told_with_what_came_in_the_last_week(
    jql: str,
) -> None:
    judge = with_issues(Judge(), 21)

    found = about_jql(judge, jql=jql)

    assert (
        "hint",
        "Every Bug in OPS matches; each new one pages somebody: 21 were created in the last week.",
    ) in found
    cures = [one.cure for one in judge.verdict(jql=jql).problems]
    assert not any("set jql_applies_to to existing" in cure for cure in cures)


@pytest.mark.parametrize(
    "jql",
    [
        "status = Open",
        "project = OPS OR status = Open",
        "NOT project = WEB",
        "labels is not EMPTY",
        "type = Task",
    ],
)
def test_m15_few_matches_of_a_jql_with_a_condition_are_not_taken_for_all(jql: str) -> None:
    judge = with_issues(Judge(), 3, labels=["red"])

    assert not [says for _, says in about_jql(judge, jql=jql) if says.startswith("Every ")]


@pytest.mark.parametrize(("count", "came"), [(0, "none was"), (1, "1 was"), (2, "2 were")])
def test_m15_with_existing_it_is_told_as_well_how_many_page_at_once(count: int, came: str) -> None:
    judge = with_issues(Judge(), count)

    (_, every), (_, now) = about_jql(judge, jql="project = OPS", jql_applies_to="existing")

    assert every.endswith(f"pages somebody: {came} created in the last week.")
    assert "now" in now


def test_m15_what_jira_does_not_take_is_told_in_its_words_with_the_place_that_people_see() -> None:
    judge = Judge()

    found = about_jql(judge, jql="project = INT")

    assert found[-1] == (
        "error",
        (
            "Jira refuses the JQL: Error in the JQL Query: 'INT' is a reserved JQL word. You must "
            "surround it in quotation marks to use it in a query. (line 1, character 11)"
        ),
    )
    assert judge.verdict(jql="project = INT").status.value == "invalid"


def test_m15_a_search_that_is_refused_for_its_project_is_told_too() -> None:
    found = about_jql(Judge(), jql="status = Open", project={"id": "99999"})

    assert found == [
        (
            "error",
            "Jira refuses the JQL: The value '99999' does not exist for the field 'project'.",
        )
    ]


@pytest.mark.parametrize("status", [400, 403, 413])
def test_m15_a_refusal_that_is_not_about_the_jql_leaves_it_unchecked(status: int) -> None:
    judge = Judge()
    refused = Refused(
        "Jira wants no search.", status=status, cure="Ask." if status == 403 else None
    )
    judge.jira.plan.fail_next("jira.count", refused)

    verdict = judge.verdict(jql="status = Open")

    assert about_jql(judge, jql="status = Open") != []
    assert [one.field for one in verdict.problems if "wants no search" in one.says] == ["project"]


def test_m15_a_jql_out_of_shape_is_told_without_asking_jira() -> None:
    judge = Judge()

    ((severity, says),) = about_jql(judge, jql="status = Open) OR (status = Closed")

    assert severity == "error"
    assert "closes nothing" in says
    assert judge.jira.calls["count"] == 0


def test_m15_a_jql_costs_one_search_and_is_read_for_surprises() -> None:
    judge = Judge()

    found = about_jql(judge, jql="labels != red")

    assert [severity for severity, _ in found] == ["hint", "hint"]
    assert "labels is empty never match" in found[0][1]
    assert judge.jira.calls["count"] == 1


def test_m15_while_jira_is_out_of_reach_a_jql_is_read_all_the_same() -> None:
    judge = Judge()
    judge.jira.authenticated = False

    assert judge.says(jql="labels != red") == [("hint", "jql"), ("hint", "project")]
