"""Texts to the JSON that a Jira field of each kind takes.

Kinds are told by `schema` of the metadata. Names are what people write; a value by id is handed
over by a rule of type `jira_value` instead. Formats: Jira's field input formats,
https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples-6291606/.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from pdjira.domain.fields.desk_values import (
    ORGANIZATION,
    REQUEST_TYPE,
    organization,
    request_type,
    why_unfit,
)
from pdjira.domain.issue import FieldSchema
from pdjira.domain.text.markup import (
    cut,
    escape,
    escape_values,
    fill,
    filled_line,
    one_line,
    plain,
    units,
)

LINE_LIMIT = 255
LABEL_LIMIT = 255
TEXT_LIMIT = 30_000
"""Units, as Jira counts them: below Jira's default of 32,767, so that a last line always fits."""

CHILD_MARK = ">"

_LARGEST_EXPONENT = 300
"""Powers of ten: Jira keeps numbers as doubles, which end shortly after."""

_LARGEST_WHOLE = 2**53
"""Beyond it, a double does not hold every whole number."""

_WIKI_FIELDS = frozenset({"description", "environment"})


class Unfit(ValueError):  # noqa: N818 - the text is unfit for the field, which is no error of ours
    """The text does not fit the field's type; the message says what would, as a clause."""


def takes_several(schema: FieldSchema) -> bool:
    """Whether the field holds a list, so that a constant is split at commas."""
    return schema.type == "array"


def to_jira(texts: tuple[str, ...], schema: FieldSchema) -> object:
    """The JSON value; None where the texts hold nothing. Raises `Unfit`.

    A field of one value takes several texts joined by a comma and a blank.
    """
    texts = tuple(text for text in texts if text.strip())
    if not texts:
        return None
    kind = schema.items if takes_several(schema) else schema.type
    convert = _CONVERTERS.get(kind or "")
    if convert is None:
        raise Unfit(f"is of the type {kind}, which only a rule of type jira_value can fill")
    if takes_several(schema):
        return [label(text) if kind == "string" else convert(text, schema) for text in texts]
    return convert(", ".join(texts), schema)


def string(text: str, schema: FieldSchema) -> str:
    """Text as a field of type string takes it.

    Jira renders multi-line and, by default, single-line text fields as wiki markup.
    """
    if schema.id == "summary":
        return one_line(text, limit=LINE_LIMIT)
    if _is_long(schema):
        return whole_escapes(escape(cut(plain(text), limit=TEXT_LIMIT)))
    line = one_line(text, limit=LINE_LIMIT)
    if not _is_custom(schema, "textfield"):
        return line
    while units(escape(line)) > LINE_LIMIT:
        line = cut(line, limit=units(line) * 9 // 10)
    return escape(line)


def filled(parts: Sequence[tuple[str, bool]], schema: FieldSchema) -> object:
    """The JSON value of a text into which values were put: parts, each with whether it is a value.

    Where Jira renders the field, the text's own markup stays and values are escaped. Raises
    `Unfit`.
    """
    text = "".join(part for part, _ in parts)
    if not text.strip() or not is_markup(schema):
        return to_jira((text,), schema)
    whole = fill(parts)
    if not _is_long(schema):
        return filled_line(whole, limit=LINE_LIMIT)
    return whole_escapes(escape_values(whole._replace(text=cut(whole.text, limit=TEXT_LIMIT))))


def whole_escapes(markup: str) -> str:
    """Markup that fits, and whose end is no half of an escape."""
    markup = markup.rstrip()
    if units(markup) <= TEXT_LIMIT:
        return markup
    return cut(markup, limit=TEXT_LIMIT).rstrip("\\…") + "…"


def is_markup(schema: FieldSchema) -> bool:
    """Whether the field holds wiki markup: what `string` escapes."""
    return _is_long(schema) or _is_custom(schema, "textfield")


def label(text: str) -> str:
    """A text as a label of Jira, which has no blanks."""
    return cut("_".join(plain(text).split()), limit=LABEL_LIMIT)


def _is_long(schema: FieldSchema) -> bool:
    return schema.system in _WIKI_FIELDS or _is_custom(schema, "textarea")


def _is_custom(schema: FieldSchema, kind: str) -> bool:
    return (schema.custom or "").endswith(f":{kind}")


def _number(text: str, _: FieldSchema) -> float | int:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise Unfit("takes a decimal number such as 42.5")
    is_whole = number == number.to_integral_value()
    if is_whole and abs(number) <= _LARGEST_WHOLE:
        return int(number)
    if is_whole and Decimal(repr(float(number))) != number:
        raise Unfit(f"takes whole numbers up to {_LARGEST_WHOLE}, since Jira rounds larger ones")
    return float(number)


def _day(text: str, _: FieldSchema) -> str:
    """A date; of a date and time, the day in its own zone."""
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError:
        raise Unfit("takes a date such as 2026-11-24") from None


def _time(text: str, _: FieldSchema) -> str:
    """A date and time, with milliseconds and an offset without a colon; without one it is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unfit("takes a date and time such as 2026-11-24T03:00:00Z") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"


def _cascading(text: str, _: FieldSchema) -> dict[str, object]:
    parent, mark, child = (part.strip() for part in text.partition(CHILD_MARK))
    if mark and not (parent and child):
        raise Unfit(f"takes an option and its child such as Europe {CHILD_MARK} Berlin")
    return {"value": parent, "child": {"value": child}} if mark else {"value": parent}


def _option(text: str, schema: FieldSchema) -> dict[str, str]:
    """An option by its name; where Jira offers it in other letters, by Jira's."""
    name = text.strip()
    offered = [one.name for one in schema.allowed or ()]
    alike = (one for one in offered if one.casefold() == name.casefold())
    return {"value": name if name in offered else next(alike, name)}


def _named(text: str, _: FieldSchema) -> dict[str, str]:
    return {"name": text.strip()}


def _request_type(text: str, schema: FieldSchema) -> str:
    found = request_type(text, schema)
    if found is None:
        raise Unfit(why_unfit(text.strip(), schema))
    return found


def _organization(text: str, schema: FieldSchema) -> int:
    found = organization(text, schema)
    if found is None:
        raise Unfit(why_unfit(text.strip(), schema))
    return found


def _comment(text: str, _: FieldSchema) -> str:
    return whole_escapes(escape(cut(plain(text), limit=TEXT_LIMIT)))


def _worklog(text: str, _: FieldSchema) -> dict[str, str]:
    """Time spent, which is logged as of now; Jira judges the text."""
    return {"timeSpent": text.strip()}


def _as_it_is(text: str, _: FieldSchema) -> str:
    return text.strip()


_CONVERTERS: dict[str, Callable[[str, FieldSchema], object]] = {
    "string": string,
    "number": _number,
    "date": _day,
    "datetime": _time,
    "option": _option,
    "option-with-child": _cascading,
    "user": _named,
    "group": _named,
    "component": _named,
    "version": _named,
    "priority": _named,
    "resolution": _named,
    REQUEST_TYPE: _request_type,
    ORGANIZATION: _organization,
    "comments-page": _comment,
    "worklog": _worklog,
    "any": _as_it_is,
}
"""By `schema.type`, or by `schema.items` of a list."""
