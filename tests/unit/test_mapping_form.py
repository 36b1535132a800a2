"""M20, M23: what is wrong with the form of a mapping is told with the JSON to write instead."""

from typing import Any

import pytest

from pdjira.adapters.aws.mapping_form import _EXAMPLE
from pdjira.adapters.aws.stored_mapping import StoredMapping, read_item
from pdjira.mappings.changes import STACK_KEYS
from tests.builders import MAPPING_ITEM


def cure(**changes: Any) -> str:
    (problem,) = read_item(MAPPING_ITEM | changes).problems
    return problem.cure


def test_the_example_has_every_key_that_people_write_and_no_other() -> None:
    assert _EXAMPLE.keys() == StoredMapping.model_fields.keys() - STACK_KEYS
    assert read_item(_EXAMPLE).problems == ()


FORM: list[tuple[dict[str, Any], str]] = [
    ({"project": None}, 'Add, for example, "project": {"id": "10100", "key": "OPS"}.'),
    (
        {"project": {"key": "OPS"}},
        ('Add to project "id": "OPS". The next check shows the id that belongs to that name.'),
    ),
    ({"create_issue": None}, 'Add, for example, "create_issue": "automatic".'),
    ({"service": "PABC123"}, 'Write "service": {"id": "PABC123"}.'),
    ({"enabled": "Yes"}, 'Write "enabled": true.'),
    ({"enabled": "maybe"}, 'Write, for example, "enabled": true.'),
    ({"create_issue": "auto"}, 'Write "create_issue": "automatic".'),
    ({"create_issue": "x"}, 'Write, for example, "create_issue": "automatic".'),
    ({"create_issue": ["automatic"]}, 'Write, for example, "create_issue": "automatic".'),
    ({"conditions": {"urgency": "high"}}, 'Write "urgency": ["high"].'),
    ({"conditions": {"urgency": ["High"]}}, 'Write "high".'),
    ({"jql_settle_seconds": "30"}, 'Write "jql_settle_seconds": 30.'),
    ({"jql_settle_seconds": -1}, 'Write, for example, "jql_settle_seconds": 0.'),
    ({"resolved_statuses": {"id": "6"}}, 'Write "resolved_statuses": [{"id": "6"}].'),
    ({"resolved_statuses": ["6"]}, 'Write {"id": "6"}.'),
    ({"name": ["x" * 200]}, 'Write, for example, "name": "Create Bug (OPS)".'),
    (
        {"resolved_statuses": {"id": "6" * 200}},
        'Write, for example, "resolved_statuses": [{"id": "6", "name": "Closed"}].',
    ),
    (
        {"reopen": True},
        'Write, for example, "reopen": {"issue": true, "incident": true, "not_after_days": 30}.',
    ),
    (
        {"custom_fields": {"labels": "blue"}},
        (
            'Write, for example, "custom_fields": '
            '[{"target_issue_field": "labels", "type": "const", "value": "blue,red"}].'
        ),
    ),
    (
        {"custom_fields": [{"target_issue_field": "x", "type": "attribute"}]},
        'Write, for example, "source_incident_field": "incident_title".',
    ),
]


@pytest.mark.parametrize(("changes", "says"), FORM, ids=str)
def test_a_value_of_the_wrong_form_is_told_with_the_json_to_paste(
    changes: dict[str, Any], says: str
) -> None:
    assert cure(**changes) == says


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    (
        {"urgency": "high"},
        'Did you mean conditions.urgency? Write "conditions": {"urgency": ["high"]}.',
    ),
    (
        {"priority_ids": ["PP1"]},
        'Did you mean conditions.priority_ids? Write "conditions": {"priority_ids": ["PP1"]}.',
    ),
    ({"resolved": {"id": "6"}}, "Did you mean status_mapping.resolved?"),
    ({"target_issue_field": "x"}, "Did you mean custom_fields[0].target_issue_field?"),
    ({"custom_feilds": []}, "Did you mean custom_fields?"),
    ({"status_mapping": {"acknowleged": {"id": "3"}}}, "Did you mean acknowledged?"),
    ({"status_mapping": {"RESOLVED": {"id": "6"}}}, "Did you mean resolved?"),
    ({"status_mapping": {"closed": {"id": "6"}}}, "Did you mean resolved?"),
    ({"status_mapping": {"ack": {"id": "3"}}}, "Did you mean acknowledged?"),
    ({"status_mapping": {"x": {"id": "3"}}}, "Write one of triggered, acknowledged, resolved."),
    ({"moon": "full"}, "Delete it."),
]


@pytest.mark.parametrize(("changes", "says"), UNKNOWN, ids=str)
def test_an_unknown_key_is_told_with_the_one_that_was_probably_meant(
    changes: dict[str, Any], says: str
) -> None:
    assert cure(**changes) == says


def test_what_stands_below_a_value_of_the_wrong_form_is_not_told_as_well() -> None:
    assert [
        one.field for one in read_item(MAPPING_ITEM | {"priorities": {"PP1": "1"}}).problems
    ] == ["priorities"]
