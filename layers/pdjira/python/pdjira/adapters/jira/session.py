"""A session with the Jira that the secret names now: calls signed in, answers read."""

import hashlib
import threading
import time
import uuid
from base64 import b64encode
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote_plus

import jwt

from pdjira.adapters.connection_secret import BasicAuth, JiraConnection, JwtAuth, PatAuth
from pdjira.adapters.http.messages import Answer, Call, Site, clock_ahead
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.jira.answers import (
    OLDEST,
    Capabilities,
    SignIn,
    check,
    is_anonymous,
    is_jira_error,
    read_object,
    written,
)
from pdjira.adapters.memory import Memory
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Side, Temporary
from pdjira.model.issue import ServerInfo
from pdjira.model.ports import Clock
from pdjira.model.times import believed

REMEMBERED_SECONDS = 600.0

# Jira's cross-site check is for browsers; this header and our User-Agent keep it quiet.
_NO_CHECK = {"X-Atlassian-Token": "no-check"}

Value = TypeVar("Value")


class SigningKey(Protocol):
    """The token that Jira's side holds as well; see `CachedSecret`."""

    def value(self) -> str:
        """The key as it stands, at most a minute old; "" where there is none."""

    def refresh(self) -> bool:
        """Read it again, at most once in five seconds; whether it has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraAccess:
    """Where Jira is and how we sign in there, as both secrets say at the time of each call.

    `signing_key` is for the mode `jwt`; `allow_insecure` admits http and loopback addresses.
    """

    connection: Callable[[], JiraConnection]
    signing_key: SigningKey
    allow_insecure: bool


class JiraSession:
    """Opens a transport, and another one when the connection has changed.

    `forget` is called then: what one Jira or account said is not true of another. `clock` is our
    own time, `monotonic` is in seconds and ages what is remembered of the server. Threads may
    share it.
    """

    def __init__(
        self,
        access: JiraAccess,
        *,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        open_transport: OpenTransport = Transport,
        forget: Callable[[], None],
    ) -> None:
        self._access = access
        self._clock = clock
        self._ahead: timedelta | None = None
        self._named = ""
        self._open_transport = open_transport
        self._forget_more = forget
        self._info = Memory[ServerInfo](seconds=REMEMBERED_SECONDS, clock=monotonic)
        self._names = Memory[str](seconds=REMEMBERED_SECONDS, clock=monotonic)
        self._authentication = Authentication(TokenMint(access.signing_key, clock=clock))
        self._lock = threading.Lock()
        self._open: tuple[JiraConnection, Transport] | None = None

    def refresh(self) -> Site:
        """Look at the connection again, forget where it has changed; the site that it names."""
        return self._current()[1].site

    def send(self, call: Call) -> Answer:
        """The answer as it came; see `Transport.send`.

        A call that was refused for its signed token is sent once more, where the key or Jira's
        clock turns out to be another than was thought.
        """
        epoch = self._authentication.epoch
        answer = self._send_signed(call)
        auth = self._opened()[0].auth
        if self._authentication.is_worth_repeating(auth, answer, signed_in=epoch):
            answer = self._send_signed(call)
        return answer

    def read(self, answer: Answer, call: Call, *, anonymous: bool = False) -> dict[str, object]:
        """The answer's JSON object; see `read_object`."""
        return read_object(
            answer, self._sign_in(), site=self._site(), call=call, anonymous=anonymous
        )

    def read_shown(self, answer: Answer, call: Call) -> dict[str, object]:
        """The JSON object of what Jira shows to our account alone; see `read_object`.

        An answer that we may not see it is believed only where Jira knows who we are.
        """
        try:
            return self.read(answer, call)
        except (Refused, NotFound):
            self.prove_known(answer)
            raise

    def prove_known(self, answer: Answer) -> None:
        """Ask Jira who we are, where an answer does not tell whom it took us for.

        Raises `Unauthenticated` where it takes us for nobody: a token that has ended hides
        everything.
        """
        if is_anonymous(answer) is None:
            self.ask(MYSELF)

    def own_name(self, *, header: str) -> str:
        """The name of our account as Jira has it; "" where it does not say.

        Remembered for ten minutes where its answers name somebody, as `header`: another account
        would be named in other words.
        """
        return self._names.get(header, self._read_name) if header else self._read_name()

    def known_as(self) -> str:
        """The name of our account, by what the secret or the latest answers say; "" for neither."""
        try:
            auth = self._current()[0].auth
        except PdjiraError:
            return ""
        match auth:
            case PatAuth():
                return self._named
            case BasicAuth():
                return auth.username
            case JwtAuth():
                return auth.user

    def check(self, answer: Answer, call: Call) -> None:
        """Raise what Jira said against the call; see `check` of the answers."""
        check(answer, self._sign_in(), site=self._site(), call=call)

    def ask(self, call: Call, *, anonymous: bool = False) -> dict[str, object]:
        """Send and read."""
        return self.read(self.send(call), call, anonymous=anonymous)

    def server_info(self) -> ServerInfo:
        """The version and address of this Jira; remembered for ten minutes."""
        self.refresh()
        return self._info.get("server", self._read_server_info)

    def clock_ahead(self) -> timedelta | None:
        """How far Jira's clock was ahead of ours in its last answer.

        None where it told no time, or one that no clock can show.
        """
        return believed(self._ahead)

    def clock_told(self) -> timedelta | None:
        """The same as Jira told it, whether it can be believed or not."""
        return self._ahead

    def by_version(self, read: Callable[[Capabilities], Value]) -> Value:
        """What `read` finds, told what this Jira can do.

        Where it finds no such resource, Jira is asked for its version once more: it may have been
        replaced by another version under way.
        """
        known = self.server_info().version
        try:
            return read(Capabilities(version=known))
        except (NotFound, Misconfigured):
            self._info.clear()
            if self.server_info().version == known:
                raise
        self._forget_more()
        return read(Capabilities(version=self.server_info().version))

    def _read_server_info(self) -> ServerInfo:
        return server_info_of(self.ask(SERVER_INFO, anonymous=True), self._site())

    def _read_name(self) -> str:
        name = self.ask(MYSELF).get("name")
        return name if isinstance(name, str) else ""

    def _sign_in(self) -> SignIn:
        return SignIn(
            auth=self._opened()[0].auth,
            version=self._probed_version,
            is_clock_known=self.clock_ahead() is not None,
        )

    def _probed_version(self) -> tuple[int, ...]:
        """The version, asked as nobody, so that no failed sign-in is counted; () for no answer."""
        transport = self._opened()[1]
        try:
            return version_of(transport.send(SERVER_INFO).object())
        except PdjiraError:
            return ()

    def _send_signed(self, call: Call) -> Answer:
        connection, transport = self._current()
        authorization = self._authentication.header(connection.auth, call)
        headers = {"Authorization": authorization, **_NO_CHECK}
        answer = transport.send(call, headers)
        self._hear(answer)
        return answer

    def _hear(self, answer: Answer) -> None:
        self._ahead = clock_ahead(answer, now=self._clock())
        if is_anonymous(answer) is False:
            name = answer.headers["X-AUSERNAME"].strip()
            self._named = name if unquote_plus(name) == name else ""

    def _forget(self) -> None:
        self._info.clear()
        self._names.clear()
        self._named = ""
        self._forget_more()

    def _site(self) -> Site:
        return self._opened()[1].site

    def _opened(self) -> tuple[JiraConnection, Transport]:
        """The connection of the latest call."""
        return self._open or self._current()

    def _current(self) -> tuple[JiraConnection, Transport]:
        """The connection in force; calls under way in other threads are not disturbed."""
        connection = self._access.connection()
        with self._lock:
            if self._open is None or self._open[0] != connection:
                before, self._open = self._open, (connection, self._transport(connection))
                if before is not None:
                    self._forget()
                    if isinstance(connection.auth, JwtAuth):  # a voided key signs for no other host
                        self._access.signing_key.refresh()
            return self._open

    def _transport(self, connection: JiraConnection) -> Transport:
        site = Site(
            name="Jira",
            url=connection.url,
            ca_pem=connection.ca_pem,
            allow_insecure=self._access.allow_insecure,
            side=Side.JIRA,
        )
        return self._open_transport(site, own_error=is_jira_error)


