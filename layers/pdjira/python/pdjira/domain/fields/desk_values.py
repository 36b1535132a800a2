"""Fields of Jira Service Management: request types and organizations, by name or by key.

Jira takes a request type as the text `portal/key`, and organizations as a list of ids. What it
offers is told by its service desks; where a request type's key is not among that, no name can be
turned into it: https://developer.atlassian.com/server/jira-servicedesk/rest/ (Request Type).
"""

from collections.abc import Iterator

from pdjira.domain.issue import AllowedValue, FieldSchema
from pdjira.domain.mapping import FieldRule, RuleType
from pdjira.domain.problem import Problem, error, hint

REQUEST_TYPE = "sd-customerrequesttype"
ORGANIZATION = "sd-customerorganization"
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
    """What Jira takes for a request type's name or key; None where it is neither, or untold."""
    found = _named(text, schema)
    if found is not None:
        return found.id or None
    return text.strip() if SEPARATOR in text else None


def organization(text: str, schema: FieldSchema) -> int | None:
    """The id of an organization, by itself or by its name; None where there is none."""
    found = _named(text, schema)
    number = found.id if found else text.strip()
    return int(number) if number.isascii() and number.isdecimal() else None


def why_unfit(text: str, schema: FieldSchema) -> str:
    """What is wrong with a text that is no request type or organization, as a clause."""
    if desk_kind(schema) == ORGANIZATION:
        return f'takes organizations by name or id, and "{text}" is none{_offered(schema)}'
    if _named(text, schema) is not None:
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


def _named(text: str, schema: FieldSchema) -> AllowedValue | None:
    wanted = text.strip().casefold()
    return next((one for one in schema.allowed or () if one.name.casefold() == wanted), None)


def _offered(schema: FieldSchema) -> str:
    names = [one.name for one in schema.allowed or ()][:_NAMED]
    return f" of those that there are: {', '.join(names)}" if names else ""
