"""REST v2, as far as it is used."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TypeVar

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.sandbox.faults import CONTROL_PREFIX
from tests.sandbox.pagerduty import custom_fields, rest
from tests.sandbox.pagerduty.access import RateLimit, acting_user, token_of_request
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import (
    ApiError,
    Incident,
    Json,
    LogEntry,
    arguments_error,
    invalid,
)
from tests.sandbox.pagerduty.webhooks import Webhooks

T = TypeVar("T")
Answer = Response | tuple[Response, int] | tuple[str, int]

ABILITIES = ["teams", "urgencies", "incident_workflows", "custom_fields_on_incidents"]
DEFAULT_WINDOW = timedelta(days=30)
LONGEST_WINDOW = timedelta(days=184)
DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_OFFSET = 10_000
NOT_REST = ("/web/", CONTROL_PREFIX)
SORTABLE = ("incident_number", "created_at", "urgency")
ROUTES = (
    ("GET", "/abilities", "abilities"),
    ("GET", "/priorities", "priorities"),
    ("GET", "/services", "services"),
    ("GET", "/services/<service_id>", "service"),
    ("GET", "/incident_workflows", "incident_workflows"),
    ("GET", "/extensions", "extensions"),
    ("GET", "/users", "users"),
    ("GET", "/users/me", "users_me"),
    ("GET", "/users/<user_id>", "user"),
    ("GET", "/incidents", "incidents"),
    ("POST", "/incidents", "create_incident"),
    ("GET", "/incidents/<incident_id>", "incident"),
    ("PUT", "/incidents/<incident_id>", "update_incident"),
    ("GET", "/incidents/types", "incident_types"),
    ("GET", "/incidents/types/<type_id>/custom_fields", "custom_fields"),
    ("GET", "/incidents/<incident_id>/custom_fields/values", "custom_field_values"),
    ("PUT", "/incidents/<incident_id>/custom_fields/values", "set_custom_field_values"),
    ("PUT", "/incidents/<incident_id>/merge", "merge"),
    ("GET", "/incidents/<incident_id>/notes", "notes"),
    ("POST", "/incidents/<incident_id>/notes", "add_note"),
    ("PUT", "/incidents/<incident_id>/notes/<note_id>", "edit_note"),
    ("DELETE", "/incidents/<incident_id>/notes/<note_id>", "delete_note"),
    ("POST", "/incidents/<incident_id>/status_updates", "publish_status_update"),
    ("GET", "/incidents/<incident_id>/log_entries", "incident_log"),
    ("GET", "/log_entries", "log_entries"),
    ("GET", "/log_entries/<entry_id>", "log_entry"),
    ("GET", "/webhook_subscriptions", "subscriptions"),
    ("POST", "/webhook_subscriptions", "subscribe"),
    ("GET", "/webhook_subscriptions/<subscription_id>", "subscription"),
    ("PUT", "/webhook_subscriptions/<subscription_id>", "update_subscription"),
    ("DELETE", "/webhook_subscriptions/<subscription_id>", "unsubscribe"),
    ("POST", "/webhook_subscriptions/<subscription_id>/enable", "enable"),
    ("POST", "/webhook_subscriptions/<subscription_id>/ping", "ping"),
)


class RestApi:
    """One method for each route."""

    def __init__(self, model: PagerDutyModel, webhooks: Webhooks, limit: RateLimit) -> None:
        self.model = model
        self.webhooks = webhooks
        self.limit = limit

    def blueprint(self) -> Blueprint:
        """All routes, with authorization, rate limit and error bodies around them."""
        routes = Blueprint("rest", __name__)
        for method, path, name in ROUTES:
            routes.add_url_rule(path, name, getattr(self, name), methods=[method])
        routes.before_request(self._admit)
        routes.after_request(_tell_limit)
        routes.register_error_handler(ApiError, _refuse)
        return routes

    def _admit(self) -> None:
        g.token = token_of_request(self.model)
        admitted, g.limit_headers = self.limit.take(g.token.value)
        if not admitted:
            raise ApiError(429, 2020, "Rate Limit Exceeded")
        _check_includes()

    def _by(self) -> str:
        return acting_user(self.model, g.token)

    def abilities(self) -> Answer:
        """What the account may do: the cheapest call that needs a key."""
        return jsonify(abilities=ABILITIES)

    def priorities(self) -> Answer:
        """Most severe first."""
        return self._page("priorities", self.model.priorities.values(), rest.show_priority)

    def services(self) -> Answer:
        """By name or part of it."""
        query = request.args.get("query", "").lower()
        name = request.args.get("name")
        found = [
            it
            for it in self.model.services.values()
            if query in it.name.lower() and name in (None, it.name)
        ]
        return self._page("services", found, rest.service)

    def service(self, service_id: str) -> Answer:
        """By id."""
        return jsonify(service=rest.service(self.model, self.model.service(service_id)))

    def incident_workflows(self) -> Answer:
        """By name or part of it."""
        query = request.args.get("query", "").lower()
        found = [it for it in self.model.incident_workflows if query in it["name"].lower()]
        return self._page("incident_workflows", found, rest.workflow)

    def extensions(self) -> Answer:
        """With their configuration, in the shape that the vendor's integration gives it."""
        include = request.args.getlist("include[]")
        return self._page(
            "extensions",
            self.model.extensions,
            lambda store, it: rest.extension(store, it, include),
        )

    def users(self) -> Answer:
        """By part of name or address."""
        query = request.args.get("query", "").lower()
        found = [
            it
            for it in self.model.users.values()
            if query in it.name.lower() or query in it.email.lower()
        ]
        return self._page("users", found, rest.user)

    def user(self, user_id: str) -> Answer:
        """By id."""
        return jsonify(user=rest.user(self.model, self.model.user(user_id)))

    def users_me(self) -> Answer:
        """Whose key this is; an account's key is nobody's."""
        if g.token.user_id is None:
            raise invalid("This endpoint needs a user's own API key")
        return self.user(g.token.user_id)

    def incidents(self) -> Answer:
        """Filtered, sorted, in pages; of the last month unless told otherwise."""
        with self.model.lock:
            found = [it for it in self.model.incidents.values() if self._is_asked_for(it)]
            include = request.args.getlist("include[]")
            return self._page(
                "incidents", _sorted(found), lambda store, it: rest.incident(store, it, include)
            )

    def _is_asked_for(self, it: Incident) -> bool:
        key = request.args.get("incident_key", "")
        statuses = request.args.getlist("statuses[]")
        services = request.args.getlist("service_ids[]")
        urgencies = request.args.getlist("urgencies[]")
        return (
            (not key or key == it.incident_key or key in it.alert_keys)
            and (not statuses or it.status in statuses)
            and (not services or it.service_id in services)
            and (not urgencies or it.urgency in urgencies)
            and self._in_window(it.created_at)
        )

    def _in_window(self, moment: datetime) -> bool:
        if request.args.get("date_range") == "all":
            return True
        now = self.model.clock()
        until = _time("until") or now
        since = _time("since") or until - DEFAULT_WINDOW
        if until - since > LONGEST_WINDOW:
            raise ApiError(400, 2005, "Invalid Query Date Range")
        return since <= moment <= until

    def incident(self, incident_id: str) -> Answer:
        """By id or number."""
        include = request.args.getlist("include[]")
        with self.model.lock:
            it = self.model.incident(incident_id)
            return jsonify(incident=rest.incident(self.model, it, include))

    def create_incident(self) -> Answer:
        """Open one; the description must be a string."""
        by, sent = self._by(), _sent("incident")
        if sent.get("type") != "incident":
            raise invalid("Type must be incident")
        if sent.get("assignments") and sent.get("escalation_policy"):
            raise invalid("Assignments and escalation policy exclude each other")
        with self.model.lock:
            it = self._trigger(sent, by)
            return jsonify(incident=rest.incident(self.model, it)), 201

    def _trigger(self, sent: Json, by: str) -> Incident:
        try:
            return self.model.trigger(
                _id_in(sent, "service"),
                _string(sent, "title"),
                by=by,
                urgency=sent.get("urgency") or "high",
                priority_id=self._priority_in(sent),
                details=_details_in(sent),
                incident_key=sent.get("incident_key"),
                assignee_ids=_assignees_in(sent),
                policy_id=(sent.get("escalation_policy") or {}).get("id"),
                incident_type=(sent.get("incident_type") or {}).get("name", "incident_default"),
                conference_bridge=sent.get("conference_bridge"),
                channel_type="api",
            )
        except ApiError as error:
            if error.status == 404:
                raise invalid("Something that the incident refers to was not found") from error
            raise

    def _priority_in(self, sent: Json) -> str | None:
        asked = sent.get("priority")
        if isinstance(asked, str):
            named = (it.id for it in self.model.priorities.values() if it.name == asked)
            return next(named, asked)
        return asked.get("id") if isinstance(asked, dict) else None

    def update_incident(self, incident_id: str) -> Answer:
        """Change what is named; the status comes last."""
        by, sent = self._by(), _sent("incident")
        changes: dict[str, Callable[[], object]] = {
            "title": lambda: self.model.set_title(incident_id, _string(sent, "title"), by=by),
            "urgency": lambda: self.model.set_urgency(incident_id, sent["urgency"], by=by),
            "priority": lambda: self.model.set_priority(
                incident_id, self._priority_in(sent), by=by
            ),
            "incident_type": lambda: self.model.set_incident_type(
                incident_id, sent["incident_type"]["name"], by=by
            ),
            "service": lambda: self.model.set_service(incident_id, _id_in(sent, "service"), by=by),
            "assignments": lambda: self.model.reassign(incident_id, _assignees_in(sent), by=by),
            "escalation_policy": lambda: self.model.delegate(
                incident_id, _id_in(sent, "escalation_policy"), by=by
            ),
            "status": lambda: self.model.set_status(
                incident_id, sent["status"], by=by, resolution=sent.get("resolution")
            ),
        }
        with self.model.lock:
            it = self.model.incident(incident_id)
            for name, change in changes.items():
                if name in sent:
                    change()
            return jsonify(incident=rest.incident(self.model, it))

    def incident_types(self) -> Answer:
        """All types of the account."""
        return jsonify(incident_types=custom_fields.incident_types(self.model))

    def custom_fields(self, type_id: str) -> Answer:
        """The custom fields of a type, by its id or name."""
        with_options = "field_options" in request.args.getlist("include[]")
        found = custom_fields.definitions(self.model, type_id, with_options=with_options)
        return jsonify(fields=found)

    def custom_field_values(self, incident_id: str) -> Answer:
        """The values of an incident, those that are null as well."""
        return jsonify(custom_fields=custom_fields.values(self.model, incident_id))

    def set_custom_field_values(self, incident_id: str) -> Answer:
        """Answers 201; needs nobody in whose name it is done."""
        named = request.headers.get("From") or g.token.user_id
        changes = _body().get("custom_fields")
        if not isinstance(changes, list):
            raise invalid("custom_fields is missing")
        by = self._by() if named else None
        custom_fields.set_values(self.model, incident_id, changes, by=by)
        return jsonify(custom_fields=custom_fields.values(self.model, incident_id)), 201

    def merge(self, incident_id: str) -> Answer:
        """Merge the named incidents into this one."""
        by = self._by()
        sources = [str(one.get("id")) for one in _body().get("source_incidents") or []]
        target = self.model.merge(sources, incident_id, by=by)
        return jsonify(incident=self.model.incident_ref(target))

    def notes(self, incident_id: str) -> Answer:
        """All, oldest first, without pages."""
        with self.model.lock:
            notes = [rest.note(it) for it in self.model.incident(incident_id).notes]
        return jsonify(notes=notes)

    def add_note(self, incident_id: str) -> Answer:
        """Answers 200, not 201."""
        by, content = self._by(), _string(_sent("note"), "content")
        return jsonify(note=rest.note(self.model.add_note(incident_id, content, by=by)))

    def edit_note(self, incident_id: str, note_id: str) -> Answer:
        """No webhook tells of it."""
        self._by()
        content = _string(_sent("note"), "content")
        return jsonify(note=rest.note(self.model.edit_note(incident_id, note_id, content)))

    def delete_note(self, incident_id: str, note_id: str) -> Answer:
        """No webhook tells of it."""
        self.model.delete_note(incident_id, note_id)
        return "", 204

    def publish_status_update(self, incident_id: str) -> Answer:
        """Tell stakeholders."""
        by, message = self._by(), _string(_body(), "message")
        update = self.model.publish_status_update(incident_id, message, by=by)
        return jsonify(status_update=rest.status_update(update))

    def incident_log(self, incident_id: str) -> Answer:
        """The log of one incident, newest first."""
        entries = reversed(self.model.incident(incident_id).log)
        return self._log(list(entries))

    def log_entries(self) -> Answer:
        """The log of all incidents, newest first."""
        return self._log(self.model.log_entries())

    def _log(self, entries: Iterable[LogEntry]) -> Answer:
        since, until = _time("since"), _time("until")
        include = request.args.getlist("include[]")
        asked = [
            it
            for it in entries
            if (since is None or it.created_at >= since)
            and (until is None or it.created_at <= until)
        ]
        return self._page(
            "log_entries", asked, lambda store, it: rest.log_entry(store, it, include)
        )

    def log_entry(self, entry_id: str) -> Answer:
        """By id; `include[]=channels` tells the details of a trigger."""
        entry = self.model.log_entry(entry_id)
        include = request.args.getlist("include[]")
        return jsonify(log_entry=rest.log_entry(self.model, entry, include))

    def subscriptions(self) -> Answer:
        """Of one service, of the account, or all."""
        kind, id_ = request.args.get("filter_type"), request.args.get("filter_id")
        found = [
            it
            for it in self.webhooks.all()
            if kind is None
            or (it.filter["type"] == f"{kind}_reference" and id_ in (None, it.filter.get("id")))
        ]
        return self._page("webhook_subscriptions", found, lambda _, it: self.webhooks.as_json(it))

    def subscribe(self) -> Answer:
        """Answers 200, not 201, and shows the secret this once."""
        sent = _sent("webhook_subscription")
        method = sent.get("delivery_method") or {}
        if not sent.get("events"):
            raise invalid("Events can't be blank")
        made = self.webhooks.create(
            method.get("url") or "",
            events=sent["events"],
            filter_=sent.get("filter") or {},
            description=sent.get("description") or "",
            headers={one["name"]: one["value"] for one in method.get("custom_headers") or []},
        )
        return jsonify(webhook_subscription=self.webhooks.as_json(made, reveal=True))

    def subscription(self, subscription_id: str) -> Answer:
        """By id, without its secret."""
        found = self.webhooks.get(subscription_id)
        return jsonify(webhook_subscription=self.webhooks.as_json(found))

    def update_subscription(self, subscription_id: str) -> Answer:
        """Everything but where it is delivered to."""
        found = self.webhooks.get(subscription_id)
        sent = _sent("webhook_subscription")
        found.description = sent.get("description", found.description)
        found.events = sent.get("events", found.events)
        found.filter = sent.get("filter", found.filter)
        found.active = sent.get("active", found.active)
        return jsonify(webhook_subscription=self.webhooks.as_json(found))

    def unsubscribe(self, subscription_id: str) -> Answer:
        """Remove it."""
        self.webhooks.delete(subscription_id)
        return "", 204

    def enable(self, subscription_id: str) -> Answer:
        """End its being temporarily disabled."""
        found = self.webhooks.enable(subscription_id)
        return jsonify(webhook_subscription=self.webhooks.as_json(found))

    def ping(self, subscription_id: str) -> Answer:
        """Have a signed test event sent."""
        agent = g.token.user_id or next(iter(self.model.users))
        self.webhooks.ping(subscription_id, agent_id=agent)
        return "", 202

    def _page(
        self, name: str, found: Iterable[T], show: Callable[[PagerDutyModel, T], Json]
    ) -> Response:
        limit = min(_number("limit", DEFAULT_LIMIT), MAX_LIMIT)
        offset = _number("offset", 0)
        if limit + offset > MAX_OFFSET:
            raise arguments_error("Offset plus limit must not exceed 10000")
        everything = list(found)
        shown = [show(self.model, it) for it in everything[offset : offset + limit]]
        return jsonify(
            {
                name: shown,
                "limit": limit,
                "offset": offset,
                "more": len(everything) > offset + limit,
                "total": len(everything) if request.args.get("total") == "true" else None,
            }
        )


