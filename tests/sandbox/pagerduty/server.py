"""The sandbox's PagerDuty as a server on loopback: REST, the page, webhooks, faults, control."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask, redirect
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tests.sandbox import pages
from tests.sandbox.calls import CallLog
from tests.sandbox.faults import CONTROL_PREFIX, Faults
from tests.sandbox.pagerduty import delivery
from tests.sandbox.pagerduty.access import RateLimit
from tests.sandbox.pagerduty.api import RestApi, strayed
from tests.sandbox.pagerduty.buttons import Buttons
from tests.sandbox.pagerduty.control import PagerDutyControl
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.page import Page
from tests.sandbox.pagerduty.records import utc_now
from tests.sandbox.pagerduty.webhooks import Webhooks
from tests.sandbox.serving import SandboxServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class PagerDutyServer(SandboxServer):
    """A PagerDuty; `clock` is that of the account, and, hurried, of the webhooks' sender."""

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
        self.buttons = Buttons(self.model, self.webhooks)
        self.faults = Faults()
        self.limit = RateLimit(clock)
        app = self._wsgi(self._flask())
        self.url = self.listen(app, name="pagerduty-server", host=host, port=port)
        self.page_url = f"{self.url}/web/"
        self.model.refs.api = self.url
        self.model.refs.web = f"{self.url}/web"

    def close(self) -> None:
        """Stop serving and delivering."""
        super().close()
        self.webhooks.close()

    def _flask(self) -> Flask:
        app = Flask(__name__)
        app.json = DefaultJSONProvider(app)
        app.json.sort_keys = False
        app.register_blueprint(RestApi(self.model, self.webhooks, self.limit).blueprint())
        app.register_blueprint(Page(self.model, self.webhooks, self.buttons).blueprint())
        app.register_blueprint(pages.frame())
        self.calls = CallLog(app.url_map, self.model.clock)
        control = PagerDutyControl(
            model=self.model,
            webhooks=self.webhooks,
            buttons=self.buttons,
            faults=self.faults,
            calls=self.calls,
            limit=self.limit,
        )
        app.register_blueprint(control.blueprint())
        app.register_error_handler(HTTPException, strayed)
        app.add_url_rule("/", "front", _front)
        return app

    def _wsgi(self, app: Flask) -> "WSGIApplication":
        """Faults and the record of calls concern REST alone."""
        watched = self.calls.watch(self.faults.wrap_wsgi(app.wsgi_app))

        def choose(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            path = str(environ.get("PATH_INFO", "/"))
            ours = path in {"/", "/web"} or path.startswith(("/web/", CONTROL_PREFIX))
            return app.wsgi_app(environ, start) if ours else watched(environ, start)

        return choose


def _front() -> Response:
    return redirect("/web/")
