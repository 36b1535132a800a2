"""Webhook subscriptions, and the sender that delivers events to them by PagerDuty's rules.

Deliveries are kept in order for each subscription and resource: a lane, whose head is tried until
it is delivered or dropped while the rest waits. A dispatcher thread hands due heads to workers.
"""

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tests.sandbox.pagerduty import delivery, events
from tests.sandbox.pagerduty.delivery import Answer, HurriedClock, Outcome, Send
from tests.sandbox.pagerduty.records import (
    ApiError,
    Event,
    Ids,
    Json,
    invalid,
    milliseconds,
    utc_now,
)

MAX_PER_SCOPE = 10
WORKERS = 32
REDACTED = "-- redacted --"
EVERY_EVENT = "*"
EXTENSION = "extension"
FILTERS = ("service_reference", "team_reference", "account_reference")

Lane = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Subscription:
    """Where events go. `secrets` holds two while one replaces the other.

    An extension is one without secrets and event types: it is sent to by name alone, unsigned.
    """

    id: str
    method_id: str
    url: str
    events: list[str]
    filter: Json
    secrets: list[str]
    description: str = ""
    active: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    drops: int = 0
    disabled_until: datetime | None = None

    @property
    def is_extension(self) -> bool:
        """Whether a button stands behind it and no subscription."""
        return bool(self.filter["type"] == EXTENSION)

    def wants(self, event: Event) -> bool:
        """Whether the event is of a type and a service that were asked for."""
        if not self.active or not {event.type, EVERY_EVENT} & set(self.events):
            return False
        if self.filter["type"] == "account_reference":
            return True
        return bool(self.filter.get("id") == event.service_id)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event on its way to one subscription."""

    subscription_id: str
    event: Event
    webhook_id: str
    body: bytes
    first_at: datetime
    due: datetime
    attempts: int = 0

    @property
    def lane(self) -> Lane:
        """What it must keep its order with."""
        return (self.subscription_id, self.event.resource_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One attempt, or why there was none."""

    at: datetime
    subscription_id: str
    event_id: str
    event_type: str
    resource_id: str
    webhook_id: str
    attempt: int
    status: int | None
    outcome: Outcome
    error: str | None

    def as_json(self) -> Json:
        """For the control interface."""
        return {
            "at": milliseconds(self.at),
            "subscription_id": self.subscription_id,
            "event_id": self.event_id,
            "event_type": self.event_type,
            "resource_id": self.resource_id,
            "webhook_id": self.webhook_id,
            "attempt": self.attempt,
            "status": self.status,
            "outcome": self.outcome.value,
            "error": self.error,
        }


