"""Reads Jira's answers: whom it takes us for, and what it says in each of its error shapes."""

import re
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from pdjira.adapters.connection_secret import BasicAuth, JwtAuth, PatAuth
from pdjira.adapters.http.messages import Answer, Call, Site, retry_after
from pdjira.errors import (
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
    Unstorable,
)
from pdjira.text.plain_text import has_supplementary

_LONGEST_MESSAGE = 500

_GATEWAY = ("Gateway: ", "The gateway ")

_OTHER_PATH = "REST version 2 only"


def is_jira_error(answer: Answer) -> bool:
    """Whether the body is an error of Jira's own, not one of a gateway in between."""
    body = answer.object()
    return bool(body.keys() & {"errorMessages", "errors"}) or {"message", "status-code"} <= set(
        body
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How a call was signed in.

    `version` asks which version this Jira has; () where that cannot be learned. Signed tokens
    follow Jira's clock where it is known.
    """

    auth: JwtAuth | PatAuth | BasicAuth
    version: Callable[[], tuple[int, ...]]
    is_clock_known: bool


def read_object(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call, anonymous: bool = False
) -> dict[str, object]:
    """The JSON object of a successful answer; anything else is raised as an error of ours.

    A token that Jira does not know gets many answers as `anonymous` would, with status 200 and
    fewer rows: only the header X-AUSERNAME tells. With `anonymous` such an answer is taken.

    `Unauthenticated` where Jira or something before it wants a sign-in, also under status 200;
    `Refused` and `NotFound` as Jira says; `Misconfigured` where no Jira answers at that URL.
    """
    body = answer.result()
    if body is None or _is_locked(answer) or _is_refused(answer) or is_anonymous(answer):
        check(answer, sign_in, site=site, call=call, anonymous=anonymous)
    if body is None:
        raise call.lost(
            f"{site.label} answered {call.where} with something that is no JSON object.",
            cure=f"Check that {site.url} is Jira's base URL, and what stands between.",
        )
    return body


def check(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call, anonymous: bool = False
) -> None:
    """Raises what `read_object` raises where the answer is no success, whatever its body."""
    problem = sign_in_problem(answer, sign_in, site=site, call=call)
    if problem is None and not anonymous and is_anonymous(answer):
        problem = anonymous_problem(answer, sign_in, site=site)
    problem = problem or _refusal(answer, site, call)
    if problem is not None:
        raise problem


def check_stored(answer: Answer, call: Call) -> None:
    """Raises `Unstorable` where Jira failed at storing what a database may not hold.

    That is Jira's own 500, as at any failure within it: what was sent makes the difference.
    """
    is_failure = answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and is_jira_error(answer)
    if is_failure and has_supplementary(call.body):
        messages, fields = said(answer)
        raise Unstorable(
            f"Jira failed at {call.where} ({_joined(messages, fields)}); its database may "
            "not hold a character in it, an emoji for instance.",
            cure="Let Jira's database hold all of Unicode (utf8mb4), or take the character out.",
            status=answer.status,
            messages=messages,
            fields=fields,
        )


def said(answer: Answer) -> tuple[tuple[str, ...], dict[str, str]]:
    """What an error body says: in general, and of single fields by id.

    Takes `{"errorMessages", "errors"}`, `{"message", "status-code"}`, and the list of errors that a
    bulk call gives; pages and plain text hold nothing that is meant for people here.
    """
    body = answer.object()
    messages = [_text(message) for message in _list(body.get("errorMessages"))]
    fields: dict[str, str] = {}
    errors = body.get("errors")
    for part in [errors] if isinstance(errors, abc.Mapping) else _list(errors):
        if isinstance(part, abc.Mapping):
            fields.update({str(name): _text(problem) for name, problem in part.items()})
    if isinstance(body.get("message"), str):
        messages.append(_text(body["message"]))
    return tuple(message for message in messages if message), fields


def _refusal(answer: Answer, site: Site, call: Call) -> PdjiraError | None:
    if answer.ok:
        return None
    if b"XSRF check failed" in answer.body[:4096]:
        return _refused(
            answer,
            f"{site.label} took {call.where} for a browser's (XSRF check failed).",
            cure="A proxy before Jira must leave the header User-Agent as it is.",
        )
    messages, fields = said(answer)
    if messages and messages[0].startswith(_GATEWAY):
        return _stopped_by_gateway(messages[0], site, call)
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status](answer, site, call)
    if answer.is_failure and not fields:
        return Temporary(
            f"{site.label} failed at {call.where}: {_joined(messages, fields)}.",
            cure="Look into Jira's own log for that time.",
        )
    return _refused(answer, f"{site.label} refused {call.where}: {_joined(messages, fields)}.")


def _stopped_by_gateway(message: str, site: Site, call: Call) -> Misconfigured:
    """What `docs/gateway` refuses before Jira hears of it, in Jira's shape but its own words."""
    cure = "Look for these words in the table of docs/gateway/README.md."
    if _OTHER_PATH in message:
        cure = (
            "Correct the path in jira.url in the connection secret: it must be the gateway's "
            "PDJIRA_JIRA_CONTEXT (/jira, for instance)."
        )
    return Misconfigured(
        f"The gateway before {site.label} refused {call.where}: {message.rstrip('.')}.", cure=cure
    )


def _missing(answer: Answer, site: Site, call: Call) -> PdjiraError:
    if not is_jira_error(answer):
        return Misconfigured(
            f"Nothing at {site.label} knows {call.where}, and what says so may not be Jira: that "
            "is not the answer of Jira's REST API.",
            cure="Check jira.url in the connection secret, with its path (/jira, for instance).",
        )
    messages, fields = said(answer)
    return NotFound(
        f"{site.label} knows nothing there for {call.where}, or does not show it to our account: "
        f"{_joined(messages, fields)}.",
        cure="Check that it exists and that our Jira account may see it (Browse Projects).",
    )


def _forbidden(answer: Answer, site: Site, call: Call) -> PdjiraError:
    wait = retry_after(answer)
    if wait:
        return Temporary(
            f"{site.label} blocks our account by its rate limit at {call.where}.",
            cure="Exempt the account in Jira's rate limiting, or raise its limit.",
            retry_after=wait,
        )
    if answer.is_html:
        return _refused(
            answer,
            f"{site.label}, or something before it, refused {call.where} with a web page.",
            cure="Let the proxy or firewall before Jira pass calls to /rest/.",
        )
    messages, fields = said(answer)
    return _refused(
        answer,
        f"{site.label} does not allow our account {call.where}: {_joined(messages, fields)}.",
        cure="Give our Jira account the right that this needs.",
    )


_BY_STATUS: abc.Mapping[int, Callable[[Answer, Site, Call], PdjiraError]] = {
    HTTPStatus.NOT_FOUND: _missing,
    HTTPStatus.FORBIDDEN: _forbidden,
}


def _refused(answer: Answer, says: str, *, cure: str | None = None) -> Refused:
    messages, fields = said(answer)
    return Refused(says, cure=cure, status=answer.status, messages=messages, fields=fields)


def _joined(messages: tuple[str, ...], fields: abc.Mapping[str, str]) -> str:
    parts = [*messages, *(f"{name}: {problem}" for name, problem in fields.items())]
    return " ".join(parts).rstrip(".") or "it gives no reason"


def _text(message: object) -> str:
    return " ".join(str(message).split())[:_LONGEST_MESSAGE]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


MOST_PAGES = 100
"""At 100 rows a page these are the 10,000 that Jira shows of any search."""


def listed(answer: Answer, call: Call) -> list[object]:
    """The JSON array of a successful answer. Raises `Temporary` where it is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, list):
        raise Temporary(f"Jira answered {call.where} with something that is no list.")
    return body


def rows(page: abc.Mapping[str, object], *names: str) -> list[abc.Mapping[str, object]]:
    """The objects of a page under the first of `names` that it has.

    Server and Data Center name the rows of create metadata `values`, Cloud and some versions'
    documents `fields`, and there they may be an object by field id.
    """
    for name in names:
        found = page.get(name)
        if isinstance(found, abc.Mapping):
            found = [{"fieldId": key, **row} for key, row in found.items() if _is_object(row)]
        if isinstance(found, list):
            return [row for row in found if _is_object(row)]
    return []


def pages_of(what: str) -> Iterator[int]:
    """Counts the pages of a list. Raises `Temporary` where it has more than any list of Jira's."""
    yield from range(MOST_PAGES)
    raise Temporary(
        f"Jira gave {MOST_PAGES} pages of {what}, and no end of them.",
        cure="Check what answers in Jira's place: a proxy may repeat one page.",
    )


def is_last(page: abc.Mapping[str, object], *, read: int, new: int) -> bool:
    """Whether no page follows, `read` rows after all and `new` ones on this page.

    A short page means nothing, since Jira caps pages silently: the total does, or an empty page.
    A page that tells neither is taken for the only one.
    """
    if new == 0 or page.get("isLast") is True:
        return True
    total = page.get("total")
    return read >= total if isinstance(total, int) else page.get("isLast") is not False


def _is_object(row: object) -> bool:
    return isinstance(row, abc.Mapping)


_LOGIN = ("login", "logon", "signin", "sso", "saml", "oauth", "auth", "adfs", "idp")

_CHECK = "Check jira.auth in the connection secret."

_OPEN_REST = "Let calls to /rest/ pass the single sign-on before Jira"

_unauthenticated = partial(Unauthenticated, side=Side.JIRA)

_DESCRIPTION = re.compile(r'error_description="([^"]{1,200})"')


def sign_in_problem(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call
) -> PdjiraError | None:
    """The error of an answer that does not take us for our account; None for any other."""
    if _is_locked(answer):
        return _unauthenticated(
            f"{site.label} has locked our account after failed sign-ins and asks for a CAPTCHA.",
            cure="Sign in once by browser as that account and solve it, then check the password "
            "in the connection secret.",
        )
    if _is_refused(answer) or _failed_basic(answer):
        return _unauthenticated(
            f"{site.label} does not accept our user name and password.", cure=_basic_cure(sign_in)
        )
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return _rejected(answer, sign_in, site)
    return _unknown_user(answer, sign_in, site) or _page_problem(answer, sign_in, site, call)


def _is_locked(answer: Answer) -> bool:
    """Whether Jira wants a CAPTCHA of our account."""
    denied = answer.headers.get("X-Authentication-Denied-Reason", "")
    return "CAPTCHA" in denied.upper() or _login_reason(answer) == "AUTHENTICATION_DENIED"


def _is_refused(answer: Answer) -> bool:
    """Whether Jira says that our sign-in failed, under whatever status."""
    return "AUTHENTICATED_FAILED" in _login_reason(answer)


def _login_reason(answer: Answer) -> str:
    return answer.headers.get("X-Seraph-LoginReason", "").upper()


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
    if "JWT" in why.upper() and not isinstance(sign_in.auth, JwtAuth):
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
