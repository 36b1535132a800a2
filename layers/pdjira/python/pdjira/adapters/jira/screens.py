"""Reads the fields of a create screen from Jira's create metadata."""

from collections.abc import Mapping
from dataclasses import replace

from pdjira.domain.issue import AllowedValue, CreateScreen, FieldSchema


def rows(page: Mapping[str, object], *names: str) -> list[Mapping[str, object]]:
    """The objects of a page under the first of `names` that it has.

    Server and Data Center name the rows of create metadata `values`, Cloud and some versions'
    documents `fields`, and there they may be an object by field id.
    """
    for name in names:
        found = page.get(name)
        if isinstance(found, Mapping):
            found = [{"fieldId": key, **row} for key, row in found.items() if _is_object(row)]
        if isinstance(found, list):
            return [row for row in found if _is_object(row)]
    return []


def is_last(page: Mapping[str, object], *, read: int, new: int) -> bool:
    """Whether no page follows, `read` rows after all and `new` ones on this page.

    A short page means nothing, since Jira caps pages silently: the total does, or an empty page.
    A page that tells neither is taken for the only one.
    """
    if new == 0 or page.get("isLast") is True:
        return True
    total = page.get("total")
    return read >= total if isinstance(total, int) else page.get("isLast") is not False


def create_screen(fields: list[Mapping[str, object]]) -> CreateScreen:
    """The screen of which these are the fields; one without an id is left out."""
    schemas = [replace(screen_field(row), allowed=allowed_values(row)) for row in fields]
    return CreateScreen(fields={schema.id: schema for schema in schemas if schema.id})


def screen_field(row: Mapping[str, object]) -> FieldSchema:
    """A field of a screen, as Jira's metadata describes it."""
    found = row.get("schema")
    schema = found if isinstance(found, Mapping) else {}
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
    )


def allowed_values(row: Mapping[str, object]) -> tuple[AllowedValue, ...] | None:
    """The values that the metadata of a field offer, those that are disabled left out."""
    listed = row.get("allowedValues")
    if not isinstance(listed, list):
        return None
    values = [each for each in listed if isinstance(each, Mapping)]
    return tuple(_allowed_value(each) for each in values if each.get("disabled") is not True)


def _allowed_value(value: Mapping[str, object]) -> AllowedValue:
    return AllowedValue(
        id=str(value.get("id") or ""),
        name=str(value.get("value") or value.get("name") or ""),
        children=tuple(str(child.get("value") or "") for child in rows(value, "children")),
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(row: object) -> bool:
    return isinstance(row, Mapping)
