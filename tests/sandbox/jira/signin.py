"""Who a request comes from, and how Jira refuses those who are not who they say."""

import base64
import binascii
from dataclasses import dataclass, field

from tests.sandbox.jira.core import Core
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.plugin import Asked, BadTokenError, JwtPlugin, is_jwt
from tests.sandbox.jira.world import User

BAD_LOGINS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A user by name (None: anonymous), or a refusal: an HTTP status, and a page or a body."""

    user: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    refused: int | None = None
    page: str = ""
    body: Bean | None = None


def visitor(core: Core, authorization: str | None, asked: Asked) -> Visitor:
    """Whoever the header `Authorization` names."""
    scheme, _, credentials = (authorization or "").partition(" ")
    with core.lock:
        match scheme.lower():
            case "basic" if core.takes_basic:
                return _basic(core, credentials)
            case "basic":
                return _refused(403, "Basic Authentication has been disabled on this instance.")
            case "bearer" if core.jwt is not None and is_jwt(credentials):
                return _signed_token(core, core.jwt, credentials.strip(), asked)
            case "bearer" if core.version.access_tokens:
                return _bearer(core, credentials)
            case _:
                return Visitor()


def _basic(core: Core, credentials: str) -> Visitor:
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, _, password = text.partition(":")
    user = core.world.user(name)
    if user is None:
        return _failed()
    if user.failed_logins >= BAD_LOGINS:
        return _captcha(core)
    if password != user.password:
        user.failed_logins += 1
        return _failed()
    user.failed_logins = 0
    return _welcome(user)


def _bearer(core: Core, token: str) -> Visitor:
    for user in core.world.users.values():
        if token.strip() in user.tokens:
            return _welcome(user)
    return Visitor()


def _signed_token(core: Core, plugin: JwtPlugin, token: str, asked: Asked) -> Visitor:
    try:
        name = plugin.user_of(token, asked, core.now())
    except BadTokenError as error:
        challenge = f'Bearer error="invalid_token", error_description="{error}"'
        return Visitor(
            refused=401,
            body={"message": str(error), "status-code": 401},
            headers={"WWW-Authenticate": challenge},
        )
    user = core.world.user(name)
    if user is None:
        says = "No user found with this username/email address"
        return Visitor(refused=400, body={"error": {"status": "ERROR", "message": says}})
    return _welcome(user)


def _welcome(user: User) -> Visitor:
    return Visitor(user=user.name, headers={"X-Seraph-LoginReason": "OK"})


def _failed() -> Visitor:
    return _refused(
        401,
        "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED",
        {
            "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
            "WWW-Authenticate": 'OAuth realm="http%3A%2F%2Flocalhost"',
        },
    )


def _captcha(core: Core) -> Visitor:
    login = f"{core.base_url}/login.jsp"
    return _refused(
        403,
        "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED",
        {
            "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
            "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={login}",
        },
    )


def _refused(status: int, says: str, headers: dict[str, str] | None = None) -> Visitor:
    page = (
        f"<html><head><title>{status}</title></head>"
        f"<body><h1>HTTP Status {status}</h1><p>{says}</p></body></html>"
    )
    return Visitor(refused=status, page=page, headers=headers or {})
