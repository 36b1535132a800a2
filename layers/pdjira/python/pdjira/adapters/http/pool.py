"""Decides whom we may call, by URL and by address, and connects to those alone."""

import contextlib
import http.client
import io
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection

Address = IPv4Address | IPv6Address

_METADATA = tuple(
    IPv4Network(network)
    for network in (
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle Cloud
    )
)

_METADATA_V6 = tuple(
    IPv6Network(network)
    for network in (
        "fd00:ec2::/32",  # AWS
        "fd00:c1::/32",  # Oracle Cloud
        "fd20:ce::/32",  # Google Cloud
    )
)

_RESERVED = (IPv4Network("0.0.0.0/8"), IPv4Network("192.0.0.0/24"))

_NAT64 = IPv6Network("64:ff9b::/96")

_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


@lru_cache(maxsize=64)
def address_problem(address: str, *, allow_insecure: bool) -> str | None:
    """Why an IP address may not be called, or None where it may.

    An IPv6 address that carries an IPv4 address (mapped, 6to4, Teredo, NAT64, ISATAP) is judged
    by what it carries as well. Private addresses are admitted, loopback with `allow_insecure`.
    """
    try:
        whole = ip_address(address)
    except ValueError:
        return "is no IP address"
    for part in _layers(whole):
        problem = _kind(part)
        if problem is None and part.is_loopback and not allow_insecure:
            problem = "a loopback address"
        if problem is not None:
            return f"is {problem}"
    return None


def url_problem(url: str, *, allow_insecure: bool) -> str | None:
    """What is wrong with the URL of a server, as the end of a sentence, or None.

    The sentence never repeats the URL: a mistyped one may hold a password.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        return "contains blanks or control characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a valid URL"
    if "\\" in url or port == 0:
        return "is not a valid URL"
    if "?" in url or "#" in url:
        return "must not contain a query (?) or a fragment (#)"
    return _scheme_problem(parts, allow_insecure=allow_insecure) or _parts_problem(
        parts, allow_insecure=allow_insecure
    )


def _scheme_problem(parts: SplitResult, *, allow_insecure: bool) -> str | None:
    if parts.scheme == "https" or (parts.scheme == "http" and allow_insecure):
        return None
    if parts.scheme == "http":
        return "must begin with https://: over http anybody on the way could read the credentials"
    return "must begin with https://"


def _parts_problem(parts: SplitResult, *, allow_insecure: bool) -> str | None:
    if "@" in parts.netloc:
        return "must not contain a user name or a password"
    host = _ascii(parts.hostname or "")
    if not host:
        return "names no host"
    if "%" in host and ":" not in host:
        return "is not a valid URL"
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        return "must not contain . or .. in its path"
    literal = _literal(host)
    problem = literal and address_problem(literal, allow_insecure=allow_insecure)
    return (
        f"names an address that {problem}, and such an address is never called" if problem else None
    )


def _ascii(host: str) -> str:
    """The host as it goes over the wire, without a dot at its end; empty where that cannot be."""
    bare = host.rstrip(".")
    if bare.isascii():
        return bare
    try:
        return bare.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return ""


def _literal(host: str) -> str | None:
    """The address that a host spells out, also in decimal, octal, hex or with parts left out."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _kind(address: Address) -> str | None:
    """What makes an address one that nothing may ever call, or None."""
    if _is_metadata(address):
        return "a cloud provider's metadata address"
    if address.is_link_local or (isinstance(address, IPv6Address) and address.is_site_local):
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "the unspecified address"
    return "a reserved address" if _is_reserved(address) else None


