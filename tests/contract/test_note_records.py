"""P36: the promises of the `NoteRecords` port, kept by the table and by its fake."""

from datetime import datetime, timedelta

import pytest

from pdjira.adapters.aws.comment_records import DynamoNoteRecords
from pdjira.errors import Temporary
from pdjira.model.comment import NoteAttempt
from pdjira.model.ports import NoteRecords
from pdjira.sync.notices.rules import digest_of
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, FakeClock
from tests.fakes.note_records import FakeNoteRecords

INCIDENT = "QINCIDENT00001"
ONE, TWO = digest_of("one"), digest_of("two")
ATTEMPT = NoteAttempt(text=ONE, at=NOW, writers=("ada@example.com", "sync@example.com"))
LATER = NoteAttempt(text=ONE, at=NOW + timedelta(minutes=5))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["table", "fake"])
def records(request: pytest.FixtureRequest, clock: FakeClock) -> NoteRecords:
    if request.param == "fake":
        return FakeNoteRecords(clock=clock)
    aws: Aws = request.getfixturevalue("aws")
    return DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=clock)


@pytest.mark.parametrize("others", [(), ("PNOTE2", "P" * 300)])
def test_a_note_is_ours_by_its_id_and_its_incident_alone(
    records: NoteRecords, others: tuple[str, ...]
) -> None:
    for note_id in ("PNOTE1", "PNOTE10", *others):
        records.record_ours(INCIDENT, note_id)

    assert records.known(INCIDENT, ["PNOTE1", "PNOTE3", *others]) == {"PNOTE1", *others}
    assert records.known(INCIDENT, ["PNOTE1"]) == {"PNOTE1"}
    assert records.known(INCIDENT, ["PNOTE"]) == set()
    assert records.known("QANOTHER", ["PNOTE1"]) == set()


def test_an_attempt_stands_until_the_next(records: NoteRecords) -> None:
    assert records.attempts(INCIDENT, [ONE]) == {}

    records.begin(INCIDENT, ATTEMPT)
    assert records.attempts(INCIDENT, [ONE, TWO]) == {ONE: ATTEMPT}
    assert records.attempts("QANOTHER", [ONE]) == {}

    records.begin(INCIDENT, LATER)
    assert records.attempts(INCIDENT, [ONE]) == {ONE: LATER}


def test_what_an_attempt_has_added_is_remembered_until_the_next(records: NoteRecords) -> None:
    records.begin(INCIDENT, ATTEMPT)
    records.end(INCIDENT, ONE, note_id="PNOTE1")
    records.begin(INCIDENT, NoteAttempt(text=TWO, at=NOW))

    found = records.attempts(INCIDENT, [ONE, TWO])

    assert found == {
        ONE: NoteAttempt(text=ONE, note_id="PNOTE1"),
        TWO: NoteAttempt(text=TWO, at=NOW),
    }


def test_the_first_who_asks_sets_since_when_ids_are_kept(
    records: NoteRecords, clock: FakeClock
) -> None:
    first = records.kept_since()
    clock.forward(days=1)

    assert (first, records.kept_since()) == (NOW, NOW)


def test_another_process_reads_since_when_ids_are_kept(aws: Aws, clock: FakeClock) -> None:
    DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=clock).kept_since()

    later = DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=lambda: clock() + timedelta(hours=1))

    assert later.kept_since() == NOW


def test_p31_of_two_processes_that_ask_at_once_the_first_sets_the_time(
    aws: Aws, clock: FakeClock
) -> None:
    first = DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=clock)

    def a_little_later() -> datetime:
        first.kept_since()
        return clock() + timedelta(seconds=1)

    second = DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=a_little_later)

    assert second.kept_since() == NOW


@pytest.mark.parametrize("operation", ["PutItem", "GetItem"])
def test_p31_a_throttled_table_is_temporary(aws: Aws, clock: FakeClock, operation: str) -> None:
    records = DynamoNoteRecords(aws.dynamodb, LINKS_TABLE, clock=clock)
    Wire(aws.dynamodb).answer(operation, "ProvisionedThroughputExceededException")

    with pytest.raises(Temporary):
        records.kept_since()
