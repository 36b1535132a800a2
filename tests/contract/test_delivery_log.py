"""One set of promises for what the webhooks have refused: the fake, and CloudWatch's logs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from typing import Any

import pytest

from pdjira.adapters.aws import delivery_log
from pdjira.adapters.aws.delivery_log import LogsDeliveryLog
from pdjira.errors import Misconfigured, Temporary
from pdjira.health.refusals import DeliveryLog, Proof, Refusals
from pdjira.webhooks.intake import WRONG_PRESS, WRONG_SIGNATURE
from tests.aws import Aws, Wire, create_log_groups
from tests.fakes.health import FakeDeliveryLog

NOW = datetime.now(UTC).replace(microsecond=0)
AN_HOUR = timedelta(hours=1)

REFUSED = {
    Proof.SIGNATURE: {"message": "webhook", "status": 503, "says": WRONG_SIGNATURE},
    Proof.BUTTON: {"message": "webhook", "status": 503, "says": WRONG_PRESS},
    Proof.JIRA: {"message": "jira webhook", "status": 404},
}
PROVEN = {
    Proof.SIGNATURE: {"message": "webhook", "status": 202},
    Proof.BUTTON: {"message": "webhook", "status": 202, "mapping_id": "ops-bug"},
    Proof.JIRA: {"message": "jira webhook", "status": 202},
}
each_proof = pytest.mark.parametrize("proof", Proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    read: DeliveryLog
    refuse: Callable[[Proof, datetime], None]
    prove: Callable[[Proof, datetime], None]


class InAws:
    """The logs of both functions, in memory."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws.logs
        self.pagerduty, self.jira = create_log_groups(aws.logs)
        self._streams = count()

    def log(self, proof: Proof, line: object, at: datetime) -> None:
        group = self.jira if proof is Proof.JIRA else self.pagerduty
        stream = f"stream-{next(self._streams)}"
        text = line if isinstance(line, str) else json.dumps(line)
        event: Any = {"timestamp": int(at.timestamp() * 1000), "message": text}
        self.client.create_log_stream(logGroupName=group, logStreamName=stream)
        self.client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    def reader(self, seconds: Iterator[float] | None = None) -> LogsDeliveryLog:
        ticks = seconds or iter(lambda: 0.0, None)
        return LogsDeliveryLog(
            self.client,
            pagerduty_group=self.pagerduty,
            jira_group=self.jira,
            monotonic=lambda: next(ticks),
        )


@pytest.fixture
def logs(aws: Aws) -> InAws:
    return InAws(aws)


@pytest.fixture(params=["aws", "fake"])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "fake":
        fake = FakeDeliveryLog()
        return Log(read=fake, refuse=fake.refuse, prove=fake.prove)
    made: InAws = request.getfixturevalue("logs")
    return Log(
        read=made.reader(),
        refuse=lambda proof, at: made.log(proof, REFUSED[proof], at),
        prove=lambda proof, at: made.log(proof, PROVEN[proof], at),
    )


@each_proof
def test_p3_what_was_refused_is_counted_with_its_first_and_its_last_time(
    log: Log, proof: Proof
) -> None:
    for minutes in (30, 20, 10, 25 * 60):
        log.refuse(proof, NOW - timedelta(minutes=minutes))

    found = log.read.refusals(proof, since=NOW - 24 * AN_HOUR)

    first, last = NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)
    assert found == Refusals(count=3, first=first, last=last)


@each_proof
def test_p3_what_was_refused_for_want_of_another_proof_or_was_proven_does_not_count(
    log: Log, proof: Proof
) -> None:
    for other in set(Proof) - {proof}:
        log.refuse(other, NOW)
        log.prove(other, NOW)
    log.prove(proof, NOW)

    assert log.read.refusals(proof, since=NOW - AN_HOUR) is None


@each_proof
def test_p3_only_what_was_proven_by_the_same_later_on_counts(log: Log, proof: Proof) -> None:
    log.prove(proof, NOW - AN_HOUR)
    for other in set(Proof) - {proof}:
        log.prove(other, NOW)

    assert not log.read.is_proven(proof, since=NOW - AN_HOUR / 2)
    log.prove(proof, NOW)
    assert log.read.is_proven(proof, since=NOW - AN_HOUR / 2)


@pytest.mark.parametrize("line", ["START RequestId: 1", "[]", "[" * 100_000, '"x"'])
def test_a_line_that_is_none_of_ours_is_passed_over(logs: InAws, line: str) -> None:
    for proof in Proof:
        logs.log(proof, line, NOW)

        assert logs.reader().refusals(proof, since=NOW - AN_HOUR) is None
        assert not logs.reader().is_proven(proof, since=NOW - AN_HOUR)


@pytest.mark.parametrize("status", [401, 404])
def test_a_delivery_of_jira_is_refused_by_its_token_or_its_signature(
    logs: InAws, status: int
) -> None:
    logs.log(Proof.JIRA, {"message": "jira webhook", "status": status}, NOW)

    assert logs.reader().refusals(Proof.JIRA, since=NOW - AN_HOUR)


def test_a_flood_is_read_as_far_as_a_few_pages_reach(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_log, "_PAGE", 2)
    monkeypatch.setattr(delivery_log, "PAGES", 2)
    for minutes in range(5):
        logs.log(Proof.SIGNATURE, REFUSED[Proof.SIGNATURE], NOW - timedelta(minutes=minutes))

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - AN_HOUR)

    assert found
    assert (found.count, found.is_whole) == (4, False)


def test_p3_the_last_hour_is_read_before_what_a_flood_left_earlier(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_log, "_PAGE", 1)
    monkeypatch.setattr(delivery_log, "PAGES", 1)
    for hours in (20, 10, 5):
        logs.log(Proof.SIGNATURE, REFUSED[Proof.SIGNATURE], NOW - hours * AN_HOUR)
    logs.log(Proof.SIGNATURE, REFUSED[Proof.SIGNATURE], NOW - AN_HOUR / 2)

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - 24 * AN_HOUR)

    assert found
    assert (found.last, found.is_whole) == (NOW - AN_HOUR / 2, False)


def test_a_log_that_is_slow_is_read_for_a_few_seconds(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_log, "_PAGE", 1)
    for minutes in range(3):
        logs.log(Proof.SIGNATURE, REFUSED[Proof.SIGNATURE], NOW - timedelta(minutes=minutes))
    seconds = chain([0.0, 1.0], repeat(delivery_log.SECONDS + 1))

    found = logs.reader(seconds).refusals(Proof.SIGNATURE, since=NOW - AN_HOUR)

    assert found
    assert (found.count, found.is_whole) == (2, False)


@pytest.mark.parametrize(
    ("code", "raised"), [("ThrottlingException", Temporary), ("AccessDenied", Misconfigured)]
)
def test_an_error_of_aws_is_one_of_ours(logs: InAws, code: str, raised: type[Exception]) -> None:
    Wire(logs.client).answer("FilterLogEvents", code)

    with pytest.raises(raised, match="logs:FilterLogEvents on PagerDutyWebhookLogs"):
        logs.reader().is_proven(Proof.SIGNATURE, since=NOW)