class Webhooks:
    """All subscriptions of the account and their sender; `close` it when done."""

    def __init__(
        self,
        *,
        ids: Ids,
        clock: Callable[[], datetime] = utc_now,
        send: Send = delivery.http_send,
    ) -> None:
        self.clock = HurriedClock(clock)
        self._wall = clock
        self._ids = ids
        self._send = send
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="pagerduty-webhook")
        self._closed = False
        self._forget_everything()
        self._dispatcher = threading.Thread(
            target=self._dispatch, name="pagerduty-dispatcher", daemon=True
        )
        self._dispatcher.start()

    def close(self) -> None:
        """Stop; what was not delivered never will be."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._dispatcher.join()
        self._pool.shutdown(cancel_futures=True)

    def reset(self, *, keep_subscriptions: bool = False) -> None:
        """Forget deliveries and their log, and subscriptions unless they are to be kept."""
        with self._changed:
            kept = dict(self._subscriptions) if keep_subscriptions else {}
            self._forget_everything()
            self._subscriptions.update(kept)
            for subscription in kept.values():
                subscription.drops = 0
                subscription.disabled_until = None
            self._changed.notify_all()

    def _forget_everything(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._lanes: dict[Lane, deque[Delivery]] = {}
        self._heads: list[tuple[datetime, int, Delivery]] = []
        self._known: dict[tuple[str, str], Delivery] = {}
        self._log: list[LogLine] = []

    def create(
        self,
        url: str,
        *,
        events: Iterable[str],
        filter_: Json,
        description: str = "",
        headers: dict[str, str] | None = None,
        secret: str | None = None,
    ) -> Subscription:
        """Add a subscription; its secret is shown by this call alone."""
        _check(url, filter_)
        with self._changed:
            self._refuse_eleventh(filter_)
            made = Subscription(
                id=self._ids.short(),
                method_id=self._ids.short(),
                url=url,
                events=list(events),
                filter=filter_,
                secrets=[secret or self._ids.secret()],
                description=description,
                headers=dict(headers or {}),
            )
            self._subscriptions[made.id] = made
            return made

    def _refuse_eleventh(self, filter_: Json) -> None:
        same = [one for one in self._subscriptions.values() if one.filter == filter_]
        if len(same) >= MAX_PER_SCOPE:
            raise ApiError(
                400,
                2019,
                "Failed to create webhook. "
                "Webhook subscription limit exceeded for the selected scope.",
            )

    def add_extension(
        self, url: str, *, label: str, service_id: str, headers: dict[str, str]
    ) -> Subscription:
        """Add where a button of a service posts to; it is no subscription."""
        with self._changed:
            made = Subscription(
                id=self._ids.short(),
                method_id=self._ids.short(),
                url=url,
                events=[],
                filter={"type": EXTENSION, "id": service_id},
                secrets=[],
                description=label,
                headers=dict(headers),
            )
            self._subscriptions[made.id] = made
            return made

    def extensions(self) -> list[Subscription]:
        """Oldest first."""
        with self._changed:
            return [one for one in self._subscriptions.values() if one.is_extension]

    def send(self, extension_id: str, event: Event) -> None:
        """Queue what a button posts."""
        with self._changed:
            self._queue(self.get(extension_id), event)

    def all(self) -> list[Subscription]:
        """Oldest first."""
        with self._changed:
            return [one for one in self._subscriptions.values() if not one.is_extension]

    def get(self, subscription_id: str) -> Subscription:
        """By id."""
        with self._changed:
            found = self._subscriptions.get(subscription_id)
        if found is None:
            raise ApiError(404, 2100, "Not Found")
        return found

    def delete(self, subscription_id: str) -> None:
        """Remove it with everything that waits for it."""
        with self._changed:
            self.get(subscription_id)
            del self._subscriptions[subscription_id]
            self._discard(subscription_id)

    def enable(self, subscription_id: str) -> Subscription:
        """End a temporary disablement."""
        with self._changed:
            found = self.get(subscription_id)
            found.disabled_until = None
            found.drops = 0
            return found

    def is_disabled(self, subscription: Subscription) -> bool:
        """Whether it is temporarily off; this ends by itself."""
        until = subscription.disabled_until
        return until is not None and self.clock() < until

    def add_secret(self, subscription_id: str, secret: str | None = None) -> str:
        """Sign with one more secret from now on, as while it is rotated."""
        with self._changed:
            made = secret or self._ids.secret()
            self.get(subscription_id).secrets.append(made)
            return made

    def drop_oldest_secret(self, subscription_id: str) -> None:
        """End the rotation."""
        with self._changed:
            secrets = self.get(subscription_id).secrets
            if len(secrets) > 1:
                secrets.pop(0)

    def accept(self, event: Event) -> None:
        """Queue an event for every subscription that wants it."""
        with self._changed:
            for subscription in self._subscriptions.values():
                if subscription.wants(event):
                    self._queue(subscription, event)

    def ping(self, subscription_id: str, *, agent_id: str) -> None:
        """Send the test event, whatever the subscription asked for."""
        subscription = self.get(subscription_id)
        event = events.ping(
            id_=self._ids.event(), at=self._wall(), agent_id=agent_id, about=subscription.id
        )
        with self._changed:
            self._queue(subscription, event)

    def _queue(self, subscription: Subscription, event: Event) -> None:
        now = self.clock()
        item = Delivery(
            subscription_id=subscription.id,
            event=event,
            webhook_id=self._ids.uuid(),
            body=delivery.encode(event.body),
            first_at=now,
            due=now,
        )
        if self.is_disabled(subscription):
            self._note(item, Outcome.DISCARDED, error="the subscription is temporarily disabled")
            return
        if len(item.body) > delivery.LARGEST:
            self._note(item, Outcome.TOO_LARGE, error=f"{len(item.body)} bytes")
            return
        self._known[subscription.id, event.id] = item
        lane = self._lanes.setdefault(item.lane, deque())
        lane.append(item)
        if len(lane) == 1:
            self._schedule(item)

    def _schedule(self, item: Delivery) -> None:
        heapq.heappush(self._heads, (item.due, next(self._numbers), item))
        self._changed.notify_all()

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                item = self._due()
                if item is None:
                    self._changed.wait(0.05 if self._heads else None)
                    continue
            self._pool.submit(self._attempt, item)

    def _due(self) -> Delivery | None:
        if not self._heads or self._heads[0][0] > self.clock():
            return None
        return heapq.heappop(self._heads)[2]

    def _attempt(self, item: Delivery) -> None:
        with self._changed:
            subscription = self._subscriptions.get(item.subscription_id)
            if subscription is None or not self._is_head(item):
                return
            item.attempts += 1
            headers = _headers(subscription, item.body, item.webhook_id)
        answer = self._send(subscription.url, item.body, headers)
        with self._changed:
            self._conclude(subscription, item, answer)
            self._changed.notify_all()

    def _is_head(self, item: Delivery) -> bool:
        lane = self._lanes.get(item.lane)
        return bool(lane) and lane is not None and lane[0] is item

    def _conclude(self, subscription: Subscription, item: Delivery, answer: Answer) -> None:
        outcome = delivery.judge(answer.status)
        now = self.clock()
        if outcome is Outcome.RETRY and now - item.first_at >= delivery.GIVE_UP_AFTER:
            outcome = Outcome.DROPPED
        if self._known.get((subscription.id, item.event.id)) is not item:
            return
        self._note(item, outcome, status=answer.status, error=answer.error)
        if not self._is_head(item):
            return
        if outcome is Outcome.RETRY:
            last = item.first_at + delivery.GIVE_UP_AFTER
            item.due = min(now + delivery.wait_after(item.attempts), last)
            self._schedule(item)
            return
        self._leave(item)
        self._count(subscription, outcome, now)

    def _leave(self, item: Delivery) -> None:
        lane = self._lanes[item.lane]
        lane.popleft()
        if lane:
            self._schedule(lane[0])
        else:
            del self._lanes[item.lane]

    def _count(self, subscription: Subscription, outcome: Outcome, now: datetime) -> None:
        subscription.drops = subscription.drops + 1 if outcome is Outcome.DROPPED else 0
        if subscription.drops >= delivery.DROPS_UNTIL_DISABLED:
            subscription.drops = 0
            subscription.disabled_until = now + delivery.DISABLED_FOR
            self._discard(subscription.id)

    def _discard(self, subscription_id: str) -> None:
        for key in [key for key in self._lanes if key[0] == subscription_id]:
            for item in self._lanes.pop(key):
                self._note(item, Outcome.DISCARDED, error="the queue was emptied")
        self._heads = [head for head in self._heads if head[2].subscription_id != subscription_id]
        heapq.heapify(self._heads)

    def _note(
        self,
        item: Delivery,
        outcome: Outcome,
        *,
        status: int | None = None,
        error: str | None = None,
        webhook_id: str | None = None,
    ) -> None:
        self._log.append(
            LogLine(
                at=self._wall(),
                subscription_id=item.subscription_id,
                event_id=item.event.id,
                event_type=item.event.type,
                resource_id=item.event.resource_id,
                webhook_id=webhook_id or item.webhook_id,
                attempt=item.attempts,
                status=status,
                outcome=outcome,
                error=error,
            )
        )

    def log(self) -> list[LogLine]:
        """Every attempt so far, oldest first."""
        with self._changed:
            return list(self._log)

    def waiting(self) -> int:
        """How many deliveries are neither delivered nor dropped."""
        with self._changed:
            return sum(len(lane) for lane in self._lanes.values())

    def hurry(self, *, seconds: float | None = None, factor: float | None = None) -> None:
        """Make every waiting delivery due now, or let `seconds` pass, or run at `factor`."""
        with self._changed:
            if factor is not None:
                self.clock.run_at(factor)
            if seconds is not None:
                self.clock.move_on(timedelta(seconds=seconds))
            if seconds is None and factor is None:
                self._all_due_now()
            self._changed.notify_all()

    def _all_due_now(self) -> None:
        now = self.clock()
        for _, _, item in self._heads:
            item.due = now
        self._heads = [(now, number, item) for _, number, item in self._heads]
        heapq.heapify(self._heads)

    def wait_until_idle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing waits any more; False when it took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lanes, timeout)

    def wait_for(self, happened: Callable[[list[LogLine]], bool], timeout: float = 10.0) -> bool:
        """Wait until the log is as `happened` wants it."""
        with self._changed:
            return self._changed.wait_for(lambda: happened(self._log), timeout)

    def deliver_again(
        self,
        event_id: str,
        *,
        times: int = 1,
        concurrent: bool = False,
        fresh_webhook_id: bool = False,
    ) -> list[int | None]:
        """Send the same bytes again, past the queue; the statuses that came back."""
        with self._changed:
            items = [item for (_, known), item in self._known.items() if known == event_id]
        if not items:
            raise ApiError(404, 2100, "Not Found")
        work = [(item, fresh_webhook_id) for item in items for _ in range(times)]
        if not concurrent:
            return [self._repeat(item, fresh=fresh) for item, fresh in work]
        with ThreadPoolExecutor(min(len(work), 128)) as pool:
            return list(pool.map(lambda one: self._repeat(one[0], fresh=one[1]), work))

    def _repeat(self, item: Delivery, *, fresh: bool) -> int | None:
        webhook_id = self._ids.uuid() if fresh else item.webhook_id
        subscription = self.get(item.subscription_id)
        headers = _headers(subscription, item.body, webhook_id)
        answer = self._send(subscription.url, item.body, headers)
        outcome = delivery.judge(answer.status)
        with self._changed:
            self._note(
                item, outcome, status=answer.status, error=answer.error, webhook_id=webhook_id
            )
            self._changed.notify_all()
        return answer.status

    def as_json(self, subscription: Subscription, *, reveal: bool = False) -> Json:
        """As REST shows it: the secret to its creator only, values of headers to nobody."""
        return {
            "id": subscription.id,
            "type": "webhook_subscription",
            "active": subscription.active,
            "delivery_method": {
                "id": subscription.method_id,
                "secret": subscription.secrets[-1] if reveal else None,
                "temporarily_disabled": self.is_disabled(subscription),
                "type": "http_delivery_method",
                "url": subscription.url,
                "custom_headers": [
                    {"name": name, "value": REDACTED} for name in subscription.headers
                ],
            },
            "description": subscription.description,
            "events": subscription.events,
            "filter": subscription.filter,
        }


def _check(url: str, filter_: Json) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("URL is invalid")
    if filter_.get("type") not in FILTERS:
        raise invalid("Filter type is invalid")
    if filter_["type"] != "account_reference" and not filter_.get("id"):
        raise invalid("Filter id can't be blank")


def _headers(subscription: Subscription, body: bytes, webhook_id: str) -> dict[str, str]:
    proof = {
        "x-webhook-subscription": subscription.id,
        "x-pagerduty-signature": delivery.sign(body, subscription.secrets),
    }
    return {
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": delivery.USER_AGENT,
        "x-webhook-id": webhook_id,
        **({} if subscription.is_extension else proof),
        **subscription.headers,
    }
