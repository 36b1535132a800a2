"""A server that stands in for Jira where a test must see each header that reaches it."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

from tests.sandbox.serving import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, list[str]]
    body: bytes


class Recorder(Listener):
    """Answers every request with 200, a cookie and an empty object, and keeps what came."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        super().__init__(self._make, name="recorder")

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def _make(self, port: int) -> HTTPServer:
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                names = {name.lower() for name in self.headers}
                headers = {name: self.headers.get_all(name, []) for name in names}
                received.append(
                    Received(method=self.command, target=self.path, headers=headers, body=body)
                )
                self.send_response(200)
                self.send_header("Set-Cookie", "JSESSIONID=of-the-account; Path=/")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Not a line per request."""

        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
