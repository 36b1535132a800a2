"""A plugin of Jira that lets in whoever brings a token (JWT, HS256) signed with its key.

The parts of such a plugin that callers can see follow RFC 6750 and, for a user that Jira does not
know, a published plugin for tokens; what is in the token is this project's own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import jwt

_LEEWAY_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request that a token came with; the path is below the base URL."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]


class BadTokenError(Exception):
    """The token is not accepted; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtPlugin:
    """What an administrator enters there. `audience` None: tokens name none; `qsh`: it is asked."""

    key: str
    issuer: str = "pagerduty"
    audience: str | None = None
    qsh: bool = False

    def user_of(self, token: str, asked: Asked, now: datetime) -> str:
        """The name of the user that the token stands for. Raises `BadTokenError`."""
        claims = self._claims(token)
        moment = now.timestamp()
        if claims["exp"] + _LEEWAY_SECONDS < moment:
            raise BadTokenError("The token has expired")
        if claims["iat"] - _LEEWAY_SECONDS > moment:
            raise BadTokenError("The token was issued in the future")
        if self.qsh and claims.get("qsh") != _query_string_hash(asked):
            raise BadTokenError("The token is for another request")
        return str(claims["sub"])

    def _claims(self, token: str) -> dict[str, Any]:
        options = {"require": ["iss", "sub", "iat", "exp"], "verify_exp": False}
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key.encode(),
                algorithms=["HS256"],
                issuer=self.issuer,
                audience=self.audience,
                options={**options, "verify_iat": False},  # type: ignore[arg-type]
            )
        except jwt.InvalidSignatureError as error:
            raise BadTokenError("The signature does not match") from error
        except jwt.InvalidIssuerError as error:
            raise BadTokenError("The issuer is unknown") from error
        except jwt.InvalidTokenError as error:
            raise BadTokenError(f"The token is not as it must be: {error}") from error
        return claims


def is_jwt(token: str) -> bool:
    """Whether a bearer token has the form of a JWT."""
    return token.count(".") == 2


def _query_string_hash(asked: Asked) -> str:
    pairs: dict[str, list[str]] = {}
    for name, value in asked.query:
        pairs.setdefault(name, []).append(value)
    query = "&".join(
        quote(name, safe="~") + "=" + ",".join(quote(one, safe="~") for one in sorted(values))
        for name, values in sorted(pairs.items())
        if name != "jwt"
    )
    text = f"{asked.method}&{asked.path.rstrip('/') or '/'}&{query}"
    return hashlib.sha256(text.encode()).hexdigest()
