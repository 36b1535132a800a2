"""M23: a mapping edited by hand is judged within seconds, and what it refused is made good."""

from typing import Any

from tests.sandbox.environment import MAPPING, Sandbox, eventually

REQUIRED_FIELD = "customfield_10001"
RULE = {
    "target_issue_field": REQUIRED_FIELD,
    "type": "attribute",
    "source_incident_field": "incident_number",
}


def stored(sandbox: Sandbox, mapping_id: str) -> dict[str, Any]:
    found: Any = sandbox.stack.mappings.get_item(Key={"id": mapping_id}, ConsistentRead=True)
    return dict(found["Item"])


def judgements(sandbox: Sandbox, mapping_id: str) -> int:
    lines = sandbox.stack.logs("MappingCheckFunction")
    return sum('"mapping checked"' in line and f'"{mapping_id}"' in line for line in lines)


def test_m23_an_item_typed_by_hand_gets_one_verdict_within_seconds(sandbox: Sandbox) -> None:
    mapping_id = "typed-by-hand"
    verdict = sandbox.put_mapping(
        id=mapping_id,
        colour="red",
        create_issue="never",
        status_mapping={"resolved": {"id": "10001", "name": "Done"}},
        enabled_since="2020-01-01T00:00:00Z",
    )

    problems = {one["field"]: one for one in verdict["problems"]}
    item = stored(sandbox, mapping_id)
    assert verdict["status"] == "invalid"
    assert set(problems) == {"colour", "create_issue", "status_mapping.resolved.id"}
    assert "6 (Closed)" in problems["status_mapping.resolved.id"]["cure"]
    assert item["service_id"] == MAPPING["service"]["id"]
    assert item["enabled_since"] > "2020-01-01T00:00:00Z"

    # Whatever the verdict itself set off would have come before this one.
    corrected = sandbox.put_mapping(id=mapping_id, create_issue="manual")
    assert corrected["status"] == "ok"
    assert eventually(lambda: judgements(sandbox, mapping_id) >= 2)
    assert judgements(sandbox, mapping_id) == 2
    assert stored(sandbox, mapping_id)["enabled_since"] == item["enabled_since"]
    sandbox.remove_mapping(mapping_id)


def test_m21_a_mapping_is_checked_without_being_stored(sandbox: Sandbox) -> None:
    request = {"action": "check-mapping", "mapping": {**MAPPING, "project": {"id": "OPS"}}}

    check = sandbox.stack.invoke("AdminFunction", request)

    (problem,) = check["problems"]
    assert check["status"] == "invalid"
    assert (problem["field"], problem["cure"]) == ("project.id", 'Write "10100".')


def test_m23_a_mapping_broken_by_hand_refuses_an_issue_and_once_mended_makes_it(
    sandbox: Sandbox,
) -> None:
    jira = sandbox.jira.model
    jira.set_required("10100", "10001", REQUIRED_FIELD, required=True)
    try:
        broken = sandbox.put_mapping()
        incident = sandbox.trigger("Refused until the mapping is mended")
        eventually(
            lambda: [link["state"] for link in sandbox.links_of(incident)] == ["failed"],
            what="a refused link",
        )
        sandbox.at_rest(incident)

        mended = sandbox.put_mapping(custom_fields=[*MAPPING["custom_fields"], RULE])
        eventually(lambda: sandbox.is_linked(incident), what="the issue, unasked for")
    finally:
        jira.set_required("10100", "10001", REQUIRED_FIELD, required=False)

    assert [one["field"] for one in broken["problems"]] == ["custom_fields"]
    assert REQUIRED_FIELD in broken["problems"][0]["says"]
    assert mended["status"] == "ok"
    assert len(sandbox.issues_of(incident)) == 1
