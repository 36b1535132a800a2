"""What tests and the demo ask of the sandbox's PagerDuty itself: incidents, deliveries, secrets."""

from dataclasses import dataclass
from typing import ClassVar

from flask import Response, jsonify, request

from tests.sandbox.control import Answer, Control, Routes, sent
from tests.sandbox.pagerduty import actions, events, rest, seed
from tests.sandbox.pagerduty.access import RateLimit
from tests.sandbox.pagerduty.buttons import Buttons
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import ApiError, Incident, Json
from tests.sandbox.pagerduty.webhooks import Subscription, Webhooks

ROUTES: Routes = (
    ("GET", "events", "show_events"),
    ("POST", "incidents", "trigger"),
    ("POST", "incidents/<incident_id>/<action>", "act"),
    ("POST", "incidents/<incident_id>/buttons/<button_id>", "press"),
    ("POST", "buttons", "add_button"),
    ("POST", "subscriptions", "subscribe"),
    ("POST", "subscriptions/<subscription_id>/secrets", "add_secret"),
    ("DELETE", "subscriptions/<subscription_id>/secrets", "drop_oldest_secret"),
    ("GET", "deliveries", "deliveries"),
    ("POST", "deliver-again", "deliver_again"),
    ("POST", "hurry", "hurry"),
)


