"""What is said over HTTP, as values: the site, a call, its answer; no credential is in it."""

import html
import json
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import permutations, takewhile
from math import isnan
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from requests.structures import CaseInsensitiveDict

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


NO_HEADERS: abc.Mapping[str, str] = MappingProxyType({})


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

    def result(self) -> dict[str, object] | None:
        """The JSON object of a success; None where this is no success, a page, or anything else."""
        if not self.ok or self.is_html:
            return None
        try:
            parsed = self.json()
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None

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


_HIDDEN = "***"

_SHORTEST = 6
"""Characters: what is shorter may occur in any text by chance."""

_RUN = 12
"""Letters and digits of a secret in a row that are hidden, where the rest of it was cut off."""

_WHOLE = 8
"""Letters and digits: fewer of them are no secret without what stands between."""

_PIECE = 6
"""Such a run contains one of the pieces of this length that the secret is made of."""

_LONGEST = 8_192
"""Characters of one text that are kept: people are shown a few hundred."""

_LARGEST = 65_536
"""Bytes of a body that is read as JSON: no refusal of either side has as many."""

_DEEPEST = 10
"""Layers of escapes that are undone; a text with more of them is hidden whole."""

_Unescape = Callable[[str], str]

_REFERENCE = re.compile(r"&(?:#\d+;?|#x[0-9a-f]+;?|\w+;)", re.ASCII | re.IGNORECASE)

_PERCENT = re.compile(r"%(?:u([0-9a-f]{4})|([0-9a-f]{2}))", re.IGNORECASE)

