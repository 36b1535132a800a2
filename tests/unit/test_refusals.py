"""M29: every refusal by Jira becomes one plain sentence with its cure."""

import pytest

from pdjira.errors import NotFound, Permanent, Refused
from pdjira.model.refusal import Refusal, explain
from tests.builders import SUMMARY, a_mapping, a_schema, a_screen

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
