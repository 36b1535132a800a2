"""`sync_worker`, cold-started from its folder: what becomes of a message."""

from typing import Any

import pytest

from pdjira.adapters.aws.queue import encode
from pdjira.model.signal import Signal, SignalKind
from tests.builders import a_signal
from tests.functional.conftest import Account
from tests.functional.events import a_record
from tests.functional.lambdas import cold_started


def handle(record: dict[str, Any]) -> dict[str, Any]:
    with cold_started("sync_worker") as function:
        return function.handler({"Records": [record]}, None)


def test_an_event_about_no_incident_is_done(account: Account) -> None:
    signal = Signal(kind=SignalKind.NO_INCIDENT, id="1", event_type="pagey.ping")

    assert handle(a_record(account, encode(signal))) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "body",
    [encode(Signal(kind=SignalKind.UNREADABLE, id="1", body="eA==", reason="No JSON.")), "hello"],
)
def test_p2_what_cannot_be_read_is_done_here_and_lies_in_the_dead_letter_queue(
    account: Account, body: str
) -> None:
    answer = handle(a_record(account, body))

    assert answer == {"batchItemFailures": []}
    assert account.bodies(account.dead_letter_url) == [body]


def test_an_empty_secret_is_no_reason_to_lose_a_signal(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.put_secret("{}")
    record = a_record(account, encode(a_signal()))

    answer = handle(record)

    logged = vars([record for record in caplog.records if record.name == "pdjira"][-1])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert account.bodies(account.dead_letter_url) == []
    assert logged["message"] == "signal deferred"
    assert "connection secret" in logged["why"]
    assert logged["incident_id"] == "QINCIDENT00001"
    assert logged["retry_in_seconds"] >= 1


def test_p17_what_fails_at_once_comes_back_apart(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.put_secret("{}")
    record = a_record(account, encode(a_signal()))
    record["attributes"]["ApproximateReceiveCount"] = "20"

    for _ in range(10):
        handle(record)

    logged = [vars(one) for one in caplog.records if one.name == "pdjira"]
    delays = [one["retry_in_seconds"] for one in logged if one["message"] == "signal deferred"]
    assert len(delays) == 10
    assert all(69 <= delay <= 139 for delay in delays)
    assert max(delays) - min(delays) > 10
