"""Tries the way to a server one step at a time: its name, a connection, its certificate."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection

from pdjira.adapters.http.certificates import NOWHERE, chain_problem
from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.pool import (
    DEADLINE,
    Deadline,
    Guard,
    NotSent,
    Resolve,
    open_pool,
    tls_context,
)
from pdjira.adapters.http.transport import Limits
from pdjira.errors import Temporary

ShownChain = Callable[[ssl.SSLSocket], Sequence[bytes]]
"""The certificates that a server sent, whether they are trusted or not, in DER."""

_PORTS = {"http": 80, "https": 443}
_LIMITS = Limits()
_SHOWN_CHAIN: ShownChain | None = getattr(ssl.SSLSocket, "get_unverified_chain", None)
"""Since Python 3.13; before that, an incomplete chain looks like that of a private authority."""


class Probe:
    """The way to the site that `site` names at the time of each step.

    The same guard, the same trust and the same limits as for calls; nothing is sent. `clock` is
    monotonic, in seconds; `resolve` looks up names.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        *,
        clock: Callable[[], float] = time.monotonic,
        resolve: Resolve = socket.getaddrinfo,
        limits: Limits = _LIMITS,
        shown_chain: ShownChain | None = _SHOWN_CHAIN,
    ) -> None:
        self._site = site
        self._clock = clock
        self._resolve = resolve
        self._limits = limits
        self._shown_chain = shown_chain

    def named(self) -> str:
        """The host that the connection secret names. Raises `Misconfigured`."""
        return self._site().host

    def addresses(self) -> Sequence[str]:
        """The addresses of the host. Raises `Temporary`, also where one is never to be called."""
        site = self._site()
        _, host, port = _origin(site)
        with _translated(site):
            found = self._guard(site).admit(host, port)
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    def connect(self) -> str:
        """Open a connection without encryption, and close it; host and port. Raises `Temporary`."""
        site = self._site()
        _, host, port = _origin(site)
        with self._connected(site, ("http", host, port)):
            return f"{host}:{port}"

    def certificate_ends(self) -> datetime | None:
        """When the server's certificate ends, verified as for calls; None over http.

        Raises `Temporary`.
        """
        site = self._site()
        if _origin(site)[0] == "http":
            return None
        try:
            with self._connected(site, _origin(site)) as connection:
                ends = _end_of(connection.sock)
        except Temporary as error:
            raise self._told_apart(site, error) from error
        if ends is None:
            raise Temporary(f"The certificate of {site.label} does not tell when it ends.")
        return ends

    def _told_apart(self, site: Site, error: Temporary) -> Temporary:
        """Of a chain that leads nowhere, what is missing, by a second handshake; else the error.

        Nothing is sent over it, so that whoever answers there learns nothing.
        """
        cause = error.__cause__.__cause__ if error.__cause__ else None
        is_open = isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in NOWHERE
        if not is_open or self._shown_chain is None:
            return error
        try:
            with self._connected(site, _origin(site), tls=_trusting_anybody()) as connection:
                sock = cast("ssl.SSLSocket", connection.sock)
                problem = chain_problem(self._shown_chain(sock))
        except Temporary:
            return error
        if problem is None:
            return error
        reason, cure = problem
        return Temporary(f"{site.label} could not be reached: {reason}.", cure=cure)

    def authorities_end(self) -> datetime | None:
        """When the first of the authorities ends that a person entered; None without any."""
        pem = self._site().ca_pem
        if not pem:
            return None
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusted.load_verify_locations(cadata=pem)
        ends = [str(one["notAfter"]) for one in trusted.get_ca_certs()]
        seconds = min(map(ssl.cert_time_to_seconds, ends), default=None)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    @contextmanager
    def _connected(
        self, site: Site, origin: tuple[str, str, int], *, tls: ssl.SSLContext | None = None
    ) -> Iterator[HTTPConnection]:
        limits, now = self._limits, self._clock()
        deadline = Deadline(
            ends_at=now + limits.total,
            connect=limits.connect,
            read=limits.read,
            idle=limits.idle,
            now=self._clock,
        )
        token = DEADLINE.set(deadline)
        try:
            with _translated(site):
                connection = self._open(site, origin, tls)
                connection.connect()
            try:
                yield connection
            finally:
                connection.close()
        finally:
            DEADLINE.reset(token)

    def _open(
        self, site: Site, origin: tuple[str, str, int], tls: ssl.SSLContext | None
    ) -> HTTPConnection:
        if tls is None and origin[0] == "https":
            tls = tls_context(site.ca_pem)
        pool = open_pool(origin, guard=self._guard(site), tls=tls)
        connection = pool.ConnectionCls(pool.host, port=pool.port, **pool.conn_kw)
        return cast("HTTPConnection", connection)

    def _guard(self, site: Site) -> Guard:
        return Guard(allow_insecure=site.allow_insecure, resolve=self._resolve)


def _trusting_anybody() -> ssl.SSLContext:
    """For a look at what a server shows; nothing may be sent by it."""
    context = tls_context(None)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _translated(site: Site) -> Iterator[None]:
    try:
        yield
    except NotSent as error:
        raise Temporary(
            f"{site.label} could not be reached: {error.reason}.", cure=error.cure
        ) from error


def _origin(site: Site) -> tuple[str, str, int]:
    parts = urlsplit(site.url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def _end_of(sock: object) -> datetime | None:
    """When the certificate ends that a verified connection was opened with."""
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    ends = (certificate or {}).get("notAfter")
    if not isinstance(ends, str):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
