"""A record of every REST request that reached the server, harmed by a fault or not."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from tests.sandbox.jira.clock import Clock, written

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT_BYTES = 65_536


class CallLog:
    """Counts requests by method and path template, and keeps them in order, with their bodies."""

    def __init__(self, routes: Map, clock: Clock) -> None:
        self._routes = routes
        self._clock = clock
        self._calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Count from nought again."""
        with self._lock:
            self._calls.clear()

    def calls(self) -> list[dict[str, Any]]:
        """Each with time, method, path, query, template, body, status (None: cut), user, fault."""
        with self._lock:
            return [dict(call) for call in self._calls]

    def counts(self) -> dict[str, int]:
        """By `METHOD template`."""
        return dict(Counter(f"{call['method']} {call['template']}" for call in self.calls()))

    def watch(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application, with every request recorded."""

        def watched(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            call = self._begin(environ)

            def noting(
                status: str,
                headers: list[tuple[str, str]],
                *more: Any,
            ) -> Callable[[bytes], object]:
                call["status"] = int(status.split(" ", 1)[0])
                call["user"] = dict(headers).get("X-AUSERNAME")
                return start(status, headers, *more)

            try:
                return app(environ, noting)
            finally:
                call["fault"] = environ.get("sandbox.fault")

        return watched

    def _begin(self, environ: "WSGIEnvironment") -> dict[str, Any]:
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        call: dict[str, Any] = {
            "at": written(self._clock()),
            "method": method,
            "path": path,
            "query": str(environ.get("QUERY_STRING", "")),
            "template": self._template(method, path),
            "body": _peek(environ),
            "status": None,
            "user": None,
            "fault": None,
        }
        with self._lock:
            self._calls.append(call)
        return call

    def _template(self, method: str, path: str) -> str:
        try:
            rule, _ = self._routes.bind("").match(path, method=method, return_rule=True)
        except HTTPException:
            return path
        return str(rule.rule).replace("/rest/api/latest/", "/rest/api/2/")


def _peek(environ: "WSGIEnvironment") -> str:
    """The body, left in place for whoever reads it next."""
    if environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return str(body[:KEPT_BYTES].decode(errors="replace"))