SERVER_INFO = Call(method="GET", path="/rest/api/2/serverInfo", repeatable=True)
"""Jira answers this call to anybody, signed in or not."""

MYSELF = Call(method="GET", path="/rest/api/2/myself", repeatable=True)
"""Jira answers this call only to somebody who is signed in."""


def version_of(said: abc.Mapping[str, object]) -> tuple[int, ...]:
    """The version that an answer of serverInfo tells; empty where it tells none."""
    numbers = said.get("versionNumbers")
    parts = numbers if isinstance(numbers, list) else ()
    return tuple(part for part in parts if isinstance(part, int))


def server_info_of(said: abc.Mapping[str, object], site: Site) -> ServerInfo:
    """The server that an answer of serverInfo describes.

    Raises `Temporary` where it tells no version, `Misconfigured` where it is Cloud or too old.
    """
    version = version_of(said)
    if not version:
        raise Temporary(f"{site.label} did not tell its version.")
    if said.get("deploymentType") == "Cloud":
        raise Misconfigured(
            f"{site.label} is Jira Cloud; pdjira works with Jira Server and Data Center.",
            cure="Enter the URL of a Jira Server or Data Center as jira.url.",
        )
    if not Capabilities(version=version).supported:
        raise Misconfigured(
            f"{site.label} is a Jira {written(version)}; pdjira works with {written(OLDEST)} and "
            "later.",
            cure=f"Update Jira to {written(OLDEST)} or later.",
        )
    return ServerInfo(
        base_url=str(said.get("baseUrl") or site.url).rstrip("/"),
        version=version,
        title=str(said.get("serverTitle") or "Jira"),
    )


