"""M20: a verdict finds what the transitions on the way require, where issues of Jira show it."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Refused
from tests.builders import a_rule_item
from tests.fakes.catalogue import Judge
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import Screen

STATUSES = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": {"id": "5", "name": "Resolved"},
}


def a_judge(*statuses: str) -> Judge:
    """A Jira with an issue in each of these statuses."""
    judge = Judge()
    for status in statuses:
        fields = {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "x"}
        made = judge.jira.model.create_issue("alice", {"fields": fields})
        judge.jira.model.issue("alice", made["id"]).status_id = status
    return judge


def told(judge: Judge, **changes: Any) -> list[tuple[str, str, str]]:
    problems = judge.verdict(status_mapping=STATUSES, **changes).problems
    assert all(one.severity.value == "error" for one in problems)
    return [(one.field, one.says, one.cure) for one in problems]


def test_the_resolution_that_a_transition_requires_is_told_with_the_rule_to_paste() -> None:
    ((field, says, cure),) = told(a_judge("1", "3"))

    assert field == "custom_fields"
    assert says == (
        'The transition "Resolve Issue" requires the field Resolution (resolution), and the '
        "mapping does not fill it."
    )
    rule = '{"target_issue_field": "resolution", "type": "const", "value": "Done"}'
    assert cure == (
        f"Add to custom_fields {rule}, or make the field optional on the transition's screen in "
        "Jira."
    )


@pytest.mark.parametrize("statuses", [(), ("1",), ("5", "6")])
def test_what_no_issue_shows_is_not_told(statuses: tuple[str, ...]) -> None:
    assert told(a_judge(*statuses)) == []


def test_a_mapping_that_fills_it_or_maps_no_status_is_left_alone() -> None:
    judge = a_judge("3")

    assert told(judge, custom_fields=[a_rule_item("resolution", "Done")]) == []
    assert judge.verdict().problems == ()


def test_a_field_that_nobody_can_fill_is_to_be_made_optional() -> None:
    judge = a_judge("1")
    project = judge.world.projects["10100"]
    screen = Screen(fields=["attachment"], required={"attachment"})
    first, *others = project.workflow.transitions
    transitions = (replace(first, screen=screen), *others)
    project.workflow = replace(project.workflow, transitions=transitions)

    ((_, says, cure),) = told(judge)

    assert "attachment" in says
    assert cure == "Make the field optional on the transition's screen in Jira."


def test_an_account_that_may_move_nothing_is_told_by_the_right() -> None:
    judge = a_judge("1")
    judge.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project="10100")

    ((field, says, cure),) = told(judge)

    assert (field, says) == (
        "status_mapping",
        "Our account pagerduty may not move issues in OPS, so they stay in their first status.",
    )
    assert "Transition Issues" in cure


def test_what_jira_does_not_tell_is_not_blamed() -> None:
    judge = a_judge("1")
    judge.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project="10100")
    judge.jira.plan.fail_next("jira.in_project", Refused("no", status=403))
    refused = a_judge("3")
    refused.jira.plan.fail_next("jira.issue_in", Refused("no", status=400), times=9)

    assert told(judge) == []
    assert told(refused) == []
