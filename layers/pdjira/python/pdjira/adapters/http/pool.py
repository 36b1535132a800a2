"""Connections that reach only addresses that were judged, and that end at a deadline."""

import contextlib
import http.client
import io
import socket
import ssl
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import urllib3
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from pdjira.adapters.http.addresses import address_problem
from pdjira.adapters.http.certificates import certificate_problem

Resolve = Callable[..., list[tuple[Any, ...]]]
"""`socket.getaddrinfo`, or what stands in for it."""


class NotSent(Exception):  # noqa: N818 - it says what is known: nothing went out
    """No connection came about, so that nothing can have been sent: why, and the cure."""

    def __init__(self, reason: str, cure: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cure = cure
        self.timed_out = timed_out


_KEPT = 8
"""Connections that are kept open at most: as many as threads call one site at once, or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a call must have ended, on the clock `now`; all in seconds.

    `connect` and `read` limit single steps; a connection unused for `idle` is not used again.
    """

    ends_at: float
    connect: float
    read: float
    idle: float
    now: Callable[[], float]

    def left(self) -> float:
        """What is left of the whole. Raises `TimeoutError` where that is nothing."""
        seconds = self.ends_at - self.now()
        if seconds <= 0:
            raise TimeoutError("the total deadline is over")
        return seconds


DEADLINE: ContextVar[Deadline] = ContextVar("deadline")
"""The deadline of the call that is under way; a pooled connection serves one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Resolves a host and admits it only if every one of its addresses may be called."""

    allow_insecure: bool
    resolve: Resolve

    def admit(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """What `getaddrinfo` says of the host. Raises `NotSent`, before any connection."""
        try:
            found = self.resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotSent(
                "its name could not be resolved",
                "Check the host in the URL, and that the function's network can resolve it.",
            ) from error
        for *_, address in found:
            problem = address_problem(str(address[0]), allow_insecure=self.allow_insecure)
            if problem is not None:
                raise NotSent(
                    f"its address {address[0]} {problem}, and such an address is never called",
                    "Correct the host in the URL, or the DNS record behind it.",
                )
        return found


class _GuardedConnection(HTTPConnection):
    """Connects to the very addresses that the guard admitted, so that no second look-up counts."""

    def __init__(self, host: str, port: int | None = None, *, guard: Guard, **rest: Any) -> None:  # noqa: ANN401 - urllib3's own settings, passed through
        super().__init__(host, port, **rest)
        self._guard = guard
        self._used_at = 0.0
        self.response_class = _TimedResponse

    @property
    def is_connected(self) -> bool:
        deadline = DEADLINE.get()
        return super().is_connected and deadline.now() - self._used_at < deadline.idle

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
        answer = super().getresponse()
        self._used_at = DEADLINE.get().now()
        return answer

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, ValueError) as error:
            raise _why_not_sent(error) from error

    def _new_conn(self) -> socket.socket:
        deadline = DEADLINE.get()
        found = self._guard.admit(self._dns_host, self.port)
        ends_at = deadline.now() + min(deadline.connect, deadline.left())
        failure: OSError = ConnectionError("the name has no address")
        for index, (family, kind, protocol, _, address) in enumerate(found):
            share = max((ends_at - deadline.now()) / (len(found) - index), 0.01)
            try:
                sock = self._open(socket.socket(family, kind, protocol), address, share)
            except OSError as error:
                failure = error
                continue
            sock.settimeout(min(deadline.connect, deadline.left()))
            return sock
        raise failure

    def _open(self, sock: socket.socket, address: Any, seconds: float) -> socket.socket:  # noqa: ANN401 - an address has a shape per family
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(seconds)
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock


class _GuardedTlsConnection(_GuardedConnection, HTTPSConnection):
    """The same, encrypted."""


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _GuardedConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _GuardedTlsConnection


class _TimedResponse(http.client.HTTPResponse):
    """An answer of which every single read ends at the deadline, headers included."""

    def __init__(self, sock: socket.socket, *rest: Any, **named: Any) -> None:  # noqa: ANN401 - http.client's own settings
        self._timed = _TimedReader(sock)
        super().__init__(cast("socket.socket", self), *rest, **named)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stand in for the socket of which http.client wants nothing else."""
        return io.BufferedReader(self._timed)

    def begin(self) -> None:
        """Read the headers; http.client would take a connection's end for theirs."""
        super().begin()
        if self._timed.ended:
            raise http.client.RemoteDisconnected("cut within the headers")


class _TimedReader(io.RawIOBase):
    """Reads from a socket for as long as the call's deadline allows."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = DEADLINE.get()
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any writable buffer
        self._sock.settimeout(min(self._deadline.read, self._deadline.left()))
        count = self._raw.readinto(buffer)
        self.ended = self.ended or count == 0
        return count

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._raw.close()
        super().close()


class PoolAdapter(HTTPAdapter):
    """Sends by one given pool; whom to trust is settled there."""

    def __init__(self, pool: urllib3.HTTPConnectionPool) -> None:
        super().__init__()
        self._pool = pool

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: object, proxies: object = None, cert: object = None
    ) -> urllib3.HTTPConnectionPool:
        """Give the pool, whatever is asked for."""
        del request, verify, proxies, cert
        return self._pool

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Leave the pool's TLS settings alone."""

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()
        super().close()


def open_pool(
    origin: tuple[str, str, int | None], *, guard: Guard, tls: ssl.SSLContext | None
) -> urllib3.HTTPConnectionPool:
    """A pool for one origin: scheme, host and port. Nothing is connected yet."""
    scheme, host, port = origin
    if scheme == "http":
        return _PlainPool(host, port, maxsize=_KEPT, guard=guard)
    return _TlsPool(host, port, maxsize=_KEPT, guard=guard, ssl_context=tls)


def _why_not_sent(error: OSError | ValueError) -> NotSent:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSent(*certificate_problem(error.verify_code, error.verify_message))
    if isinstance(error, ssl.SSLError):
        return NotSent(
            "no encrypted connection came about",
            "Check that it speaks https with TLS 1.2 or later on that port.",
        )
    if isinstance(error, TimeoutError):
        return NotSent("it did not take the connection in time", _REACHABLE, timed_out=True)
    if isinstance(error, ConnectionRefusedError):
        return NotSent("it refused the connection", "Check that it runs, and the port in the URL.")
    return NotSent("no connection to it came about", _REACHABLE)


_REACHABLE = "Check that it runs, and that subnet, security group and firewall let the function in."
