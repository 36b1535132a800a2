"""The form of a mapping and its item: what the form leaves as it was keeps its very shape."""

import json
from typing import Any

import pytest

from pdjira.page.mapping_form import BASE, Called, inputs_of, item_of, problems_of, values_in
from tests.builders import MAPPING_ITEM, WHOLE_MAPPING_ITEM
from tests.builders import a_rule_item as a_rule

Form = dict[str, list[str]]


def sent(item: dict[str, Any], **changes: list[str]) -> Form:
    """The form of an item, as a browser sends it, with what a person changed."""
    return inputs_of(item) | {BASE: [json.dumps(item)]} | changes


def read(item: dict[str, Any], called: Called | None = None, **changes: Any) -> Any:
    return item_of(sent(item, **changes), called or Called())


WRITTEN = {
    key: value
    for key, value in WHOLE_MAPPING_ITEM.items()
    if key
    not in {"service_id", "enabled_since", "changed", "check", "jql_paused", "written_by_stack"}
}


@pytest.mark.parametrize(
    "item",
    [
        MAPPING_ITEM,
        WRITTEN,
        MAPPING_ITEM | {"colour": "red", "conditions": {"urgency": "high"}},
        MAPPING_ITEM | {"priorities": [{"pagerduty_id": "PP1"}], "custom_fields": ["?"]},
        MAPPING_ITEM | {"service": 7, "reopen": None, "custom_fields": None, "jql": ["a"]},
        {"id": "half"},
    ],
    ids=["least", "whole", "unknown", "rows", "strange", "half"],
)
def test_what_is_not_changed_stays_as_it_was_written(item: dict[str, Any]) -> None:
    assert read(json.loads(json.dumps(item))) == item


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ({"name": ["New"]}, "name", "New"),
        ({"service.id": ["P9"]}, "service", {"id": "P9", "name": "Nine"}),
        ({"service.id": ["P8"]}, "service", {"id": "P8"}),
        ({"service.id": [""]}, "service", None),
        ({"create_issue": ["never"]}, "create_issue", "never"),
        (
            {"conditions.urgency": ["high"], "conditions.title_matches": [" *a* "]},
            "conditions",
            {"urgency": ["high"], "priority_ids": [], "title_matches": "*a*"},
        ),
        ({"jql": ["a = b\r\nAND c = d"]}, "jql", "a = b\nAND c = d"),
        ({"max_incidents_per_hour": ["3"]}, "max_incidents_per_hour", 3),
        ({"max_incidents_per_hour": ["three"]}, "max_incidents_per_hour", "three"),
        (
            {"status_mapping.resolved.id": ["6"]},
            "status_mapping",
            {"triggered": None, "acknowledged": None, "resolved": {"id": "6", "name": "Closed"}},
        ),
        (
            {"resolved_statuses": ["6", ""]},
            "resolved_statuses",
            [{"id": "6", "name": "Closed"}],
        ),
        (
            {"sync_people.assignee": ["true"]},
            "sync_people",
            {"assignee": True, "watchers": False},
        ),
        (
            {"sync_notes_user.email": ["a@example.com"]},
            "sync_notes_user",
            {"email": "a@example.com"},
        ),
        (
            {"reopen.issue": [], "reopen.not_after_days": ["30"]},
            "reopen",
            {"issue": False, "incident": True, "not_after_days": 30, "not_with_resolutions": []},
        ),
        (
            {
                "priorities[0].pagerduty_id": ["PP1"],
                "priorities[0].jira_id": ["1"],
                "priorities[1].pagerduty_id": ["none"],
                "priorities[1].jira_id": ["3"],
                "priorities[2].pagerduty_id": ["PP2"],
                "priorities[2].jira_id": [""],
            },
            "priorities",
            [
                {"pagerduty_id": "PP1", "jira_id": "1"},
                {"pagerduty_id": None, "jira_id": "3"},
            ],
        ),
    ],
)
def test_what_a_person_changes_is_written(typed: Form, key: str, value: object) -> None:
    called = Called(names={"service": {"P9": "Nine"}, "status": {"6": "Closed"}})

    assert read(MAPPING_ITEM, called, **typed) == MAPPING_ITEM | {key: value}


def a_row(place: int, **keys: list[str]) -> Form:
    return {f"custom_fields[{place}].{key}": values for key, values in keys.items()}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"type": ["const"], "value": ["blue"]}, {"type": "const", "value": "blue"}),
        ({"type": [""], "value": ["typed"]}, {"type": "const", "value": "typed"}),
        (
            {"type": ["attribute incident_title"], "value": ["left over"]},
            {"type": "attribute", "source_incident_field": "incident_title"},
        ),
        (
            {"type": ["template"], "value": ["a\r\nb"], "direction": ["both"]},
            {"type": "template", "value": "a\nb", "direction": "both"},
        ),
        (
            {"type": ["jira_value"], "value": ['{"id": "1"}']},
            {"type": "jira_value", "value": {"id": "1"}},
        ),
        ({"type": ["jira_value"], "value": ["{"]}, {"type": "jira_value", "value": "{"}),
        (
            {"type": ["const"], "value": ["a,b", "", "c"], "several": ["1"]},
            {"type": "const", "value": "a\\,b,c"},
        ),
        ({"type": ["const"], "several": ["1"]}, {"type": "const", "value": ""}),
        ({"type": ["const"]}, {"type": "const", "value": ""}),
    ],
)
def test_a_row_becomes_a_rule(row: Form, rule: dict[str, object]) -> None:
    typed: dict[str, Any] = a_row(0, target_issue_field=["labels"], **row)

    assert read(MAPPING_ITEM, **typed)["custom_fields"] == [{"target_issue_field": "labels"} | rule]


def test_a_field_that_nothing_fills_has_no_rule_and_the_others_move_up() -> None:
    item = MAPPING_ITEM | {"custom_fields": [a_rule("labels", "x"), a_rule("environment", "y")]}
    typed: dict[str, Any] = {"custom_fields[0].type": [""], "custom_fields[0].value": [""]}

    assert read(item, **typed)["custom_fields"] == [a_rule("environment", "y")]


def test_a_value_with_a_comma_is_one_of_several() -> None:
    assert values_in("a\\,b, c,") == ["a,b", "c"]


@pytest.mark.parametrize("base", ["", "{", "[]"])
def test_without_what_it_was_made_from_a_form_is_read_all_the_same(base: str) -> None:
    form = inputs_of(MAPPING_ITEM) | {BASE: [base]}

    wanted = {key: value for key, value in MAPPING_ITEM.items() if key != "id"}
    named = {"service": {"id": "PABC123"}, "project": {"id": "10100"}}
    assert item_of(form, Called()) == wanted | named | {"issue_type": {"id": "10001"}}


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000], ids=["deep", "long"])
def test_what_is_too_deep_or_too_long_for_a_number_is_text_and_no_failure(text: str) -> None:
    row = "custom_fields[0]"
    typed: dict[str, Any] = {
        f"{row}.target_issue_field": ["customfield_1"],
        f"{row}.type": ["jira_value"],
        f"{row}.value": [text],
        f"custom_fields[{'9' * 5_000}].target_issue_field": ["x"],
    }

    item = read({"id": "bug"}, **typed)

    (rule,) = item["custom_fields"]
    assert rule["value"] == text
    assert "id" not in item_of({BASE: [text]}, Called())
    assert problems_of(text) is None