EARLY = timedelta(seconds=30)
"""How far before the present a token says that it was issued, for clocks that are a little off."""

LIFE = timedelta(seconds=150)
"""From the moment of issue, as the token has it, to its end."""

WINDOW = timedelta(seconds=60)
"""How long calls share one token."""

SHORTEST_KEY = 32
"""Bytes: as long as the hash of HS256 (RFC 7518, 3.2)."""

_TOLERATED = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Minted:
    """A token, what it was made from, and when by Jira's clock."""

    at: datetime
    made_from: tuple[JwtAuth, str]
    token: str


class TokenMint:
    """Mints tokens by Jira's clock, which it learns from the `Date` of Jira's answers.

    `clock` tells our own time, aware, which may be wrong. Threads may share it.
    """

    def __init__(self, key: SigningKey, *, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._ahead = timedelta()
        self._minted: _Minted | None = None
        self.epoch = 0
        """Goes up whenever Jira's clock turns out to be another than was thought."""

    def token(self, auth: JwtAuth, call: Call) -> str:
        """A token for the call; those without a hash of the query are shared for a minute.

        Raises `Misconfigured` where the key is empty, short or nothing to sign with.
        """
        key = self._key.value()
        with self._lock:
            return self._token(auth, call, key)

    def _token(self, auth: JwtAuth, call: Call, key: str) -> str:
        now = self._clock() + self._ahead
        kept = self._minted
        usable = kept is not None and kept.made_from == (auth, key) and kept.at <= now
        if kept is not None and usable and now < kept.at + WINDOW and not auth.qsh:
            return kept.token
        token = _signed(_claims(auth, call, now), key)
        self._minted = _Minted(at=now, made_from=(auth, key), token=token)
        return token

    def hear(self, answer: Answer) -> None:
        """Learn Jira's clock from an answer.

        One without a `Date`, or with one that no clock can show, teaches nothing: a token for the
        year 2099 would be valid until then.
        """
        ahead = believed(clock_ahead(answer, now=self._clock()))
        if ahead is None:
            return
        with self._lock:
            if abs(ahead - self._ahead) > _TOLERATED:
                self._ahead, self._minted = ahead, None
                self.epoch += 1

    def renew(self, signed_in: int) -> bool:
        """After a refusal: whether a token minted now differs from the refused one in substance.

        It does where Jira's clock is another than was thought in the epoch in which the refused one
        was signed, or the key has changed by now.
        """
        changed = self._key.refresh()
        with self._lock:
            self._minted = None
            return changed or self.epoch != signed_in


def query_string_hash(call: Call) -> str:
    """Atlassian's `qsh`: SHA-256, in hex, of method, path below the base URL, and query.

    As in Atlassian's own library atlassian-jwt: keys and values percent-encoded, the values of a
    repeated key sorted and joined by commas, pairs sorted by key.
    """
    path = call.path.rstrip("/").replace("&", "%26") or "/"
    canonical = "&".join((call.method.upper(), path, _canonical_query(call.query)))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _canonical_query(query: Sequence[tuple[str, str]]) -> str:
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name != "jwt":
            values.setdefault(_encoded(name), []).append(value)
    return "&".join(
        f"{name}={','.join(_encoded(value) for value in sorted(values[name]))}"
        for name in sorted(values)
    )


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")


def _claims(auth: JwtAuth, call: Call, now: datetime) -> abc.Mapping[str, object]:
    issued = int((now - EARLY).timestamp())
    claims: dict[str, object] = {
        "iss": auth.issuer,
        "sub": auth.user,
        "iat": issued,
        "exp": issued + int(LIFE.total_seconds()),
        "jti": str(uuid.uuid4()),
    }
    if auth.audience is not None:
        claims["aud"] = auth.audience
    if auth.qsh:
        claims["qsh"] = query_string_hash(call)
    return claims


def _signed(claims: abc.Mapping[str, object], key: str) -> str:
    if not key:
        raise Misconfigured(
            "The token that signs our requests to Jira (AuthTokenSecret) is empty.",
            cure="Put the token that Jira's side holds into AuthTokenSecret, in Secrets Manager.",
        )
    secret = key.encode("utf-8")
    if len(secret) < SHORTEST_KEY:
        raise Misconfigured(
            f"The token that signs our requests to Jira (AuthTokenSecret) is of {len(secret)} "
            f"bytes: one of fewer than {SHORTEST_KEY} can be guessed.",
            cure=f"Put a random text of {SHORTEST_KEY} characters or more into AuthTokenSecret, in "
            "Secrets Manager, and the same one on Jira's side.",
        )
    try:
        return jwt.encode(dict(claims), secret, algorithm="HS256")
    except jwt.InvalidKeyError as error:
        raise Misconfigured(
            "AuthTokenSecret holds a public key or a certificate, which cannot sign our requests.",
            cure="Put a long random text there, the same one as on Jira's side.",
        ) from error


Auth = JwtAuth | PatAuth | BasicAuth


class Authentication:
    """Signs calls in; `mint` makes the tokens of the mode `jwt`."""

    def __init__(self, mint: TokenMint) -> None:
        self._mint = mint

    def header(self, auth: Auth, call: Call) -> str:
        """The header's value, sent with every call: Jira does not challenge where anybody may read.

        Raises `Misconfigured` where there is nothing to sign a token with.
        """
        match auth:
            case PatAuth():
                return f"Bearer {auth.token.get_secret_value()}"
            case BasicAuth():
                pair = f"{auth.username}:{auth.password.get_secret_value()}"
                return f"Basic {b64encode(pair.encode('utf-8')).decode('ascii')}"
            case JwtAuth():
                return f"Bearer {self._mint.token(auth, call)}"

    @property
    def epoch(self) -> int:
        """Changes with Jira's clock as far as tokens go; see `is_worth_repeating`."""
        return self._mint.epoch

    def is_worth_repeating(self, auth: Auth, answer: Answer, *, signed_in: int) -> bool:
        """Whether a call refused, signed in that epoch, would get another key or clock now.

        The `Date` of every answer is taken in. A 401 is given before anything is done, so that any
        call may be repeated after it.
        """
        if not isinstance(auth, JwtAuth):
            return False
        self._mint.hear(answer)
        return answer.status == HTTPStatus.UNAUTHORIZED and self._mint.renew(signed_in)