@dataclass(slots=True, kw_only=True)
class PagerDutyControl(Control):
    """A refusal is told as REST tells it."""

    model: PagerDutyModel
    webhooks: Webhooks
    buttons: Buttons
    limit: RateLimit
    routes: ClassVar[Routes] = ROUTES
    refused: ClassVar[tuple[type[Exception], ...]] = (ApiError,)

    def refuse(self, error: ApiError) -> tuple[Response, int]:
        """The error as REST has it."""
        return jsonify(error.body()), error.status

    def forget(self) -> None:
        """All that happened; `{"keep_subscriptions": true}` keeps these."""
        self.webhooks.reset(keep_subscriptions=bool(sent().get("keep_subscriptions")))
        self.model.reset()
        self.limit.reset()

    def state(self) -> Answer:
        """Services, incidents with notes and log, and subscriptions with their secrets."""
        with self.model.lock:
            incidents = [self._whole(it) for it in self.model.incidents.values()]
            services = [rest.service(self.model, it) for it in self.model.services.values()]
        subscriptions = [self._subscription(it) for it in self.webhooks.all()]
        return jsonify(
            incidents=incidents,
            services=services,
            webhook_subscriptions=subscriptions,
            deliveries_waiting=self.webhooks.waiting(),
        )

    def _whole(self, it: Incident) -> Json:
        return {
            **rest.incident(self.model, it, ("body",)),
            "notes": [rest.note(note) for note in it.notes],
            "log_entries": [rest.log_entry(self.model, one, ("channels",)) for one in it.log],
            "status_updates": [rest.status_update(one) for one in it.status_updates],
        }

    def _subscription(self, it: Subscription) -> Json:
        return {**self.webhooks.as_json(it), "secrets": it.secrets, "drops": it.drops}

    def show_events(self) -> Answer:
        """Every event since the start, oldest first, subscribed to or not."""
        with self.model.lock:
            return jsonify(events=[it.body["event"] for it in self.model.events])

    def trigger(self) -> Answer:
        """Open an incident: `as` is `person` (default) or `events_api`."""
        asked = sent()
        with self.model.lock:
            it = self._event(asked) if asked.get("as") == "events_api" else self._person(asked)
            return jsonify(incident=self._whole(it)), 201

    def _person(self, asked: Json) -> Incident:
        return self.model.trigger(
            asked.get("service_id", seed.CHECKOUT),
            asked.get("title", "Something is wrong"),
            by=asked.get("by", seed.RESPONDER),
            urgency=asked.get("urgency", "high"),
            priority_id=asked.get("priority_id"),
            details=asked.get("details"),
            incident_key=asked.get("incident_key"),
        )

    def _event(self, asked: Json) -> Incident:
        return self.model.trigger_event(
            asked.get("service_id", seed.CHECKOUT),
            asked.get("title", "Something is wrong"),
            details=asked.get("details"),
            dedup_key=asked.get("dedup_key"),
            client=asked.get("client"),
            urgency=asked.get("urgency", "high"),
        )

    def act(self, incident_id: str, action: str) -> Answer:
        """Do what the page's buttons do; the body holds the form's fields and `by`."""
        asked = sent()
        by = str(asked.pop("by", seed.RESPONDER))
        with self.model.lock:
            actions.act(self.model, incident_id, action, asked, by=by)
            return jsonify(incident=self._whole(self.model.incident(incident_id)))

    def add_button(self) -> Answer:
        """Offer a custom incident action: `label`, `url`, `service_id`, `headers`."""
        asked = sent()
        made = self.buttons.add(
            asked.get("label", "Create issue"),
            asked.get("url", ""),
            service_id=asked.get("service_id", seed.CHECKOUT),
            headers=asked.get("headers"),
        )
        return jsonify(button={"id": made.id, "label": made.description, "url": made.url}), 201

    def press(self, incident_id: str, button_id: str) -> Answer:
        """Press a button as `by`."""
        event = self.buttons.press(incident_id, button_id, by=str(sent().get("by", seed.RESPONDER)))
        return jsonify(event_id=event.id)

    def subscribe(self) -> Answer:
        """Subscribe `url`, to everything unless told otherwise; `secret` may be given."""
        asked = sent()
        made = self.webhooks.create(
            asked.get("url", ""),
            events=asked.get("events", events.SUBSCRIBABLE),
            filter_=asked.get("filter", {"type": "account_reference"}),
            description=asked.get("description", ""),
            headers=asked.get("headers"),
            secret=asked.get("secret"),
        )
        return jsonify(webhook_subscription=self._subscription(made)), 201

    def add_secret(self, subscription_id: str) -> Answer:
        """Begin a rotation: sign with the old secret and a new one (or the given `secret`)."""
        return jsonify(secret=self.webhooks.add_secret(subscription_id, sent().get("secret")))

    def drop_oldest_secret(self, subscription_id: str) -> Answer:
        """End a rotation."""
        self.webhooks.drop_oldest_secret(subscription_id)
        return "", 204

    def deliveries(self) -> Answer:
        """The delivery log, oldest first; `?event_id=` or `?incident_id=` narrow it."""
        event_id, incident_id = request.args.get("event_id"), request.args.get("incident_id")
        lines = [
            line.as_json()
            for line in self.webhooks.log()
            if event_id in (None, line.event_id) and incident_id in (None, line.resource_id)
        ]
        return jsonify(deliveries=lines, waiting=self.webhooks.waiting())

    def deliver_again(self) -> Answer:
        """Send an event's bytes again, the last one's unless `event_id` says which."""
        asked = sent()
        event_id = asked.get("event_id") or self._last_event_id()
        statuses = self.webhooks.deliver_again(
            event_id,
            times=int(asked.get("times", 1)),
            concurrent=bool(asked.get("concurrent")),
            fresh_webhook_id=bool(asked.get("fresh_webhook_id")),
        )
        return jsonify(event_id=event_id, statuses=statuses)

    def _last_event_id(self) -> str:
        log = self.webhooks.log()
        return log[-1].event_id if log else ""

    def hurry(self) -> Answer:
        """All retries now; or let `seconds` pass, or run at `factor`, for the sender's clock."""
        asked = sent()
        self.webhooks.hurry(seconds=asked.get("seconds"), factor=asked.get("factor"))
        return jsonify(waiting=self.webhooks.waiting())

    def wait_until_idle(self) -> Answer:
        """Wait for late commits, and at most `timeout` seconds (10) for deliveries."""
        self.faults.settle()
        idle = self.webhooks.wait_until_idle(float(sent().get("timeout", 10)))
        return jsonify(idle=idle, waiting=self.webhooks.waiting())

    def rate_limit(self) -> Answer:
        """Allow `limit` requests per minute and key."""
        self.limit.reset()
        self.limit.limit = int(sent()["limit"])
        return "", 204
