"""G19: services are moved over from PagerDuty's own integrations, item by item and one by one."""

import json
from typing import Any

import pytest

from pdjira.errors import Misconfigured, Temporary
from pdjira.mappings.moving import Moving, contents_of
from pdjira.mappings.moving_rules import Integration, OldRule, Stage
from tests.builders import MAPPING_ITEM, FakeClock
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, SYNC_USER, jira_extension

CLOUD: dict[str, Any] = {
    "name": "Critical",
    "enabled": True,
    "config": {
        "service": {"id": CHECKOUT},
        "jira": {
            "project": {"id": "20100", "key": "OPS"},
            "issue_type": {"id": "20001", "name": "Bug"},
            "create_issue_on_incident_trigger": True,
            "autocreate_jql": "labels = page",
            "status_mapping": {"triggered": {"id": "9", "name": "Open"}},
            "priorities": [{"jira_id": "1", "pagerduty_id": "PP1"}],
            "sync_notes_user": {"id": SYNC_USER},
            "custom_fields": [
                {"target_issue_field": "labels", "target_issue_field_name": "Labels",
                 "type": "const", "value": "a, b"},
                {"target_issue_field": "security", "type": "jira_value",
                 "value": [{"id": "7", "displayName": "Internal"}, "x"]},
            ],
        },
    },
}  # fmt: skip

V4: dict[str, Any] = {
    "rule": {
        "name": "Sample",
        "enabled": True,
        "config": {
            "sync_comments": True,
            "services": [{"id": CHECKOUT, "label": "Checkout"}],
            "projects": [{"key": "OPS", "id": "10100"}],
            "issue_types": [{"id": "10001", "label": "Bug"}],
            "autocreate_issues": True,
            "autocreate_issues_config": [
                {
                    "condition": {
                        "pd_events": ["incident.trigger"],
                        "pd_urgency": "high",
                        "pd_priorities": [{"id": "PP1"}],
                    },
                    "actions": [{"key": "jira_field_set_priority"}],
                    "actions_params": {"jira_field_set_priority": {"id": "1"}},
                }
            ],
            "react_on_incident_event": True,
            "react_on_incident_event_config": [
                {
                    "condition": {"pd_events": ["incident.acknowledge"]},
                    "actions": [{"key": "jira_field_set_assignee"}],
                    "actions_params": {"jira_field_set_assignee": {"key": "incident.assignee"}},
                }
            ],
            "react_on_issue_status_change": True,
            "react_on_issue_status_change_config": [
                {
                    "jira_statuses": [
                        {"id": "5", "label": "Resolved"},
                        {"id": "6", "label": "Closed"},
                    ],
                    "actions": [{"key": "pd_resolve"}],
                }
            ],
        },
    }
}


