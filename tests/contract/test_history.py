"""The promises of versions and drafts, kept by the table and by their fakes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from pdjira.adapters.aws.history import DynamoDrafts, DynamoVersions
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.errors import Conflict
from pdjira.mappings.changes import IN_AWS, Changed
from pdjira.mappings.history import KEPT, Draft, Drafts, Version, Versions
from tests.aws import LINKS_TABLE, Aws
from tests.builders import MAPPING_ITEM, NOW
from tests.fakes.history import FakeDrafts, FakeVersions

ANA = Changed(at=NOW, by="Ana")


@pytest.fixture(params=["table", "fake"])
def kept(request: pytest.FixtureRequest) -> Versions:
    if request.param == "fake":
        return FakeVersions()
    return DynamoVersions(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


@pytest.fixture(params=["table", "fake"])
def drafts(request: pytest.FixtureRequest) -> Drafts:
    if request.param == "fake":
        return FakeDrafts()
    return DynamoDrafts(VersionedItems(request.getfixturevalue("aws").dynamodb, LINKS_TABLE))


def a_version(number: int, *, mapping_id: str = "ops-bug", is_deleted: bool = False) -> Version:
    changed = Changed(at=NOW + timedelta(minutes=number), by=IN_AWS)
    written = (
        None if is_deleted else {"id": mapping_id, "name": f"ä {number}", "other": [1.5, None]}
    )
    return Version(
        id=f"{changed.at:%Y-%m-%dT%H:%M:%SZ}#{number:040}",
        mapping_id=mapping_id,
        changed=changed,
        written=written,
    )


def test_versions_come_the_latest_first(kept: Versions) -> None:
    before = (kept.has_any("ops-bug"), kept.of_mapping("ops-bug"))
    for number in (1, 2, 2, 3):
        kept.keep(a_version(number))
    kept.keep(a_version(9, mapping_id="another"))

    assert before == (False, [])
    assert kept.has_any("ops-bug")
    assert kept.of_mapping("ops-bug") == [a_version(3), a_version(2), a_version(1)]


def test_fifty_versions_of_a_mapping_are_kept(kept: Versions) -> None:
    for number in range(KEPT + 3):
        kept.keep(a_version(number))

    versions = kept.of_mapping("ops-bug")
    assert KEPT == 50
    assert versions == [a_version(number) for number in range(KEPT + 2, 2, -1)]


def test_what_is_deleted_is_listed_with_its_last_content_until_it_is_back(kept: Versions) -> None:
    long = "x" * 200
    kept.keep(a_version(1, mapping_id=long))
    kept.keep(a_version(1, mapping_id="never-seen", is_deleted=True))
    kept.keep(a_version(2, mapping_id=long, is_deleted=True))
    deleted = kept.deleted()
    kept.keep(a_version(3, mapping_id=long))

    last = a_version(1, mapping_id=long)
    assert deleted == [replace(last, changed=Changed(at=NOW + timedelta(minutes=2), by=IN_AWS))]
    assert kept.deleted() == []


def test_a_mapping_has_one_draft(drafts: Drafts) -> None:
    first = drafts.save(Draft(mapping_id="ops-bug", written=MAPPING_ITEM, changed=ANA))
    second = drafts.save(replace(first, written={"id": "ops-bug"}))
    other = drafts.save(Draft(mapping_id="another", written={"name": "Other"}, changed=ANA))

    assert drafts.find("ops-bug") == second
    assert drafts.all_drafts() == [other, second]
    assert (second.name, other.name) == ("ops-bug", "Other")


def test_a_draft_of_somebody_else_is_not_overwritten(drafts: Drafts) -> None:
    first = drafts.save(Draft(mapping_id="ops-bug", written=MAPPING_ITEM, changed=ANA))
    drafts.save(first)

    with pytest.raises(Conflict):
        drafts.save(first)


def test_a_draft_is_forgotten_and_begun_anew(drafts: Drafts) -> None:
    draft = Draft(mapping_id="ops-bug", written=MAPPING_ITEM, changed=ANA)
    drafts.save(draft)
    drafts.drop("ops-bug")
    drafts.drop("ops-bug")

    assert (drafts.find("ops-bug"), drafts.all_drafts()) == (None, [])
    assert drafts.save(draft).version == 1


def test_what_dynamodb_alone_knows_is_kept_in_json(aws: Aws) -> None:
    kept = DynamoVersions(aws.dynamodb, LINKS_TABLE)
    odd = {"id": "ops-bug", "number": Decimal("1.5"), "set": {"b", "a"}, "bytes": b"\x00"}
    kept.keep(replace(a_version(1), written=odd))

    (version,) = DynamoVersions(aws.dynamodb, LINKS_TABLE).of_mapping("ops-bug")
    assert version.written
    assert (version.written["number"], version.written["bytes"]) == (1.5, "AA==")
    assert sorted(version.written["set"]) == ["a", "b"]  # type: ignore[call-overload]


@pytest.mark.parametrize("written", ["{", "[]"])
def test_what_is_not_as_we_write_it_is_left_out(aws: Aws, written: str) -> None:
    items = VersionedItems(aws.dynamodb, LINKS_TABLE)
    DynamoVersions(aws.dynamodb, LINKS_TABLE).keep(a_version(1))
    DynamoDrafts(items).save(Draft(mapping_id="ops-bug", written={}, changed=ANA))
    for item in aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]:
        aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "written": {"S": written}})

    assert DynamoVersions(aws.dynamodb, LINKS_TABLE).of_mapping("ops-bug") == []
    assert DynamoDrafts(items).find("ops-bug") is None
