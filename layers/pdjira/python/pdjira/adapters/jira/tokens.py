"""Signs the short-lived tokens (JWT) by which Jira's side knows our account."""

import hashlib
import threading
import uuid
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote

import jwt

from pdjira.adapters.connection_secret import JwtAuth
from pdjira.adapters.http.messages import Answer, Call, clock_ahead
from pdjira.errors import Misconfigured
from pdjira.model.times import believed

EARLY = timedelta(seconds=30)
"""How far before the present a token says that it was issued, for clocks that are a little off."""
LIFE = timedelta(seconds=150)
"""From the moment of issue, as the token has it, to its end."""
WINDOW = timedelta(seconds=60)
"""How long calls share one token."""
SHORTEST_KEY = 32
"""Bytes: as long as the hash of HS256 (RFC 7518, 3.2)."""
_TOLERATED = timedelta(seconds=10)


class SigningKey(Protocol):
    """The token that Jira's side holds as well; see `CachedSecret`."""

    def value(self) -> str:
        """The key as it stands, at most a minute old; "" where there is none."""

    def refresh(self) -> bool:
        """Read it again, at most once in five seconds; whether it has changed."""


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
