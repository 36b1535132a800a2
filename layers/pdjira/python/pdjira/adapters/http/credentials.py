"""Takes our credentials out of what a server says against a call: some repeat the whole request."""

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from requests.structures import CaseInsensitiveDict

from pdjira.adapters.http.messages import Answer

_HIDDEN = "***"
_SHORTEST = 6
"""Characters: what is shorter stands in any text by chance."""


def without_credentials(answer: Answer, authorization: str) -> Answer:
    """The answer without what the header Authorization held, in whatever way it is repeated.

    An answer that is a success stays as it is: nothing of it is told to anybody.
    """
    if answer.ok:
        return answer
    forms = sorted(set(_forms(authorization)), key=len, reverse=True)
    body, headers = answer.body, dict(answer.headers)
    for form in forms:
        body = body.replace(form.encode(), _HIDDEN.encode())
        headers = {name: value.replace(form, _HIDDEN) for name, value in headers.items()}
    return replace(answer, body=body, headers=CaseInsensitiveDict(headers))


def _forms(authorization: str) -> Iterator[str]:
    """Each part of the credentials as it stands, in a URL and in JSON."""
    for part in _parts(authorization):
        if len(part) >= _SHORTEST:
            yield from (part, quote(part, safe=""), json.dumps(part)[1:-1])
            yield part.replace("/", "\\/")


def _parts(authorization: str) -> Iterator[str]:
    """The credentials whole, the parts of a signed token, the password of a pair."""
    scheme, _, rest = authorization.partition(" ")
    credentials = rest.removeprefix("token=")
    yield credentials
    if scheme == "Bearer":
        yield from credentials.split(".")
    if scheme == "Basic":
        pair = _decoded(credentials)
        yield pair
        yield pair.partition(":")[2]


def _decoded(credentials: str) -> str:
    try:
        return b64decode(credentials).decode("utf-8")
    except (Error, UnicodeDecodeError):
        return ""
