"""Our webhook in PagerDuty is made with its secret stored, proven, and replaced without a gap."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from pdjira.connection.form import get
from pdjira.connection.saving import ConnectionDesk, tree_of
from pdjira.connection.webhook import EVENTS, MOST, WebhookDesk
from pdjira.errors import Ambiguous, Misconfigured
from pdjira.health.webhooks import EVENTS as NEEDED
from pdjira.health.webhooks import Proof, Repair
from pdjira.sweep.ports import Subscription
from tests.builders import FakeClock
from tests.fakes.connecting import (
    WEBHOOK_URL,
    FakeAccounts,
    FakeSecret,
    FakeSecretRules,
    FakeSubscriptions,
)
from tests.fakes.faults import FaultPlan
from tests.fakes.health import FakeDeliveryLog
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.events import SUBSCRIBABLE


class Desk:
    """A desk on fakes; the connection secret holds `secrets`."""

    def __init__(self, *secrets: str) -> None:
        self.clock = FakeClock()
        self.plan = FaultPlan()
        tree: dict[str, Any] = {"pagerduty": {"webhook_secrets": list(secrets), "api_token": "k"}}
        self.secret = FakeSecret(json.dumps(tree if secrets else {}))
        self.pagerduty = FakeSubscriptions(FakePagerDuty(plan=self.plan))
        self.log = FakeDeliveryLog()
        self.port = WebhookDesk(
            desk=self.pagerduty,
            connection=ConnectionDesk(
                secret=self.secret,
                rules=FakeSecretRules(),
                regions=FakeAccounts(),
                signs=bool,
            ),
            log=self.log,
            url=lambda: WEBHOOK_URL,
            clock=self.clock,
        )

    def secrets(self) -> object:
        return get(tree_of(self.secret.current().text), "pagerduty.webhook_secrets")

    def deliver(self, one: Subscription) -> None:
        self.log.prove(Proof.SIGNATURE, self.clock(), of=one.id)

    def ids(self) -> Sequence[str]:
        return list(self.pagerduty.stored)


def test_a_webhook_is_made_with_its_secret_stored_and_pinged() -> None:
    desk = Desk()

    made = desk.port.make()
    (one,) = desk.pagerduty.stored.values()

    assert desk.secrets() == ["a-secret-that-was-made-0001"]
    assert (one.url, one.service_id, one.events) == (WEBHOOK_URL, None, EVENTS)
    assert one.description == "pdjira: its secret ends in 0001"
    assert desk.pagerduty.pinged == [made.id]


def test_a_webhook_made_here_asks_for_every_event_that_is_needed() -> None:
    assert NEEDED < EVENTS <= set(SUBSCRIBABLE)


def test_it_waits_for_the_ping_and_is_proven_by_any_delivery_of_it() -> None:
    desk = Desk()
    made = desk.port.make()
    assert not desk.port.look().is_proven
    desk.deliver(desk.pagerduty.add())
    assert not desk.port.look().ours[0].is_proven

    desk.deliver(made)

    assert desk.port.look().is_proven
    assert desk.port.look().ours[0].is_known
    desk.clock.now += timedelta(hours=25)
    assert not desk.port.look().is_proven


def test_pressed_twice_it_makes_one_and_pings_it_again() -> None:
    desk = Desk()

    first, second = desk.port.make(), desk.port.make()

    assert first.id == second.id
    assert desk.ids() == [first.id]
    assert desk.pagerduty.pinged == [first.id] * 2


def test_one_that_was_made_by_hand_is_pinged_where_a_secret_is_stored() -> None:
    desk = Desk("a-secret-that-somebody-stored")
    by_hand = desk.pagerduty.add()

    assert desk.port.make().id == by_hand.id
    assert desk.ids() == [by_hand.id]


def test_one_that_was_made_by_hand_without_its_secret_stored_proves_nothing() -> None:
    desk = Desk()
    by_hand = desk.pagerduty.add()
    assert not desk.port.look().ours[0].is_known

    made = desk.port.make()

    assert desk.ids() == [by_hand.id, made.id]


def test_what_a_lost_answer_left_behind_is_deleted_before_another_is_made() -> None:
    desk = Desk()
    lost = Ambiguous("no answer")
    desk.plan.fail(1, lost, method="pagerduty.create_subscription", after=True)
    with pytest.raises(Ambiguous):
        desk.port.make()
    (orphan,) = desk.ids()

    made = desk.port.make()

    assert desk.ids() == [made.id]
    assert made.id != orphan
    assert desk.secrets() == ["a-secret-that-was-made-0002"]


def test_a_webhook_for_another_address_is_none_of_ours() -> None:
    desk = Desk("a-secret-that-somebody-stored")
    desk.pagerduty.add(url="https://elsewhere.example.com/hook")

    assert desk.port.look().ours == []
    assert not desk.port.look().is_proven


def test_p24_a_secret_is_replaced_by_a_second_webhook_without_a_gap() -> None:
    desk = Desk()
    former = desk.port.make()
    desk.deliver(former)

    new = desk.port.rotate(former.id)
    assert desk.ids() == [former.id, new.id]
    assert desk.secrets() == ["a-secret-that-was-made-0002", "a-secret-that-was-made-0001"]
    successor = desk.port.look().successor
    assert successor is not None
    assert (successor.subscription.id, successor.is_proven) == (new.id, False)

    with pytest.raises(Misconfigured, match="No delivery of the new webhook was proven"):
        desk.port.finish()
    desk.deliver(new)
    desk.port.finish()

    assert desk.ids() == [new.id]
    assert desk.secrets() == ["a-secret-that-was-made-0002"]
    assert desk.port.look().successor is None
    desk.port.finish()


def test_the_secret_of_a_webhook_made_by_hand_is_dropped_once_only_ours_are_left() -> None:
    desk = Desk("a-secret-that-somebody-stored")
    by_hand = desk.pagerduty.add()
    new = desk.port.rotate(by_hand.id)
    desk.deliver(new)

    desk.port.finish()

    assert desk.ids() == [new.id]
    assert desk.secrets() == ["a-secret-that-was-made-0002"]


def test_a_webhook_of_another_service_and_its_secret_are_left_alone() -> None:
    desk = Desk("a-secret-of-another-service")
    other = desk.pagerduty.add(service_id="POTHER")
    former = desk.pagerduty.add(service_id="PSERVICE")
    new = desk.port.rotate(former.id)
    desk.deliver(new)

    desk.port.finish()

    assert desk.ids() == [other.id, new.id]
    assert desk.pagerduty.stored[new.id].service_id == "PSERVICE"
    assert desk.pagerduty.stored[new.id].events == former.events
    assert desk.secrets() == ["a-secret-that-was-made-0003", "a-secret-of-another-service"]


def test_one_that_pagerduty_or_a_person_switched_off_is_switched_on_and_pinged() -> None:
    desk = Desk("a-secret-that-somebody-stored")
    one = desk.pagerduty.add(is_disabled=True, is_active=False)
    other = desk.pagerduty.add()

    for each in (one, other):
        desk.port.switch_on(each.id)
    desk.port.ping(one.id)

    assert all(each.works for each in desk.pagerduty.stored.values())
    assert desk.pagerduty.pinged == [one.id]


@pytest.mark.parametrize("what", ["switch_on", "rotate"])
def test_one_that_is_gone_is_told(what: str) -> None:
    desk = Desk()
    desk.pagerduty.add()

    with pytest.raises(Misconfigured, match="no such webhook"):
        getattr(desk.port, what)("PGONE")


def test_of_many_webhooks_the_first_are_looked_at() -> None:
    desk = Desk("a-secret-that-somebody-stored")
    for _ in range(MOST + 2):
        desk.pagerduty.add()

    assert len(desk.port.look().ours) == MOST


def test_secrets_that_are_no_list_count_as_none() -> None:
    desk = Desk()
    desk.secret.write(json.dumps({"pagerduty": {"webhook_secrets": "text"}}))

    made = desk.port.make()

    assert desk.secrets() == [f"a-secret-that-was-made-{made.description[-4:]}"]


def test_m11_a_repair_switches_on_what_is_off_and_leaves_what_works() -> None:
    desk = Desk("secret")
    off, disabled = desk.pagerduty.add(is_active=False), desk.pagerduty.add(is_disabled=True)
    works = desk.pagerduty.add()

    desk.port.repair(Repair.SWITCH_ON)

    assert all(one.works for one in desk.pagerduty.stored.values())
    assert set(desk.pagerduty.stored) == {off.id, disabled.id, works.id}


def test_a_repair_makes_the_webhook_or_replaces_the_secret_of_the_only_one() -> None:
    desk = Desk()

    desk.port.repair(Repair.MAKE)
    desk.port.repair(Repair.ROTATE)

    assert len(desk.pagerduty.stored) == 2
    with pytest.raises(Misconfigured, match="2 webhooks of ours"):
        desk.port.repair(Repair.ROTATE)


def test_a_delivery_proven_before_proves_nothing_once_its_secret_is_stored_no_more() -> None:
    desk = Desk()
    made = desk.port.make()
    desk.log.prove(Proof.SIGNATURE, desk.clock(), of=made.id)
    assert desk.port.look().is_proven

    desk.secret.write(json.dumps({"pagerduty": {"webhook_secrets": ["another-secret-by-hand"]}}))

    assert not desk.port.look().is_proven
