"""`admin`, cold-started from its folder: answers for people, never a stack trace."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pdjira.adapters.aws.items import typed
from tests.aws import MAPPINGS_TABLE
from tests.functional.conftest import CONNECTION, Account
from tests.functional.lambdas import cold_started

WHOLE = {
    "id": "ops-bug",
    "service": {"id": "PABC123", "name": "Checkout"},
    "project": {"id": "10100", "key": "OPS"},
    "issue_type": {"id": "10001", "name": "Bug"},
    "create_issue": "automatic",
}


def invoke(event: object) -> dict[str, Any]:
    with cold_started("admin") as function:
        return function.handler(event, None)


def test_health_of_a_fresh_stack_says_what_to_configure(account: Account) -> None:
    account.put_secret("{}")

    health = invoke({"action": "health"})

    by_area = {check["area"]: check for check in reversed(health["checks"])}
    assert health["status"] == "broken"
    for area in ("jira", "pagerduty", "webhooks"):
        assert by_area[area]["status"] == "broken"
        assert "secret" in by_area[area]["cure"]
    for area in ("queue", "mappings", "links"):
        assert by_area[area]["status"] == "ok"
    assert json.loads(json.dumps(health)) == health


@pytest.mark.parametrize(
    "secret",
    [
        '{"jira": {},\n "pagerduty" {}}',
        json.dumps({**CONNECTION, "pagerduty": {"apitoken": "t", "from_email": "a@example.com"}}),
        json.dumps(
            {
                **CONNECTION,
                "pagerduty": {
                    "api_token": "t",
                    "from_email": "a@example.com",
                    "webhook_secrets": 7,
                },
            }
        ),
    ],
)
def test_g6_what_is_wrong_with_the_secret_is_told_once(account: Account, secret: str) -> None:
    account.put_secret(secret)

    health = invoke({"action": "health"})

    wrong = [check for check in health["checks"] if check["status"] not in {"ok", "unchecked"}]
    assert health["status"] == "broken"
    assert [(check["area"], check["name"]) for check in wrong] in (
        [("jira", "secret")],
        [("jira", "secret"), ("webhooks", "secrets")],
    )
    unchecked = [
        check
        for check in health["checks"]
        if check["status"] == "unchecked" and check["area"] != "links"
    ]
    assert {check["area"] for check in unchecked} >= {"pagerduty"}
    assert {check["cure"] for check in unchecked} == {"Do what jira, secret says."}


@pytest.mark.parametrize("event", [None, [], "x", {}, {"action": "dance"}, {"action": "resync"}])
@pytest.mark.usefixtures("account")
def test_a_request_that_is_wrong_is_answered_with_what_and_the_cure(event: object) -> None:
    assert set(invoke(event)["error"]) == {"says", "cure"}


@pytest.mark.parametrize("changes", [{"mapping_id": "no-such"}, {}, {"afterwards": "burn"}])
@pytest.mark.usefixtures("account")
def test_m22_what_cannot_be_tested_is_answered_with_what_and_the_cure(
    changes: dict[str, str],
) -> None:
    assert set(invoke({"action": "test-issue", **changes})["error"]) == {"says", "cure"}


def test_m22_a_test_that_does_not_reach_jira_says_at_which_step(account: Account) -> None:
    account.put_secret("{}")
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(WHOLE))

    answer = invoke({"action": "test-issue", "mapping_id": "ops-bug"})

    assert (answer["status"], answer["issue"]) == ("failed", None)
    (failed,) = [step for step in answer["steps"] if step["status"] == "failed"]
    assert failed["name"] == "fields"
    assert failed["cure"]
    assert json.loads(json.dumps(answer)) == answer


def test_p38_what_no_side_tells_is_explained_from_what_is_stored(account: Account) -> None:
    account.put_secret("{}")
    service = {"id": "PABC123", "name": "Checkout"}
    for item in (
        {"id": "half", "service": service},
        {**WHOLE, "id": "off", "enabled": False},
        WHOLE,
    ):
        account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(item))

    answer = invoke({"action": "explain", "incident": 7})

    assert json.loads(json.dumps(answer)) == answer
    rows = {row["id"]: row for row in answer["mappings"]}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "half": "nothing",
        "off": "nothing",
        "ops-bug": "waits",
    }
    assert "project" in rows["half"]["says"]
    assert "connection secret is still empty" in rows["ops-bug"]["says"]
    assert (answer["incident"], answer["timeline"], answer["next_try"]) == (None, [], None)


@pytest.mark.parametrize("incident", [None, "", "x y", 0, []])
@pytest.mark.usefixtures("account")
def test_p38_what_is_no_incident_and_no_issue_is_an_error(incident: object) -> None:
    assert set(invoke({"action": "explain", "incident": incident})["error"]) == {"says", "cure"}


def test_m23_an_export_holds_every_item_as_people_wrote_it(account: Account) -> None:
    item = {"id": "ops-bug", "name": "First", "jql_settle_seconds": 3, "colour": ["red"]}
    by_stack = {"check": {"status": "invalid"}, "service_id": "P", "written_by_stack": {}}
    for each in (item | by_stack, {"id": "half"}):
        account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(each))

    answer = invoke({"action": "export"})

    assert answer == {"schema_version": 1, "mappings": [{"id": "half"}, item]}
    assert json.loads(json.dumps(answer)) == answer


def test_m23_what_no_side_can_be_asked_about_is_imported_by_its_ids_alone(account: Account) -> None:
    account.put_secret("{}")
    item = {
        "id": "ops-bug",
        "service": {"id": "PABC123", "name": "Checkout"},
        "project": {"id": "10100", "key": "OPS"},
        "issue_type": {"id": "10001", "name": "Bug"},
        "create_issue": "automatic",
        "jql_settle_seconds": 3,
    }
    named = item | {"id": "named", "project": {"key": "OPS"}}

    answer = invoke({"action": "import", "mappings": [item, named]})

    assert [row["written"] for row in answer["mappings"]] == [True, False]
    assert "could not be looked up" in answer["mappings"][1]["check"]["problems"][0]["says"]
    assert invoke({"action": "export"})["mappings"] == [item]
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.usefixtures("account")
def test_what_nobody_foresaw_is_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    with cold_started("admin") as function:
        monkeypatch.setattr(function, "process", SimpleNamespace(run=lambda: 1 / 0))
        answer = function.handler({"action": "health"}, None)

    assert set(answer) == {"error"}
    assert "ZeroDivisionError" not in json.dumps(answer)
