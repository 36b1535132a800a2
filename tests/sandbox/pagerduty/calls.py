"""A record of every REST request that reached the server, harmed by a fault or not."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from tests.sandbox.pagerduty.records import Json, milliseconds, utc_now

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class CallLog:
    """Counts requests by method and path template, and keeps them in order."""

    def __init__(self, routes: Map) -> None:
        self._routes = routes
        self._calls: list[Json] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Count from nought again."""
        with self._lock:
            self._calls.clear()

    def calls(self) -> list[Json]:
        """Each with its time, method, path, template, status (None: cut) and milliseconds."""
        with self._lock:
            return [dict(call) for call in self._calls]

    def counts(self) -> dict[str, int]:
        """By `METHOD template`."""
        return dict(Counter(f"{call['method']} {call['template']}" for call in self.calls()))

    def watch(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application, with every request recorded."""

        def watched(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            call = self._begin(environ)
            begun = time.monotonic()

            def noting(
                status: str,
                headers: list[tuple[str, str]],
                *more: Any,
            ) -> Callable[[bytes], object]:
                call["status"] = int(status.split(" ", 1)[0])
                call["milliseconds"] = round((time.monotonic() - begun) * 1000, 1)
                return start(status, headers, *more)

            return app(environ, noting)

        return watched

    def _begin(self, environ: "WSGIEnvironment") -> Json:
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        call: Json = {
            "at": milliseconds(utc_now()),
            "method": method,
            "path": path,
            "query": str(environ.get("QUERY_STRING", "")),
            "template": self._template(method, path),
            "status": None,
            "milliseconds": None,
        }
        with self._lock:
            self._calls.append(call)
        return call

    def _template(self, method: str, path: str) -> str:
        try:
            rule, _ = self._routes.bind("").match(path, method=method, return_rule=True)
        except HTTPException:
            return path
        return str(rule.rule)
