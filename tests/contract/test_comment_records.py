"""The promises of `CommentRecords` and `KeptComments`, kept by the table and by its fakes."""

from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.comment_records import DynamoCommentRecords, DynamoKeptComments
from pdjira.errors import Temporary
from pdjira.model.comment import Comment, CommentRecord
from pdjira.model.ports import CommentRecords, KeptComments
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, a_link
from tests.fakes.comment_records import FakeCommentRecords, FakeKeptComments

ATTEMPT = CommentRecord(attempt_at=NOW)
LATER = CommentRecord(attempt_at=NOW + timedelta(minutes=5))
NOTHING = CommentRecord()
THERE = CommentRecord(comment_id="10001")


@pytest.fixture(params=["table", "fake"])
def records(request: pytest.FixtureRequest) -> CommentRecords:
    if request.param == "fake":
        return FakeCommentRecords()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoCommentRecords(aws.dynamodb, LINKS_TABLE, writer="first")


def test_the_first_attempt_is_recorded(records: CommentRecords) -> None:
    assert records.begin(a_link(), "PNOTE1", ATTEMPT, known=None) is None
    assert records.begin(a_link(), "PNOTE1", LATER, known=None) == ATTEMPT


def test_an_attempt_takes_the_place_of_the_one_that_is_known(records: CommentRecords) -> None:
    records.begin(a_link(), "PNOTE1", ATTEMPT, known=None)

    assert records.begin(a_link(), "PNOTE1", LATER, known=ATTEMPT) is None
    assert records.begin(a_link(), "PNOTE1", ATTEMPT, known=None) == LATER


@pytest.mark.parametrize("known", [None, NOTHING, ATTEMPT])
def test_a_comment_that_is_there_is_not_begun_again(
    records: CommentRecords, known: CommentRecord | None
) -> None:
    records.begin(a_link(), "PNOTE1", ATTEMPT, known=None)
    records.end(a_link(), "PNOTE1", THERE)

    assert records.begin(a_link(), "PNOTE1", LATER, known=known) == THERE


def test_what_surely_came_to_nothing_is_begun_again(records: CommentRecords) -> None:
    records.begin(a_link(), "PNOTE1", ATTEMPT, known=None)
    records.end(a_link(), "PNOTE1", NOTHING)

    assert records.begin(a_link(), "PNOTE1", LATER, known=None) == NOTHING
    assert records.begin(a_link(), "PNOTE1", LATER, known=NOTHING) is None


def test_each_note_and_each_mapping_has_its_own_record(records: CommentRecords) -> None:
    records.begin(a_link(), "PNOTE1", ATTEMPT, known=None)

    assert records.begin(a_link(), "PNOTE2", ATTEMPT, known=None) is None
    assert records.begin(a_link(mapping_id="web"), "PNOTE1", ATTEMPT, known=None) is None
    assert records.begin(a_link(incident_id="Q2"), "PNOTE1", ATTEMPT, known=None) is None


def test_p31_an_attempt_whose_write_was_answered_only_the_second_time_is_ours(aws: Aws) -> None:
    first = DynamoCommentRecords(aws.dynamodb, LINKS_TABLE, writer="first")
    second = DynamoCommentRecords(aws.dynamodb, LINKS_TABLE, writer="second")

    first.begin(a_link(), "PNOTE1", ATTEMPT, known=None)

    assert first.begin(a_link(), "PNOTE1", ATTEMPT, known=None) is None
    assert second.begin(a_link(), "PNOTE1", ATTEMPT, known=None) == ATTEMPT


def test_p31_a_throttled_table_is_temporary(aws: Aws) -> None:
    records = DynamoCommentRecords(aws.dynamodb, LINKS_TABLE, writer="first")
    Wire(aws.dynamodb).answer("PutItem", "ProvisionedThroughputExceededException")

    with pytest.raises(Temporary):
        records.begin(a_link(), "PNOTE1", ATTEMPT, known=None)


def test_what_is_on_record_of_some_comments_is_told_by_their_ids(records: CommentRecords) -> None:
    other = a_link(mapping_id="ops-bug-2")
    records.end(a_link(), "comment:10001", THERE)
    records.begin(a_link(), "comment:9999", ATTEMPT, known=None)
    records.end(a_link(), "comment:10002", THERE)
    records.end(other, "comment:10003", THERE)

    found = records.of(a_link(), ["comment:10001", "comment:9999", "comment:10003", "comment:1"])

    assert found == {"comment:10001": THERE, "comment:9999": ATTEMPT}
    assert records.of(a_link(), []) == {}


# ---- comments whose text cannot be read again


def a_comment(**changes: Any) -> Comment:
    values = {"id": "conflict:1", "incident_id": "QINCIDENT1", "about": "what Jira had"}
    return Comment(**{**values, "body": "It said *no*.", "internal": True, **changes})


@pytest.fixture(params=["table", "fake"])
def kept(request: pytest.FixtureRequest) -> KeptComments:
    if request.param == "fake":
        return FakeKeptComments()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoKeptComments(aws.dynamodb, LINKS_TABLE, clock=lambda: NOW)


def test_p34_what_is_kept_is_found_whole_until_it_is_dropped(kept: KeptComments) -> None:
    link = a_link(incident_id="QINCIDENT1")
    first, second = a_comment(), a_comment(id="status_update:2", internal=False)

    kept.keep(link, first)
    kept.keep(link, first)
    kept.keep(link, second)
    found = list(kept.of(link))
    kept.drop(link, first.id)
    kept.drop(link, first.id)

    assert found == [first, second]
    assert list(kept.of(link)) == [second]


def test_p34_each_link_keeps_its_own(kept: KeptComments) -> None:
    kept.keep(a_link(), a_comment())

    assert list(kept.of(a_link(mapping_id="web"))) == []
    assert list(kept.of(a_link(mapping_id=a_link().mapping_id[:-1]))) == []
    assert list(kept.of(a_link(incident_id="Q2"))) == []
