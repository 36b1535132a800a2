"""One set of promises for what the webhooks have refused: the fake, and CloudWatch's logs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from typing import Any

import pytest

from pdjira.adapters.aws import delivery_log
from pdjira.adapters.aws.delivery_log import LogsDeliveryLog, briefly
from pdjira.errors import Misconfigured, Temporary
from pdjira.health.webhooks import DeliveryLog, Proof
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
    prove_of: Callable[[str, datetime], None]


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
            clock=lambda: NOW + timedelta(seconds=1),
            monotonic=lambda: next(ticks),
        )


@pytest.fixture
def logs(aws: Aws) -> InAws:
    return InAws(aws)


@pytest.fixture(params=["aws", "fake"])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "fake":
        fake = FakeDeliveryLog()
        return Log(
            read=fake,
            refuse=fake.refuse,
            prove=fake.prove,
            prove_of=lambda of, at: fake.prove(Proof.SIGNATURE, at, of=of),
        )
    made: InAws = request.getfixturevalue("logs")
    return Log(
        read=made.reader(),
        refuse=lambda proof, at: made.log(proof, REFUSED[proof], at),
        prove=lambda proof, at: made.log(proof, PROVEN[proof], at),
        prove_of=lambda of, at: made.log(
            Proof.SIGNATURE, PROVEN[Proof.SIGNATURE] | {"subscription": of}, at
        ),
    )


@each_proof
def test_p3_what_was_refused_is_counted_with_its_first_and_its_last_time(
    log: Log, proof: Proof
) -> None:
    for minutes in (30, 20, 10, 25 * 60):
        log.refuse(proof, NOW - timedelta(minutes=minutes))

    found = log.read.refusals(proof, since=NOW - 24 * AN_HOUR)

    first, last = NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)
    assert (found.times[0], len(found.times), found.times[-1]) == (first, 3, last)
    assert found.read_from == NOW - 24 * AN_HOUR


@each_proof
def test_p3_what_was_refused_for_want_of_another_proof_or_was_proven_does_not_count(
    log: Log, proof: Proof
) -> None:
    for other in set(Proof) - {proof}:
        log.refuse(other, NOW)
        log.prove(other, NOW)
    log.prove(proof, NOW)

    assert log.read.refusals(proof, since=NOW - AN_HOUR).times == ()


@each_proof
def test_p3_only_what_was_proven_by_the_same_later_on_counts(log: Log, proof: Proof) -> None:
    log.prove(proof, NOW - AN_HOUR)
    for other in set(Proof) - {proof}:
        log.prove(other, NOW)

    assert log.read.is_proven(proof, since=NOW - AN_HOUR / 2) is False
    log.prove(proof, NOW)
    assert log.read.is_proven(proof, since=NOW - AN_HOUR / 2) is True


@pytest.mark.parametrize("line", ["START RequestId: 1", "[]", "[" * 100_000, '"x"'])
def test_a_line_that_is_none_of_ours_is_passed_over(logs: InAws, line: str) -> None:
    for proof in Proof:
        logs.log(proof, line, NOW)

        assert logs.reader().refusals(proof, since=NOW - AN_HOUR).times == ()
        assert logs.reader().is_proven(proof, since=NOW - AN_HOUR) is False


@pytest.mark.parametrize("status", [401, 404])
def test_a_delivery_of_jira_is_refused_by_its_token_or_its_signature(
    logs: InAws, status: int
) -> None:
    logs.log(Proof.JIRA, {"message": "jira webhook", "status": status}, NOW)

    assert logs.reader().refusals(Proof.JIRA, since=NOW - AN_HOUR).times


@pytest.fixture
def few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two lines each, and no more than three of them."""
    monkeypatch.setattr(delivery_log, "_PAGE", 2)
    monkeypatch.setattr(delivery_log, "PAGES", 3)


def refuse(logs: InAws, *minutes: float) -> None:
    for ago in minutes:
        at = NOW - timedelta(minutes=ago)
        logs.log(Proof.SIGNATURE, REFUSED[Proof.SIGNATURE], at)


def pass_by(logs: InAws, *minutes: float) -> None:
    """Lines of the same function that are about something else."""
    for ago in minutes:
        logs.log(Proof.SIGNATURE, "START RequestId: 1", NOW - timedelta(minutes=ago))


@pytest.mark.usefixtures("few_pages")
def test_p3_of_a_flood_it_is_said_since_when_all_of_it_was_read(logs: InAws) -> None:
    refuse(logs, *range(10))

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - AN_HOUR)

    assert found.times
    assert found.read_from > NOW - AN_HOUR