_BACKSLASH = re.compile(
    r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|u\{(0{0,4}[0-9a-f]{1,4})\}|[\"'\\/bfnrt])", re.IGNORECASE
)

_UTF8 = re.compile(r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

_ESCAPE = re.compile(r"[&%\\]")

_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_ALIKE = str.maketrans(f"{ascii_uppercase}+-_\t\n\v\f\r\xa0", f"{ascii_lowercase}  /{' ' * 6}")
"""One letter for both cases, for the + of a form and its blank, and for both forms of Base64."""


class _Secrets(NamedTuple):
    """What is looked for, in the form of `_ALIKE`: `whole`, longest first, and run by run."""

    whole: Sequence[str]
    letters: Sequence[str]


def without_credentials(answer: Answer, authorization: str) -> Answer:
    """The answer without what the header Authorization held, in whatever spelling it is repeated.

    Its JSON is parsed first, so that no escape survives: from here on, body and headers hold only
    what people and logs may see. A successful answer stays as it is: nothing of it is shown to
    anybody.
    """
    if answer.ok:
        return answer
    secrets = _spelled(authorization)
    headers = {name: _without(value, secrets) for name, value in answer.headers.items()}
    body = _body_without(answer.body, secrets)
    return replace(answer, body=body, headers=CaseInsensitiveDict(headers))


def _body_without(body: bytes, secrets: _Secrets) -> bytes:
    try:
        parsed = json.loads(body if len(body) <= _LARGEST else b"")
        return json.dumps(_value_without(parsed, secrets)).encode("ascii")
    except (ValueError, RecursionError):
        return _without(body.decode("utf-8", "replace"), secrets).encode("utf-8")


def _value_without(value: object, secrets: _Secrets) -> object:
    match value:
        case dict():
            return {
                _without(name, secrets): _value_without(one, secrets) for name, one in value.items()
            }
        case list():
            return [_value_without(one, secrets) for one in value]
        case str():
            return _without(value, secrets)
        case int() | float():
            return value if _without(str(value), secrets) == str(value) else _HIDDEN
        case _:
            return value


def _without(text: str, secrets: _Secrets) -> str:
    """The text as it is where it holds no secret, else without escapes down to where one showed.

    The order in which a text was escaped cannot be seen, and the wrong one may undo too much, so
    every order is tried.
    """
    shown = text[:_LONGEST]
    if not _ESCAPE.search(shown):
        return _hide(shown, secrets)
    for unescapes in _ORDERS:
        shown = _peeled(shown, unescapes, secrets)
    return shown


def _peeled(text: str, unescapes: Sequence[_Unescape], secrets: _Secrets) -> str:
    shown = layer = text
    for _ in range(_DEEPEST):
        before = layer
        for unescape in unescapes:
            hidden = _hide(layer, secrets)
            shown = shown if hidden == layer else hidden
            layer = unescape(hidden)
        if layer == before:
            return shown
    return _HIDDEN


def _hide(text: str, secrets: _Secrets) -> str:
    alike = text.translate(_ALIKE)
    for secret in secrets.whole:
        while (start := alike.find(secret)) >= 0:
            end = start + len(secret)
            text, alike = (f"{one[:start]}{_HIDDEN}{one[end:]}" for one in (text, alike))
    return _hide_runs(text, secrets.letters)


def _hide_runs(text: str, letters: Sequence[str]) -> str:
    """Hide what was cut short, wrapped, or has characters of no width in it: people can read that.

    Only letters and digits are compared. What stands between them is hidden as well.
    """
    places = [at for at, character in enumerate(text) if character.isalnum()]
    seen = "".join(text[at] for at in places).translate(_ALIKE)
    runs = [run for secret in letters for run in _runs(seen, secret)]
    begun, shown = 0, ""
    for start, end in sorted((places[start], places[end - 1] + 1) for start, end in runs):
        shown += f"{text[begun:start]}{_HIDDEN}" if start >= begun else ""
        begun = max(begun, end)
    return shown + text[begun:]


def _runs(text: str, secret: str) -> Iterator[tuple[int, int]]:
    """Where parts of the secret stand in the text, as long as `_RUN` or all of it."""
    for piece in range(0, len(secret) - _PIECE + 1, _PIECE):
        start = text.find(secret[piece : piece + _PIECE])
        while start >= 0:
            before = _alike(reversed(text[:start][-piece:] if piece else ""), secret[:piece][::-1])
            length = before + _alike(text[start : start + len(secret)], secret[piece:])
            if length >= min(_RUN, len(secret)):
                yield start - before, start - before + length
            start = text.find(secret[piece : piece + _PIECE], start + 1)


def _alike(text: Iterable[str], other: str) -> int:
    """How many characters are the same from the beginning on."""
    pairs = zip(text, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _unescape_reference(text: str) -> str:
    """Undo the escapes of HTML: by name, decimal and hexadecimal number."""
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def _unescape_percent(text: str) -> str:
    """Undo the escapes of URLs: of bytes, in UTF-8 or Latin-1, and `%u` with four digits."""
    return _UTF8.sub(_joined, _PERCENT.sub(_character, text))


def _unescape_backslash(text: str) -> str:
    """Undo the escapes of JSON and of programming languages; two halves become one character."""
    plain = _BACKSLASH.sub(_character, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _character(escape: re.Match[str]) -> str:
    code, letter = next(filter(None, escape.groups()), None), escape[0][-1]
    return chr(int(code, 16)) if code else _CONTROL.get(letter, letter)


def _joined(octets: re.Match[str]) -> str:
    """What several bytes stand for in UTF-8, each of which was taken for a character."""
    try:
        return octets[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return octets[0]


def _to_its_end(unescape: _Unescape) -> _Unescape:
    """The same, layer by layer: half of an escape of another kind may stand in a deeper one."""

    def undo(text: str) -> str:
        for _ in range(_DEEPEST):
            before, text = text, unescape(text)
            if text == before:
                break
        return text

    return undo


_UNESCAPES = (_unescape_reference, _unescape_backslash, _unescape_percent)

_ORDERS = (*permutations(_UNESCAPES), *permutations(map(_to_its_end, _UNESCAPES)))


def _spelled(authorization: str) -> _Secrets:
    """Each secret as it stands and with its own escapes undone; its letters in Base64 and hex too.

    A secret may look like an escape; it is then found both where texts still have theirs and where
    these were undone. A name is no secret, so only the password of a pair is looked for.
    """
    found: set[str] = set()
    for secret in (*_parts(authorization), _pair(authorization)):
        layer = secret
        for unescape in _ORDERS[0] * 3:
            found.add(layer)
            layer = unescape(layer)
    alike = {part.translate(_ALIKE) for part in found if len(part) >= _SHORTEST}
    runs = {_letters(form) for part in _parts(authorization) for form in _forms(part)}
    return _Secrets(
        whole=sorted(alike, key=len, reverse=True),
        letters=sorted(run.translate(_ALIKE) for run in runs if len(run) >= _WHOLE),
    )


def _forms(secret: str) -> Iterator[str]:
    """The secret, and what Base64 and hex make of it, whatever stands before it."""
    octets = secret.encode("utf-8")
    yield secret
    yield octets.hex()
    for before in range(3):
        yield b64encode(bytes(before) + octets).decode("ascii")[before and 4 :].rstrip("=")


def _parts(authorization: str) -> Iterator[str]:
    """The credentials whole, the parts of a signed token, the password of a pair."""
    credentials = _credentials(authorization)
    yield credentials.rstrip("=")
    if authorization.startswith("Bearer "):
        yield from credentials.split(".")
    yield _pair(authorization).partition(":")[2]


def _credentials(authorization: str) -> str:
    return authorization.partition(" ")[2].removeprefix("token=")


def _pair(authorization: str) -> str:
    """Name and password, "" where there are none."""
    return _decoded(_credentials(authorization)) if authorization.startswith("Basic ") else ""


def _decoded(credentials: str) -> str:
    try:
        return b64decode(credentials).decode("utf-8")
    except (Error, UnicodeDecodeError):
        return ""
