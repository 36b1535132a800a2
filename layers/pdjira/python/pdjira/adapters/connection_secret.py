"""Reads the connection secret into values: who both sides are and how we sign in there."""

import json
import re
from collections import abc
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from pdjira.adapters.http.pool import tls_context, url_problem
from pdjira.errors import UnreadableSecret
from pdjira.text.json_text import NotJson, read_json

_CURE = "Correct it in the connection secret; the stack uses the change within a minute."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _checked_url(url: str, info: ValidationInfo) -> str:
    bare = url.strip().rstrip("/")
    problem = url_problem(bare, allow_insecure=bool((info.context or {}).get("allow_insecure")))
    if problem:
        raise ValueError(problem)
    return bare


_PAGE = re.compile(r"/(rest(/.*)?|browse/[A-Za-z]\w*-\d+|secure/\w+\.jspa|login\.jsp)$")


def _checked_base(url: str, info: ValidationInfo) -> str:
    """People paste what their browser shows: a page, or what a call was sent to."""
    base = _checked_url(url, info)
    page = _PAGE.search(base)
    if page:
        raise ValueError(f"must be Jira's base URL: leave {page[0]} out")
    return base


_NO_TOKEN = frozenset(" \"'<>")


def _checked_token(token: SecretStr) -> SecretStr:
    """White space around a token comes from pasting; within one, something else was pasted."""
    bare = token.get_secret_value().strip()
    if not bare:
        raise ValueError("is empty")
    if not bare.isascii() or not bare.isprintable() or _NO_TOKEN & set(bare):
        raise ValueError("holds characters that no token has")
    return SecretStr(bare)


def _can_be_sent(value: object) -> object:
    r"""JSON may spell half of a character (`\ud83d` alone), which no request can hold."""
    if isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value):
        raise ValueError("holds half of a character")
    return value


class JwtAuth(_Part):
    """Signed in by a token that we sign ourselves."""

    mode: Literal["jwt"]
    user: str = "PagerDuty"
    issuer: str = "pagerduty"
    audience: str | None = None
    qsh: bool = False

    _whole = field_validator("user", "issuer", "audience", mode="before")(_can_be_sent)


class PatAuth(_Part):
    """Signed in by a personal access token (Jira 8.14 or later)."""

    mode: Literal["pat"]
    token: SecretStr

    _token = field_validator("token")(_checked_token)


class BasicAuth(_Part):
    """Signed in by user name and password (off by default since Jira 11)."""

    mode: Literal["basic"]
    username: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)

    _whole = field_validator("username", "password", mode="before")(_can_be_sent)

    @field_validator("username")
    @classmethod
    def _no_colon(cls, username: str) -> str:
        if ":" in username:
            raise ValueError("must not contain a colon")
        return username


_AUTH = (JwtAuth, PatAuth, BasicAuth)


class JiraConnection(_Part):
    """Where Jira is, whom to trust there, how to sign in, and how its webhook proves itself."""

    url: str
    """Base URL of Jira, with its path if it has one; https, without user name, query or
    fragment.
    """
    ca_pem: str | None = None
    """Certificates in PEM form, trusted beside the public authorities. In JSON, a line break is
    \\n.
    """
    auth: Annotated[JwtAuth | PatAuth | BasicAuth, Field(discriminator="mode")]
    """How we sign in, see below."""
    webhook_token: SecretStr | None = None
    """The end of the URL that Jira's webhook calls: a long random text of letters and digits.
    Without it every call of Jira is answered 404.
    """
    webhook_secret: SecretStr | None = None
    """What Jira signs its webhooks with, from Jira 10 on. Without it no signature is asked for."""

    _url = field_validator("url")(_checked_base)

    @field_validator("ca_pem")
    @classmethod
    def _holds_certificates(cls, pem: str | None) -> str | None:
        if pem is None or not pem.strip():
            return None
        try:
            tls_context(pem)
        except ValueError as error:
            raise ValueError(f"holds {error}") from error
        return pem


class PagerDutyConnection(_Part):
    """Where PagerDuty is, as whom we write there, and how its webhooks prove themselves."""

    api_url: str = "https://api.pagerduty.com"
    """https://api.eu.pagerduty.com for an account in the EU region."""
    api_token: SecretStr
    """REST API key that may read incidents and log entries, add notes and change incidents; not
    a read-only one.
    """
    from_email: str
    """E-mail address of an active PagerDuty user; notes and changes of incidents appear in
    their name.
    """
    webhook_secrets: tuple[SecretStr, ...] = ()
    """Every secret that PagerDuty may sign with, one for each webhook subscription. Without
    any, every webhook is answered 503.
    """
    action_token: SecretStr | None = None
    """What PagerDuty's buttons send along as the header X-Action-Token: a long random text.
    Without it every button is answered 503.
    """

    _api_url = field_validator("api_url")(_checked_url)
    _api_token = field_validator("api_token")(_checked_token)

    @field_validator("from_email")
    @classmethod
    def _is_address(cls, email: str) -> str:
        bare = email.strip()
        user, _, domain = bare.rpartition("@")
        if not bare.isascii():
            raise ValueError("holds characters outside ASCII, which no header can")
        if not user or not domain or not bare.isprintable() or " " in bare:
            raise ValueError("is not an e-mail address")
        return bare


class Connection(_Part):
    """The connection secret; a repr shows no secret of it."""

    pagerduty: PagerDutyConnection
    jira: JiraConnection


