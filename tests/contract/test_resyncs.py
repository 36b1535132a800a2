"""The promises of the `Resyncs` port, kept by the table and by its fake."""

from datetime import timedelta

import pytest

from pdjira.adapters.aws.sweeps import DynamoResyncs
from pdjira.errors import Temporary
from pdjira.model.signal import SWEEP, SignalKind
from pdjira.sweep.ports import Resync, Resyncs
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, a_signal
from tests.fakes.sweeps import FakeResyncs

INCIDENT = "QINCIDENT00001"


@pytest.fixture(params=["table", "fake"])
def resyncs(request: pytest.FixtureRequest) -> Resyncs:
    if request.param == "fake":
        return FakeResyncs()
    return DynamoResyncs(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def a_resync(signal_id: str = "sweep 1", incident_id: str = INCIDENT) -> Resync:
    signal = a_signal(
        kind=SignalKind.RESYNC,
        id=signal_id,
        event_type=SWEEP,
        incident_id=incident_id,
        notes_since=NOW - timedelta(hours=1),
    )
    return Resync(signal=signal, at=NOW)


def test_what_was_asked_for_is_unanswered_until_it_is_answered(resyncs: Resyncs) -> None:
    before = resyncs.unanswered(INCIDENT)
    resyncs.asked(a_resync())
    asked = resyncs.unanswered(INCIDENT)
    resyncs.answered(INCIDENT, "sweep 1")

    assert (before, asked, resyncs.unanswered(INCIDENT)) == (None, a_resync(), None)


def test_the_answer_to_an_earlier_one_does_not_answer_the_last(resyncs: Resyncs) -> None:
    resyncs.asked(a_resync())
    resyncs.asked(a_resync("sweep 2"))

    resyncs.answered(INCIDENT, "sweep 1")

    assert resyncs.unanswered(INCIDENT) == a_resync("sweep 2")


def test_each_incident_has_its_own_and_may_be_answered_twice(resyncs: Resyncs) -> None:
    long = "x" * 5_000
    resyncs.asked(a_resync(incident_id=long))

    for _ in range(2):
        resyncs.answered(INCIDENT, "sweep 1")

    assert resyncs.unanswered(long) == a_resync(incident_id=long)


def test_an_item_that_is_not_as_we_write_it_is_asked_for_once_more(aws: Aws) -> None:
    resyncs = DynamoResyncs(aws.dynamodb, LINKS_TABLE)
    resyncs.asked(a_resync())
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "signal": {"S": "{}"}})

    assert resyncs.unanswered(INCIDENT) is None


def test_a_resync_is_forgotten_when_the_worker_has_given_it_up(aws: Aws) -> None:
    DynamoResyncs(aws.dynamodb, LINKS_TABLE).asked(a_resync())

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item["pk"] == {"S": f"RESYNC#{INCIDENT}"}
    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=4)).timestamp()))}


def test_p31_throttling_is_temporary_and_never_an_answer(aws: Aws) -> None:
    resyncs = DynamoResyncs(aws.dynamodb, LINKS_TABLE)
    resyncs.asked(a_resync())
    Wire(aws.dynamodb).answer("GetItem", "ThrottlingException")

    with pytest.raises(Temporary):
        resyncs.unanswered(INCIDENT)
