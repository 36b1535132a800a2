"""Meets the network: the one place with timeouts, and where a failure becomes an error of ours."""

import http.client
import socket
import ssl
import time
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol, cast
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connection import HTTPConnection

from pdjira.adapters.http.certificates import NOWHERE, chain_problem
from pdjira.adapters.http.messages import (
    NO_HEADERS,
    Answer,
    Call,
    Site,
    TooLargeError,
    retry_after,
    whole_body,
    without_credentials,
)
from pdjira.adapters.http.pool import (
    DEADLINE,
    KEPT,
    Deadline,
    Guard,
    NotSent,
    PoolAdapter,
    Resolve,
    open_pool,
    tls_context,
    url_problem,
)
from pdjira.errors import Misconfigured, PdjiraError, Side, Temporary, TooLarge
from pdjira.model.times import call_seconds, check_call

USER_AGENT = "pdjira/0.1.0"

OwnError = Callable[[Answer], bool]
"""Tells an error body of the server's own from one of something in between."""

_GATEWAY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})

_LATER: dict[int, str] = {
    HTTPStatus.REQUEST_TIMEOUT: "did not wait for the whole of",
    HTTPStatus.TOO_MANY_REQUESTS: "asked us to slow down at",
    HTTPStatus.SERVICE_UNAVAILABLE: "is not ready to serve",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """How long steps and a whole call may take, in seconds, and how many bytes a body may have.

    A connection that was unused for `idle` is not used again: servers close such ones, and a
    function that was frozen in between has not heard of it. The look-up of a name has no limit
    but that of the system's resolver.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 20.0
    idle: float = 30.0
    body: int = 10 * 1024 * 1024


class _Prepared(requests.PreparedRequest):
    def prepare_cookies(self, cookies: object) -> None:
        """Send none."""


class Transport:
    """Sends calls to one site and hands back its answers, each call within its deadline.

    No cookies, no redirects, no proxies from the environment, no retries. A call that may not be
    repeated gets a connection of its own: a stale pooled one must not leave it in doubt.
    `clock` is monotonic, in seconds; `resolve` looks up names.
    """

    def __init__(
        self,
        site: Site,
        *,
        own_error: OwnError,
        clock: Callable[[], float] = time.monotonic,
        resolve: Resolve = socket.getaddrinfo,
        limits: CallLimits = CallLimits(),
    ) -> None:
        problem = url_problem(site.url, allow_insecure=site.allow_insecure)
        if problem:
            raise Misconfigured(f"The URL of {site.name} {problem}.", cure="Correct the URL.")
        self.site = site
        self._own_error = own_error
        self._clock = clock
        self._limits = limits
        self._guard = Guard(allow_insecure=site.allow_insecure, resolve=resolve)
        self._tls = _trusted(site)
        try:
            self._pooled = self._adapter(kept=KEPT)
        except urllib3.exceptions.LocationValueError as error:
            raise Misconfigured(
                f"The URL of {site.name} names no valid host.", cure="Correct the URL."
            ) from error

    def send(self, call: Call, headers: abc.Mapping[str, str] = NO_HEADERS) -> Answer:
        """The answer to a call with more headers, whatever its status; but none that tells nothing.

        Raises `Temporary` where nothing was sent (`OutOfTime`: for want of time), where the server
        said "later" (408, 429, 503) or where a repeatable call has no answer; `Ambiguous` where
        another call has none. A 502, a 504 and a 5xx without an error body of the server's own are
        no answers.
        """
        check_call()
        call = call.with_headers(headers)
        prepared = self._prepare(call)
        if call.repeatable:
            return self._sorted(call, self._exchange(self._pooled, call, prepared))
        adapter = self._adapter()
        try:
            return self._sorted(call, self._exchange(adapter, call, prepared))
        finally:
            adapter.close()

    def close(self) -> None:
        """Close the idle connections."""
        self._pooled.close()

    def _adapter(self, *, kept: int = 1) -> PoolAdapter:
        parts = urlsplit(self.site.url)
        pool = open_pool(
            (parts.scheme, parts.hostname or "", parts.port),
            guard=self._guard,
            tls=self._tls,
            kept=kept,
        )
        return PoolAdapter(pool)

    def _prepare(self, call: Call) -> requests.PreparedRequest:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **call.headers}
        payload = call.payload()
        if payload is not None:
            headers["Content-Type"] = "application/json"
        if not call.repeatable:
            headers["Connection"] = "close"
        request = _Prepared()
        try:
            "".join(headers.values()).encode("latin-1")  # as http.client does, in mid-connection
            request.prepare(call.method, call.url(self.site), headers, data=payload)
        except (requests.RequestException, ValueError) as error:
            kind = "a header" if isinstance(error, _BAD_HEADER) else "the URL"
        else:
            return request
        raise Misconfigured(  # outside of the handler: requests' own text may quote a credential
            f"{call.where} cannot be sent to {self.site.label}: {kind} holds a character that "
            "does not belong there.",
            cure="Enter URL and credentials again, without blanks and line breaks.",
        )

    def _exchange(
        self, adapter: PoolAdapter, call: Call, prepared: requests.PreparedRequest
    ) -> Answer:
        now = self._clock()
        limits = self._limits
        deadline = Deadline(
            ends_at=now + min(limits.total, call_seconds()),
            connect=limits.connect,
            read=limits.read,
            idle=limits.idle,
            now=self._clock,
        )
        token = DEADLINE.set(deadline)
        try:
            answer = _read(adapter, prepared, limits, largest=self._largest(call))
            return without_credentials(answer, call.headers.get("Authorization", ""))
        except NotSent as error:
            raise Temporary(
                f"{self.site.label} could not be reached for {call.where}: {error.reason}.",
                cure=error.cure,
                timed_out=self.site.side if error.timed_out else None,
            ) from error
        except _NO_ANSWER as error:
            raise self._lost(call, error, self._clock() - now) from error
        finally:
            DEADLINE.reset(token)

    def _lost(self, call: Call, error: Exception, seconds: float) -> PdjiraError:
        if isinstance(error, TooLargeError):
            says = f"answered {call.where} with more than {self._largest(call):,} bytes."
            error_of = TooLarge if call.repeatable else call.lost
            return error_of(f"{self.site.label} {says}")
        timed_out = None
        if isinstance(error, _TIMED_OUT):
            timed_out = self.site.side
            says = f"did not answer {call.where} within {seconds:.0f} seconds."
        else:
            says = f"broke off the connection before {call.where} was answered."
        return call.lost(
            f"{self.site.label} {says}",
            cure=self._cure_of_silence(timed_out),
            timed_out=timed_out,
        )

    def _cure_of_silence(self, timed_out: Side | None) -> str:
        """A server that speaks https alone breaks off what comes without."""
        name = self.site.name
        if timed_out or not self.site.url.startswith("http://"):
            return f"Check whether {name} is overloaded."
        return (
            "If that port speaks https, enter the URL with https. Otherwise check whether "
            f"{name} is overloaded."
        )

    def _largest(self, call: Call) -> int:
        return min(call.largest or self._limits.body, self._limits.body)

    def _sorted(self, call: Call, answer: Answer) -> Answer:
        later = _LATER.get(answer.status)
        if later is not None:
            raise Temporary(
                f"{self.site.label} {later} {call.where} (status {answer.status}).",
                retry_after=retry_after(answer),
            )
        if not answer.is_failure:
            return answer
        if answer.status in _GATEWAY or not self._own_error(answer):
            raise call.lost(
                f"{call.where} got the status {answer.status} from {self.site.label} or from "
                "something before it.",
                cure=f"Check whether {self.site.name} is up.",
                timed_out=self._waited_for(answer),
            )
        return answer

    def _waited_for(self, answer: Answer) -> Side | None:
        """A gateway's 504 says that the server behind it did not answer in time."""
        return self.site.side if answer.status == HTTPStatus.GATEWAY_TIMEOUT else None


class OpenTransport(Protocol):
    """Opens a transport to a site: `Transport`, or one with a clock or a look-up of its own."""

    def __call__(self, site: Site, *, own_error: OwnError) -> Transport:
        """Raises `Misconfigured`, as `Transport` does; connects to nothing yet."""


_BAD_HEADER = (requests.exceptions.InvalidHeader, UnicodeEncodeError)

_TIMED_OUT = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)

_NO_ANSWER = (
    TooLargeError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


def _trusted(site: Site) -> ssl.SSLContext | None:
    if urlsplit(site.url).scheme != "https":
        return None
    try:
        return tls_context(site.ca_pem)
    except ValueError as error:
        raise Misconfigured(
            f"The authority given for {site.name} (ca_pem) holds {error}.",
            cure="Paste the certificate whole, from BEGIN CERTIFICATE to END CERTIFICATE.",
        ) from error


def _read(
    adapter: PoolAdapter, prepared: requests.PreparedRequest, limits: CallLimits, *, largest: int
) -> Answer:
    response = adapter.send(prepared, stream=True, timeout=(limits.connect, limits.read))
    raw: urllib3.HTTPResponse = response.raw
    try:
        body = whole_body(raw, largest=largest)
    except BaseException:
        raw.close()
        raise
    raw.release_conn()
    return Answer(status=response.status_code, headers=response.headers, body=body)


_PORTS = {"http": 80, "https": 443}

_LIMITS = CallLimits()

ShownChain = Callable[[ssl.SSLSocket], Sequence[bytes]]
"""The certificates that a server sent, whether they are trusted or not, in DER."""

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
        limits: CallLimits = _LIMITS,
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
