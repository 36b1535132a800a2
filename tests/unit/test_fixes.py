"""What a cure shows is written by a button, and then it is no problem any more."""

from collections import abc
from typing import Any

import pytest

from pdjira.mappings.fixes import Fix, fix_of, fixed
from pdjira.model.mapping import Problem, error
from tests.builders import MAPPING_ITEM
from tests.builders import a_rule_item as a_rule
from tests.fakes.catalogue import Judge

RULES = "custom_fields"


def mended(judge: Judge, **changes: Any) -> abc.Mapping[str, object]:
    """The item after each problem's button was pressed; every problem has one."""
    item: abc.Mapping[str, object] = MAPPING_ITEM | changes
    for problem in judge.verdict(**changes).problems:
        fix = fix_of(problem, item)
        assert fix, problem
        item = fixed(item, fix)
    return item


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"create_issue": "auto"}, {"create_issue": "automatic"}),
        ({"enabled": "yes"}, {"enabled": True}),
        ({"jql_settle_seconds": "3"}, {"jql_settle_seconds": 3}),
        ({"conditions": {"urgency": "high"}}, {"conditions": {"urgency": ["high"]}}),
        ({"service": "PABC123"}, {"service": {"id": "PABC123"}}),
        ({"service": {"id": "Checkout"}}, {"service": {"id": "PABC123"}}),
        ({"project": {"id": "OPS"}}, {"project": {"id": "10100"}}),
        ({"issue_type": {"id": "Bug"}}, {"issue_type": {"id": "10001"}}),
        ({"project": {"id": "10100", "key": "OPZ"}}, {"project": {"id": "10100", "key": "OPS"}}),
        ({RULES: [a_rule("summary", "x") | {"type": "constant"}]}, {}),
    ],
    ids=str,
)
def test_a_value_that_is_shown_is_written_in_its_place(
    wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    item = mended(Judge(), **wrong)

    assert {key: item[key] for key in right} == right


def test_a_key_that_there_is_not_is_deleted() -> None:
    assert mended(Judge(), colour="red") == MAPPING_ITEM


def test_a_required_field_gets_its_rule_by_the_attribute_of_its_name() -> None:
    judge = Judge()
    judge.require("customfield_10001")

    assert mended(judge)[RULES] == [
        {
            "target_issue_field": "customfield_10001",
            "type": "attribute",
            "source_incident_field": "incident_number",
        }
    ]


def test_a_required_field_of_another_name_gets_the_rule_that_is_shown() -> None:
    judge = Judge()
    judge.require("customfield_10004")

    rules: Any = mended(judge)[RULES]
    (rule,) = rules
    assert (rule["target_issue_field"], rule["type"]) == ("customfield_10004", "const")


def test_one_of_several_values_is_corrected_alone() -> None:
    rule = a_rule("components", "Payment,Chekout")

    assert mended(Judge(), **{RULES: [rule]})[RULES] == [rule | {"value": "Payment,Checkout"}]


def test_a_single_value_is_replaced() -> None:
    rule = a_rule("customfield_10004", "Platfrom")

    assert mended(Judge(), **{RULES: [rule]})[RULES] == [rule | {"value": "Platform"}]


def test_a_rule_for_what_the_mapping_gives_itself_is_deleted() -> None:
    labels = a_rule("labels", "x")

    assert mended(Judge(), **{RULES: [a_rule("project", "OPS"), labels]})[RULES] == [labels]


@pytest.mark.parametrize(
    "cure",
    [
        "Choose one of 1 (Open), 3 (Done).",
        'Write one of the ids as service.id: "P1", "P2".',
        'Write "a" or "b".',
        'Write "unfinished',
        "Did you mean triggered?",
        'Write, for example, "service": {"id": "PABC123"}.',
    ],
)
def test_where_a_person_has_to_choose_there_is_no_button(cure: str) -> None:
    assert fix_of(error("service.id", "It is wrong.", cure), MAPPING_ITEM) is None


def test_a_name_is_shown_where_an_id_is_written() -> None:
    problem = error("issue_type.id", "There is no issue type.", 'Did you mean "10001" (Bug)?')

    assert fix_of(problem, {}) == Fix(field="issue_type.id", words="Bug", value="10001")
    assert fix_of(_shows("3"), {}) == Fix(field="jql_settle_seconds", words="3", value=3)


def _shows(value: str) -> Problem:
    return error("jql_settle_seconds", "It is wrong.", f"Write {value}.")


@pytest.mark.parametrize("field", ["nowhere[0]", "name[0]", "custom_fields[7]"])
def test_a_place_that_is_gone_meanwhile_is_left_alone(field: str) -> None:
    item = {"name": "x", "custom_fields": [1]}

    assert fixed(item, Fix(field=field, words="delete it", is_gone=True)) == item