def _is_metadata(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address == IPv4Address("169.254.169.254") or any(address in n for n in _METADATA)
    return any(address in network for network in _METADATA_V6)


def _is_reserved(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_reserved or any(address in network for network in _RESERVED)
    carrier = address.ipv4_mapped is not None or address in _NAT64
    return address.is_reserved and not address.is_loopback and not carrier


def _layers(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, IPv4Address):
        return
    for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if inner is not None:
            yield inner
    last = int(address) & 0xFFFF_FFFF
    if address in _NAT64 or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield IPv4Address(last)


Resolve = Callable[..., list[tuple[Any, ...]]]
"""`socket.getaddrinfo`, or what stands in for it."""


class NotSent(Exception):  # noqa: N818 - it says what is known: nothing went out
    """No connection came about, so that nothing can have been sent: why, and the cure."""

    def __init__(self, reason: str, cure: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cure = cure
        self.timed_out = timed_out


KEPT = 8
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
                "Check the host in the URL. A private name needs SubnetIds: subnets that know it.",
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
        """Stand in for the socket: http.client calls nothing else of it."""
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
    """Sends by one given pool; whom to trust is settled there. No cookies, no proxies."""

    def __init__(self, pool: urllib3.HTTPConnectionPool) -> None:
        super().__init__()
        self._pool = pool

    def init_poolmanager(self, *_: object, **__: object) -> None:
        """Make none: the pool is given."""

    def request_url(self, request: PreparedRequest, proxies: object) -> str:
        """Name path and query."""
        del proxies
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: urllib3.BaseHTTPResponse) -> Response:
        """Answer with what is read of it: status, headers and the body to come."""
        del req
        response = Response()
        response.status_code, response.raw = resp.status, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        return response

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


def open_pool(
    origin: tuple[str, str, int | None],
    *,
    guard: Guard,
    tls: ssl.SSLContext | None,
    kept: int = 1,
) -> urllib3.HTTPConnectionPool:
    """A pool for one origin: scheme, host and port. Nothing is connected yet."""
    scheme, host, port = origin
    if scheme == "http":
        return _PlainPool(host, port, maxsize=kept, guard=guard)
    return _TlsPool(host, port, maxsize=kept, guard=guard, ssl_context=tls)


def _why_not_sent(error: OSError | ValueError) -> NotSent:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSent(*certificate_problem(error.verify_code, error.verify_message))
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return NotSent(
            "what answers on that port does not speak https",
            "Enter the URL with the port on which it speaks https (443 where none is named), or "
            "have it speak https there.",
        )
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


_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}
"""What OpenSSL makes of an answer that is no TLS."""

_REACHABLE = "Check that it runs, and that subnet, security group and firewall let the function in."

_RENEW = "Renew the server's certificate."

_CHAIN = "Give the server its whole chain, or add the private authority to ca_pem."

_WEAK = "Replace the certificate by one with a key and a signature of today's strength."

_BY_CODE = {
    9: ("its certificate is not valid yet", "Check the server's clock and its certificate."),
    10: ("its certificate has expired", _RENEW),
    18: (
        "its certificate is self-signed and not trusted",
        "Add the certificate to ca_pem, or give the server one of a known authority.",
    ),
    19: (
        "its certificate comes from a private authority that is not trusted",
        "Add the authority's certificate to ca_pem.",
    ),
    23: ("its certificate was revoked", _RENEW),
    24: ("its chain contains a certificate that may not sign others", _CHAIN),
    26: ("its certificate is not made for a server", _RENEW),
    62: (
        "its certificate is for another host",
        "Enter the URL with the host that the certificate names, or renew the certificate.",
    ),
    64: (
        "its certificate is for another host, not for this IP address",
        "Enter the URL with the host that the certificate names.",
    ),
    66: ("the key of its certificate is too weak", _WEAK),
    67: ("the key of its certificate's authority is too weak", _WEAK),
    68: ("its certificate is signed with a method that is too weak", _WEAK),
} | dict.fromkeys(
    (2, 20, 21),
    ("its certificate's chain is incomplete, or its authority is a private one", _CHAIN),
)


def certificate_problem(code: int, message: str) -> tuple[str, str]:
    """What OpenSSL's verify code means (x509_vfy.h), and the cure.

    A chain without its intermediate and a private authority that the server does not send look
    the same to a client: code 20.
    """
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    return f"its certificate was not accepted ({message})", "Check the server's certificate."


def tls_context(ca_pem: str | None) -> ssl.SSLContext:
    """Trust the public authorities, and those of `ca_pem` beside them.

    The same on every Python: 3.13 alone would refuse private authorities that lack extensions
    which nobody missed before, and 3.11 alone would refuse an intermediate one as trusted.
    Raises `ValueError` where `ca_pem` holds no certificate.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    if ca_pem:
        try:
            context.load_verify_locations(cadata=ca_pem)
        except (ssl.SSLError, ValueError, TypeError) as error:
            raise ValueError("no certificate in PEM form") from error
    return context
