"""G5, M20: what is typed as other tools want it is told with what to write instead."""

from typing import Any

import pytest

from tests.builders import a_rule_item
from tests.fakes.catalogue import Judge


def told(field: str, **changes: Any) -> list[tuple[str, str]]:
    """What is said of a key of the item, and the cures."""
    found = Judge().verdict(**changes).problems
    return [(one.says, one.cure) for one in found if one.field == field]


@pytest.mark.parametrize(
    ("pattern", "says", "right"),
    [
        ("database", "has no *", "*database*"),
        (".*database.*", "no regular expression", "*database*"),
        ("^Disk .* full$", "no regular expression", "*Disk * full*"),
        (r"\bdatabase\b", "no regular expression", "*database*"),
        ("(db|database)", "no regular expression", "*db*"),
        ("%database%", "no regular expression", "*database*"),
        ("^$", "no regular expression", "*database*"),
    ],
)
def test_a_title_of_another_kind_of_pattern_is_hinted_at(
    pattern: str, says: str, right: str
) -> None:
    ((said, cure),) = told("conditions.title_matches", conditions={"title_matches": pattern})

    assert says in said
    assert cure.startswith(f'Write "title_matches": "{right}".')
    assert ("another mapping" in cure) is ("|" in pattern)


@pytest.mark.parametrize("pattern", ["*database*", "db?", "db[12] is slow", "db1.example.*", None])
def test_a_title_of_a_shell_pattern_is_not(pattern: str | None) -> None:
    assert told("conditions.title_matches", conditions={"title_matches": pattern}) == []


@pytest.mark.parametrize(
    ("value", "odd", "right"),
    [
        ("on {incident_service}", "{incident_service}", "on {{ incident_service }}"),
        ("{{incident_service} it", "{{incident_service}", "{{ incident_service }} it"),
        (
            "{{ incident_title }} on {incident_service}",
            "{incident_service}",
            "{{ incident_title }} on {{ incident_service }}",
        ),
    ],
)
def test_a_name_in_a_template_that_stays_text_is_hinted_at(
    value: str, odd: str, right: str
) -> None:
    rule = a_rule_item("environment", value, type="template")

    ((says, cure),) = told("custom_fields[0].value", custom_fields=[rule])

    assert says.startswith(f'"{odd}" stays text')
    assert cure == f'Write "value": "{right}".'


@pytest.mark.parametrize("value", ["{{ incident_title }}", "{{incident_title}}", "{code}x{code}"])
def test_other_braces_in_a_template_are_not(value: str) -> None:
    rule = a_rule_item("customfield_10006", value, type="template")

    found = told("custom_fields[0].value", custom_fields=[rule])

    assert not any("stays text" in says for says, _ in found)


def test_a_name_in_a_constant_is_hinted_at_and_other_braces_are_not() -> None:
    named = a_rule_item("environment", "{{ incident_title }}")
    other = a_rule_item("environment", "{{ chart }}")

    ((says, cure),) = told("custom_fields[0].type", custom_fields=[named])

    assert says == 'In a const, "{{incident_title}}" stays text.'
    assert cure == 'Write "type": "template".'
    assert told("custom_fields[0].type", custom_fields=[other]) == []


@pytest.mark.parametrize("jql", ["priority = “Highest”", "status = „Open“", "labels = «a»"])
def test_typographic_quotes_in_a_jql_are_hinted_at(jql: str) -> None:
    found = [says for says, _ in told("jql", jql=jql) if "letters to Jira" in says]

    assert len(found) == 1


def test_typographic_quotes_between_straight_ones_are_not() -> None:
    assert not any("letters" in says for says, _ in told("jql", jql='summary ~ "“slow”"'))


@pytest.mark.parametrize(
    ("changes", "key", "shown"),
    [
        ({"project": {"key": "OPS"}}, "project.id", 'Add to project "id": "OPS".'),
        ({"issue_type": {"name": "Bug"}}, "issue_type.id", 'Add to issue_type "id": "Bug".'),
        ({"issue_type": {}}, "issue_type.id", 'Add to issue_type, for example, "id": "10001".'),
    ],
)
def test_a_name_without_its_id_is_what_the_next_check_looks_up(
    changes: dict[str, Any], key: str, shown: str
) -> None:
    ((_, cure),) = told(key, **changes)

    assert cure.startswith(shown)


def test_a_limit_of_zero_is_hinted_at_where_there_is_a_jql() -> None:
    limit = {"max_incidents_per_hour": 0}

    ((says, cure),) = told("max_incidents_per_hour", jql="priority = Highest", **limit)

    assert says.startswith("The JQL opens no incident by itself")
    assert cure.startswith('Write "max_incidents_per_hour": 10')
    assert told("max_incidents_per_hour", **limit) == []
