"""Health, resync and a new version, on the deployed stack."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from tests.sandbox import tools
from tests.sandbox.environment import MAPPING, Sandbox, eventually
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, jira_extension
from tests.sandbox.stack import STACK_NAME


def test_a_stack_that_is_configured_is_healthy(sandbox: Sandbox) -> None:
    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})

    broken = [check for check in health["checks"] if check["status"] == "broken"]
    assert broken == []
    assert {check["area"] for check in health["checks"]} == {
        "jira",
        "pagerduty",
        "webhooks",
        "queue",
        "mappings",
        "links",
    }


def test_a_wrong_token_is_named_at_once_since_health_reads_the_secret_afresh(
    sandbox: Sandbox,
) -> None:
    sandbox.connect(api_token="not-the-right-token0")

    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})

    (check,) = [check for check in health["checks"] if check["area"] == "pagerduty"]
    assert health["status"] == check["status"] == "broken"
    assert check["cure"]


def test_a_mapping_that_cannot_be_read_is_not_in_force_and_health_names_it(
    sandbox: Sandbox,
) -> None:
    sandbox.stack.mappings.put_item(Item={"id": "half-typed", "create_issue": "automatic"})

    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})
    sandbox.remove_mapping("half-typed")

    (check,) = [check for check in health["checks"] if check["name"] == "half-typed"]
    assert check["status"] == "broken"
    assert "service" in check["says"]


def test_an_unknown_incident_or_action_is_answered_with_what_and_the_cure(
    sandbox: Sandbox,
) -> None:
    for request in ({"action": "resync", "incident_id": "QNOSUCH"}, {"action": "dance"}, {}):
        answer = sandbox.stack.invoke("AdminFunction", request)

        assert answer["error"]["says"]
        assert answer["error"]["cure"]


def test_m22_a_test_issue_of_the_least_rights_ends_resolved_and_names_the_way(
    sandbox: Sandbox,
) -> None:
    sandbox.put_mapping(
        status_mapping={
            "triggered": {"id": "1", "name": "Open"},
            "acknowledged": {"id": "3", "name": "In Progress"},
            "resolved": {"id": "5", "name": "Resolved"},
        },
        custom_fields=[
            {"target_issue_field": "labels", "type": "const", "value": "red,blue"},
            {"target_issue_field": "resolution", "type": "const", "value": "Done"},
        ],
    )
    before = len(sandbox.pagerduty.model.incidents)

    tested = sandbox.stack.invoke(
        "AdminFunction",
        {"action": "test-issue", "mapping_id": MAPPING["id"], "afterwards": "delete"},
    )

    steps = {step["name"]: step for step in tested["steps"]}
    issue = sandbox.jira.model.get_issue("alice", tested["issue"]["key"], properties=("*all",))
    assert tested["status"] == "ok", tested
    assert steps["resolved"]["says"] == "In Progress -> Resolved"
    assert steps["remote link"]["status"] == steps["delete"]["status"] == "skipped"
    assert issue["fields"]["status"]["name"] == "Resolved"
    assert set(issue["fields"]["labels"]) == {"red", "blue"}
    assert issue["properties"] == {"pagerduty.test": {"mapping": MAPPING["id"]}}
    assert len(sandbox.pagerduty.model.incidents) == before


def test_m22_an_unknown_mapping_has_no_test_issue(sandbox: Sandbox) -> None:
    before = len(sandbox.jira.model.issues)

    answer = sandbox.stack.invoke(
        "AdminFunction", {"action": "test-issue", "mapping_id": "no-such-mapping"}
    )

    assert "no-such-mapping" in answer["error"]["says"]
    assert len(sandbox.jira.model.issues) == before


def test_m23_mappings_go_out_and_come_in_and_names_become_ids(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    exported = json.loads(_make(sandbox, "export"))
    named = {
        "id": "by-name",
        "service": {"name": "Checkout"},
        "project": {"key": "OPS"},
        "issue_type": {"name": "Bug"},
        "create_issue": "manual",
        "enabled": False,
    }
    request = {"action": "import", **exported}
    request["mappings"] += [named]

    file = tmp_path / "mappings.json"
    file.write_text(json.dumps(request), "utf-8")
    dry = _make(sandbox, "import", "--dry-run", str(file))
    done = sandbox.stack.invoke("AdminFunction", request)

    stored = sandbox.stack.mappings.get_item(Key={"id": "by-name"})["Item"]
    sandbox.remove_mapping("by-name")
    assert "by-name: It is new, and would be written." in dry
    assert [row["id"] for row in done["mappings"] if row["written"]] == ["by-name"]
    assert stored["service"] == {"id": CHECKOUT, "name": "Checkout"}
    assert stored["project"] == {"id": "10100", "key": "OPS"}


def test_g19_the_vendors_rules_become_mappings_that_are_switched_off(sandbox: Sandbox) -> None:
    sandbox.pagerduty.model.extensions.append(jira_extension())

    printed = _make(sandbox, "import", "--from-pagerduty")

    stored = sandbox.stack.mappings.get_item(Key={"id": "v3-PEXT001"})["Item"]
    sandbox.remove_mapping("v3-PEXT001")
    sandbox.pagerduty.model.extensions.clear()
    assert "v3-PEXT001: It is new, and was written." in printed
    assert "PagerDuty does not tell whether a JQL is set: look there." in printed
    assert stored["enabled"] is False


def test_p30_a_new_version_in_mid_stream_loses_nothing_and_overwrites_no_secret(
    sandbox: Sandbox,
) -> None:
    before = _secrets(sandbox)
    incidents: list[str] = []
    over = threading.Event()

    def keep_triggering() -> None:
        while not over.wait(0.5):
            incidents.append(sandbox.trigger(f"While deploying {len(incidents)}"))

    stream = threading.Thread(target=keep_triggering)
    stream.start()
    try:
        sandbox.stack.deploy(LogRetentionDays="60")
    finally:
        over.set()
        stream.join()
    sandbox.subscription.url = sandbox.stack.webhook_url
    sandbox.pagerduty.webhooks.hurry()

    for incident in incidents:
        eventually(lambda one=incident: sandbox.is_linked(one), seconds=60, what=incident)  # type: ignore[misc]
    assert len(incidents) > 3
    assert [len(sandbox.issues_of(one)) for one in incidents] == [1] * len(incidents)
    assert _secrets(sandbox) == before


def test_p23_no_secret_stands_in_any_log(sandbox: Sandbox) -> None:
    functions = (
        "PagerDutyWebhookFunction",
        "SyncWorkerFunction",
        "AdminFunction",
        "MappingCheckFunction",
        "JqlPollerFunction",
    )
    logged = "\n".join(line for name in functions for line in sandbox.stack.logs(name))
    auth_token = _secrets(sandbox)[1]

    assert logged
    for secret in (OUR_TOKEN, API_TOKEN, auth_token, *sandbox.subscription.secrets):
        assert secret not in logged


def _secrets(sandbox: Sandbox) -> list[str]:
    return [
        sandbox.stack.secrets.get_secret_value(SecretId=sandbox.stack.outputs[name])["SecretString"]
        for name in ("ConnectionSecretArn", "AuthTokenSecretArn")
    ]


def _make(sandbox: Sandbox, *arguments: str) -> str:
    """What `make export` or `make import` prints."""
    script = Path(__file__).parents[2] / ".ci" / "administer.py"
    done = subprocess.run(
        [sys.executable, str(script), "--stack", STACK_NAME, *arguments],
        env=tools.aws_environment(sandbox.stack.endpoint),
        check=True,
        capture_output=True,
        text=True,
    )
    return str(done.stdout)
