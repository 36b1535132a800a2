"""Faults that both sandbox servers can be told to have, and the middleware that has them.

A rule (`Fault`) says what goes wrong, for which requests and how often. Requests under
`/_sandbox/` are never harmed: through them a test says what shall go wrong next.
"""

import contextlib
import io
import json
import re
import socket
import threading
import time
from collections import abc
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PREFIX = "/_sandbox/"


class FaultKind(StrEnum):
    """What can go wrong with one request."""

    DOWN = "down"  # no answer, nothing done
    SLOW = "slow"  # handled after so many seconds
    CUT_BEFORE = "cut_before"  # the request is read, nothing is done, no answer comes
    CUT_AFTER = "cut_after"  # all is done, no answer comes
    LATE_COMMIT = "late_commit"  # no answer comes, and all is done so many seconds later
    STATUS = "status"  # answered with a status, nothing done
    DRIP = "drip"  # all is done, and the answer comes byte by byte, one every so many seconds


@dataclass(slots=True)
class Fault:
    """One rule. `times` None means until cleared; `path` is searched as a regular expression.

    `seconds` belongs to `slow`, `late_commit` and `drip`; `status`, `headers` and `body` to
    `status` and `drip`. A body that is not a string is sent as JSON.
    """

    kind: FaultKind
    _: KW_ONLY
    times: int | None = 1
    method: str | None = None
    path: str | None = None
    seconds: float = 0.0
    status: int = 503
    headers: abc.Mapping[str, str] = field(default_factory=dict)
    body: object = ""

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        re.compile(self.path or "")

    def concerns(self, method: str, path: str) -> bool:
        """Whether this rule is about such a request, and still in force."""
        if self.times is not None and self.times <= 0:
            return False
        if self.method is not None and self.method.upper() != method.upper():
            return False
        return self.path is None or re.search(self.path, path) is not None

    def spend(self) -> None:
        """Count one use."""
        if self.times is not None:
            self.times -= 1


class Faults:
    """The rules in force, oldest first; safe for use from several threads.

    While `down` is true, every request but those of the control interface is cut.
    """

    def __init__(self) -> None:
        self.down = False
        self._rules: list[Fault] = []
        self._pending: list[threading.Timer] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault | FaultKind | str, **options: Any) -> Fault:
        """Put a rule into force: a `Fault`, or its kind and options."""
        rule = fault if isinstance(fault, Fault) else Fault(FaultKind(fault), **options)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forget all rules, and be up again. What is to be committed late still will be."""
        with self._lock:
            self._rules.clear()
            self.down = False

    def rules(self) -> list[Fault]:
        """The rules that can still bite."""
        with self._lock:
            return [rule for rule in self._rules if rule.times is None or rule.times > 0]

    def take(self, method: str, path: str) -> Fault | None:
        """The first rule that concerns this request; it is used up by one."""
        with self._lock:
            for rule in self._rules:
                if rule.concerns(method, path):
                    rule.spend()
                    return rule
        return None

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in a background thread, so many seconds from now."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        with self._lock:
            self._pending = [one for one in self._pending if one.is_alive()]
            self._pending.append(timer)
            timer.start()

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until everything that was to be committed late has been."""
        with self._lock:
            pending = list(self._pending)
        for timer in pending:
            timer.join(timeout)

    def cancel(self) -> None:
        """Never commit what still waits."""
        with self._lock:
            for timer in self._pending:
                timer.cancel()

    def wrap_wsgi(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application with these faults; it must be served by werkzeug's server."""

        def faulty(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            path = str(environ.get("PATH_INFO", ""))
            if path.startswith(CONTROL_PREFIX):
                return app(environ, start)
            if self.down:
                _note(environ, FaultKind.DOWN)
                return cut(environ)
            rule = self.take(str(environ["REQUEST_METHOD"]), path)
            if rule is None:
                return app(environ, start)
            _note(environ, rule.kind)
            return self._suffer(rule, app, environ, start)

        return faulty

    def _suffer(
        self,
        rule: Fault,
        app: "WSGIApplication",
        environ: "WSGIEnvironment",
        start: "StartResponse",
    ) -> Iterable[bytes]:
        match rule.kind:
            case FaultKind.STATUS:
                return _answer(rule, environ, start)
            case FaultKind.DRIP:
                _run(app, _detached(environ))
                return _dripping(_answer(rule, environ, start), rule.seconds)
            case FaultKind.SLOW:
                time.sleep(rule.seconds)
                return app(environ, start)
            case FaultKind.CUT_AFTER:
                _run(app, _detached(environ))
            case FaultKind.CUT_BEFORE:
                _detached(environ)
            case FaultKind.LATE_COMMIT:
                alone = _detached(environ)
                self.later(rule.seconds, lambda: _run(app, alone))
            case FaultKind.DOWN:
                pass
        return cut(environ)


def cut(environ: "WSGIEnvironment") -> Iterable[bytes]:
    """Close the connection of this request without an answer; never returns.

    The error that is raised tells werkzeug's server that the connection is gone.
    """
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):  # the client was faster
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("cut on purpose")


def _note(environ: "WSGIEnvironment", kind: FaultKind) -> None:
    """Tell the record of calls, before the client can know of it."""
    environ.get("sandbox.call", {})["fault"] = kind.value


def hold_body(environ: "WSGIEnvironment") -> bytes:
    """The request's body, left in place for whoever reads it next."""
    if environ.get("wsgi.input_terminated"):
        body: bytes = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _detached(environ: "WSGIEnvironment") -> "WSGIEnvironment":
    """The request, read to its end, free of its connection."""
    hold_body(environ)
    return {key: value for key, value in environ.items() if key != "werkzeug.socket"}


def _run(app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
    """Let the application do its work for nobody."""

    def start(_status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        return lambda _chunk: None

    answer = app(environ, start)
    for _ in answer:
        pass
    close = getattr(answer, "close", None)
    if close is not None:
        close()


def _dripping(answer: Iterable[bytes], seconds: float) -> Iterable[bytes]:
    for byte in b"".join(answer):
        yield bytes([byte])
        time.sleep(seconds)


def _answer(rule: Fault, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    _detached(environ)
    text = rule.body if isinstance(rule.body, str) else json.dumps(rule.body)
    response = Response(text, status=rule.status)
    if not isinstance(rule.body, str):
        response.headers["Content-Type"] = "application/json;charset=UTF-8"
    response.headers.update(dict(rule.headers))
    return response(environ, start)
