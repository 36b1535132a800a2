"""G19: PagerDuty's own rules become mappings, switched off, and what these do not hold is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.aws.stored_mapping import read_item
from pdjira.mappings.vendor_parts import Translated
from pdjira.mappings.vendor_rules import is_vendor_rule, mappings_of
from tests.builders import MAPPING_ITEM
from tests.sandbox.pagerduty.seed import jira_extension

CLOUD_JIRA: dict[str, Any] = {
    "project": {"id": "20100", "key": "OPS", "name": "Operations"},
    "issue_type": {"id": "20001", "name": "Bug"},
    "create_issue_on_incident_trigger": True,
    "autocreate_jql": "labels = page",
    "status_mapping": {
        "triggered": {"id": "9", "name": "Open"},
        "acknowledged": None,
        "resolved": {"id": "8", "name": "Resolved"},
    },
    "priorities": [{"jira_id": "1", "pagerduty_id": "PP1"}],
    "sync_notes_user": {"id": "PUSER02", "type": "user_reference"},
    "custom_fields": [
        {
            "target_issue_field": "labels",
            "target_issue_field_name": "Labels",
            "type": "const",
            "value": "a, b",
        },
        {
            "target_issue_field": "security",
            "type": "jira_value",
            "value": {"id": "7", "displayName": "Internal"},
        },
        {
            "target_issue_field": "components",
            "type": "jira_value",
            "value": [{"id": "7", "displayName": "Web"}, {"id": "8"}, "x"],
        },
    ],
}


def cloud(**jira: Any) -> dict[str, Any]:
    service = {"id": "PABC123", "type": "service_reference"}
    return {
        "id": "R1",
        "name": "Critical",
        "enabled": True,
        "config": {"service": service, "jira": CLOUD_JIRA | jira},
    }


def v3(*services: str, **jira: Any) -> dict[str, Any]:
    extension = jira_extension(*services, **jira)
    references = [{"id": one, "summary": f"S {one}"} for one in extension.pop("service_ids")]
    return extension | {"extension_objects": references}


def only(rule: dict[str, Any]) -> Translated:
    (found,) = mappings_of(rule)
    return found


def item_of(rule: dict[str, Any]) -> Any:
    return only(rule).item


def remarks(found: Translated) -> dict[str, str]:
    assert all(one.cure and one.severity.value == "hint" for one in found.remarks)
    return {one.field: one.says for one in found.remarks}


@pytest.mark.parametrize("value", [None, "x", [], {}, MAPPING_ITEM, {"config": 3}, {"rule": []}])
def test_a_mapping_is_no_rule_of_pagerdutys(value: object) -> None:
    assert not is_vendor_rule(value)


@pytest.mark.parametrize("rule", [v3(), cloud(), {"rule": {"config": {}}}, {"config": {}}])
def test_a_rule_of_pagerdutys_is_known_by_its_configuration(rule: dict[str, Any]) -> None:
    assert is_vendor_rule(rule)


# ---- Jira Server v3


def test_an_extension_becomes_a_mapping_that_is_switched_off() -> None:
    found = only(v3())

    assert found.item == {
        "id": "v3-PEXT001",
        "name": "Jira OPS",
        "enabled": False,
        "service": {"id": "PABC123", "name": "S PABC123"},
        "project": {"id": "10100", "key": "OPS"},
        "issue_type": {"id": "10001", "name": "Bug"},
        "create_issue": "automatic",
        "jql": None,
        "status_mapping": {
            "triggered": {"id": "1", "name": "Open"},
            "acknowledged": {"id": "3", "name": "In Progress"},
            "resolved": {"id": "5", "name": "Resolved"},
        },
        "priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}],
        "custom_fields": [
            {
                "target_issue_field": "customfield_10001",
                "type": "attribute",
                "source_incident_field": "incident_number",
            }
        ],
        "sync_notes": "off",
    }
    assert read_item(found.item).problems == ()
    assert remarks(found)["jql"] == "PagerDuty does not tell whether a JQL is set: look there."
    assert set(remarks(found)) == {"enabled", "jql"}


def test_each_service_of_an_extension_gets_a_mapping_of_its_own() -> None:
    found = mappings_of(v3("PA", "PB"))

    assert [one.item["id"] for one in found] == ["v3-PEXT001-PA", "v3-PEXT001-PB"]


def test_an_extension_whose_rule_pagerduty_does_not_tell_says_so() -> None:
    found = only(v3() | {"config": None})

    assert is_vendor_rule(v3() | {"config": None})
    assert found.item["id"] == "v3-PEXT001"
    assert remarks(found)["config.jira"].endswith("does not tell what this extension is set to.")


def test_an_extension_without_a_service_becomes_no_mapping() -> None:
    assert mappings_of(v3() | {"extension_objects": [{"type": "service_reference"}]}) == ()


@pytest.mark.parametrize("jql", ["labels = x", None])
def test_a_jql_that_pagerduty_tells_is_taken(jql: str | None) -> None:
    found = only(v3(autocreateJql=jql))

    assert found.item["jql"] == jql
    assert "jql" not in remarks(found)


@pytest.mark.parametrize(
    ("user", "notes"),
    [
        (None, {"sync_notes": "off"}),
        ({}, {"sync_notes": "off"}),
        ("PUSER02", {"sync_notes": "both", "sync_notes_user": {"id": "PUSER02"}}),
        (
            {"id": "P1", "email": "a@example.com", "name": "A"},
            {"sync_notes": "both", "sync_notes_user": {"id": "P1", "email": "a@example.com"}},
        ),
    ],
)
def test_notes_are_synchronised_where_the_rule_has_a_user(
    user: object, notes: dict[str, object]
) -> None:
    assert item_of(v3(user=user)).items() >= notes.items()


@pytest.mark.parametrize("creates", [False, None, "yes"])
def test_a_rule_that_does_not_create_at_once_becomes_a_manual_one(creates: object) -> None:
    assert item_of(v3(createIssueOnIncidentTrigger=creates))["create_issue"] == "manual"


def a_field(**pd: Any) -> dict[str, Any]:
    return {"pd": pd, "jira": {"type": "string", "value": "labels", "displayName": "Labels"}}


@pytest.mark.parametrize(
    ("pd", "rule"),
    [
        ({"type": "const", "value": "a,b"}, {"type": "const", "value": "a,b"}),
        (
            {"type": "attribute", "value": "incidentNumber"},
            {"type": "attribute", "source_incident_field": "incident_number"},
        ),
        (
            {"type": "attribute", "value": "html_url"},
            {"type": "attribute", "source_incident_field": "incident_html_url"},
        ),
        (
            {"type": "jiraValue", "value": {"id": 7, "name": "x"}},
            {"type": "jira_value", "value": {"id": "7"}},
        ),
    ],
)
def test_a_field_becomes_a_rule(pd: dict[str, Any], rule: dict[str, Any]) -> None:
    found = only(v3(customFields=[a_field(**pd)]))

    assert found.item["custom_fields"] == [{"target_issue_field": "labels", **rule}]


@pytest.mark.parametrize(
    "row",
    [
        a_field(type="const", value=""),
        a_field(type="attribute", value="shoe size", displayName="Shoe size"),
        a_field(type="const", value="a") | {"jira": {"displayName": "Labels"}},
        {"pd": None, "jira": []},
    ],
)
def test_a_field_that_is_not_understood_is_named(row: dict[str, Any]) -> None:
    found = only(v3(customFields=[row]))

    assert found.item["custom_fields"] == []
    assert remarks(found)["config.jira.customFields[0]"].startswith("Not carried over: the field ")


def test_every_key_that_nobody_knows_is_named() -> None:
    rule = v3(shoeSize=7, customFields=[a_field(type="const", value="a") | {"colour": "red"}])
    rule["config"]["other"] = {}
    found = only(rule | {"mood": "fine"})

    assert set(remarks(found)) == {
        "enabled",
        "jql",
        "mood",
        "config.other",
        "config.jira.shoeSize",
        "config.jira.customFields[0].colour",
    }


# ---- Jira Cloud


def test_a_rule_of_a_cloud_is_taken_by_names_since_its_ids_are_those_of_another_jira() -> None:
    found = only(cloud())

    assert found.item == {
        "id": "cloud-R1",
        "name": "Critical",
        "enabled": False,
        "service": {"id": "PABC123", "name": "PABC123"},
        "project": {"key": "OPS"},
        "issue_type": {"name": "Bug"},
        "create_issue": "automatic",
        "jql": "labels = page",
        "status_mapping": {
            "triggered": {"name": "Open"},
            "acknowledged": None,
            "resolved": {"name": "Resolved"},
        },
        "priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}],
        "custom_fields": [
            {"target_issue_field": "labels", "type": "const", "value": "a, b"},
            {"target_issue_field": "security", "type": "jira_value", "value": {"name": "Internal"}},
            {
                "target_issue_field": "components",
                "type": "jira_value",
                "value": [{"name": "Web"}, {"id": "8"}, "x"],
            },
        ],
        "sync_notes": "both",
        "sync_notes_user": {"id": "PUSER02"},
    }
    assert set(remarks(found)) == {"enabled", "custom_fields"}


def test_a_rule_that_is_off_already_needs_no_switching_off() -> None:
    assert "enabled" not in remarks(only(cloud() | {"enabled": False}))


def test_a_rule_without_an_id_goes_by_its_name() -> None:
    nameless = {key: value for key, value in cloud().items() if key not in {"id", "name"}}

    assert item_of(nameless | {"name": "Über-Critical: IT!"})["id"] == "cloud-ber-critical-it"
    assert item_of(nameless)["id"] == "cloud-PABC123"
    assert item_of(nameless)["name"] == "cloud-PABC123"


def test_a_rule_of_a_cloud_without_a_service_becomes_no_mapping() -> None:
    assert mappings_of({"config": {"jira": CLOUD_JIRA}}) == ()


# ---- Jira Server v4


def an_action(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": key, "icon": "jira", "isDisabled": False, **more}


def on_event(event: str, status: dict[str, Any] | None, **condition: Any) -> dict[str, Any]:
    return {
        "condition": {"pd_events": [event], "pd_urgency": "", "pd_priorities": [], **condition},
        "actions": [an_action("jira_change_status")],
        "actions_params": {"jira_change_status": status},
    }


def on_status(key: str, *statuses: dict[str, Any]) -> dict[str, Any]:
    return {"jira_statuses": list(statuses), "actions": [an_action(key)]}


OPEN, DOING, DONE, CLOSED = (
    {"id": "1", "label": "Open"},
    {"id": "3", "label": "In Progress"},
    {"id": "5", "label": "Resolved"},
    {"id": "6", "label": "Closed"},
)
P1 = {"id": "PP1", "label": "P1"}


def creating(*events: str, **more: Any) -> dict[str, Any]:
    return {
        "condition": {"pd_events": list(events), "pd_urgency": "high", "pd_priorities": [P1]},
        "target_project": None,
        "target_issue_type": None,
        **more,
    }


def v4(**config: Any) -> dict[str, Any]:
    given = {
        "sync_comments": True,
        "services": [{"id": "PABC123", "label": "Checkout"}],
        "projects": [{"id": "10100", "key": "OPS", "label": "Operations"}],
        "issue_types": [{"id": "10001", "label": "Bug"}],
        "autocreate_issues": True,
        "autocreate_issues_config": [creating("incident.trigger")],
    }
    return {"rule": {"name": "Sample", "enabled": True, "config": given | config}}


def test_a_rule_of_v4_becomes_one_mapping_for_each_service() -> None:
    (found,) = mappings_of(v4())
    several = mappings_of(v4(services=[{"id": "PA"}, {"id": "PB"}, {"label": "x"}]))

    assert found.item == {
        "id": "v4-sample",
        "name": "Sample",
        "enabled": False,
        "service": {"id": "PABC123", "name": "Checkout"},
        "sync_notes": "both",
        "project": {"id": "10100", "key": "OPS"},
        "issue_type": {"id": "10001", "name": "Bug"},
        "create_issue": "automatic",
        "conditions": {"urgency": ["high"], "priority_ids": ["PP1"]},
        "jql": None,
        "status_mapping": {"triggered": None, "acknowledged": None, "resolved": None},
        "resolved_statuses": [],
        "custom_fields": [],
    }
    assert read_item(found.item).problems == ()
    assert set(remarks(found)) == {"enabled"}
    assert [one.item["id"] for one in several] == ["v4-sample-PA", "v4-sample-PB"]
    assert mappings_of({"config": v4()["rule"]["config"], "id": 7})[0].item["id"] == "v4-7"


def test_of_several_targets_the_first_that_a_trigger_creates_is_taken_and_others_are_named() -> (
    None
):
    by_hand = creating("incident.trigger_manually")
    chosen = creating(
        "incident.trigger",
        target_project={"id": "10101", "key": "HD"},
        target_issue_type={"id": "10002", "label": "Task"},
    )
    third = creating("incident.trigger") | {"condition": {}}
    found = only(
        v4(
            projects=[{"id": "10100", "key": "OPS"}, {"id": "10101", "key": "HD"}],
            autocreate_issues_config=[by_hand, chosen, third],
        )
    )

    assert found.item["project"] == {"id": "10101", "key": "HD"}
    assert found.item["issue_type"] == {"id": "10002", "name": "Task"}
    said = remarks(found)
    assert said["config.projects"].endswith("these are left out: OPS.")
    assert said["config.issue_types"].endswith("these are left out: Bug.")
    assert said["config.autocreate_issues_config[0]"].endswith(
        "the usual issue type in the usual project, urgency high, priority P1."
    )
    assert said["config.autocreate_issues_config[2]"].endswith("urgency any, priority any.")


def test_a_rule_that_creates_nothing_by_itself_becomes_a_manual_one() -> None:
    by_hand = item_of(v4(autocreate_issues_config=[creating("incident.trigger_manually")]))
    off = item_of(v4(autocreate_issues=False))
    none = item_of(v4(autocreate_issues_config=[], projects=[], sync_comments=False))

    assert by_hand["create_issue"] == off["create_issue"] == none["create_issue"] == "manual"
    assert by_hand["conditions"] == {"urgency": ["high"], "priority_ids": ["PP1"]}
    assert off["conditions"] == {"urgency": [], "priority_ids": []}
    assert (none["project"], none["sync_notes"]) == ({}, "off")


def filling(*actions: dict[str, Any], **given: Any) -> Translated:
    row = creating("incident.trigger", actions=list(actions), actions_params=given)
    return only(v4(autocreate_issues_config=[row]))


def test_actions_that_fill_fields_become_rules() -> None:
    found = filling(
        an_action("jira_append_description"),
        an_action("jira_field_set_priority"),
        an_action("jira_field_set_labels"),
        an_action("jira_field_set_nothing", isDisabled=True),
        jira_append_description=[
            {"label": "Title", "icon": "pd", "key": "incident.title"},
            {"label": "Id", "icon": "pd", "key": "incident.id"},
            {"label": "My text", "key": "My text", "icon": "text"},
            "x",
        ],
        jira_field_set_priority={"id": "1", "name": "Highest"},
        jira_field_set_labels=[{"label": "a,b", "icon": "text"}, {"label": "c", "icon": "text"}],
    )

    assert found.item["custom_fields"] == [
        {
            "target_issue_field": "description",
            "type": "template",
            "value": "Title: {{ incident_title }}\nMy text",
        },
        {"target_issue_field": "priority", "type": "jira_value", "value": {"id": "1"}},
        {"target_issue_field": "labels", "type": "const", "value": "a\\,b,c"},
    ]
    assert set(remarks(found)) == {"enabled", "config.autocreate_issues_config[0].actions[0]"}


def test_a_label_that_is_an_attribute_becomes_one_and_a_mixture_is_named() -> None:
    service = {"label": "Service", "icon": "pd", "key": "incident.service.summary"}
    one = filling(an_action("jira_field_set_labels"), jira_field_set_labels=[service])
    two = filling(an_action("jira_field_set_labels"), jira_field_set_labels=[service, service])

    assert one.item["custom_fields"] == [
        {
            "target_issue_field": "labels",
            "type": "attribute",
            "source_incident_field": "incident_service",
        }
    ]
    assert two.item["custom_fields"] == []
    assert "config.autocreate_issues_config[0].actions[0]" in remarks(two)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("jira_field_set_priority", None),
        ("jira_field_set_labels", []),
        ("jira_append_description", "x"),
        ("jira_field_set_shoes", {"id": "1"}),
    ],
)
def test_an_action_that_has_no_counterpart_is_named(key: str, given: object) -> None:
    found = filling(an_action(key), **{key: given})

    assert found.item["custom_fields"] == []
    assert remarks(found)["config.autocreate_issues_config[0].actions[0]"].endswith(
        f"the action {key}."
    )


def test_the_first_jql_for_the_service_is_taken_and_every_other_is_named() -> None:
    def opening(service: str, jql: str, **more: Any) -> dict[str, Any]:
        return {"jql": jql, "target_service": {"id": service}, **more}

    rows = [
        opening("PELSE", "a = 1"),
        opening("PABC123", "b = 2", on_update=False, actions=[an_action("pd_set_priority")]),
        opening("PABC123", "c = 3"),
    ]
    found = only(v4(autocreate_incidents=True, autocreate_incidents_config=rows))
    off = only(v4(autocreate_incidents=False, autocreate_incidents_config=rows))

    assert (found.item["jql"], off.item["jql"]) == ("b = 2", None)
    assert set(remarks(off)) == {"enabled"}
    within = "config.autocreate_incidents_config"
    assert set(remarks(found)) == {
        "enabled",
        f"{within}[0]",
        f"{within}[1].on_update",
        f"{within}[1].actions[0]",
        f"{within}[2]",
    }
    empty = [opening("PABC123", "")]
    assert (
        only(v4(autocreate_incidents=True, autocreate_incidents_config=empty)).item["jql"] is None
    )


def test_statuses_that_follow_events_become_the_status_mapping() -> None:
    assignee = {
        "condition": {"pd_events": ["incident.assign"]},
        "actions": [an_action("jira_field_set_assignee"), an_action("jira_field_set_shoes")],
        "actions_params": {"jira_field_set_assignee": {"key": "incident.assignee"}},
    }
    rows = [
        on_event("incident.acknowledge", DOING, pd_urgency="high"),
        on_event("incident.unacknowledge", OPEN),
        on_event("incident.resolve", DONE),
        on_event("incident.trigger", CLOSED),
        on_event("incident.escalate", DOING),
        on_event("incident.resolve", None),
        assignee,
    ]
    found = only(v4(react_on_incident_event=True, react_on_incident_event_config=rows))
    off = only(v4(react_on_incident_event=False, react_on_incident_event_config=rows))

    assert found.item["status_mapping"] == {
        "triggered": {"id": "1", "name": "Open"},
        "acknowledged": {"id": "3", "name": "In Progress"},
        "resolved": {"id": "5", "name": "Resolved"},
    }
    assert found.item["sync_people"] == {"assignee": True}
    within = "config.react_on_incident_event_config"
    assert set(remarks(found)) == {
        "enabled",
        f"{within}[0].condition",
        f"{within}[3].actions[0]",
        f"{within}[4].actions[0]",
        f"{within}[5].actions[0]",
        f"{within}[6].actions[1]",
    }
    assert off.item["status_mapping"] == {"triggered": None, "acknowledged": None, "resolved": None}


def test_statuses_that_come_from_jira_join_the_status_mapping() -> None:
    found = only(
        v4(
            react_on_incident_event=True,
            react_on_incident_event_config=[on_event("incident.resolve", DONE)],
            react_on_issue_status_change=True,
            react_on_issue_status_change_config=[
                on_status("pd_acknowledge", DOING, OPEN, {"label": "x"}),
                on_status("pd_resolve", DONE, CLOSED),
                on_status("pd_add_responders", OPEN),
            ],
        )
    )

    assert found.item["status_mapping"] == {
        "triggered": None,
        "acknowledged": {"id": "3", "name": "In Progress"},
        "resolved": {"id": "5", "name": "Resolved"},
    }
    assert found.item["resolved_statuses"] == [{"id": "6", "name": "Closed"}]
    within = "config.react_on_issue_status_change_config"
    assert set(remarks(found)) == {
        "enabled",
        f"{within}[0].jira_statuses[1]",
        f"{within}[2].actions[0]",
    }


def test_every_key_of_a_rule_of_v4_that_nobody_knows_is_named() -> None:
    found = only({"rule": v4(mood="fine")["rule"] | {"colour": "red"}})

    assert set(remarks(found)) == {"enabled", "colour", "config.mood"}


# ---- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def spoilt(rule: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The rule with some of its parts replaced by anything."""

    def within(value: Any) -> st.SearchStrategy[Any]:
        if isinstance(value, dict):
            whole = st.fixed_dictionaries({key: within(each) for key, each in value.items()})
            return whole | JSON if value else JSON
        if isinstance(value, list) and value:
            return st.tuples(*map(within, value)).map(list) | JSON
        return st.just(value) | JSON

    return st.fixed_dictionaries({key: within(each) for key, each in rule.items()})


@given(st.one_of(spoilt(v3()), spoilt(cloud()), spoilt(v4())))
def test_whatever_pagerduty_answers_becomes_a_mapping_that_is_off_or_none(
    rule: dict[str, Any],
) -> None:
    for found in mappings_of(rule) if is_vendor_rule(rule) else ():
        assert found.item["enabled"] is False
        assert str(found.item["id"]).startswith(("v3-", "cloud-", "v4-"))
        assert not [one for one in read_item(found.item).problems if "no key of" in one.says]
