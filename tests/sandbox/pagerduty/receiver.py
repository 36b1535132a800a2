"""A webhook endpoint on loopback for tests: keeps what came and answers as it is told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.sandbox.serving import Closing, Listener


@dataclass(frozen=True, slots=True)
class Received:
    """One POST; header names are lower case."""

    headers: dict[str, str]
    body: bytes


class Receiver(Closing):
    """Answers with `answer(received)`, 202 at first; `url` is where it listens."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int] = lambda _: 202
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                came = Received(headers, self.rfile.read(length))
                with lock:
                    outer.received.append(came)
                self.send_response(outer.answer(came))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._listener = Listener(
            lambda port: _Server(("127.0.0.1", port), Handler), name="receiver"
        )
        self.url = f"http://127.0.0.1:{self._listener.port}/hook"

    def close(self) -> None:
        """Refuse connections from now on."""
        self._listener.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
