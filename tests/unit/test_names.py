"""M23: a name in an id's place is looked up and written as an id, wherever an id may stand."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.mappings.names import (
    NamedPlace,
    NameKind,
    meant_by,
    named_places,
    unasked,
    with_id,
    without_project,
)
from pdjira.model.incident import Reference
from pdjira.model.mapping import Problem

TYPED: dict[str, Any] = {
    "id": "ops-bug",
    "service": {"name": "Checkout"},
    "project": {"key": "OPS"},
    "issue_type": {"name": "Bug", "id": ""},
    "create_issue": "automatic",
    "sync_notes_user": {"email": "a@example.com"},
    "status_mapping": {"triggered": {"name": "Open"}, "resolved": {"id": "5", "name": "Done"}},
    "resolved_statuses": [{"name": "Closed"}, "Closed", {"id": 6}],
    "reopen": {"not_with_resolutions": [{"name": "Won't Fix"}]},
    "priorities": [{"pagerduty_id": "P1", "jira_id": 1}, {"pagerduty_id": None}, "x"],
    "conditions": {"priority_ids": ["P1", "none", True]},
    "manual_workflow_ids": ["Open a Jira issue", "PFLOW01"],
    "custom_fields": [
        {"target_issue_field": "customfield_1", "type": "jira_value", "value": {"value": "High"}},
        {"target_issue_field": "components", "type": "jira_value", "value": [{"name": "Web"}]},
        {"target_issue_field": "resolution", "type": "jira_value", "value": {"name": "Done"}},
        {
            "target_issue_field": "customfield_2",
            "type": "jira_value",
            "value": {"value": "Hall", "child": {"value": "1"}},
        },
        {"target_issue_field": "labels", "type": "const", "value": "a"},
        {"target_issue_field": "customfield_3", "type": "jira_value", "value": {"id": "1"}},
    ],
}


def test_every_place_where_a_name_may_stand_is_found_with_project_and_type_first() -> None:
    found = [(place.field, place.kind, place.name) for place in named_places(TYPED)]

    assert found == [
        ("service.name", NameKind.SERVICE, "Checkout"),
        ("project.key", NameKind.PROJECT, "OPS"),
        ("issue_type.name", NameKind.ISSUE_TYPE, "Bug"),
        ("sync_notes_user.email", NameKind.USER, "a@example.com"),
        ("status_mapping.triggered.name", NameKind.STATUS, "Open"),
        ("resolved_statuses[0].name", NameKind.STATUS, "Closed"),
        ("reopen.not_with_resolutions[0].name", NameKind.RESOLUTION, "Won't Fix"),
        ("priorities[0].pagerduty_id", NameKind.PAGERDUTY_PRIORITY, "P1"),
        ("priorities[0].jira_id", NameKind.PRIORITY, "1"),
        ("conditions.priority_ids[0]", NameKind.PAGERDUTY_PRIORITY, "P1"),
        ("manual_workflow_ids[0]", NameKind.WORKFLOW, "Open a Jira issue"),
        ("custom_fields[0].value.value", NameKind.OPTION, "High"),
        ("custom_fields[1].value[0].name", NameKind.OPTION, "Web"),
        ("custom_fields[2].value.name", NameKind.RESOLUTION, "Done"),
    ]


def test_an_id_takes_its_place_and_the_name_is_written_as_it_really_is() -> None:
    before = copy.deepcopy(TYPED)
    item: Any = TYPED
    for number, place in enumerate(named_places(TYPED)):
        item = with_id(item, place, Reference(id=f"i{number}", name=f"n{number}"))

    assert before == TYPED
    assert item["service"] == {"id": "i0", "name": "n0"}
    assert item["project"] == {"id": "i1", "key": "n1"}
    assert item["issue_type"] == {"id": "i2", "name": "n2"}
    assert item["sync_notes_user"] == {"id": "i3", "email": "n3"}
    assert item["status_mapping"]["triggered"] == {"id": "i4", "name": "n4"}
    assert item["resolved_statuses"] == [{"id": "i5", "name": "n5"}, "Closed", {"id": 6}]
    assert item["reopen"] == {"not_with_resolutions": [{"id": "i6", "name": "n6"}]}
    assert item["priorities"][0] == {"pagerduty_id": "i7", "jira_id": "i8"}
    assert item["conditions"] == {"priority_ids": ["i9", "none", True]}
    assert item["manual_workflow_ids"] == ["i10", "PFLOW01"]
    assert [rule["value"] for rule in item["custom_fields"][:3]] == [
        {"id": "i11"},
        [{"id": "i12"}],
        {"id": "i13"},
    ]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"service": "Checkout", "project": None, "issue_type": [], "status_mapping": "x"},
        {"priorities": {"a": 1}, "conditions": [], "custom_fields": [None, 3, {"type": []}]},
        {"service": {"name": ["x"]}, "resolved_statuses": [[{"name": "x"}]]},
    ],
)
def test_what_has_another_form_holds_no_name(item: dict[str, Any]) -> None:
    assert named_places(item) == ()


# ---- what a name means

PLACE = NamedPlace(kind=NameKind.SERVICE, path=("service",), name="Web", key="name")
ROW = NamedPlace(kind=NameKind.PRIORITY, path=("priorities", 0, "jira_id"), name="Web")


def offered(**names: str) -> list[Reference]:
    return [Reference(id=id_, name=name) for id_, name in names.items()]


def test_a_name_means_the_one_thing_of_that_name() -> None:
    assert meant_by(PLACE, offered(a="Web", b="Wed")) == Reference(id="a", name="Web")
    assert meant_by(PLACE, offered(a="web", b="Wed")) == Reference(id="a", name="web")
    assert meant_by(PLACE, offered(a="WEB", b="Web")) == Reference(id="b", name="Web")


def test_in_the_place_of_an_id_an_id_goes_before_a_name() -> None:
    assert meant_by(ROW, offered(a="Web", Web="Other")) == Reference(id="Web", name="Other")
    assert meant_by(PLACE, offered(a="Web", Web="Other")) == Reference(id="a", name="Web")


@pytest.mark.parametrize("names", [("Web", "Web"), ("web", "WEB")])
def test_a_name_of_two_things_is_ambiguous_and_both_ids_are_named(names: tuple[str, str]) -> None:
    problem = meant_by(PLACE, offered(a=names[0], b=names[1]))

    assert isinstance(problem, Problem)
    assert problem.field == "service.name"
    assert problem.says == '"Web" is the name of more than one service in PagerDuty.'
    assert problem.cure == 'Write one of the ids as service.id: "a", "b".'


def test_a_name_of_nothing_is_an_error_that_names_what_was_probably_meant() -> None:
    many = offered(**{f"i{number}": f"n{number}" for number in range(12)})
    close = meant_by(PLACE, offered(a="Webb"))
    far = meant_by(PLACE, offered(a="Checkout"))
    few = meant_by(ROW, [])
    lots = meant_by(ROW, many)

    assert [one.cure for one in (close, far, few) if isinstance(one, Problem)] == [
        'Did you mean "Webb"?',
        "Choose one of Checkout (a).",
        "Correct the name.",
    ]
    assert isinstance(lots, Problem)
    assert lots.cure.endswith("n9 (i9) and others.")
    assert lots.field == "priorities[0].jira_id"


def test_what_cannot_be_looked_up_says_why_and_what_to_do() -> None:
    assert unasked(PLACE, "Down.", "Wait.").cure == "Wait."
    assert unasked(PLACE, "Down.", None).cure.endswith("write the id as service.id.")
    assert unasked(PLACE, "Down.", None).says.endswith("Down.")
    assert without_project(PLACE).field == "service.name"


# ---- properties

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {}, optional={key: st.one_of(st.just(value), JSON) for key, value in TYPED.items()}
    )
)
def test_an_item_whose_names_were_all_replaced_has_none_left(item: dict[str, Any]) -> None:
    found: Any = item
    for place in named_places(item):
        found = with_id(found, place, Reference(id="PXYZ123", name=place.name))

    left = [place for place in named_places(found) if place.key is not None]
    assert left == []
    assert set(found) == set(item)
