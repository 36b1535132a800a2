"""A record of every REST request that reached a server, harmed by a fault or not."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from tests.sandbox.faults import hold_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Call = dict[str, Any]

KEPT_BYTES = 65_536


class CallLog:
    """Counts requests by method and path template, and keeps them in order, with their bodies.

    `canonical` gives the template of a rule, where one resource has several.
    """

    def __init__(
        self,
        routes: Map,
        clock: Callable[[], datetime],
        *,
        canonical: Callable[[str], str] = str,
    ) -> None:
        self._routes = routes
        self._clock = clock
        self._canonical = canonical
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Count from nought again."""
        with self._lock:
            self._calls.clear()

    def calls(self) -> list[Call]:
        """Each with time, request, template, fault, user; status and duration (None: cut)."""
        with self._lock:
            return [dict(call) for call in self._calls]

    def counts(self) -> dict[str, int]:
        """By `METHOD template`."""
        return dict(Counter(f"{call['method']} {call['template']}" for call in self.calls()))

    def watch(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application, with every request recorded."""

        def watched(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            environ["sandbox.call"] = call = self._begin(environ)
            begun = time.monotonic()

            def noting(
                status: str,
                headers: list[tuple[str, str]],
                *more: Any,
            ) -> Callable[[bytes], object]:
                call["status"] = int(status.split(" ", 1)[0])
                call["milliseconds"] = round((time.monotonic() - begun) * 1000, 1)
                call["user"] = dict(headers).get("X-AUSERNAME")
                return start(status, headers, *more)

            return app(environ, noting)

        return watched

    def _begin(self, environ: "WSGIEnvironment") -> Call:
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        call: Call = {
            "at": self._clock().isoformat(timespec="milliseconds"),
            "method": method,
            "path": path,
            "query": str(environ.get("QUERY_STRING", "")),
            "template": self._template(method, path),
            "body": hold_body(environ)[:KEPT_BYTES].decode(errors="replace"),
            "status": None,
            "milliseconds": None,
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
        return self._canonical(str(rule.rule))
