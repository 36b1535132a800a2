"""A request, an answer and the files of the page as HTTP has them, whatever the gateway's form."""

from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field

from pdjira.model.times import TimeLeft, unlimited

SESSION_COOKIE, RETURN_COOKIE = "__Host-pdjira", "__Host-pdjira-return"

_SESSION_SECONDS, _RETURN_SECONDS = 12 * 3600, 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request. `prefix` is what stands before the page's own path, as "/live/admin".

    `is_script`: the page's script asks, and puts the answer into the page. `is_foreign`: a page of
    another site asks, as the browser says.
    """

    method: str
    prefix: str
    path: str
    request_id: str
    query: abc.Mapping[str, str] = field(default_factory=dict)
    form: abc.Mapping[str, Sequence[str]] = field(default_factory=dict)
    cookies: abc.Mapping[str, str] = field(default_factory=dict)
    is_script: bool = False
    is_foreign: bool = False
    time_left: TimeLeft = unlimited


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An answer. `route` names what answered, for the log; `error` is what went wrong in it."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: abc.Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[str] = ()
    route: str = ""
    error: BaseException | None = None


SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""`no-referrer` would send `Origin: null` with our own POSTs."""

NOT_STORED = {"Cache-Control": "no-store"}

STORED = {"Cache-Control": "public, max-age=31536000, immutable"}


def session_cookie(session_id: str) -> str:
    """Signs in; "" signs out."""
    return _cookie(SESSION_COOKIE, session_id, _SESSION_SECONDS)


def return_cookie(to: str) -> str:
    """Remembers where to go after the sign-in; "" forgets it."""
    return _cookie(RETURN_COOKIE, to, _RETURN_SECONDS)


def _cookie(name: str, value: str, seconds: int) -> str:
    age = seconds if value else 0
    return f"{name}={value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict"


_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is sent."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Files by name. An address holds `hash_`, so that browsers may keep each file for ever."""

    hash_: str
    files: abc.Mapping[str, bytes]

    def find(self, path: str) -> Asset | None:
        """The file at a path; None for any other path, as for that of an earlier version."""
        before, _, name = path.rpartition("/")
        if before != f"/static/{self.hash_}" or name not in self.files:
            return None
        return Asset(content_type=_TYPES[name.rpartition(".")[2]], body=self.files[name])
