"""Texts to the JSON that a Jira field of each kind takes.

Kinds are told by `schema` of the metadata. Names are what people write; a value by id is handed
over by a rule of type `jira_value` instead. Formats: Jira's field input formats,
https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples-6291606/.
"""

import base64
import hashlib
import math
import re
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from pdjira.model.issue import AllowedValue, FieldSchema
from pdjira.model.mapping import FieldRule, Problem, RuleType, error, hint
from pdjira.text.markup import (
    LINE_LIMIT,
    TEXT_LIMIT,
    cut,
    escape,
    escape_values,
    fill,
    filled_line,
    one_line,
    plain,
    units,
    whole_escapes,
)

LABEL_LIMIT = 255

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


def as_jira_value(texts: tuple[str, ...], schema: FieldSchema) -> object:
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
        return as_jira_value((text,), schema)
    whole = fill(parts)
    if not _is_long(schema):
        return filled_line(whole, limit=LINE_LIMIT)
    return whole_escapes(escape_values(whole._replace(text=cut(whole.text, limit=TEXT_LIMIT))))


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


ORGANIZATION = "sd-customerorganization"

REQUEST_TYPE = "sd-customerrequesttype"

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
    """As `texts_of`, but for organizations the ids, by which they are set."""
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

    Two values share one by chance in 16.7 million cases; a change missed in this way is found at
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
            return _name_of(value)
        case _:
            return comparable(str(value))


def _identity(value: object) -> object:
    """An organization's id: of all that lists hold, they alone have one and no `self`."""
    is_organization = isinstance(value, abc.Mapping) and "id" in value and "self" not in value
    return str(value["id"]) if isinstance(value, abc.Mapping) and is_organization else value


def _name_of(value: abc.Mapping[object, object]) -> str:
    """An option by its value, anything else by its name; with the option below it."""
    kind = value.get("requestType")
    if isinstance(kind, abc.Mapping):
        return _name_of(kind)
    known = (value.get(key) for key in ("value", "name", "displayName", "key", "id"))
    text = next((str(one).strip() for one in known if one not in (None, "")), "")
    child = value.get("child")
    below = _name_of(child) if isinstance(child, abc.Mapping) else ""
    return f"{text} {CHILD_MARK} {below}" if below else text


def _instant(text: str) -> str:
    """A time in UTC, whatever zone it is told in; milliseconds are left out."""
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


DESK_KINDS = frozenset({REQUEST_TYPE, ORGANIZATION})
"""By `schema.type`, or by `schema.items` of a list."""

SEPARATOR = "/"

_NAMED = 10

_WHERE = "the XML view of an issue of that type shows it, in the field Customer Request Type"


def desk_kind(schema: FieldSchema) -> str | None:
    """What of a service desk the field holds; None for every other field."""
    kind = schema.items if schema.type == "array" else schema.type
    return kind if kind in DESK_KINDS else None


def is_compared(rule: FieldRule, schema: FieldSchema) -> bool:
    """Whether a check compares the rule's value with what the service desk offers."""
    return desk_kind(schema) is not None and rule.type is not RuleType.JIRA_VALUE


def goes_by_name(rule: FieldRule, schema: FieldSchema) -> bool:
    """Whether what the service desk offers has to be known before the rule can be used."""
    if not is_compared(rule, schema):
        return False
    if rule.type is not RuleType.CONST:
        return True
    text = str(rule.value)
    if desk_kind(schema) == REQUEST_TYPE:
        return SEPARATOR not in text
    return not all(part.strip().isdecimal() for part in text.split(","))


def request_type(text: str, schema: FieldSchema) -> str | None:
    """What Jira takes for a request type's name or key; None where it is neither, or not told."""
    found = _offered_as(text, schema)
    if found is not None:
        return found.id or None
    return text.strip() if SEPARATOR in text else None


def organization(text: str, schema: FieldSchema) -> int | None:
    """The id of an organization, by itself or by its name; None where there is none."""
    found = _offered_as(text, schema)
    number = found.id if found else text.strip()
    return int(number) if number.isascii() and number.isdecimal() else None


def why_unfit(text: str, schema: FieldSchema) -> str:
    """What is wrong with a text that is no request type or organization, as a clause."""
    if desk_kind(schema) == ORGANIZATION:
        return f'takes organizations by name or id, and "{text}" is none{_offered(schema)}'
    if _offered_as(text, schema) is not None:
        return f'takes "{text}" only as portal/key, and Jira does not tell it; {_WHERE}'
    return f'takes a request type by name or as portal/key, and "{text}" is none{_offered(schema)}'


def desk_problems(
    rule: FieldRule, value: object, schema: FieldSchema, *, field: str
) -> Iterator[Problem]:
    """Whether the service desk offers a rule's value, as far as Jira tells that."""
    if not is_compared(rule, schema):
        return
    if schema.allowed is None:
        yield hint(
            field,
            f"Jira shows our account no service desk of this project, so whether {schema.name} "
            f"({schema.id}) takes this is not known.",
            "Choose a project of Jira Service Management, and give our account the role Service "
            "Desk Team there.",
        )
    elif any(one.id == "" for one in schema.allowed):
        yield hint(
            field,
            f"Jira tells no keys of its request types, so whether it has {value} is not known.",
            f"Compare it with Jira: {_WHERE}.",
        )
    else:
        yield from _unoffered(value, schema, schema.allowed, field)


def _unoffered(
    value: object, schema: FieldSchema, allowed: tuple[AllowedValue, ...], field: str
) -> Iterator[Problem]:
    known = {one.id for one in allowed}
    for part in value if isinstance(value, list) else [value]:
        if str(part) not in known:
            named = [f"{one.id} ({one.name})" for one in allowed][:_NAMED]
            yield error(
                field,
                f"{schema.name} ({schema.id}) does not offer {part}.",
                f"Choose one of {', '.join(named)}." if named else "Add it in Jira first.",
            )


def _offered_as(text: str, schema: FieldSchema) -> AllowedValue | None:
    wanted = text.strip().casefold()
    return next((one for one in schema.allowed or () if one.name.casefold() == wanted), None)


def _offered(schema: FieldSchema) -> str:
    names = [one.name for one in schema.allowed or ()][:_NAMED]
    return f" of those that there are: {', '.join(names)}" if names else ""
