"""Reads the fields of a create screen from Jira's create metadata."""

from collections import abc
from dataclasses import replace

from pdjira.adapters.jira.lists import rows
from pdjira.domain.issue import AllowedValue, CreateScreen, FieldSchema


def create_screen(fields: list[abc.Mapping[str, object]]) -> CreateScreen:
    """The screen of which these are the fields; one without an id is left out."""
    schemas = [replace(screen_field(row), allowed=allowed_values(row)) for row in fields]
    return CreateScreen(fields={schema.id: schema for schema in schemas if schema.id})


def screen_field(row: abc.Mapping[str, object]) -> FieldSchema:
    """A field of a screen, as Jira's metadata describes it."""
    found = row.get("schema")
    schema = found if isinstance(found, abc.Mapping) else {}
    field_id = str(row.get("fieldId") or row.get("key") or "")
    custom = _optional(schema.get("custom"))
    # Old versions declare a cascading select as a list of texts, and take the same value for it.
    is_cascading = (custom or "").endswith(":cascadingselect")
    return FieldSchema(
        id=field_id,
        name=str(row.get("name") or field_id),
        required=row.get("required") is True,
        type="option-with-child" if is_cascading else str(schema.get("type") or "any"),
        items=None if is_cascading else _optional(schema.get("items")),
        custom=custom,
        system=_optional(schema.get("system")),
        has_default=row.get("hasDefaultValue") is True,
        operations=_operations(row.get("operations")),
    )


def _operations(listed: object) -> tuple[str, ...]:
    """Those that the metadata name; a version that names none takes values."""
    return tuple(map(str, listed)) if isinstance(listed, list) else ("set",)


def allowed_values(row: abc.Mapping[str, object]) -> tuple[AllowedValue, ...] | None:
    """The values that the metadata of a field offer, those that are disabled left out."""
    listed = row.get("allowedValues")
    if not isinstance(listed, list):
        return None
    values = [each for each in listed if isinstance(each, abc.Mapping)]
    return tuple(_allowed_value(each) for each in values if each.get("disabled") is not True)


def _allowed_value(value: abc.Mapping[str, object]) -> AllowedValue:
    return AllowedValue(
        id=str(value.get("id") or ""),
        name=str(value.get("value") or value.get("name") or ""),
        children=tuple(str(child.get("value") or "") for child in rows(value, "children")),
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None
