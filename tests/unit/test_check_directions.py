"""G9: what is wrong with the direction of a field rule is named, with its key and its cure."""

from typing import Any

import pytest

from pdjira.errors import Refused
from tests.builders import a_rule_item
from tests.fakes.catalogue import Judge
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.jira.seed import OUR_ACCOUNT

TEXT, LABELS, TEAM, COST, DAY, TIME, PERSON = (
    f"customfield_{10000 + number}" for number in (1, 3, 4, 5, 8, 9, 10)
)
SOURCE, TARGET, DIRECTION = "source_incident_field", "target_issue_field", "direction"


def a_way(target: str, source: str, direction: str = "to_pagerduty") -> dict[str, Any]:
    return {TARGET: target, "type": "attribute", SOURCE: source, DIRECTION: direction}


def says(*rules: dict[str, Any], judge: Judge | None = None) -> list[tuple[str, str]]:
    found = (judge or Judge()).says(custom_fields=list(rules))
    return [(severity, field.removeprefix("custom_fields")) for severity, field in found]


@pytest.mark.parametrize("direction", ["to_pagerduty", "both"])
@pytest.mark.parametrize(
    ("target", "source"),
    [
        (TEXT, "incident_title"),
        (TEXT, "custom_field:region"),
        (TEXT, "custom_field:impact"),
        (LABELS, "custom_field:teams"),
        (COST, "custom_field:customers"),
        (COST, "custom_field:cost"),
        (TIME, "custom_field:due"),
        (DAY, "custom_field:due"),
    ],
)
def test_g9_what_can_go_to_pagerduty_is_no_problem(
    target: str, source: str, direction: str
) -> None:
    assert says(a_way(target, source, direction)) == []


@pytest.mark.parametrize("direction", ["to_pagerduty", "both"])
@pytest.mark.parametrize(
    "rule",
    [
        a_rule_item(TEXT, "fixed"),
        a_rule_item(TEXT, "{{ incident_title }}", type="template"),
        a_rule_item(TEXT, "fixed", type="jira_value"),
        a_way(TEXT, "incident_number"),
        a_way(TEXT, "incident_created_at"),
        a_way(TEXT, "incident_priority"),
        a_way(TEXT, "incident_status"),
        a_way("description", "incident_title"),
    ],
)
def test_g9_what_nobody_can_write_in_pagerduty_is_refused(
    rule: dict[str, Any], direction: str
) -> None:
    judge = Judge()

    verdict = judge.verdict(custom_fields=[rule | {DIRECTION: direction}])

    (problem,) = verdict.problems
    assert (problem.severity.value, problem.field) == ("error", "custom_fields[0].direction")
    assert "to_jira" in problem.cure


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([a_way(TEXT, "incident_titel")], [("error", "[0].source_incident_field")]),
        ([a_way(TEXT, "custom_field:")], [("error", "[0].source_incident_field")] * 2),
        ([a_way(TEXT, "custom_field:regoin")], [("error", "[0].source_incident_field")]),
        ([a_way(TEXT, "custom_field:regoin", "to_jira")], [("error", "[0].source_incident_field")]),
        (
            [a_rule_item(TEXT, "{{ custom_field:regoin }}", type="template")],
            [("error", "[0].value")],
        ),
        ([a_rule_item(TEXT, "{{ custom_field:region }}", type="template")], []),
        ([a_way(COST, "custom_field:region")], []),
        ([a_way("customfield_1", "incident_title")], [("error", "[0].target_issue_field")]),
        ([a_way("summary", "incident_title", "both")], [("hint", "[0].direction")]),
        (
            [a_way(TEXT, "incident_title"), a_way(LABELS, "incident_title")],
            [("hint", "[1].source_incident_field")],
        ),
        (
            [a_rule_item(TEXT), a_way(TEXT, "incident_title")],
            [("hint", "[1].target_issue_field")],
        ),
        # what does not go together
        ([a_way(DAY, "custom_field:region", "to_jira")], [("error", "[0].source_incident_field")]),
        ([a_way(COST, "custom_field:due", "both")], [("error", "[0].source_incident_field")] * 2),
        ([a_way(DAY, "custom_field:cost")], [("error", "[0].source_incident_field")]),
        ([a_way(TEXT, "custom_field:public")], [("hint", "[0].source_incident_field")]),
        ([a_way(TEXT, "incident_urgency")], [("hint", "[0].source_incident_field")]),
        ([a_way(TEAM, "incident_urgency")], [("error", "[0].source_incident_field")]),
        ([a_way("priority", "incident_urgency")], [("hint", "[0].source_incident_field")]),
        ([a_way(TEAM, "custom_field:environment")], [("error", "[0].source_incident_field")]),
    ],
)
def test_g9_a_rule_is_told_what_does_not_work(
    rules: list[dict[str, Any]], found: list[tuple[str, str]]
) -> None:
    assert says(*rules) == found