class Office:
    """Both sides, the table, and what moves services between them."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.jira, self.pagerduty = FakeJira(), FakePagerDuty()
        self.items = FakeMappingItems(*items)

    @property
    def moving(self) -> Moving:
        check = fake_mapping_check(self.jira, self.pagerduty, clock=FakeClock())
        return Moving(items=self.items, jira=check.jira, pagerduty=check.pagerduty)

    def extend(self, *service_ids: str, **jira: object) -> None:
        """Let PagerDuty have such an extension, and no other."""
        self.pagerduty.model.extensions[:] = [jira_extension(*service_ids, **jira)]

    def only(self) -> OldRule:
        (found,) = self.moving.from_pagerduty()
        return found


def settings(rule: OldRule) -> dict[str, str]:
    return {one.setting: one.value for one in rule.carried}


def test_g19_a_rule_of_v3_is_told_setting_by_setting_and_by_name() -> None:
    office = Office()
    office.extend(user=SYNC_USER)

    rule = office.only()

    assert settings(rule) == {
        "Name": "Jira OPS",
        "Service": "Checkout",
        "Project": "OPS",
        "Issue type": "Bug",
        "Issues are made": "automatically, for each incident",
        "Status when triggered": "Open",
        "Status when acknowledged": "In Progress",
        "Status when resolved": "Resolved",
        "Priority P1": "Highest",
        "Notes and comments": "both ways, as sync@example.com",
        "Field Incident": "incident number",
    }
    assert {one.key for one in rule.carried} >= {"status_mapping.triggered", "priorities[0]"}
    assert (rule.id, rule.name, rule.service, rule.place) == (
        "v3-PEXT001", "Jira OPS", "Checkout", "OPS Bug",
    )  # fmt: skip
    assert (rule.integration, rule.stage) == (Integration.V3, Stage.OLD)


def test_g19_what_is_not_carried_over_is_told_beside_it() -> None:
    office = Office()
    office.extend(user=None, somethingNew=True)

    rule = office.only()

    assert [one.field for one in rule.left] == ["jql", "config.jira.somethingNew"]
    assert settings(rule)["Notes and comments"] == "not synchronised"


def test_g19_a_rule_of_the_cloud_is_told_by_name_as_well() -> None:
    (rule,) = Office().moving.shown([CLOUD])

    assert settings(rule) == {
        "Name": "Critical",
        "Service": "Checkout",
        "Project": "OPS",
        "Issue type": "Bug",
        "Issues are made": "automatically, for each incident",
        "JQL that opens incidents": "labels = page",
        "Status when triggered": "Open",
        "Priority P1": "Highest",
        "Notes and comments": "both ways, as sync@example.com",
        "Field Labels": '"a, b"',
        "Field Security": '"Internal, x"',
    }
    assert rule.integration is Integration.CLOUD
    assert "switch it off" in rule.switch_off


def test_g19_a_rule_of_v4_is_told_by_name_as_well() -> None:
    (rule,) = Office().moving.shown([V4])

    assert settings(rule) == {
        "Name": "Sample",
        "Service": "Checkout",
        "Project": "OPS",
        "Issue type": "Bug",
        "Issues are made": "automatically, for each incident",
        "Only of the urgency": "high",
        "Only with priority": "P1",
        "Status when resolved": "Resolved",
        "Also means resolved": "Closed",
        "Notes and comments": "both ways",
        "Assignee": "follows the incident",
        "Field Priority": '"Highest"',
    }
    assert rule.integration is Integration.V4
    assert rule.still_makes


def test_g19_names_that_a_silent_side_would_tell_are_ids() -> None:
    office = Office()
    for method in ("jira.priorities", "pagerduty.service", "pagerduty.email_of"):
        side = office.jira if method.startswith("jira") else office.pagerduty
        side.plan.fail_next(method, Temporary("It is down."))

    (rule,) = office.moving.shown([CLOUD])

    told = settings(rule)
    assert (told["Service"], told["Priority P1"]) == (CHECKOUT, "1")
    assert told["Notes and comments"] == f"both ways, as {SYNC_USER}"


def test_g19_a_rule_without_a_project_says_so() -> None:
    office = Office()
    office.extend(project=None, issueType=None, createIssueOnIncidentTrigger=False, priorities=[])

    rule = office.only()

    assert (rule.place, settings(rule)["Issues are made"]) == ("no project", "by hand")
    assert rule.still_makes is None


def test_g19_each_service_of_an_extension_is_a_rule_of_its_own() -> None:
    office = Office()
    office.extend(CHECKOUT, PAYMENTS)

    assert [one.service for one in office.moving.from_pagerduty()] == ["Checkout", "Payments"]


@pytest.mark.parametrize(
    ("change", "makes"),
    [({}, True), ({"temporarily_disabled": True}, False)],
)
def test_g19_an_extension_that_still_makes_issues_is_told_with_what_to_click(
    change: dict[str, Any], *, makes: bool
) -> None:
    office = Office()
    office.extend()
    rule = {**office.moving.pagerduty.jira_extensions()[0], **change}

    (old,) = office.moving.shown([rule])

    assert (old.still_makes is not None) is makes
    assert old.switch_off.startswith("In PagerDuty, open Integrations > Extensions")


def test_g19_the_user_of_notes_is_taken_with_the_address() -> None:
    office = Office()
    office.extend(user=SYNC_USER)

    item: Any = office.moving.ready(office.only())

    assert item["sync_notes_user"] == {"id": SYNC_USER, "email": "sync@example.com"}


def test_g19_only_rules_of_v3_are_looked_up_at_pagerduty() -> None:
    office = Office()
    office.extend()

    found = office.moving.old_rule("v3-PEXT001")

    assert found
    assert office.moving.old_rule("v3-PEXT002") is None
    before = office.pagerduty.calls["jira_extensions"]
    assert office.moving.old_rule("cloud-critical") is None
    assert office.pagerduty.calls["jira_extensions"] == before


def test_g19_what_is_taken_over_tells_how_far_it_is() -> None:
    off = MAPPING_ITEM | {"id": "v3-PEXT001", "enabled": False}
    office = Office(off)
    office.extend()

    before = office.only().stage
    office.items.store["v3-PEXT001"]["enabled"] = True

    assert (before, office.only().stage) == (Stage.DRAFT, Stage.IN_FORCE)


def test_g19_rules_and_mappings_are_told_apart_in_what_is_pasted() -> None:
    contracts = json.dumps([CLOUD, V4, MAPPING_ITEM, "nonsense", {"id": "x"}])

    found = contents_of(contracts)

    assert (found.rules, found.mappings) == ((CLOUD, V4), (MAPPING_ITEM,))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CLOUD),
        json.dumps({"rules": [CLOUD]}),
        "\ufeff" + json.dumps(CLOUD),
        json.dumps({"schema_version": 1, "mappings": [CLOUD]}),
    ],
)
def test_g19_a_rule_is_read_alone_and_in_every_list(text: str) -> None:
    assert contents_of(text).rules == (CLOUD,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"rule":\n  {"name" "x"}}', "Line 2, column 11: here a colon is expected."),
        ("3", "This text holds no rule and no mapping."),
        ("[]", "This text holds no rule and no mapping."),
        ('{"schema_version": 2, "mappings": []}', "Only a file of schema_version 1"),
    ],
)
def test_g19_what_cannot_be_read_is_told_with_line_and_column_and_a_cure(
    text: str, says: str
) -> None:
    with pytest.raises(Misconfigured) as raised:
        contents_of(text)

    assert raised.value.says.startswith(says)
    assert raised.value.cure
