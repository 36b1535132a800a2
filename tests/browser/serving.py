"""Serves whatever answers the gateway's events over HTTP, as the gateway does."""

import base64
from collections import abc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

STAGE = "live"
ROOT = f"/{STAGE}/admin"

Answer = Callable[[dict[str, Any]], abc.Mapping[str, Any]]


class Server:
    """A server on loopback; `answer` takes an event and yields a response, as Lambda does.

    One event at a time: a process of Lambda never gets two, and the resolver keeps the event.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.answered: list[tuple[str, int]] = []
        self._one_at_a_time = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """Scheme, host and port; `localhost`, where a browser takes Secure cookies over HTTP."""
        return f"http://localhost:{self._server.server_port}"

    def url(self, path: str = "") -> str:
        """The address of a path below `/admin`."""
        return f"{self.origin}{ROOT}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Nothing is logged."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = urlsplit(self.path).path
                if path != ROOT and not path.startswith(f"{ROOT}/"):
                    self.send_error(404)
                    return
                event = an_event(self.command, self.path, dict(self.headers), body)
                with outer._one_at_a_time:
                    response = outer.answer(event)
                outer.answered.append((path.removeprefix(ROOT), int(response["statusCode"])))
                content = _content(response)
                self.send_response(int(response["statusCode"]))
                for name, value in _headers(response):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler


def an_event(
    method: str, target: str, headers: abc.Mapping[str, str], body: bytes = b""
) -> dict[str, Any]:
    """The gateway's event for a request of the page."""
    address = urlsplit(target)
    path = unquote(address.path).removeprefix(f"/{STAGE}")
    query = parse_qs(address.query, keep_blank_values=True)
    below = path.removeprefix("/admin").lstrip("/")
    return {
        "resource": "/admin/{proxy+}" if below else "/admin",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": below} if below else None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/admin/{proxy+}" if below else "/admin",
            "httpMethod": method,
            "path": f"/{STAGE}{path}",
            "stage": STAGE,
            "requestId": "11111111-2222-3333-4444-555555555555",
            "apiId": "api",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "domainName": headers.get("Host", "localhost"),
            "identity": {"sourceIp": "127.0.0.1", "userAgent": headers.get("User-Agent", "")},
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def _content(response: abc.Mapping[str, Any]) -> bytes:
    body = response.get("body") or ""
    return base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()


def _headers(response: abc.Mapping[str, Any]) -> list[tuple[str, str]]:
    several = response.get("multiValueHeaders") or {}
    one = response.get("headers") or {}
    return [
        *((name, value) for name, values in several.items() for value in values),
        *((name, value) for name, value in one.items() if name not in several),
    ]
