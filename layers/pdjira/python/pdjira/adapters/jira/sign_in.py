"""Signs in to Jira, and tells why it, or something before it, does not know our account."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from pdjira.adapters.connection_secret import BasicAuth, JwtAuth, PatAuth
from pdjira.adapters.http.messages import Answer, Call, Site
from pdjira.errors import PdjiraError, Side, Temporary, Unauthenticated

_LOGIN = ("login", "logon", "signin", "sso", "saml", "oauth", "auth", "adfs", "idp")

_CHECK = "Check jira.auth in the connection secret."

_OPEN_REST = "Let calls to /rest/ pass the single sign-on before Jira"

_unauthenticated = partial(Unauthenticated, side=Side.JIRA)

_JWT = "JWT"

_DESCRIPTION = re.compile(r'error_description="([^"]{1,200})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How a call was signed in.

    `version` asks which version this Jira has; () where that cannot be learned. Signed tokens
    follow Jira's clock where it is known.
    """

    auth: JwtAuth | PatAuth | BasicAuth
    version: Callable[[], tuple[int, ...]]
    is_clock_known: bool


def sign_in_problem(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call
) -> PdjiraError | None:
    """The error of an answer that does not take us for our account; None for any other."""
    denied = answer.headers.get("X-Authentication-Denied-Reason", "")
    reason = answer.headers.get("X-Seraph-LoginReason", "").upper()
    if "CAPTCHA" in denied.upper() or reason == "AUTHENTICATION_DENIED":
        return _unauthenticated(
            f"{site.label} has locked our account after failed sign-ins and asks for a CAPTCHA.",
            cure="Sign in once by browser as that account and solve it, then check the password "
            "in the connection secret.",
        )
    if "AUTHENTICATED_FAILED" in reason or _failed_basic(answer):
        return _unauthenticated(
            f"{site.label} does not accept our user name and password.", cure=_basic_cure(sign_in)
        )
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return _rejected(answer, sign_in, site)
    return _unknown_user(answer, sign_in, site) or _page_problem(answer, sign_in, site, call)


def _basic_cure(sign_in: SignIn) -> str:
    auth = sign_in.auth
    if isinstance(auth, BasicAuth) and "@" in auth.username:
        return (
            "Use the name you sign in with as jira.auth.username in the connection secret: Jira "
            "takes no e-mail address there. Then check the password."
        )
    return _CHECK


def anonymous_problem(answer: Answer, sign_in: SignIn, *, site: Site) -> PdjiraError:
    """The error of an answer that took us for nobody."""
    return _rejected(answer, sign_in, site, end=": it treated us as not signed in")


def is_anonymous(answer: Answer) -> bool | None:
    """Whether Jira took us for nobody; None where the answer does not tell."""
    name = answer.headers.get("X-AUSERNAME")
    return None if name is None else name.strip().lower() == "anonymous"


def _rejected(answer: Answer, sign_in: SignIn, site: Site, *, end: str = "") -> Unauthenticated:
    """`end` tells how Jira shows it, where it is not by a 401."""
    why = f"{end}{_reason(answer)}"
    if _JWT in why.upper() and not isinstance(sign_in.auth, JwtAuth):
        return _unauthenticated(
            f"{site.label} does not accept our credentials{why}.",
            cure="Set jira.auth.mode to jwt in the connection secret: what stands before Jira "
            "takes signed tokens only.",
        )
    match sign_in.auth:
        case PatAuth():
            return _rejected_token(why, sign_in, site)
        case BasicAuth():
            return _unauthenticated(
                f"{site.label} does not accept our user name and password{why}.",
                cure=_basic_cure(sign_in),
            )
        case JwtAuth():
            says = f"{site.label} does not accept the token that we signed{why}."
            return _rejected_jwt(says, sign_in.auth, is_clock_known=sign_in.is_clock_known)


def _rejected_token(why: str, sign_in: SignIn, site: Site) -> Unauthenticated:
    version = sign_in.version()
    if version and not Capabilities(version=version).access_tokens:
        return _unauthenticated(
            f"{site.label} is a Jira {written(version)} and knows no personal access tokens; "
            "they came with 8.14.",
            cure="Set jira.auth.mode to basic or jwt in the connection secret, or update Jira.",
        )
    return _unauthenticated(
        f"{site.label} no longer accepts the personal access token{why}.",
        cure="Sign in to Jira as the account whose token it was, make a new one, and enter it as "
        "jira.auth.token in the connection secret: tokens expire.",
    )


