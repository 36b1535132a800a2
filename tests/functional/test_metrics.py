"""One invocation, one fact: a line with the keys of its incident, and the figures of it."""

import json
import logging
from collections import abc
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pdjira.adapters.aws.queue import encode
from pdjira.bootstrap.metrics import figures
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.synchronise import Report
from pdjira.worker.consume import DeadLettered, Deferred, Done, Outcome, Verdict
from tests.builders import NOW, a_delivery, a_signal
from tests.functional.conftest import Account
from tests.functional.events import a_record, a_webhook
from tests.functional.lambdas import cold_started
from tests.functional.whole_stack import whole_stack
from tests.sandbox.pagerduty.seed import RESPONDER

DONE = Done(report=Report(incident_id="Q1"))
SIGNAL = a_signal()
STATUSES = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": None,
}
DEFERRED = Deferred(seconds=30, why="Jira is down.")


def told(
    verdict: Verdict, *, signal: Signal | None = SIGNAL, late: float = 2.5
) -> abc.Mapping[str, Any]:
    outcome = Outcome(signal=signal, verdict=verdict)
    return figures(outcome, now=NOW + timedelta(seconds=late))


def values(found: abc.Mapping[str, Any]) -> dict[str, float]:
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: found[metric["Name"]][0] for metric in directive["Metrics"]}


def only_line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The one line of the log, as it is written."""
    (record,) = [record for record in caplog.records if record.name == "pdjira"]
    (handler,) = logging.getLogger("pdjira").handlers
    line: dict[str, Any] = json.loads(handler.format(record))
    return line


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "pdjira")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "stack")


def test_what_was_done_counts_by_its_kind_with_its_lag() -> None:
    assert values(told(DONE)) == {"IncidentsChanged": 1, "Lag": 2.5}


@pytest.mark.parametrize("kind", SignalKind)
def test_every_kind_of_signal_has_a_metric_of_its_own(kind: SignalKind) -> None:
    first, *others = values(told(DONE, signal=a_signal(kind=kind)))

    assert others == ["Lag"]
    assert first not in others


def test_a_lag_that_is_not_known_or_that_two_clocks_make_negative_is_not_told_as_such() -> None:
    assert "Lag" not in values(told(DONE, signal=a_signal(occurred_at=None)))
    assert values(told(DONE, late=-600))["Lag"] == 0


def test_a_message_counts_once_however_often_it_was_deferred() -> None:
    assert values(told(DEFERRED)) == {"Deferrals": 1}


def test_a_circuit_that_a_message_has_opened_counts_and_one_that_was_open_does_not() -> None:
    opened = Deferred(seconds=30, why="401", circuit="Jira", opened=True)
    held = Deferred(seconds=30, why="401", circuit="Jira")

    assert values(told(opened)) == {"Deferrals": 1, "CircuitsOpened": 1}
    assert values(told(held)) == {"Deferrals": 1}


def test_a_dead_letter_counts_also_where_it_could_not_be_read() -> None:
    dead = values(told(DeadLettered(why="No JSON."), signal=None))

    assert dead == {"Unreadable": 1, "DeadLetters": 1}


def test_refusals_that_people_were_told_count() -> None:
    report = Report(incident_id="Q1", refusals=2)

    assert values(told(Done(report=report)))["Refusals"] == 2


@pytest.mark.parametrize("verdict", [DONE, DEFERRED, DeadLettered(why="x")])
def test_r10_the_service_is_the_only_dimension_of_every_metric(verdict: Verdict) -> None:
    found = told(verdict)

    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "stack"
    assert directive["Dimensions"] == [["service"]]
    assert found["service"] == "pdjira"


def test_the_worker_writes_one_line_with_keys_and_figures(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    context = SimpleNamespace(
        aws_request_id="request-1", get_remaining_time_in_millis=lambda: 300_000
    )
    signal = a_signal(kind=SignalKind.NO_INCIDENT, incident_id="Q1")

    with cold_started("sync_worker") as function:
        function.handler({"Records": [a_record(account, encode(signal))]}, context)

    told = only_line(caplog)
    assert (told["message"], told["correlation_id"]) == ("signal done", "Q1")
    assert told["request_id"] == "request-1"
    assert told["OtherEvents"] == [1.0]
    assert told["_aws"]["Timestamp"] > 0


@pytest.mark.usefixtures("account")
def test_a_delivery_has_the_key_of_its_incident_and_of_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = a_webhook(a_delivery(), requestContext={"requestId": "call-1"})

    with cold_started("pagerduty_webhook") as function:
        function.handler(event, None)

    told = only_line(caplog)
    assert (told["correlation_id"], told["request_id"]) == ("QINCIDENT00001", "call-1")


@pytest.mark.usefixtures("socket_enabled")
def test_g2_what_a_sweep_finds_and_the_worker_writes_is_drift_and_what_is_told_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whether a webhook told of it or a person asked, only what nobody told counts."""
    with whole_stack() as stack:
        stack.save(status_mapping=STATUSES)
        incident = stack.trigger()
        stack.work()
        model = stack.pagerduty.model
        stack.sweep(minutes=15)
        stack.work()
        at_rest = drift(caplog)

        model.acknowledge(incident, by=RESPONDER)
        stack.sweep(minutes=15)
        stack.work()
        lost = drift(caplog)
        model.unacknowledge(incident, by=RESPONDER)
        stack.tell(incident, "incident.unacknowledged")
        stack.work()
        model.acknowledge(incident, by=RESPONDER)
        stack.ask("resync", incident_id=incident)
        stack.work()

        assert (at_rest, lost, drift(caplog)) == ([], [[1.0]], [[1.0]])
        (issue,) = stack.issues_of(incident)
        assert issue["fields"]["status"]["name"] == "In Progress"


def drift(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """The values of the metric, as the worker's lines tell them."""
    lines = [vars(record) for record in caplog.records]
    return [line["Drift"] for line in lines if "Drift" in line]
