"""The control interface below `/_sandbox/`: what tests and the demo ask of the sandbox itself.

Both sides share what is here; `jira/control.py` and `pagerduty/control.py` add their own.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from flask import Blueprint, Response, jsonify, request

from tests.sandbox.calls import CallLog
from tests.sandbox.faults import Fault, FaultKind, Faults

Answer = Response | tuple[Response, int] | tuple[str, int]
Routes = tuple[tuple[str, str, str], ...]
"""Method, path and the name of the method that answers, each."""

SHARED: Routes = (
    ("POST", "reset", "reset"),
    ("GET", "state", "state"),
    ("GET", "calls", "show_calls"),
    ("DELETE", "calls", "forget_calls"),
    ("GET", "faults", "show_faults"),
    ("POST", "faults", "add_faults"),
    ("DELETE", "faults", "clear_faults"),
    ("POST", "wait-until-idle", "wait_until_idle"),
    ("POST", "rate-limit", "rate_limit"),
)


@dataclass(slots=True, kw_only=True)
class Control(ABC):
    """One method for each route; `refused` are the errors that `refuse` tells."""

    faults: Faults
    calls: CallLog
    routes: ClassVar[Routes] = ()
    refused: ClassVar[tuple[type[Exception], ...]] = ()

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("control", __name__, url_prefix="/_sandbox")
        for method, path, name in (*SHARED, *self.routes):
            made.add_url_rule(f"/{path}", name, getattr(self, name), methods=[method])
        for kind in self.refused:
            made.register_error_handler(kind, self.refuse)
        return made

    @abstractmethod
    def refuse(self, error: Any) -> tuple[Response, int]:
        """What is answered to a request that was wrong."""

    @abstractmethod
    def state(self) -> Answer:
        """Everything that this side holds."""

    @abstractmethod
    def forget(self) -> None:
        """Bring this side back to what it started with."""

    @abstractmethod
    def rate_limit(self) -> Answer:
        """Let this side's own rate limit be felt."""

    def reset(self) -> Answer:
        """Everything as at the start."""
        self.faults.cancel()
        self.faults.clear()
        self.forget()
        self.calls.reset()
        return "", 204

    def show_calls(self) -> Answer:
        """`counts` by method and path template, and all `calls` in order."""
        return jsonify(counts=self.calls.counts(), calls=self.calls.calls())

    def forget_calls(self) -> Answer:
        """Count from nought again."""
        self.calls.reset()
        return "", 204

    def show_faults(self) -> Answer:
        """Whether this side is down, and the rules that can still bite."""
        return self._faults()

    def add_faults(self) -> Answer:
        """Take one rule, a list of rules, or `{"down": true}`."""
        asked = request.get_json()
        try:
            for entry in asked if isinstance(asked, list) else [asked]:
                self._take_in(dict(entry))
        except (TypeError, ValueError, re.error) as error:
            return jsonify(error=str(error)), 400
        return self._faults(), 201

    def clear_faults(self) -> Answer:
        """Forget all rules, and be up again."""
        self.faults.clear()
        return "", 204

    def wait_until_idle(self) -> Answer:
        """Answer when everything that was to be committed late has been."""
        self.faults.settle()
        return "", 204

    def _faults(self) -> Response:
        return jsonify(down=self.faults.down, faults=[_as_json(it) for it in self.faults.rules()])

    def _take_in(self, entry: dict[str, Any]) -> None:
        if "down" in entry:
            self.faults.down = bool(entry.pop("down"))
        if entry:
            self.faults.add(Fault(FaultKind(entry.pop("kind", "")), **entry))


def sent() -> dict[str, Any]:
    """The request's JSON object; empty where there is none."""
    body = request.get_json(silent=True, force=True)
    return body if isinstance(body, dict) else {}


def _as_json(rule: Fault) -> dict[str, Any]:
    return {**asdict(rule), "kind": rule.kind.value, "headers": dict(rule.headers)}