@pytest.mark.usefixtures("few_pages")
def test_p3_the_last_hour_is_read_before_what_a_flood_left_earlier(logs: InAws) -> None:
    refuse(logs, 20 * 60, 10 * 60, 6 * 60, 5 * 60, 30)

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - 24 * AN_HOUR)

    assert found.times[-1] == NOW - AN_HOUR / 2
    assert NOW - 24 * AN_HOUR < found.read_from <= NOW - AN_HOUR


@pytest.mark.usefixtures("few_pages")
def test_p3_a_log_of_more_lines_than_can_be_read_is_not_said_to_hold_no_refusal(
    logs: InAws,
) -> None:
    pass_by(logs, *range(61, 71))
    refuse(logs, 61)

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - 24 * AN_HOUR)

    assert found.times == ()
    assert found.read_from > NOW - 2 * AN_HOUR


def test_p3_a_log_of_several_pages_is_read_whole_where_they_suffice(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_log, "_PAGE", 2)
    pass_by(logs, 0, 1, 90, 300, 301, 302, 700)
    refuse(logs, 1400, 200, 30)

    found = logs.reader().refusals(Proof.SIGNATURE, since=NOW - 24 * AN_HOUR)

    assert [NOW - at for at in found.times] == [timedelta(minutes=ago) for ago in (1400, 200, 30)]
    assert found.read_from == NOW - 24 * AN_HOUR


@pytest.mark.usefixtures("few_pages")
def test_p3_where_the_pages_do_not_reach_nobody_says_that_nothing_was_proven(logs: InAws) -> None:
    pass_by(logs, *range(2, 9))
    logs.log(Proof.SIGNATURE, PROVEN[Proof.SIGNATURE], NOW - timedelta(minutes=5))

    assert logs.reader().is_proven(Proof.SIGNATURE, since=NOW - AN_HOUR) is None


@pytest.mark.usefixtures("few_pages")
def test_p3_what_was_proven_just_now_is_found_behind_a_day_of_other_lines(logs: InAws) -> None:
    pass_by(logs, *range(2, 9))
    logs.log(Proof.SIGNATURE, PROVEN[Proof.SIGNATURE], NOW)

    assert logs.reader().is_proven(Proof.SIGNATURE, since=NOW - 24 * AN_HOUR) is True


@pytest.mark.usefixtures("few_pages")
def test_p3_a_full_page_without_a_token_for_more_is_not_taken_for_the_whole_log(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(logs, 40, 30, 20)
    logs.log(Proof.SIGNATURE, PROVEN[Proof.SIGNATURE], NOW)
    whole = logs.client.filter_log_events
    monkeypatch.setattr(
        logs.client, "filter_log_events", lambda **asked: {"events": whole(**asked)["events"]}
    )

    assert logs.reader().is_proven(Proof.SIGNATURE, since=NOW - AN_HOUR) is True


def test_a_log_that_is_slow_is_read_for_a_few_seconds(
    logs: InAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_log, "_PAGE", 1)
    refuse(logs, 0, 1, 2)
    seconds = chain([0.0, 1.0, 2.0], repeat(delivery_log.SECONDS + 1))

    found = logs.reader(seconds).refusals(Proof.SIGNATURE, since=NOW - 2 * AN_HOUR)

    assert found.read_from > NOW - 2 * AN_HOUR


@pytest.mark.parametrize(
    ("code", "raised"), [("ThrottlingException", Temporary), ("AccessDenied", Misconfigured)]
)
def test_an_error_of_aws_is_one_of_ours(logs: InAws, code: str, raised: type[Exception]) -> None:
    Wire(logs.client).answer("FilterLogEvents", code)

    with pytest.raises(raised, match="logs:FilterLogEvents on PagerDutyWebhookLogs"):
        logs.reader().is_proven(Proof.SIGNATURE, since=NOW)


@pytest.mark.parametrize("name", ["PWEBHOOK1", 'a"b'])
def test_a_delivery_of_one_webhook_proves_no_other(log: Log, name: str) -> None:
    since = NOW - AN_HOUR
    log.prove_of("POTHER", NOW - timedelta(minutes=2))
    assert not log.read.is_proven(Proof.SIGNATURE, since=since, subscription=name)

    log.prove_of(name, NOW - timedelta(minutes=1))

    assert log.read.is_proven(Proof.SIGNATURE, since=since, subscription=name)


@pytest.mark.usefixtures("few_pages")
def test_r13_a_brief_look_reads_no_more_than_it_may(logs: InAws) -> None:
    """As each page that is shown asks for it."""
    refuse(logs, *range(10))

    found = briefly(logs.reader(), pages=1, seconds=1.0).refusals(
        Proof.SIGNATURE, since=NOW - AN_HOUR
    )

    assert len(found.times) == 2
