"""M29: every refusal by Jira becomes one plain sentence with its cure."""

import json

import pytest

from pdjira.adapters.aws.stored_mapping import read_mapping
from pdjira.errors import NotFound, Permanent, Refused
from pdjira.mappings.field_rules import ANY_INCIDENT
from pdjira.mappings.offers import unoffered
from pdjira.model.issue import AllowedValue, FieldSchema
from pdjira.model.refusal import Refusal, add_rule, explain, explain_change
from pdjira.sync.fields.rules import rule_value
from tests.builders import MAPPING_ITEM, SUMMARY, a_mapping, a_schema, a_screen

ENVIRONMENT = a_schema("customfield_10200", name="Environment", required=True)
SCREEN = a_screen(SUMMARY, ENVIRONMENT)


def refused(error: Permanent, **given: object) -> Refusal:
    return explain(error, mapping=a_mapping(), screen=SCREEN, given={"summary": "x", **given})


def a_refusal(status: int = 400, *messages: str, **fields: str) -> Refused:
    return Refused("Jira refused", status=status, messages=messages, fields=fields)


def test_m21_a_mandatory_field_that_the_mapping_leaves_empty_is_named() -> None:
    refusal = refused(a_refusal(customfield_10200="Umgebung ist erforderlich."))

    assert refusal.says == (
        'Jira requires the field "Environment" (customfield_10200), and the mapping does not '
        "fill it."
    )
    assert "customfield_10200" in refusal.cure
    assert "ops-bug" in refusal.cure


def test_m29_a_value_that_jira_does_not_take_is_said_with_jiras_words() -> None:
    refusal = refused(a_refusal(customfield_10200="Option 'x' is not valid"), customfield_10200="x")

    assert "\"Environment\" (customfield_10200): Option 'x' is not valid" in refusal.says
    assert "Correct the rule" in refusal.cure


def test_m29_a_required_field_that_is_not_on_the_screen_is_named() -> None:
    refusal = refused(a_refusal(customfield_9="Team is required."))

    assert '"customfield_9": Team is required.' in refusal.says
    assert "create screen" in refusal.cure


@pytest.mark.parametrize("field", ["project", "issuetype"])
def test_m29_a_project_or_type_that_is_refused_leads_to_the_mapping(field: str) -> None:
    refusal = refused(a_refusal(400, **{field: "valid project is required"}))

    assert "project OPS: valid project is required" in refusal.says
    assert "issue type Bug of the mapping ops-bug" in refusal.cure


def test_m29_a_missing_right_is_named() -> None:
    refusal = refused(a_refusal(403, "You do not have permission to create issues."))

    assert "You do not have permission" in refusal.says
    assert "Create Issues in the project OPS" in refusal.cure


def test_m29_what_says_nothing_still_has_a_sentence_and_a_cure() -> None:
    refusal = refused(Refused("Jira answered 400 without a reason.", status=400))

    assert refusal.says == "Jira said: Jira answered 400 without a reason."
    assert refusal.cure


def test_m29_what_is_not_found_keeps_its_own_sentence() -> None:
    refusal = refused(NotFound("Jira knows no project 10100.", cure="Look it up."))

    assert (refusal.says, refusal.cure) == ("Jira knows no project 10100.", "Look it up.")


def test_m29_the_same_cause_is_recognised_and_another_is_not() -> None:
    first = refused(a_refusal(400, "b", summary="s"))

    assert first.cause == refused(a_refusal(400, "b", summary="s")).cause
    assert first.cause != refused(a_refusal(400, "c", summary="s")).cause


def test_m29_several_fields_are_all_named() -> None:
    refusal = refused(a_refusal(customfield_10200="is required", summary="too long"))

    assert "Environment" in refusal.says
    assert "too long" in refusal.says


PASTED = [
    a_schema("environment", type="string"),
    a_schema("customfield_1", type="string", custom="com.atlassian.jira:url"),
    a_schema("customfield_2", type="number"),
    a_schema("customfield_3", type="date"),
    a_schema("customfield_4", type="option", allowed=(AllowedValue(id="1", name="North, east"),)),
    a_schema(
        "customfield_5",
        type="array",
        items="option",
        allowed=(AllowedValue(id="1", name="North, east"),),
    ),
    a_schema(
        "customfield_6",
        type="option-with-child",
        allowed=(AllowedValue(id="1", name="North", children=("Hall 1",)),),
    ),
    a_schema("labels", type="array", items="string"),
    a_schema("resolution", type="resolution"),
]


@pytest.mark.parametrize("schema", PASTED, ids=lambda one: one.id)
def test_the_rule_to_paste_can_be_read_and_fills_the_field(schema: FieldSchema) -> None:
    cure = add_rule(schema, "custom_fields")

    rule = json.loads(cure.removeprefix("Add to custom_fields "))
    (read,) = read_mapping(MAPPING_ITEM | {"custom_fields": [rule]}).to_domain().field_rules
    value, unfit = rule_value(read, ANY_INCIDENT, schema)
    assert value
    assert unfit is None
    assert not list(unoffered(value, schema, field="f"))


def test_g5_a_field_that_a_missing_right_hides_is_blamed_on_the_right() -> None:
    said = "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown."
    error = a_refusal(duedate=said)

    created = refused(error, duedate="2026-12-01")
    changed = explain_change(error, mapping=a_mapping())

    give = "Give our account the right Schedule Issues in the permission scheme of OPS."
    assert created.cure == (
        f"{give} If it has it, correct the rule for duedate in custom_fields of the mapping "
        "ops-bug."
    )
    assert changed.cure == f"{give} If it has it, look at the edit screen."
