"""Field values of either side as texts that can be compared: the same value, the same text.

What differs in form alone (white space at the ends of lines, line ends, `42` and `42.0`, the time
zone in which Jira tells a time, the order of a list) is the same. Shapes of Jira's values:
https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples-6291606/.
"""

import base64
import hashlib
import math
import re
from collections import abc
from collections.abc import Iterable
from datetime import UTC, datetime

from pdjira.domain.fields.values import CHILD_MARK
from pdjira.domain.text.markup import plain

Texts = tuple[str, ...]
"""The parts of a value: none of an empty one, several of a list."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
_DIGEST_BYTES = 3


def texts_of(value: object) -> Texts:
    """The parts of a value in JSON, as Jira or PagerDuty tells it; a list's are sorted."""
    parts = value if isinstance(value, list) else [value]
    texts = tuple(text for text in map(text_of, parts) if text)
    return tuple(sorted(texts)) if isinstance(value, list) else texts


def identities_of(value: object) -> Texts:
    """As `texts_of`, but of organizations the ids, by which they are set and not only named."""
    return texts_of([_identity(one) for one in value] if isinstance(value, list) else value)


def comparable(text: str) -> str:
    """A text without what is form alone."""
    if _TIME.fullmatch(text.strip()):
        return _instant(text.strip())
    return "\n".join(line.rstrip() for line in plain(text).split("\n")).strip()


def number_text(number: float) -> str:
    """A number as people write it: whole ones without a point."""
    is_whole = isinstance(number, int) or (math.isfinite(number) and number.is_integer())
    return str(int(number)) if is_whole else repr(number)


def digest(texts: Iterable[str]) -> str:
    """Four characters that tell one value from another, short enough to be kept on a link.

    Two values share one by chance in 16.7 million cases; a change that is missed so is found by
    the next one.
    """
    raw = "\0".join(texts).encode("utf-8", "replace")
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()[:_DIGEST_BYTES]).decode()


def text_of(value: object) -> str:
    """A value of one part; '' for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return comparable(value)
        case abc.Mapping():
            return _named(value)
        case _:
            return comparable(str(value))


def _identity(value: object) -> object:
    """An organization's id: of all that lists hold, they alone have one and no `self`."""
    is_organization = isinstance(value, abc.Mapping) and "id" in value and "self" not in value
    return str(value["id"]) if isinstance(value, abc.Mapping) and is_organization else value


def _named(value: abc.Mapping[object, object]) -> str:
    """An option by its value, anything else by its name; with the option below it."""
    kind = value.get("requestType")
    if isinstance(kind, abc.Mapping):
        return _named(kind)
    known = (value.get(key) for key in ("value", "name", "displayName", "key", "id"))
    text = next((str(one).strip() for one in known if one not in (None, "")), "")
    child = value.get("child")
    below = _named(child) if isinstance(child, abc.Mapping) else ""
    return f"{text} {CHILD_MARK} {below}" if below else text


def _instant(text: str) -> str:
    """A time in UTC, whatever zone it is told in; milliseconds are left out."""
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
