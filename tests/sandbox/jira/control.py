"""The control interface below `/_sandbox/`: what tests and the demo ask of the sandbox itself."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.sandbox.faults import Fault, FaultKind, Faults
from tests.sandbox.jira.calls import CallLog
from tests.sandbox.jira.model import JiraModel

Answer = Response | tuple[Response, int] | tuple[str, int]

ROUTES = (
    ("POST", "reset", "reset"),
    ("GET", "state", "state"),
    ("GET", "calls", "show_calls"),
    ("DELETE", "calls", "forget_calls"),
    ("GET", "lag", "show_lag"),
    ("PUT", "lag", "set_lag"),
    ("POST", "permissions", "permissions"),
    ("POST", "fields", "fields"),
    ("PUT", "users/<name>", "change_user"),
    ("POST", "rate-limit", "rate_limit"),
    ("POST", "wait-until-idle", "wait_until_idle"),
)


@dataclass(slots=True, kw_only=True)
class Control:
    """One method for each route."""

    model: JiraModel
    faults: Faults
    calls: CallLog

    def blueprint(self) -> Blueprint:
        """All routes; what is asked wrongly is 400."""
        routes = Blueprint("control", __name__, url_prefix="/_sandbox")
        for method, path, name in ROUTES:
            routes.add_url_rule(f"/{path}", name, getattr(self, name), methods=[method])
        for kind in (KeyError, TypeError, ValueError):
            routes.register_error_handler(kind, _refuse)
        return routes

    def reset(self) -> Answer:
        """Everything as at the start."""
        self.faults.cancel()
        self.faults.clear()
        self.model.reset()
        self.calls.reset()
        return "", 204

    def state(self) -> Answer:
        """All issues with everything on them, the lag, the rights."""
        return jsonify(self.model.state())

    def show_calls(self) -> Answer:
        """`counts` by method and path template, and all `calls` in order."""
        return jsonify(counts=self.calls.counts(), calls=self.calls.calls())

    def forget_calls(self) -> Answer:
        """Count from nought again."""
        self.calls.reset()
        return "", 204

    def show_lag(self) -> Answer:
        """How many seconds searches are behind."""
        return jsonify(seconds=self.model.lag)

    def set_lag(self) -> Answer:
        """`{"seconds": 30}`: what was written less than that ago is not found by searches."""
        self.model.lag = float(_sent()["seconds"])
        return self.show_lag()

    def permissions(self) -> Answer:
        """`{"user", "project" | null, "grant": [...], "revoke": [...]}`."""
        sent = _sent()
        user, project = str(sent["user"]), sent.get("project")
        with self.model.lock:
            self.model.world.grant(user, *sent.get("grant", ()), project=project)
            self.model.world.revoke(user, *sent.get("revoke", ()), project=project)
        return "", 204

    def fields(self) -> Answer:
        """`{"project", "issue_type", "field", "required": bool, "on_screen": bool}`."""
        sent = _sent()
        where = (str(sent["project"]), str(sent["issue_type"]), str(sent["field"]))
        if "on_screen" in sent:
            self.model.set_on_screen(*where, shown=bool(sent["on_screen"]))
        if "required" in sent:
            self.model.set_required(*where, required=bool(sent["required"]))
        return "", 204

    def change_user(self, name: str) -> Answer:
        """`{"password", "tokens": [...], "time_zone", "unlock": true}`, each as one likes."""
        sent = _sent()
        with self.model.lock:
            user = self.model.world.users[name]
            user.password = str(sent.get("password", user.password))
            user.tokens = [str(token) for token in sent.get("tokens", user.tokens)]
            user.time_zone = str(sent.get("time_zone", user.time_zone))
            if sent.get("unlock"):
                user.failed_logins = 0
        return "", 204

    def rate_limit(self) -> Answer:
        """`{"times", "retry_after", "path"}`: so many answers of Jira's own rate limit."""
        sent = _sent()
        self.faults.add(rate_limited(**sent))
        return "", 201

    def wait_until_idle(self) -> Answer:
        """Answer when everything that was to be committed late has been."""
        self.faults.settle()
        return "", 204


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


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True, force=True)
    return sent if isinstance(sent, dict) else {}


def _refuse(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400
