"""M20: a wrong id is told with the value to write, and none hides another."""

from typing import Any

import pytest

from pdjira.errors import Refused
from tests.builders import a_rule_item
from tests.fakes.catalogue import FakeJiraCatalogue, Judge
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import SYNC_EMAIL, SYNC_USER


def told(judge: Judge | None = None, **changes: Any) -> dict[str, str]:
    """The cure of each error, by its key; no other problem is named."""
    found = (judge or Judge()).verdict(**changes).problems
    assert [one.severity.value for one in found] == ["error"] * len(found)
    return {one.field: one.cure for one in found}


def test_every_wrong_id_is_named_at_once_with_the_value_to_write() -> None:
    found = told(
        service={"id": "Checkout"},
        project={"id": "OPS"},
        issue_type={"id": "Bug"},
        status_mapping={"triggered": {"id": "Open"}, "resolved": {"id": "77", "name": "Closed"}},
        resolved_statuses=[{"id": "resolvd"}],
        reopen={"not_with_resolutions": [{"id": "Won't Fix"}]},
        priorities=[{"pagerduty_id": "P1", "jira_id": "Highest"}],
        conditions={"priority_ids": ["P2"]},
        sync_notes_user={"id": SYNC_EMAIL},
        custom_fields=[a_rule_item("Environment"), a_rule_item("customfield_1006")],
    )

    assert found == {
        "service.id": 'Write "PABC123" (Checkout).',
        "project.id": 'Write "10100".',
        "issue_type.id": 'Write "10001" (Bug).',
        "status_mapping.triggered.id": 'Write "1" (Open).',
        "status_mapping.resolved.id": 'Write "6" (Closed).',
        "resolved_statuses[0].id": 'Did you mean "5" (Resolved)?',
        "reopen.not_with_resolutions[0].id": 'Write "10001" (Won\'t Fix).',
        "priorities[0].pagerduty_id": 'Write "PP1" (P1).',
        "priorities[0].jira_id": 'Write "1" (Highest).',
        "conditions.priority_ids[0]": 'Write "PP2" (P2).',
        "sync_notes_user.id": f'Write "{SYNC_USER}" ({SYNC_EMAIL}).',
        "custom_fields[0].target_issue_field": 'Write "environment" (Environment).',
        "custom_fields[1].target_issue_field": 'Did you mean "customfield_10006" (Dashboard)?',
    }


def test_without_its_project_and_type_a_status_is_sought_in_every_workflow_there_is() -> None:
    found = told(issue_type={"id": "99"}, status_mapping={"resolved": {"id": "Closed"}})

    assert found == {
        "issue_type.id": "Choose one of 10001 (Bug), 10002 (Task).",
        "status_mapping.resolved.id": 'Write "6" (Closed).',
    }


def test_a_project_is_known_by_its_key_where_its_id_names_nothing() -> None:
    found = told(project={"id": "99999", "key": "OPS"}, issue_type={"id": "Task"})

    assert found == {
        "project.id": 'Write "10100", the id of OPS.',
        "issue_type.id": 'Write "10002" (Task).',
    }


def test_the_id_of_one_project_with_the_key_of_another_is_an_error() -> None:
    (web,) = (one for one in Judge().world.projects.values() if one.key == "WEB")

    found = told(project={"id": "10100", "key": "WEB"})

    assert found == {
        "project.key": 'Write "project": {"id": "10100", "key": "OPS"} or "project": '
        f'{{"id": "{web.id}", "key": "WEB"}}.'
    }


def test_a_key_that_no_project_has_is_a_hint() -> None:
    (problem,) = Judge().verdict(project={"id": "10100", "key": "OPPS"}).problems

    assert (problem.severity.value, problem.field) == ("hint", "project.key")
    assert problem.cure == 'Write "OPS".'


def test_a_key_that_the_project_had_before_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = FakeJiraCatalogue.project
    renamed = {"OLD": "10100"}
    monkeypatch.setattr(
        FakeJiraCatalogue, "project", lambda self, key: ask(self, renamed.get(key) or key)
    )

    assert told(project={"id": "10100", "key": "OLD"}) == {}


def test_a_service_is_known_by_its_name_where_its_id_names_nothing() -> None:
    assert told(service={"id": "PNONE", "name": "Checkout"}) == {
        "service.id": 'Write "PABC123" (Checkout).'
    }


def test_the_name_of_a_workflow_is_no_id() -> None:
    judge = Judge()
    judge.pagerduty.model.incident_workflows.append({"id": "PWF1234", "name": "Major incident"})

    assert told(judge, manual_workflow_ids=["major incident", "PWF1234"]) == {
        "manual_workflow_ids[0]": 'Write "PWF1234" (Major incident).'
    }


def test_an_account_without_workflows_is_no_problem_of_the_id() -> None:
    judge = Judge()
    judge.pagerduty.plan.fail_next("pagerduty.workflows_like", Refused("no", status=402))

    assert told(judge, manual_workflow_ids=["Major incident"]) == {}


@pytest.mark.parametrize(
    ("target", "cure"),
    [
        ("environmnt", 'Did you mean "environment" (Environment)?'),
        ("Incident number", 'Write "customfield_10001" (Incident number).'),
        ("customfield_1001", 'Did you mean "customfield_10011" (Place)?'),
    ],
)
def test_a_field_that_does_not_exist_is_an_error_with_the_id_probably_meant(
    target: str, cure: str
) -> None:
    rule = a_rule_item(target)
    back = {
        "target_issue_field": target,
        "type": "attribute",
        "source_incident_field": "incident_title",
        "direction": "to_pagerduty",
    }

    field = "custom_fields[0].target_issue_field"
    assert told(custom_fields=[rule]) == {field: cure}
    assert told(custom_fields=[back])[field] == cure


def test_where_no_field_is_alike_those_that_there_are_are_named() -> None:
    judge = Judge()

    cure = told(judge, custom_fields=[a_rule_item("customfield_99999")])
    judge.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="10100")
    blind = told(judge, custom_fields=[a_rule_item("customfield_99999")])

    for found in (cure, blind):
        assert found["custom_fields[0].target_issue_field"].startswith(
            "Choose one of customfield_10001 (Incident number), "
        )


@pytest.mark.parametrize(
    ("rule", "cure"),
    [
        (
            a_rule_item("customfield_10004", {"id": "Platform"}, type="jira_value"),
            'Write {"id": "10300"} (Platform).',
        ),
        (a_rule_item("customfield_10004", "Platfrom"), 'Did you mean "Platform"?'),
        (
            a_rule_item("environment", "{{ incident title }}", type="template"),
            'Did you mean "incident_title"?',
        ),
        (
            a_rule_item("labels", type="attribute", source_incident_field="urgency"),
            'Did you mean "incident_urgency"?',
        ),
    ],
)
def test_a_value_or_an_attribute_that_does_not_exist_is_told_with_the_one_that_was_meant(
    rule: dict[str, Any], cure: str
) -> None:
    (found,) = told(custom_fields=[rule]).values()

    assert found == cure
