"""How the tests call the gateway: tokens as the stack mints them, and bytes as it never sends."""

import socket
import ssl
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import requests

from tests.gateway.running import Gateway

TOKEN = "first-AuthTokenSecret-of-the-tests-0123456789-abcdefghijklmnopqrs"
NEXT_TOKEN = "next-AuthTokenSecret-of-the-tests-0123456789-abcdefghijklmnopqrst"
MYSELF = "/rest/api/2/myself"


def a_jwt(key: str = TOKEN, *, algorithm: str = "HS256", **claims: Any) -> str:
    """A token in the shape of the stack's; a claim of None is left out."""
    issued = int(time.time()) - 30
    values = {
        "iss": "pagerduty",
        "sub": "PagerDuty",
        "iat": issued,
        "exp": issued + 150,
        "jti": str(uuid.uuid4()),
        **claims,
    }
    present = {name: value for name, value in values.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm)


class Client:
    """Calls the gateway over TLS, as whoever holds the token."""

    def __init__(self, gateway: Gateway, authority: Path, session: requests.Session) -> None:
        self._gateway = gateway
        self._authority = authority
        self._session = session
        self.sent: list[str] = []

    def __call__(self, token: str | None = None, **more: Any) -> requests.Response:
        """GET /myself with a good token, but for what is said otherwise."""
        token = token if token is not None else a_jwt()
        self.sent.append(token)
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "pdjira/0.1.0"}
        headers |= more.pop("headers", {})
        method, path = more.pop("method", "GET"), more.pop("path", MYSELF)
        return self._session.request(
            method,
            f"{self._gateway.url}{path}",
            headers=headers,
            verify=str(self._authority),
            timeout=30,
            **more,
        )

    def raw(self, request: str, *, source: str = "127.0.0.1") -> bytes:
        """Status line and headers of the answer; nothing, where the gateway closes without one."""
        return self.binary(request.encode("latin-1"), source=source)

    def binary(self, sent: bytes, *, source: str = "127.0.0.1") -> bytes:
        """As `raw`, for what is no text."""
        with self._connected(source) as connection:
            connection.sendall(sent)
            return _head(connection)

    def status(
        self, *lines: str, target: str = MYSELF, method: str = "GET", source: str = "127.0.0.1"
    ) -> int:
        """The status of a request of exactly these header lines, and those that must be."""
        head = [f"{method} {target} HTTP/1.1", "Host: jira.example.com", *lines, "", ""]
        answer = self.raw("\r\n".join(head), source=source)
        return int(answer.split(b" ", 2)[1])

    def is_let_in(self, source: str) -> bool:
        """Whether the gateway answers the first message of TLS, or closes instead."""
        hello = ssl.MemoryBIO()
        handshake = self._context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="127.0.0.1")
        with suppress(ssl.SSLWantReadError):
            handshake.do_handshake()
        with suppress(ConnectionError), self._plain(source) as connection:
            connection.sendall(hello.read())
            return bool(connection.recv(1))
        return False

    def tls(self, version: ssl.TLSVersion, ciphers: str | None = None) -> str | None:
        """The cipher that is agreed on with this version of TLS, and offering only `ciphers`."""
        context = self._context()
        if ciphers is not None:
            context.set_ciphers(ciphers)
        context.minimum_version = context.maximum_version = version
        with self._connected("127.0.0.1", context) as connection:
            agreed = connection.cipher()
        return agreed[0] if agreed else None

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._authority))

    def _connected(self, source: str, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        plain = self._plain(source)
        try:
            return (context or self._context()).wrap_socket(plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise

    def _plain(self, source: str) -> socket.socket:
        address = ("127.0.0.1", self._gateway.port)
        return socket.create_connection(address, timeout=30, source_address=(source, 0))


def said(answer: requests.Response) -> str:
    """What a refusal in the shape of Jira's 401 says."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    body = answer.json()
    assert set(body) == {"message", "status-code"}
    assert body["status-code"] == 401
    return str(body["message"])


def _head(connection: ssl.SSLSocket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65_536)
        if not part:
            break
        received += part
    return received
