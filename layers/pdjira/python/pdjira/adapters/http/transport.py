"""Meets the network: the one place with timeouts, and where a failure becomes an error of ours."""

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from pdjira.adapters.http.addresses import url_problem
from pdjira.adapters.http.credentials import without_credentials
from pdjira.adapters.http.messages import Answer, Call, Site, TooLargeError, retry_after, whole_body
from pdjira.adapters.http.pool import (
    DEADLINE,
    Deadline,
    Guard,
    NotSent,
    PoolAdapter,
    Resolve,
    open_pool,
    tls_context,
)
from pdjira.errors import Misconfigured, PdjiraError, Side, Temporary, TooLarge
from pdjira.model.time_budget import call_seconds, check_call

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
class Limits:
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
        limits: Limits = Limits(),
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
            self._pooled = self._adapter()
        except urllib3.exceptions.LocationValueError as error:
            raise Misconfigured(
                f"The URL of {site.name} names no valid host.", cure="Correct the URL."
            ) from error

    def send(self, call: Call) -> Answer:
        """The answer, whatever its status, except those that tell nothing.

        Raises `Temporary` where nothing was sent (`OutOfTime`: for want of time), where the server
        said "later" (408, 429, 503) or where a repeatable call has no answer; `Ambiguous` where
        another call has none. A 502, a 504 and a 5xx without an error body of the server's own are
        no answers.
        """
        check_call()
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

    def _adapter(self) -> PoolAdapter:
        parts = urlsplit(self.site.url)
        pool = open_pool(
            (parts.scheme, parts.hostname or "", parts.port), guard=self._guard, tls=self._tls
        )
        return PoolAdapter(pool)

    def _prepare(self, call: Call) -> requests.PreparedRequest:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **call.headers}
        payload = call.payload()
        if payload is not None:
            headers["Content-Type"] = "application/json"
        if not call.repeatable:
            headers["Connection"] = "close"
        request = requests.Request(call.method, call.url(self.site), headers, data=payload)
        try:
            "".join(headers.values()).encode("latin-1")  # as http.client does, in mid-connection
            return request.prepare()
        except (requests.RequestException, ValueError) as error:
            kind = "a header" if isinstance(error, _BAD_HEADER) else "the URL"
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
            cure=f"Check whether {self.site.name} is overloaded.",
            timed_out=timed_out,
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
    adapter: PoolAdapter, prepared: requests.PreparedRequest, limits: Limits, *, largest: int
) -> Answer:
    response = adapter.send(prepared, stream=True, timeout=(limits.connect, limits.read))
    raw: urllib3.HTTPResponse = response.raw
    try:
        body = whole_body(raw, largest=largest)
    except BaseException:
        raw.close()
        raise
    raw.release_conn()
    headers = CaseInsensitiveDict(response.headers)
    return Answer(status=response.status_code, headers=headers, body=body)
