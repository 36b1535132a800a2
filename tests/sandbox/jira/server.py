"""The sandbox's Jira as a server on loopback: REST, the page, faults, control."""

import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tests.sandbox import pages
from tests.sandbox.calls import CallLog
from tests.sandbox.faults import CONTROL_PREFIX, Faults, cut
from tests.sandbox.jira.clock import Clock, system_clock
from tests.sandbox.jira.control import JiraControl
from tests.sandbox.jira.desk_rest import DeskApi
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.jira.page import Page
from tests.sandbox.jira.rest import RestApi, canonical, strayed
from tests.sandbox.jira.versions import JIRA_9_12, version_named
from tests.sandbox.serving import SandboxServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class JiraServer(SandboxServer):
    """A Jira of a version such as `7.2`.

    Its `url` includes the context path, and a browser opens it as well.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: Clock = system_clock,
        version: str = JIRA_9_12.name,
        context_path: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.model = JiraModel(clock=clock, version=version_named(version))
        self.faults = Faults()
        self._context = context_path.rstrip("/")
        app = self._wsgi(self._flask())
        address = self.listen(app, name="jira-server", host=host, port=port, tls=tls)
        self.url = self.model.base_url = f"{address}{self._context}"
        self.page_url = f"{self.url}/"

    def _flask(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.register_blueprint(RestApi(self.model).blueprint())
        app.register_blueprint(DeskApi(self.model).blueprint())
        app.register_blueprint(Page(self.model).blueprint())
        app.register_blueprint(pages.frame())
        self.calls = CallLog(app.url_map, self.model.clock, canonical=canonical)
        control = JiraControl(model=self.model, faults=self.faults, calls=self.calls)
        app.register_blueprint(control.blueprint())
        app.register_error_handler(HTTPException, strayed)
        return app

    def _wsgi(self, app: Flask) -> "WSGIApplication":
        """Rules for faults and the record of calls concern REST; `down` concerns the page too."""
        watched = self.calls.watch(self.faults.wrap_wsgi(app.wsgi_app))

        def choose(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            path = str(environ.get("PATH_INFO", "/"))
            if path.startswith(CONTROL_PREFIX):
                return app.wsgi_app(environ, start)
            if self._context and not path.startswith(f"{self._context}/"):
                return Response("<html><h1>404</h1></html>", 404, content_type="text/html")(
                    environ, start
                )
            path = path.removeprefix(self._context)
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = self._context, path
            if path.startswith("/rest/"):
                return watched(environ, start)
            return cut(environ) if self.faults.down else app.wsgi_app(environ, start)

        return choose

    def close(self) -> None:
        """Stop for good: neither late commits nor deliveries that wait ever come."""
        super().close()
        self.model.webhooks.close()
