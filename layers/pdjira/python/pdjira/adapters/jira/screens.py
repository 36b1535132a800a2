"""Reads the fields of a create screen from Jira's create metadata."""

from collections.abc import Mapping

from pdjira.domain.issue import CreateScreen, FieldSchema


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
    schemas = [screen_field(row) for row in fields]
    return CreateScreen(fields={schema.id: schema for schema in schemas if schema.id})


def screen_field(row: Mapping[str, object]) -> FieldSchema:
    """A field of a screen, as Jira's metadata describes it."""
    found = row.get("schema")
    schema = found if isinstance(found, Mapping) else {}
    field_id = str(row.get("fieldId") or row.get("key") or "")
    return FieldSchema(
        id=field_id,
        name=str(row.get("name") or field_id),
        required=row.get("required") is True,
        type=str(schema.get("type") or "any"),
        items=_optional(schema.get("items")),
        custom=_optional(schema.get("custom")),
        system=_optional(schema.get("system")),
        has_default=row.get("hasDefaultValue") is True,
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(row: object) -> bool:
    return isinstance(row, Mapping)