def _sorted(found: list[Incident]) -> list[Incident]:
    for term in reversed(request.args.get("sort_by", "incident_number").split(",")[:2]):
        key, _, direction = term.partition(":")
        if key not in SORTABLE:
            raise invalid("Sort by is invalid")
        name = {"incident_number": "number"}.get(key, key)
        found.sort(key=attrgetter(name), reverse=direction == "desc")
    return found


def _tell_limit(response: Response) -> Response:
    response.headers.update(g.get("limit_headers", {}))
    return response


def _check_includes() -> None:
    """Refuse an `include[]` that the resource asked for does not know."""
    known = rest.INCLUDABLE.get((request.endpoint or "").rpartition(".")[2])
    unknown = sorted(set(request.args.getlist("include[]")) - set(known or ()))
    if request.method == "GET" and known is not None and unknown:
        raise invalid(f"Include {unknown[0]} is invalid")


def strayed(error: HTTPException) -> Answer | HTTPException:
    """What no resource answers, in PagerDuty's own shape; outside REST, the page of the error."""
    if error.code not in {404, 405} or request.path.startswith(NOT_REST):
        return error
    return _refuse(ApiError(404, 2100, "Not Found"))


def _refuse(error: ApiError) -> tuple[Response, int]:
    return jsonify(error.body()), error.status


def _body() -> Json:
    sent = request.get_json(silent=True, force=True)
    if not isinstance(sent, dict):
        raise invalid("The body must be a JSON object")
    return sent


def _sent(root: str) -> Json:
    sent = _body().get(root)
    if not isinstance(sent, dict):
        raise invalid(f"{root} is missing")
    return sent


def _string(sent: Json, key: str) -> str:
    value = sent.get(key)
    if not isinstance(value, str):
        raise invalid(f"{key.capitalize()} can't be blank")
    return value


def _id_in(sent: Json, key: str) -> str:
    value = sent.get(key)
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise invalid(f"{key.capitalize()} can't be blank")
    return str(value["id"])


def _details_in(sent: Json) -> str | None:
    details = (sent.get("body") or {}).get("details")
    if details is not None and not isinstance(details, str):
        raise invalid("Body details must be a string")
    return details


def _assignees_in(sent: Json) -> list[str]:
    return [one["assignee"]["id"] for one in sent.get("assignments") or []]


def _time(name: str) -> datetime | None:
    text = request.args.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ApiError(400, 2004, "Invalid 'since' or 'until' Parameter Values") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() else default
