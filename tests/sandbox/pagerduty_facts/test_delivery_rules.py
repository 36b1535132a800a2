"""When a delivery comes again, waits, or is dropped; no wire, and a clock set by hand."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.builders import FakeClock
from tests.sandbox.pagerduty import delivery, events, seed
from tests.sandbox.pagerduty.delivery import Answer, Outcome
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import Json
from tests.sandbox.pagerduty.webhooks import LogLine, Webhooks
from tests.sandbox.pagerduty_facts.client import (
    ACCOUNT,
)


class Account:
    """A model with a sender whose answers the test chooses, by event type and then by default."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.model = PagerDutyModel(clock=self.clock)
        self.answers: dict[str, int | None] = {}
        self.sent: list[Json] = []
        self.webhooks = Webhooks(ids=self.model.ids, clock=self.clock, send=self._send)
        self.model.listen(self.webhooks.accept)
        self.subscription = self.webhooks.create(
            "https://example.com/", events=events.SUBSCRIBABLE, filter_=ACCOUNT
        )

    def _send(self, _url: str, body: bytes, _headers: dict[str, str]) -> Answer:
        event = json.loads(body)["event"]
        self.sent.append(event)
        title = event["data"].get("title") or event["data"].get("incident", {}).get("summary")
        return Answer(status=self.answers.get(title, 202))

    def open(self, title: str = "Down") -> str:
        return self.model.trigger(seed.CHECKOUT, title, by=seed.RESPONDER).id

    def lines(self, count: int) -> list[LogLine]:
        assert self.webhooks.wait_for(lambda log: len(log) >= count), self.webhooks.log()
        return self.webhooks.log()

    @property
    def disabled(self) -> bool:
        return self.webhooks.is_disabled(self.subscription)


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account()
    yield made
    made.webhooks.close()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (None, Outcome.RETRY),
        (200, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.DROPPED),
        (400, Outcome.DROPPED),
        (404, Outcome.DROPPED),
        (413, Outcome.DROPPED),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (599, Outcome.RETRY),
    ],
)
def test_the_answers_status_decides_what_becomes_of_a_delivery(
    status: int | None, outcome: Outcome
) -> None:
    assert delivery.judge(status) is outcome


def test_an_answer_is_awaited_for_five_seconds() -> None:
    assert delivery.TIMEOUT_SECONDS == 5


def test_three_drops_in_a_row_disable_the_subscription_and_empty_its_queue(
    account: Account,
) -> None:
    account.answers = {"bad": 400, "down": 503}
    account.open("down")
    account.lines(1)

    for number in range(3):
        account.open("bad")
        account.lines(2 + number)

    assert account.disabled
    assert account.webhooks.waiting() == 0
    assert account.lines(5)[-1].outcome is Outcome.DISCARDED


def test_what_happens_while_a_subscription_is_disabled_is_never_delivered(
    account: Account,
) -> None:
    account.subscription.disabled_until = account.clock.now + timedelta(hours=24)
    account.open("lost")

    account.webhooks.hurry(seconds=24 * 3600)

    assert not account.disabled
    account.open("seen")
    assert account.webhooks.wait_until_idle()
    assert [event["data"]["title"] for event in account.sent] == ["seen"]


def test_a_delivery_in_between_starts_the_count_of_drops_again(account: Account) -> None:
    account.answers = {"bad": 404}

    for number, title in enumerate(("bad", "bad", "good", "bad", "bad"), start=1):
        account.open(title)
        account.lines(number)

    assert not account.disabled


def test_a_disabled_subscription_is_enabled_by_hand(account: Account) -> None:
    account.subscription.disabled_until = account.clock.now + timedelta(hours=24)

    account.webhooks.enable(account.subscription.id)

    account.open("seen")
    assert account.webhooks.wait_until_idle()
    assert len(account.sent) == 1


def test_events_of_one_incident_wait_for_each_other_and_other_incidents_do_not(
    account: Account,
) -> None:
    account.answers = {"stuck": 503}
    stuck = account.open("stuck")
    account.model.acknowledge(stuck, by=seed.RESPONDER)
    account.model.resolve(stuck, by=seed.RESPONDER)
    account.lines(1)

    account.open("free")
    account.lines(2)
    assert [event["data"]["title"] for event in account.sent] == ["stuck", "free"]
    account.answers = {}
    account.webhooks.hurry()

    assert account.webhooks.wait_until_idle()
    types = [event["event_type"] for event in account.sent if event["data"]["title"] == "stuck"]
    assert types[1:] == ["incident.triggered", "incident.acknowledged", "incident.resolved"]


def test_what_is_not_taken_in_for_forty_eight_hours_is_dropped(account: Account) -> None:
    account.answers = {"Down": 503}
    account.open()
    account.lines(1)
    account.webhooks.hurry(seconds=47 * 3600)
    assert account.lines(2)[-1].outcome is Outcome.RETRY

    account.webhooks.hurry(seconds=3600)

    assert account.lines(3)[-1].outcome is Outcome.DROPPED
    assert account.subscription.drops == 1


def test_retries_come_when_their_time_has_come_on_a_clock_that_can_be_hurried(
    account: Account,
) -> None:
    account.answers = {"Down": 503}
    account.open()
    account.lines(1)
    account.answers = {}

    account.webhooks.hurry(factor=60)
    account.clock.forward(seconds=1)

    assert account.webhooks.wait_until_idle()
    assert [delivery.wait_after(n).total_seconds() for n in (1, 2, 3)] == [10, 20, 40]
    assert delivery.wait_after(50) == timedelta(hours=1)


def test_a_note_above_55_kilobytes_is_trimmed_and_says_so(account: Account) -> None:
    made = account.open()

    account.model.add_note(made, "x" * 60_000, by=seed.RESPONDER)

    assert account.webhooks.wait_until_idle()
    data = account.sent[-1]["data"]
    assert data["trimmed"] is True
    assert 0 < len(data["content"]) < 55_000


def test_an_event_between_55_and_256_kilobytes_is_sent_and_a_larger_one_is_not(
    account: Account,
) -> None:
    account.open("x" * 200_000)
    account.open("x" * 270_000)

    lines = account.lines(2)

    assert {line.outcome for line in lines} == {Outcome.DELIVERED, Outcome.TOO_LARGE}
    assert len(account.sent) == 1
