"""The sandbox's Jira as a server on loopback: REST, the page, faults, control."""

import ssl
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from tests.sandbox.faults import CONTROL_PREFIX, Faults, cut
from tests.sandbox.jira.calls import CallLog
from tests.sandbox.jira.clock import Clock, system_clock
from tests.sandbox.jira.control import Control
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.jira.page import Page
from tests.sandbox.jira.rest import RestApi, strayed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class JiraServer:
    """A Jira that listens on `host` from its construction until `close`.

    Port 0 takes a free one. `url` is the base URL, the context path included; a browser opens it
    as well. `stop` refuses connections until `start` listens on the same port again.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: Clock = system_clock,
        context_path: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.model = JiraModel(clock=clock)
        self.faults = Faults()
        self._host, self._port, self._tls = host, port, tls
        self._context = context_path.rstrip("/")
        self._app = self._wsgi(self._flask())
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.start()
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{host}:{self._port}{self._context}"
        self.model.base_url = self.url

    def start(self) -> None:
        """Listen, on the same port as before."""
        if self._server is not None:
            return
        self._server = make_server(
            self._host,
            self._port,
            self._app,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self._tls,
        )
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="jira-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections from now on; nothing is forgotten."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            thread.join()
            server.server_close()

    def close(self) -> None:
        """Stop for good: what was to be committed late never is."""
        self.faults.cancel()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _flask(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.register_blueprint(RestApi(self.model).blueprint())
        app.register_blueprint(Page(self.model).blueprint())
        app.register_blueprint(self.faults.blueprint())
        self.calls = CallLog(app.url_map, self.model.clock)
        control = Control(model=self.model, faults=self.faults, calls=self.calls)
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


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not a line per request."""