def test_g9_a_name_that_was_mistyped_is_told_the_right_one() -> None:
    rule = a_way(TEXT, "custom_field:regoin")

    (problem,) = Judge().verdict(custom_fields=[rule]).problems

    assert problem.says == 'PagerDuty has no custom field named "regoin".'
    assert problem.cure == "Did you mean region?"


def test_g9_a_name_that_is_like_none_is_told_all() -> None:
    judge = Judge()
    rule = a_way(TEXT, "custom_field:zzz")
    (many,) = judge.verdict(custom_fields=[rule]).problems

    judge.pagerduty.model.custom_fields.clear()
    (none,) = judge.verdict(custom_fields=[rule]).problems

    assert many.cure.startswith("Choose one of cost, customers, due")
    assert none.cure == "Create the field in PagerDuty first."


def test_g9_options_that_pagerduty_does_not_take_are_named() -> None:
    (problem,) = Judge().verdict(custom_fields=[a_way("priority", "incident_urgency")]).problems

    assert problem.says.startswith("Priority (priority) does not fit there: incident_urgency takes")
    assert "(Highest, Medium, Lowest)" in problem.cure


def test_g9_an_account_without_custom_fields_is_told_so() -> None:
    judge = Judge()
    judge.pagerduty.model.has_custom_fields = False

    (problem,) = judge.verdict(custom_fields=[a_way(TEXT, "custom_field:region")]).problems

    assert "has no custom fields" in problem.says
    assert "plan" in problem.cure


def test_g9_a_key_that_may_not_see_custom_fields_is_a_hint() -> None:
    judge = Judge()
    refused = Refused("Access Denied", status=403)
    plan = FaultPlan().fail(1, refused, method="pagerduty.custom_fields")
    judge.pagerduty = FakePagerDuty(plan=plan)

    assert says(a_way(TEXT, "custom_field:region"), judge=judge) == [("hint", "")]


def test_g9_where_the_create_screen_is_hidden_the_field_is_looked_for_all_the_same() -> None:
    judge = Judge()
    judge.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="10100")

    found = judge.says(custom_fields=[a_way(TEXT, "incident_title"), a_way("x", "incident_title")])

    assert ("error", "custom_fields[1].target_issue_field") in found
    assert ("error", "custom_fields[0].target_issue_field") not in found


def test_g9_nobody_is_asked_where_no_rule_goes_to_pagerduty() -> None:
    judge = Judge()
    jira, pagerduty = FaultPlan(), FaultPlan()
    judge.jira, judge.pagerduty = FakeJira(plan=jira), FakePagerDuty(plan=pagerduty)

    judge.verdict(custom_fields=[a_rule_item(TEXT), a_way(LABELS, "incident_title", "to_jira")])

    assert judge.pagerduty.calls["custom_fields"] == 0
    assert judge.jira.calls["fields"] == 0


def test_m21_a_required_field_that_follows_a_custom_field_may_be_empty() -> None:
    judge = Judge()
    judge.require(TEXT)

    assert says(a_way(TEXT, "custom_field:region", "to_jira"), judge=judge) == [("hint", "[0]")]
