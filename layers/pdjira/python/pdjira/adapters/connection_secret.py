"""Reads the connection secret into values: who both sides are and how we sign in there."""

import json
from typing import Annotated, Literal

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

from pdjira.adapters.http.addresses import url_problem
from pdjira.adapters.http.pool import tls_context
from pdjira.errors import Misconfigured

_CURE = "Correct it in the connection secret; the stack uses the change within a minute."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _checked_url(url: str, info: ValidationInfo) -> str:
    bare = url.strip().rstrip("/")
    problem = url_problem(bare, allow_insecure=bool((info.context or {}).get("allow_insecure")))
    if problem:
        raise ValueError(problem)
    return bare


def _checked_token(token: SecretStr) -> SecretStr:
    """White space around a token comes from pasting; within one, something else was pasted."""
    bare = token.get_secret_value().strip()
    if not bare:
        raise ValueError("is empty")
    if not bare.isascii() or not bare.isprintable() or " " in bare:
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


class JiraConnection(_Part):
    """Where Jira is, whom to trust there, how to sign in, and how its webhook proves itself."""

    url: str
    ca_pem: str | None = None
    auth: Annotated[JwtAuth | PatAuth | BasicAuth, Field(discriminator="mode")]
    webhook_token: SecretStr | None = None
    webhook_secret: SecretStr | None = None

    _url = field_validator("url")(_checked_url)

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
    api_token: SecretStr
    from_email: str
    webhook_secrets: tuple[SecretStr, ...] = ()
    action_token: SecretStr | None = None

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

    Raises `Misconfigured`, which names the field and never its value. The error keeps no hold of
    the parser's own, since that holds the input.
    """
    if raw is None or not raw.strip():
        return None
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = raw
    if not data:
        return None
    if not isinstance(data, dict):
        raise Misconfigured("The connection secret is no JSON object.", cure=_CURE)
    try:
        return Connection.model_validate(data, context={"allow_insecure": allow_insecure})
    except ValidationError as error:
        says = " ".join(_sentence(detail) for detail in error.errors(include_url=False))
    raise Misconfigured(says, cure=_CURE)


def _sentence(detail: ErrorDetails) -> str:
    field = _name(detail["loc"])
    if detail["type"] == "missing":
        return f"The connection secret lacks {field}."
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
