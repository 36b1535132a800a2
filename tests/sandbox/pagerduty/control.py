"""The control interface below `/_sandbox/`: what tests and the demo ask of the sandbox itself."""

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from tests.sandbox.faults import Faults
from tests.sandbox.pagerduty import actions, events, rest, seed
from tests.sandbox.pagerduty.access import RateLimit
from tests.sandbox.pagerduty.calls import CallLog
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import ApiError, Incident, Json
from tests.sandbox.pagerduty.webhooks import Subscription, Webhooks

Answer = Response | tuple[Response, int] | tuple[str, int]

ROUTES = (
    ("POST", "reset", "reset"),
    ("GET", "state", "state"),
    ("GET", "calls", "show_calls"),
    ("DELETE", "calls", "forget_calls"),
    ("GET", "events", "show_events"),
    ("POST", "incidents", "trigger"),
    ("POST", "incidents/<incident_id>/<action>", "act"),
    ("POST", "subscriptions", "subscribe"),
    ("POST", "subscriptions/<subscription_id>/secrets", "add_secret"),
    ("DELETE", "subscriptions/<subscription_id>/secrets", "drop_oldest_secret"),
    ("GET", "deliveries", "deliveries"),
    ("POST", "deliver-again", "deliver_again"),
    ("POST", "hurry", "hurry"),
    ("POST", "wait-until-idle", "wait_until_idle"),
    ("POST", "rate-limit", "set_rate_limit"),
)


@dataclass(slots=True, kw_only=True)
class Control:
    """One method for each route."""

    model: PagerDutyModel
    webhooks: Webhooks
    faults: Faults
    calls: CallLog
    limit: RateLimit

    def blueprint(self) -> Blueprint:
        """All routes; a refusal is told as REST tells it."""
        routes = Blueprint("control", __name__, url_prefix="/_sandbox")
        for method, path, name in ROUTES:
            routes.add_url_rule(f"/{path}", name, getattr(self, name), methods=[method])
        routes.register_error_handler(ApiError, _refuse)
        return routes

    def reset(self) -> Answer:
        """Everything as at the start; `{"keep_subscriptions": true}` keeps these."""
        keep = bool(_sent().get("keep_subscriptions"))
        self.faults.cancel()
        self.faults.clear()
        self.webhooks.reset(keep_subscriptions=keep)
        self.model.reset()
        self.calls.reset()
        self.limit.reset()
        return "", 204

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

    def show_calls(self) -> Answer:
        """`counts` by method and path template, and all `calls` in order."""
        return jsonify(counts=self.calls.counts(), calls=self.calls.calls())

    def forget_calls(self) -> Answer:
        """Count from nought again."""
        self.calls.reset()
        return "", 204

    def show_events(self) -> Answer:
        """Every event since the start, oldest first, subscribed to or not."""
        with self.model.lock:
            return jsonify(events=[it.body["event"] for it in self.model.events])

    def trigger(self) -> Answer:
        """Open an incident: `as` is `person` (default) or `events_api`."""
        sent = _sent()
        with self.model.lock:
            it = self._event(sent) if sent.get("as") == "events_api" else self._person(sent)
            return jsonify(incident=self._whole(it)), 201

    def _person(self, sent: Json) -> Incident:
        return self.model.trigger(
            sent.get("service_id", seed.CHECKOUT),
            sent.get("title", "Something is wrong"),
            by=sent.get("by", seed.RESPONDER),
            urgency=sent.get("urgency", "high"),
            priority_id=sent.get("priority_id"),
            details=sent.get("details"),
            incident_key=sent.get("incident_key"),
        )

    def _event(self, sent: Json) -> Incident:
        return self.model.trigger_event(
            sent.get("service_id", seed.CHECKOUT),
            sent.get("title", "Something is wrong"),
            details=sent.get("details"),
            dedup_key=sent.get("dedup_key"),
            client=sent.get("client"),
            urgency=sent.get("urgency", "high"),
        )

    def act(self, incident_id: str, action: str) -> Answer:
        """Do what the page's buttons do; the body holds the form's fields and `by`."""
        sent = _sent()
        by = str(sent.pop("by", seed.RESPONDER))
        with self.model.lock:
            actions.act(self.model, incident_id, action, sent, by=by)
            return jsonify(incident=self._whole(self.model.incident(incident_id)))

    def subscribe(self) -> Answer:
        """Subscribe `url`, to everything unless told otherwise; `secret` may be given."""
        sent = _sent()
        made = self.webhooks.create(
            sent.get("url", ""),
            events=sent.get("events", events.SUBSCRIBABLE),
            filter_=sent.get("filter", {"type": "account_reference"}),
            description=sent.get("description", ""),
            headers=sent.get("headers"),
            secret=sent.get("secret"),
        )
        return jsonify(webhook_subscription=self._subscription(made)), 201

    def add_secret(self, subscription_id: str) -> Answer:
        """Begin a rotation: sign with the old secret and a new one (or the given `secret`)."""
        return jsonify(secret=self.webhooks.add_secret(subscription_id, _sent().get("secret")))

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
        sent = _sent()
        event_id = sent.get("event_id") or self._last_event_id()
        statuses = self.webhooks.deliver_again(
            event_id,
            times=int(sent.get("times", 1)),
            concurrent=bool(sent.get("concurrent")),
            fresh_webhook_id=bool(sent.get("fresh_webhook_id")),
        )
        return jsonify(event_id=event_id, statuses=statuses)

    def _last_event_id(self) -> str:
        log = self.webhooks.log()
        return log[-1].event_id if log else ""

    def hurry(self) -> Answer:
        """All retries now; or let `seconds` pass, or run at `factor`, for the sender's clock."""
        sent = _sent()
        self.webhooks.hurry(seconds=sent.get("seconds"), factor=sent.get("factor"))
        return jsonify(waiting=self.webhooks.waiting())

    def wait_until_idle(self) -> Answer:
        """Answer when no delivery waits any more, or after `timeout` seconds (10)."""
        idle = self.webhooks.wait_until_idle(float(_sent().get("timeout", 10)))
        return jsonify(idle=idle, waiting=self.webhooks.waiting())

    def set_rate_limit(self) -> Answer:
        """Allow `limit` requests per minute and key."""
        self.limit.reset()
        self.limit.limit = int(_sent()["limit"])
        return "", 204


def _sent() -> Json:
    sent = request.get_json(silent=True, force=True)
    return sent if isinstance(sent, dict) else {}


def _refuse(error: ApiError) -> tuple[Response, int]:
    return jsonify(error.body()), error.status
