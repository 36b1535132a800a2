"""M23: verdicts on items, failed links from the index, and the stream, as AWS has them."""

import base64
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary

from pdjira.adapters.aws.items import typed, untyped
from pdjira.adapters.aws.links import DynamoFailedLinks, DynamoLinks
from pdjira.adapters.aws.mappings import DynamoJudgedMappings, DynamoMappings, decode_change
from pdjira.adapters.aws.stored_mapping import read_problems
from pdjira.errors import Misconfigured, Temporary
from pdjira.mappings.changes import MappingChange
from pdjira.model.link import LinkState
from pdjira.model.mapping import Verdict, error, hint
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE, Aws, Wire, put_mapping
from tests.builders import MAPPING_ITEM, NOW, WHOLE_MAPPING_ITEM, a_claim

VERDICT = Verdict(at=NOW, problems=(error("project.id", "No.", "Yes."),))


def judged(aws: Aws) -> DynamoJudgedMappings:
    return DynamoJudgedMappings(aws.dynamodb, MAPPINGS_TABLE)


def stored(aws: Aws, mapping_id: str = "ops-bug") -> dict[str, Any] | None:
    found = aws.dynamodb.get_item(TableName=MAPPINGS_TABLE, Key={"id": {"S": mapping_id}})
    return untyped(found["Item"]) if "Item" in found else None


@pytest.mark.parametrize(
    "item",
    [
        MAPPING_ITEM,
        WHOLE_MAPPING_ITEM,
        MAPPING_ITEM | {"project": {"id": Decimal(10100)}, "conditions": {"urgency": {"low"}}},
        MAPPING_ITEM | {"name": b"x", "colour": "red"},
    ],
)
def test_a_verdict_stands_on_the_item_beside_what_people_wrote(
    aws: Aws, item: dict[str, Any]
) -> None:
    put_mapping(aws, item)
    before = stored(aws)
    assert before

    noted = {"service_id": "PABC123", "enabled_since": "2026-11-24T03:00:00Z"}
    typed = {key: value for key, value in before.items() if key != "changed"}

    assert judged(aws).note(before, enabled_since=NOW, changed=None)
    assert stored(aws) == typed | noted | {"written_by_stack": noted}
    assert judged(aws).judge(before, VERDICT)
    assert stored(aws) == typed | noted | {
        "written_by_stack": noted,
        "check": VERDICT.shown(),
    }
    assert DynamoMappings(aws.dynamodb, MAPPINGS_TABLE).verdicts() in (
        [("ops-bug", VERDICT.problems)],
        [],
    )


@pytest.mark.parametrize("service", [..., "PABC123", {}, {"id": None}, {"id": {"x": "y"}}])
def test_what_does_not_hold_is_taken_off_the_item(aws: Aws, service: object) -> None:
    item = {key: value for key, value in WHOLE_MAPPING_ITEM.items() if key != "service"}
    put_mapping(aws, item if service is ... else item | {"service": service})
    before = stored(aws)
    assert before

    judged(aws).note(before, enabled_since=None, changed=None)

    after = stored(aws)
    assert after
    assert {"enabled_since", "service_id"}.isdisjoint(after)
    assert after["written_by_stack"] == {}


def test_what_the_stack_has_just_noted_is_no_change_of_a_persons(aws: Aws) -> None:
    for item in (
        MAPPING_ITEM,
        WHOLE_MAPPING_ITEM,
        MAPPING_ITEM | {"service": None},
        MAPPING_ITEM | {"enabled": False},
    ):
        put_mapping(aws, item)
        before = stored(aws)
        assert before

        since = NOW if item.get("enabled", True) else None
        judged(aws).note(before, enabled_since=since, changed=None)

        change = MappingChange(
            id="1", mapping_id="ops-bug", before=before, after=stored(aws), at=NOW
        )
        assert not change.wants_verdict


@pytest.mark.parametrize("change", [{"name": "x"}, {"jql": "a = b"}, {"project": {"id": "2"}}])
def test_an_item_that_was_edited_meanwhile_is_left_alone(aws: Aws, change: dict[str, Any]) -> None:
    put_mapping(aws, MAPPING_ITEM | change)

    assert not judged(aws).note(MAPPING_ITEM, enabled_since=NOW, changed=None)
    assert not judged(aws).judge(MAPPING_ITEM, VERDICT)
    assert stored(aws) == MAPPING_ITEM | change


def test_an_item_that_was_deleted_meanwhile_does_not_come_back(aws: Aws) -> None:
    assert not judged(aws).note(MAPPING_ITEM, enabled_since=NOW, changed=None)
    assert not judged(aws).judge(MAPPING_ITEM, VERDICT)
    assert stored(aws) is None


def test_an_item_is_judged_again_once_its_verdict_is_taken_off(aws: Aws) -> None:
    put_mapping(aws, MAPPING_ITEM | {"check": VERDICT.shown()})
    before = stored(aws)

    judged(aws).judge_again("ops-bug")
    judged(aws).judge_again("ops-bug")
    judged(aws).judge_again("gone")

    assert stored(aws) == MAPPING_ITEM
    assert stored(aws, "gone") is None
    change = MappingChange(id="1", mapping_id="ops-bug", before=before, after=MAPPING_ITEM, at=NOW)
    assert change.wants_verdict


