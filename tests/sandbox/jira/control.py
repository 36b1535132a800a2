"""What tests and the demo ask of the sandbox's Jira itself: its lag, its rights, its screens."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flask import Response, jsonify

from tests.sandbox.control import Answer, Control, Routes, sent
from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.jira.desks import open_desk
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.world import AutomationRule, Beyond, Properties

ROUTES: Routes = (
    ("GET", "lag", "show_lag"),
    ("PUT", "lag", "set_lag"),
    ("GET", "version", "show_version"),
    ("PUT", "version", "install"),
    ("PUT", "sign-in", "set_sign_in"),
    ("PUT", "read-only", "set_read_only"),
    ("POST", "permissions", "permissions"),
    ("POST", "fields", "fields"),
    ("POST", "service-desk", "open_service_desk"),
    ("PUT", "database", "set_database"),
    ("PUT", "properties", "set_properties"),
    ("POST", "restore", "restore"),
    ("PUT", "users/<name>", "change_user"),
    ("POST", "webhooks", "register_webhook"),
    ("GET", "webhooks", "show_webhooks"),
    ("PUT", "webhooks/losing", "lose_webhooks"),
)


@dataclass(slots=True, kw_only=True)
class JiraControl(Control):
    """What is asked wrongly is 400."""

    model: JiraModel
    routes: ClassVar[Routes] = ROUTES
    refused: ClassVar[tuple[type[Exception], ...]] = (KeyError, TypeError, ValueError)

    def refuse(self, error: Exception) -> tuple[Response, int]:
        """The error's name and text."""
        return jsonify(error=f"{type(error).__name__}: {error}"), 400

    def forget(self) -> None:
        """All issues, and what was changed in the configuration."""
        self.model.reset()

    def state(self) -> Answer:
        """All issues with everything on them, the lag, the rights."""
        return jsonify(self.model.state())

    def show_lag(self) -> Answer:
        """How many seconds searches are behind."""
        return jsonify(seconds=self.model.lag)

    def set_lag(self) -> Answer:
        """`{"seconds": 30}`: what was written less than that ago is not found by searches."""
        self.model.lag = float(sent()["seconds"])
        return self.show_lag()

    def show_version(self) -> Answer:
        """Which version this is, and what depends on it and no request shows."""
        version = self.model.version
        return jsonify(
            version=version.name, text=version.text, signs_webhooks=version.signs_webhooks
        )

    def install(self) -> Answer:
        """`{"version": "7.2"}`: another version from the next request on."""
        self.model.install(str(sent()["version"]))
        return self.show_version()

    def set_sign_in(self) -> Answer:
        """`{"basic": bool | null, "jwt": null | {"key", "issuer", "audience", "qsh"}}`."""
        asked = sent()
        with self.model.lock:
            if "basic" in asked:
                self.model.basic = asked["basic"]
            if "jwt" in asked:
                self.model.jwt = None if asked["jwt"] is None else JwtPlugin(**asked["jwt"])
        return "", 204

    def set_read_only(self) -> Answer:
        """`{"message": null | "..."}`: whether writes are refused, and with which words."""
        if not self.model.version.readonly_mode:
            raise ValueError(f"{self.model.version.name} has no read-only mode")
        self.model.read_only = sent()["message"]
        return "", 204

    def permissions(self) -> Answer:
        """`{"user", "project" | null, "grant": [...], "revoke": [...]}`."""
        asked = sent()
        user, project = str(asked["user"]), asked.get("project")
        with self.model.lock:
            self.model.world.grant(user, *asked.get("grant", ()), project=project)
            self.model.world.revoke(user, *asked.get("revoke", ()), project=project)
        return "", 204

    def fields(self) -> Answer:
        """`{"project", "issue_type", "field", "required": bool, "on_screen": bool}`."""
        asked = sent()
        where = (str(asked["project"]), str(asked["issue_type"]), str(asked["field"]))
        if "on_screen" in asked:
            self.model.set_on_screen(*where, shown=bool(asked["on_screen"]))
        if "required" in asked:
            self.model.set_required(*where, required=bool(asked["required"]))
        return "", 204

    def open_service_desk(self) -> Answer:
        """`{"project", "automation": [{"after": 20, "fields": {...}}]}`: of Service Management."""
        asked = sent()
        with self.model.lock:
            desk = open_desk(self.model.world, str(asked["project"]))
            desk.rules += [
                AutomationRule(after=float(rule["after"]), fields=tuple(rule["fields"].items()))
                for rule in asked.get("automation", ())
            ]
        return "", 204

    def set_database(self) -> Answer:
        """`{"beyond": "held" | "replaced" | "refused"}`: what becomes of emoji from now on."""
        with self.model.lock:
            self.model.world.beyond = Beyond(str(sent()["beyond"]))
        return "", 204

    def set_properties(self) -> Answer:
        """`{"properties": "held" | "dropped" | "refused"}`: of issues, in the calls from now on."""
        with self.model.lock:
            self.model.world.properties = Properties(str(sent()["properties"]))
        return "", 204

    def restore(self) -> Answer:
        """`{"to": "<ISO 8601>"}`: become the backup of that time."""
        self.model.restore(datetime.fromisoformat(str(sent()["to"])))
        return "", 204

    def change_user(self, name: str) -> Answer:
        """`{"password", "tokens": [...], "time_zone", "unlock": true}`, each as one likes."""
        asked = sent()
        with self.model.lock:
            user = self.model.world.users[name]
            user.password = str(asked.get("password", user.password))
            user.tokens = [str(token) for token in asked.get("tokens", user.tokens)]
            user.time_zone = str(asked.get("time_zone", user.time_zone))
            if asked.get("unlock"):
                user.failed_logins = 0
        return "", 204

    def register_webhook(self) -> Answer:
        """`{"url", "events": [...], "secret": null | "..."}`: sent there from now on."""
        asked = sent()
        secret = asked.get("secret")
        self.model.webhooks.register(
            str(asked["url"]),
            events=[str(event) for event in asked["events"]],
            secret=None if secret is None else str(secret),
        )
        return "", 201

    def show_webhooks(self) -> Answer:
        """All `webhooks`, and what became of their `deliveries`."""
        webhooks = self.model.webhooks
        registered = [{"url": one.url, "events": one.events} for one in webhooks.registered()]
        return jsonify(webhooks=registered, deliveries=webhooks.deliveries())

    def lose_webhooks(self) -> Answer:
        """`{"every": 10}`: each tenth delivery is lost on its way; null: none."""
        every = sent()["every"]
        self.model.webhooks.lose_every = None if every is None else int(every)
        return "", 204

    def wait_until_idle(self) -> Answer:
        """Answer when everything that was to be committed late has been, and told."""
        self.faults.settle()
        self.model.webhooks.wait_until_idle()
        return "", 204

    def rate_limit(self) -> Answer:
        """`{"times", "retry_after", "path"}`: so many answers of Jira's own rate limit."""
        if not self.model.version.rate_limit:
            raise ValueError(f"{self.model.version.name} has no rate limit")
        self.faults.add(rate_limited(**sent()))
        return "", 201


def rate_limited(*, times: int = 1, retry_after: int = 9, path: str | None = None) -> Fault:
    """The fault of an empty token bucket, with the headers that Jira's limiter sends."""
    return Fault(
        FaultKind.STATUS,
        times=times,
        path=path,
        status=429,
        headers={
            "X-RateLimit-Limit": "70",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Interval-Seconds": "1",
            "X-RateLimit-FillRate": "5",
            "Retry-After": str(retry_after),
        },
        body={"message": "Rate limit exceeded.", "status-code": 429},
    )