def _rejected_jwt(says: str, auth: JwtAuth, *, is_clock_known: bool) -> Unauthenticated:
    audience = f", the audience {auth.audience}" if auth.audience else ""
    clock = "" if is_clock_known else ", and that its clock is right"
    return _unauthenticated(
        says,
        cure="Check that Jira's side holds the key that stands in AuthTokenSecret and expects the "
        f"issuer {auth.issuer}{audience} and the user {auth.user} of jira.auth{clock}.",
    )


def _reason(answer: Answer) -> str:
    """Why a token is refused: in the challenge, as RFC 6750 has it, or in the body.

    Our credentials are not removed from a successful answer, so nothing of it is repeated.
    """
    if answer.ok:
        return ""
    found = _DESCRIPTION.search(answer.headers.get("WWW-Authenticate", ""))
    message = answer.object().get("message")
    text = found[1] if found else message[:200] if isinstance(message, str) else ""
    return f": {' '.join(text.split()).rstrip('.')}" if text.strip() else ""


def _unknown_user(answer: Answer, sign_in: SignIn, site: Site) -> PdjiraError | None:
    """Plugins that check tokens answer 400 where the token is right and its user unknown."""
    auth, error = sign_in.auth, answer.object().get("error")
    if answer.status != HTTPStatus.BAD_REQUEST or not isinstance(error, dict):
        return None
    if not isinstance(auth, JwtAuth):
        return None
    return _unauthenticated(
        f"{site.label} accepts the token that we signed, but does not know the user {auth.user}.",
        cure="Make that user in Jira, or enter another one as jira.auth.user in the connection "
        "secret.",
    )


def _failed_basic(answer: Answer) -> bool:
    """A failed Basic sign-in has a page that names the reason."""
    denied = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return denied and b"AUTHENTICATED_FAILED" in answer.body[:4096]


def _page_problem(answer: Answer, sign_in: SignIn, site: Site, call: Call) -> PdjiraError | None:
    if answer.redirects:
        return _redirect(answer, site, call)
    if answer.ok and answer.is_html and answer.body.strip():
        return _unauthenticated(
            f"{site.label} answered {call.where} with a web page, most likely one to log in.",
            cure=f"{_OPEN_REST}, and check the URL.",
        )
    if answer.status == HTTPStatus.FORBIDDEN and b"basic auth" in answer.body[:4096].lower():
        return _basic_is_off(sign_in, site)
    return None


def _basic_is_off(sign_in: SignIn, site: Site) -> Unauthenticated:
    version = sign_in.version()
    since = ""
    if version and not Capabilities(version=version).passwords_by_default:
        since = f", as by default since 11 (this is {written(version)})"
    return _unauthenticated(
        f"{site.label} takes no user name and password: Basic authentication is off{since}.",
        cure="Use a personal access token (jira.auth.mode pat), or let an administrator of Jira "
        "allow Basic under System, Authentication methods.",
    )


def _redirect(answer: Answer, site: Site, call: Call) -> PdjiraError:
    target = answer.headers.get("Location", "")
    try:
        parts = urlsplit(target)
        host, path = parts.hostname or site.host, parts.path.lower()
    except ValueError:
        host, path = "an unreadable address", ""
    if host.split(".")[0] in _LOGIN or any(word in path for word in _LOGIN):
        return _unauthenticated(
            f"{site.label} sent {call.where} on to a page to log in, at {host}.",
            cure=f"{_OPEN_REST}, or check the token.",
        )
    return Temporary(
        f"{site.label} sent {call.where} on to {host}; redirects are not followed.",
        cure="Enter the URL that Jira itself shows as its base URL, with its path.",
    )


OLDEST = (7, 2)
"""The oldest version that is supported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the Jira of a version can do; `version` is as `versionNumbers` of serverInfo."""

    version: tuple[int, ...]

    @property
    def supported(self) -> bool:
        """Whether pdjira works with it."""
        return self.version >= OLDEST

    @property
    def create_metadata_by_type(self) -> bool:
        """Create metadata has a resource per project and type.

        Since 8.4; the older resource is gone in 9.0 (JRASERVER-69898, JRASERVER-74965).
        """
        return self.version >= (8, 4)

    @property
    def access_tokens(self) -> bool:
        """It knows personal access tokens: since 8.14. Older ones pass over a Bearer token."""
        return self.version >= (8, 14)

    @property
    def passwords_by_default(self) -> bool:
        """It takes user name and password unless an administrator forbids it: up to 10.x."""
        return self.version < (11,)


def written(version: tuple[int, ...]) -> str:
    """The version as people write it."""
    return ".".join(map(str, version))
