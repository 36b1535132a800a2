"""What is said over HTTP, as values: the site, a call to it and its answer."""

import json
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isnan
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from pdjira.errors import Ambiguous, NotFound, PdjiraError, Side, Temporary
from pdjira.model.times import bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server: `name` is what people call it, `ca_pem` is trusted beside the public authorities.

    `url` is the base that paths are appended to; `allow_insecure` admits http and loopback
    addresses (the sandbox). `side` is whom an error names where the server did not answer in time.
    """

    name: str
    url: str
    ca_pem: str | None = None
    allow_insecure: bool = False
    side: Side | None = None

    @property
    def host(self) -> str:
        """The host, as sentences show it."""
        return urlsplit(self.url).hostname or ""

    @property
    def label(self) -> str:
        """Name and host, as sentences show them."""
        return f"{self.name} at {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request. `repeatable`: doing it twice is like doing it once (reads, idempotent writes).

    `largest` is how many bytes its answer may have, where that is less than any answer may have.
    """

    method: str
    path: str
    repeatable: bool
    query: Sequence[tuple[str, str]] = ()
    body: abc.Mapping[str, object] | str | None = None
    headers: abc.Mapping[str, str] = field(default_factory=dict, repr=False)
    largest: int | None = None

    @property
    def where(self) -> str:
        """Method and path without the query, as sentences show them."""
        return f"{self.method} {self.path}"

    def with_headers(self, headers: abc.Mapping[str, str]) -> "Call":
        """The same call with more headers."""
        return replace(self, headers={**self.headers, **headers})

    def url(self, site: Site) -> str:
        """The whole URL."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{site.url.rstrip('/')}{self.path}{query}"

    def payload(self) -> bytes | None:
        """The body as JSON in plain ASCII, so that half a character cannot break it."""
        return None if self.body is None else json.dumps(self.body).encode("ascii")

    def lost(
        self, says: str, *, cure: str | None = None, timed_out: Side | None = None
    ) -> PdjiraError:
        """The error for a call that was sent and has no answer that can be understood."""
        if self.repeatable:
            return Temporary(says, cure=cure, timed_out=timed_out)
        unknown = f"{says} Whether it took effect is unknown."
        return Ambiguous(unknown, cure=cure, timed_out=timed_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered; names of headers are found in any case."""

    status: int
    headers: abc.Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def redirects(self) -> bool:
        """Whether the server wants the call to be made elsewhere."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_failure(self) -> bool:
        """Whether the server, or what stands before it, has failed."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_html(self) -> bool:
        """Whether the body is a page for people."""
        kind = self.headers.get("Content-Type", "")
        return "html" in kind.lower() or self.body.lstrip()[:1] == b"<"

    def json(self) -> object:
        """The body, parsed. Raises `ValueError`."""
        try:
            parsed: object = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return parsed

    def object(self) -> dict[str, object]:
        """The body where it is a JSON object, else an empty one."""
        try:
            parsed = self.json()
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


def segment(value: str) -> str:
    """The id as one segment of a path.

    Raises `NotFound` for what no id of either side looks like: ids come from webhooks and from
    mappings, and servers differ in what they make of an escaped slash.
    """
    if not value.strip(".") or quote(value, safe="", errors="replace") != value:
        raise NotFound("There is nothing with such an id.", cure="Check the id.")
    return value


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait as the server names them, between 0 and 900, or None.

    `Retry-After` as seconds (Jira's limiter says 9223372036854775807 to a blocked user) or as a
    date, measured by the answer's own `Date`; else PagerDuty's `ratelimit-reset`, in seconds.
    """
    for name in ("Retry-After", "ratelimit-reset"):
        value = answer.headers.get(name, "").strip()
        seconds = _seconds(value) if value else None
        if seconds is None and value:
            seconds = _until(value, answer.headers.get("Date", ""))
        if seconds is not None:
            return bounded(seconds)
    return None


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return None if isnan(seconds) else seconds


def _until(value: str, date: str) -> float | None:
    then = moment(value)
    if then is None:
        return None
    return (then - (moment(date) or datetime.now(UTC))).total_seconds()


def clock_ahead(answer: Answer, *, now: datetime) -> timedelta | None:
    """How far the clock of whoever answered is ahead, by its `Date`; None where that tells none."""
    then = moment(answer.headers.get("Date", ""))
    return None if then is None else then - now


def moment(value: str) -> datetime | None:
    """The time that a header such as `Date` tells, aware; None where it tells none."""
    try:
        time = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


_CHUNK = 64 * 1024


class TooLargeError(ValueError):
    """The body exceeds the cap."""


def whole_body(raw: urllib3.HTTPResponse, *, largest: int) -> bytes:
    """The body, decompressed. Raises `TooLargeError` past `largest` bytes."""
    body = bytearray()
    for chunk in raw.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > largest:
            raise TooLargeError
    return bytes(body)
