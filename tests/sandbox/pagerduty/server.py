"""The sandbox's PagerDuty as a server on loopback: REST, the page, webhooks, faults, control."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask import Flask, redirect
from flask.json.provider import DefaultJSONProvider
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from tests.sandbox.faults import Faults
from tests.sandbox.pagerduty import delivery
from tests.sandbox.pagerduty.access import RateLimit
from tests.sandbox.pagerduty.api import RestApi
from tests.sandbox.pagerduty.calls import CallLog
from tests.sandbox.pagerduty.control import Control
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.page import Page
from tests.sandbox.pagerduty.records import utc_now
from tests.sandbox.pagerduty.webhooks import Webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class PagerDutyServer:
    """A PagerDuty that listens on `host` from its construction until `close`.

    Port 0 takes a free one; `url` is the base of REST, `page_url` what a browser opens. `clock`
    is that of the account, and, hurried, of the webhooks' sender.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: Callable[[], datetime] = utc_now,
        send: delivery.Send = delivery.http_send,
    ) -> None:
        self.model = PagerDutyModel(clock=clock)
        self.webhooks = Webhooks(ids=self.model.ids, clock=clock, send=send)
        self.model.listen(self.webhooks.accept)
        self.faults = Faults()
        self.limit = RateLimit(clock)
        app = self._app()
        self._server = make_server(
            host, port, self._wsgi(app), threaded=True, request_handler=_Quiet
        )
        self.url = f"http://{host}:{self._server.server_port}"
        self.page_url = f"{self.url}/web/"
        self.model.refs.api = self.url
        self.model.refs.web = f"{self.url}/web"
        self._thread = threading.Thread(target=self._serve, name="pagerduty-server")
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.json = DefaultJSONProvider(app)
        app.json.sort_keys = False
        rest = RestApi(self.model, self.webhooks, self.limit).blueprint()
        app.register_blueprint(rest)
        app.register_blueprint(Page(self.model, self.webhooks).blueprint())
        app.register_blueprint(self.faults.blueprint())
        self.calls = CallLog(app.url_map)
        app.register_blueprint(
            Control(
                model=self.model,
                webhooks=self.webhooks,
                faults=self.faults,
                calls=self.calls,
                limit=self.limit,
            ).blueprint()
        )
        app.add_url_rule("/", "front", _front)
        return app

    def _wsgi(self, app: Flask) -> "WSGIApplication":
        """Faults and the record of calls concern REST alone."""
        watched = self.calls.watch(self.faults.wrap_wsgi(app.wsgi_app))

        def choose(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            path = str(environ.get("PATH_INFO", "/"))
            ours = path in {"/", "/web"} or path.startswith(("/web/", "/_sandbox/"))
            return app.wsgi_app(environ, start) if ours else watched(environ, start)

        return choose

    def close(self) -> None:
        """Stop serving and delivering."""
        self.faults.cancel()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.webhooks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not a line per request."""


def _front() -> Response:
    return redirect("/web/")