def parse_connection(raw: str | None, *, allow_insecure: bool) -> Connection | None:
    """The secret's string as a value; None while it is empty, as in a fresh stack.

    Raises `UnreadableSecret`, which names the field and never its value. The error keeps no hold of
    the parser's own, since that holds the input.
    """
    data = _object_of(raw)
    if not data:
        return None
    try:
        return Connection.model_validate(data, context={"allow_insecure": allow_insecure})
    except ValidationError as error:
        details = error.errors(include_url=False)
    unknown = (*_unknown(data), *_of_another_mode(data))
    cure = _IN_PLAIN if any(isinstance(data.get(key), str) for key in _SIDES) else _CURE
    raise UnreadableSecret(" ".join(_sentence(detail, unknown) for detail in details), cure=cure)


def problems_of(raw: str, *, allow_insecure: bool) -> Sequence[tuple[str, str]]:
    """What is wrong with a filled secret: a field and a sentence each.

    Raises `UnreadableSecret` where it is no JSON object.
    """
    data = _object_of(raw)
    try:
        Connection.model_validate(data, context={"allow_insecure": allow_insecure})
    except ValidationError as error:
        details = error.errors(include_url=False)
    else:
        return ()
    unknown = _unknown(data)
    return tuple((_name(one["loc"]), _sentence(one, unknown)) for one in details)


def misspelt(raw: str | None) -> Sequence[str]:
    """A sentence for each key that the secret should not have, with the one probably meant.

    Raises `UnreadableSecret` where it is no JSON object.
    """
    return tuple(map(_misspelt, _unknown(_object_of(raw))))


def _object_of(raw: str | None) -> abc.Mapping[str, object]:
    """What the secret holds; nothing while it is empty. The error quotes nothing of it."""
    if raw is None or not raw.strip():
        return {}
    data = read_json(raw)
    if isinstance(data, dict):
        return data
    if not data:
        return {}
    why = "it is another kind of value"
    if isinstance(data, NotJson):
        place = f"it cannot be read at line {data.line}, column {data.column}, where {data.why}"
        why = place if data.line else data.why
    raise UnreadableSecret(f"The connection secret is no JSON object: {why}.", cure=_CURE)


_SIDES = ("pagerduty", "jira")

_IN_PLAIN = (
    "In Secrets Manager, edit the secret in the tab Plaintext: under Key/value each side becomes a "
    "text."
)


class _Misspelt(NamedTuple):
    """An unknown key as people write it, and the known one that it resembles most."""

    name: str
    meant: str | None


def _unknown(data: abc.Mapping[str, object]) -> Sequence[_Misspelt]:
    auth = {"mode", *(key for model in _AUTH for key in model.model_fields)}
    return (
        *_unknown_of("", data, Connection.model_fields),
        *_unknown_of("pagerduty.", data.get("pagerduty"), PagerDutyConnection.model_fields),
        *_unknown_of("jira.", data.get("jira"), JiraConnection.model_fields),
        *_unknown_of("jira.auth.", _get(data.get("jira"), "auth"), auth),
    )


def _of_another_mode(data: abc.Mapping[str, object]) -> Iterator[_Misspelt]:
    """The keys of `jira.auth` that only another mode has, with what this one has for the same."""
    auth = _get(data.get("jira"), "auth")
    mode = _get(auth, "mode")
    if isinstance(auth, dict):
        for key, meant in _SAME.items():
            if key in auth and mode in meant:
                yield _Misspelt(f"jira.auth.{key}", f"jira.auth.{meant[str(mode)]}")


_SAME: abc.Mapping[str, abc.Mapping[str, str]] = {
    "user": {"basic": "username"},
    "token": {"basic": "password"},
    "password": {"pat": "token"},
}
"""What people write in a mode for what it calls otherwise."""

_LIKE_A_KEY = re.compile(r"[A-Za-z_ ]{1,24}")
"""Anything else may be a token that was pasted in the place of a key."""


def _unknown_of(where: str, part: object, known: abc.Collection[str]) -> Iterator[_Misspelt]:
    if not isinstance(part, dict):
        return
    for key in part:
        if key not in known:
            meant = get_close_matches(key.lower(), known, n=1)
            is_told = meant or _LIKE_A_KEY.fullmatch(key)
            name = json.dumps(key) if is_told else f"(a key of {len(key)} characters, not shown)"
            shown = key if is_told and key.isidentifier() else name
            yield _Misspelt(f"{where}{shown}", f"{where}{meant[0]}" if meant else None)


def _get(part: object, key: str) -> object:
    return part.get(key) if isinstance(part, dict) else None


def _misspelt(found: _Misspelt) -> str:
    if found.meant is None:
        return f"{found.name} is no key of it and is ignored."
    return f"{found.name} is no key of it and is ignored; {found.meant} was probably meant."


def _sentence(detail: ErrorDetails, unknown: Sequence[_Misspelt]) -> str:
    field = _name(detail["loc"])
    if detail["type"] == "missing":
        written = next((one.name for one in unknown if one.meant == field), None)
        instead = f"; {written} was probably meant to be that" if written else ""
        return f"The connection secret lacks {field}{instead}."
    if detail["type"].startswith("union_tag"):
        return f"{field}.mode must be one of jwt, pat and basic."
    if detail["type"] == "value_error":
        return f"{field} {detail['ctx']['error']}."
    return f"{field} {_EXPECTED.get(detail['type'], 'is not what it must be')}."


_EXPECTED = {
    "string_type": "must be a text",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _name(location: tuple[int | str, ...]) -> str:
    """The field as the secret writes it: without the union's tag, list items by number."""
    tagged = location[:2] == ("jira", "auth") and location[3:]
    parts = (*location[:2], *location[3:]) if tagged else location
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.lstrip(".")
