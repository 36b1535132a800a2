"""Custom fields of incidents: how a rule names them, and what they take.

Kinds and limits: PagerDuty's OpenAPI document, `CustomFieldsFieldValue`, and its support article
"Custom fields on incidents".
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from pdjira.domain.fields.comparable import Texts
from pdjira.domain.fields.values import Unfit
from pdjira.domain.incident import IncidentField
from pdjira.domain.text.markup import cut, plain

PREFIX = "custom_field:"
"""How a rule names a custom field: this, then its name."""

STRING_LIMIT = 255
URL_LIMIT = 500
MOST_VALUES = 10

_YES = frozenset({"true", "yes", "1", "on"})
_NO = frozenset({"false", "no", "0", "off"})


def custom_name(source: str) -> str | None:
    """The name of the custom field that a source means; None where it means none."""
    return source.removeprefix(PREFIX) if source.startswith(PREFIX) else None


def to_custom(texts: Texts, field: IncidentField) -> object:
    """The JSON value that PagerDuty takes, None for an empty one. Raises `Unfit`.

    A field of one value takes several texts joined by a comma and a blank.
    """
    if not texts:
        return None
    convert = _CONVERTERS.get(field.data_type, _string)
    if not field.several:
        return convert(", ".join(texts))
    if len(texts) > MOST_VALUES:
        raise Unfit(f"takes at most {MOST_VALUES} values")
    return [convert(text) for text in dict.fromkeys(texts)]


def _string(text: str) -> str:
    return cut(plain(text), limit=STRING_LIMIT)


def _url(text: str) -> str:
    text = text.strip()
    is_url = text.lower().startswith(("http://", "https://")) and not any(map(str.isspace, text))
    if not is_url or len(text) > URL_LIMIT:
        raise Unfit(f"takes a URL of at most {URL_LIMIT} characters")
    return text


def _boolean(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _YES | _NO:
        raise Unfit("takes true or false")
    return word in _YES


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise Unfit("takes a whole number")
    return int(number)


def _float(text: str) -> float:
    return float(_decimal(text))


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not math.isfinite(float(number)) or number.adjusted() > _LARGEST:
        raise Unfit("takes a number such as 42.5")
    return number


_LARGEST = 17
"""Powers of ten: whole numbers beyond it are no 64-bit integers any more."""


def _datetime(text: str) -> str:
    """A time in UTC; a bare day begins at midnight there."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("takes a date and time such as 2026-11-24T03:00:00Z") from None
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_CONVERTERS: dict[str, Callable[[str], object]] = {
    "string": _string,
    "url": _url,
    "boolean": _boolean,
    "integer": _integer,
    "float": _float,
    "datetime": _datetime,
}
