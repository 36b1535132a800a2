"""How the sandbox's servers listen: on loopback, in a thread, until they are closed."""

import argparse
import signal
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from http.server import HTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.sandbox.calls import CallLog
from tests.sandbox.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_POLL_SECONDS = 0.05


class Closing(ABC):
    """A context manager that ends with `close`."""

    @abstractmethod
    def close(self) -> None:
        """End for good; a second time, nothing happens."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Listener(Closing):
    """A server in a thread of its own; `make` opens it on a port.

    Port 0 takes a free one, and keeps it over `stop` and `start`.
    """

    def __init__(self, make: Callable[[int], HTTPServer], *, name: str, port: int = 0) -> None:
        self.port = port
        self._make = make
        self._name = name
        self._running: tuple[HTTPServer, threading.Thread] | None = None
        self.start()

    def start(self) -> None:
        """Listen, on the same port as before."""
        if self._running is not None:
            return
        server = self._make(self.port)
        self.port = server.server_port
        thread = threading.Thread(
            target=server.serve_forever, args=(_POLL_SECONDS,), name=self._name, daemon=True
        )
        thread.start()
        self._running = (server, thread)

    def stop(self) -> None:
        """Refuse connections from now on."""
        running, self._running = self._running, None
        if running is not None:
            server, thread = running
            server.shutdown()
            thread.join()
            server.server_close()

    def close(self) -> None:
        """Stop."""
        self.stop()


class SandboxServer(Closing):
    """One of the two sides, listening on `host` from its construction until `close`.

    Port 0 takes a free one. `url` is the base of REST, `page_url` what a browser opens. `stop`
    refuses connections until `start` listens on the same port again.
    """

    url: str
    page_url: str
    faults: Faults
    calls: CallLog

    def listen(
        self,
        app: "WSGIApplication",
        *,
        name: str,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
    ) -> str:
        """Serve the application; answers the address, without a path."""

        def make(port: int) -> HTTPServer:
            return make_server(
                host, port, app, threaded=True, request_handler=_Quiet, ssl_context=tls
            )

        self._listener = Listener(make, name=name, port=port)
        scheme = "http" if tls is None else "https"
        return f"{scheme}://{host}:{self._listener.port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._listener.start()

    def stop(self) -> None:
        """Refuse connections from now on; nothing is forgotten."""
        self._listener.stop()

    def close(self) -> None:
        """Stop for good: what was to be committed late never is."""
        self.faults.cancel()
        self.stop()


def serve_until_interrupted(
    side: str, make: Callable[..., SandboxServer], **options: dict[str, Any]
) -> None:
    """The whole of `python -m tests.sandbox.<side>`: serve, and say where.

    `options` are options of the command that `make` takes too, each as argparse takes it.
    """
    parser = argparse.ArgumentParser(
        description=f"Runs the sandbox's {side} until it is interrupted."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    asked = parser.parse_args()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with make(**vars(asked)) as server:
        print(f"{side}: {server.url}  page: {server.page_url}", flush=True)
        over.wait()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    _headers_buffer: list[bytes]

    def send_header(self, keyword: str, value: str) -> None:
        """A `Date` of the application's own takes the place of the one that is sent by itself."""
        if keyword.lower() == "date":
            sent = getattr(self, "_headers_buffer", [])
            self._headers_buffer = [line for line in sent if not line.lower().startswith(b"date:")]
        super().send_header(keyword, value)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not a line per request."""
