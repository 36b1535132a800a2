"""Takes our credentials out of what a server says against a call: some repeat the whole request."""

import html
import json
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import permutations
from string import ascii_lowercase, ascii_uppercase

from requests.structures import CaseInsensitiveDict

from pdjira.adapters.http.messages import Answer

_HIDDEN = "***"
_SHORTEST = 6
"""Characters: what is shorter stands in any text by chance."""
_LONGEST = 65_536
"""Characters of one text that are kept: people are shown a few hundred.

A body of more bytes is one text: no error of Jira is as long, and each value in it costs time.
"""
_DEEPEST = 10
"""Layers of escapes that are undone; a text with more of them is hidden whole."""

_Unescape = Callable[[str], str]
_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-f]+|\w+);", re.ASCII | re.IGNORECASE)
_PERCENT = re.compile(r"%(?:u([0-9a-f]{4})|([0-9a-f]{2}))", re.IGNORECASE)
_BACKSLASH = re.compile(r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|[\"'\\/bfnrt])", re.IGNORECASE)
_UTF8 = re.compile(r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ALIKE = str.maketrans(f"{ascii_uppercase}+-_\t\n\v\f\r\xa0", f"{ascii_lowercase}  /{' ' * 6}")
"""One letter for both cases, for the + of a form and its blank, and for both forms of Base64."""


def without_credentials(answer: Answer, authorization: str) -> Answer:
    """The answer without what the header Authorization held, in whatever spelling it is repeated.

    Its JSON is parsed first, so that no escape survives: from here on, body and headers hold only
    what people and logs may see. An answer that is a success stays as it is: nothing of it is
    told to anybody.
    """
    if answer.ok:
        return answer
    secrets = _spelled(authorization)
    headers = {name: _without(value, secrets) for name, value in answer.headers.items()}
    body = _body_without(answer.body, secrets)
    return replace(answer, body=body, headers=CaseInsensitiveDict(headers))


def _body_without(body: bytes, secrets: Sequence[str]) -> bytes:
    if len(body) <= _LONGEST:
        with suppress(ValueError, RecursionError):
            return json.dumps(_value_without(json.loads(body), secrets)).encode("ascii")
    return _without(body.decode("utf-8", "replace"), secrets).encode("utf-8")


def _value_without(value: object, secrets: Sequence[str]) -> object:
    match value:
        case dict():
            return {
                _without(name, secrets): _value_without(one, secrets) for name, one in value.items()
            }
        case list():
            return [_value_without(one, secrets) for one in value]
        case str():
            return _without(value, secrets)
        case int() | float():
            return value if _without(str(value), secrets) == str(value) else _HIDDEN
        case _:
            return value


def _without(text: str, secrets: Sequence[str]) -> str:
    """The text as it is where it holds no secret, else without escapes down to where one showed.

    In which order a text was escaped cannot be seen, and the wrong one may undo too much: every
    order is tried.
    """
    shown = text[:_LONGEST]
    for unescapes in _ORDERS:
        shown = _peeled(shown, unescapes, secrets)
    return shown


def _peeled(text: str, unescapes: Sequence[_Unescape], secrets: Sequence[str]) -> str:
    shown = layer = text
    for _ in range(_DEEPEST):
        before = layer
        for unescape in unescapes:
            hidden = _hide(layer, secrets)
            shown = shown if hidden == layer else hidden
            layer = unescape(hidden)
        if layer == before:
            return shown
    return _HIDDEN


def _hide(text: str, secrets: Sequence[str]) -> str:
    alike = text.translate(_ALIKE)
    for secret in secrets:
        while (start := alike.find(secret)) >= 0:
            end = start + len(secret)
            text, alike = (f"{one[:start]}{_HIDDEN}{one[end:]}" for one in (text, alike))
    return text


def _unescape_reference(text: str) -> str:
    """Undo the escapes of HTML: by name, decimal and hexadecimal number."""
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def _unescape_percent(text: str) -> str:
    """Undo the escapes of URLs: of bytes, in UTF-8 or Latin-1, and `%u` with four digits."""
    return _UTF8.sub(_joined, _PERCENT.sub(_character, text))


def _unescape_backslash(text: str) -> str:
    """Undo the escapes of JSON and of programming languages; two halves become one character."""
    plain = _BACKSLASH.sub(_character, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _character(escape: re.Match[str]) -> str:
    code, letter = escape[1] or escape[2], escape[0][-1]
    return chr(int(code, 16)) if code else _CONTROL.get(letter, letter)


def _joined(octets: re.Match[str]) -> str:
    """What several bytes stand for in UTF-8, each of which was taken for a character."""
    try:
        return octets[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return octets[0]


_ORDERS = tuple(permutations((_unescape_reference, _unescape_backslash, _unescape_percent)))


def _spelled(authorization: str) -> Sequence[str]:
    """What is looked for, longest first: each secret as it stands and with its own escapes undone.

    A secret may look like an escape; it is then found both where texts still have theirs and
    where these were undone.
    """
    found: set[str] = set()
    for secret in _parts(authorization):
        layer = secret
        for unescape in _ORDERS[0] * 3:
            found.add(layer)
            layer = unescape(layer)
    alike = {part.translate(_ALIKE) for part in found if len(part) >= _SHORTEST}
    return sorted(alike, key=len, reverse=True)


def _parts(authorization: str) -> Iterator[str]:
    """The credentials whole, the parts of a signed token, the password of a pair."""
    scheme, _, rest = authorization.partition(" ")
    credentials = rest.removeprefix("token=")
    yield credentials.rstrip("=")
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