def test_p31_throttling_is_temporary_and_no_lost_condition(aws: Aws) -> None:
    put_mapping(aws, MAPPING_ITEM)
    Wire(aws.dynamodb).answer("UpdateItem", "ProvisionedThroughputExceededException")

    with pytest.raises(Temporary):
        judged(aws).judge(MAPPING_ITEM, VERDICT)


def test_the_last_verdicts_are_those_of_mappings_in_force(aws: Aws) -> None:
    for mapping_id, more in (("a", {}), ("b", {"enabled": False}), ("c", {"project": None})):
        put_mapping(aws, MAPPING_ITEM | {"id": mapping_id, "check": VERDICT.shown()} | more)
    put_mapping(aws, MAPPING_ITEM | {"id": "d"})

    found = DynamoMappings(aws.dynamodb, MAPPINGS_TABLE).verdicts()

    assert found == [("a", VERDICT.problems)]


@pytest.mark.parametrize(
    "check",
    [None, "ok", {}, {"problems": "x"}, {"problems": ["x", {"severity": "loud"}, {"says": "x"}]}],
)
def test_a_verdict_that_people_tampered_with_holds_no_problem(check: object) -> None:
    assert read_problems(check) == ()


def test_hints_are_read_back_as_hints() -> None:
    verdict = Verdict(at=NOW, problems=(hint("a", "b.", "c."),))

    assert read_problems(verdict.shown()) == verdict.problems


# ---- failed links

LONG = "Q" * 300


def test_the_incidents_of_failed_links_are_found_under_their_mapping_alone(aws: Aws) -> None:
    links = DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="w")
    for incident_id in ("Q1", "Q2", LONG, "Q ü"):
        links.save(a_claim(incident_id=incident_id, state=LinkState.FAILED, version=0))
    links.save(a_claim(incident_id="Q3", version=0))
    links.save(a_claim(incident_id="Q4", mapping_id="m" * 200, state=LinkState.FAILED, version=0))
    failed = DynamoFailedLinks(aws.dynamodb, LINKS_TABLE)

    assert sorted(failed.incidents_of("ops-bug")) == sorted(["Q1", "Q2", LONG, "Q ü"])
    assert failed.incidents_of("m" * 200) == ["Q4"]
    assert failed.incidents_of("other") == []


def test_a_failed_link_that_is_gone_by_now_is_passed_over(aws: Aws) -> None:
    links = DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="w")
    links.save(a_claim(incident_id=LONG, state=LinkState.FAILED, version=0))

    def delete() -> None:
        (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]
        key = {name: item[name] for name in ("pk", "sk")}
        aws.dynamodb.delete_item(TableName=LINKS_TABLE, Key=key)

    Wire(aws.dynamodb).meanwhile("GetItem", delete)

    assert DynamoFailedLinks(aws.dynamodb, LINKS_TABLE).incidents_of("ops-bug") == []


def test_more_failed_links_than_a_page_are_all_found(aws: Aws) -> None:
    links = DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="w")
    for number in range(60):
        links.save(a_claim(incident_id=f"Q{number}", state=LinkState.FAILED, version=0))

    found = DynamoFailedLinks(aws.dynamodb, LINKS_TABLE).incidents_of("ops-bug")

    assert len(set(found)) == 60


def test_an_index_that_is_not_there_is_named(aws: Aws) -> None:
    with pytest.raises(Misconfigured, match="elsewhere/index/open-links"):
        DynamoFailedLinks(aws.dynamodb, "elsewhere").incidents_of("ops-bug")


# ---- the stream


def test_a_record_is_read_with_both_images_and_its_time() -> None:
    raw = base64.b64encode(b"\x00x").decode()
    record = {
        "eventName": "MODIFY",
        "dynamodb": {
            "Keys": {"id": {"S": "ops-bug"}},
            "OldImage": typed({"id": "ops-bug", "jql_settle_seconds": Decimal(3)}),
            "NewImage": {
                "id": {"S": "ops-bug"},
                "a": {"L": [{"M": {"b": {"B": raw}}}, {"BS": [raw]}, {"BOOL": True}]},
            },
            "ApproximateCreationDateTime": NOW.timestamp() + 0.7,
            "SequenceNumber": "111",
        },
    }

    change = decode_change(record)

    assert (change.id, change.mapping_id, change.at) == ("111", "ops-bug", NOW)
    assert change.before == {"id": "ops-bug", "jql_settle_seconds": 3}
    assert change.after == {
        "id": "ops-bug",
        "a": [{"b": Binary(b"\x00x")}, {Binary(b"\x00x")}, True],
    }


def test_a_new_and_a_deleted_item_have_one_image() -> None:
    image = {"id": {"S": "a"}}
    shared = {
        "Keys": image,
        "ApproximateCreationDateTime": NOW.timestamp(),
        "SequenceNumber": "111",
    }

    assert decode_change({"dynamodb": shared | {"NewImage": image}}).before is None
    assert decode_change({"dynamodb": shared | {"OldImage": image}}).after is None
