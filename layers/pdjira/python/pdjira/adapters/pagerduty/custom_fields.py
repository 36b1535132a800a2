"""Reads custom fields: of an incident with their values, and of the account as they are set up.

Shapes: PagerDuty's OpenAPI document, `/incidents/{id}/custom_fields/values` and
`/incidents/types/{type_id_or_name}/custom_fields`.
"""

from collections import abc
from collections.abc import Iterator

from pdjira.domain.fields.comparable import text_of
from pdjira.domain.fields.offers import FieldOffer
from pdjira.domain.incident import IncidentField
from pdjira.errors import Temporary

_Object = abc.Mapping[str, object]


def custom_fields(said: _Object) -> dict[str, IncidentField]:
    """The fields of an incident by name. Raises `Temporary` where the answer names none at all."""
    rows = said.get("custom_fields")
    if not isinstance(rows, list):
        raise Temporary("PagerDuty's answer names no custom fields.")
    return {field.name: field for field in map(incident_field, _named(rows))}


def incident_field(row: _Object) -> IncidentField:
    """A field with its value."""
    value = row.get("value")
    texts = tuple(map(text_of, value)) if isinstance(value, list) else text_of(value)
    return IncidentField(
        name=str(row.get("name")),
        data_type=str(row.get("data_type") or "string"),
        several=_holds_several(row),
        value=texts or None,
    )


def field_offers(said: _Object) -> dict[str, FieldOffer]:
    """The fields of an incident type by name; those that are switched off are left out."""
    rows = said.get("fields")
    found = _named(rows if isinstance(rows, list) else [])
    return {str(row["name"]): _offer(row) for row in found if row.get("enabled") is not False}


def _offer(row: _Object) -> FieldOffer:
    return FieldOffer(
        name=str(row["name"]),
        data_type=str(row.get("data_type") or "string"),
        several=_holds_several(row),
        options=_options(row),
    )


def _options(row: _Object) -> tuple[str, ...] | None:
    """What a field with fixed values takes; None where it takes any."""
    if not str(row.get("field_type") or "").endswith("_fixed"):
        return None
    found = row.get("field_options")
    listed = found if isinstance(found, list) else []
    data = [one.get("data") for one in listed if isinstance(one, abc.Mapping)]
    return tuple(str(one.get("value")) for one in data if isinstance(one, abc.Mapping))


def _named(rows: list[object]) -> Iterator[dict[str, object]]:
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            yield row


def _holds_several(row: _Object) -> bool:
    return str(row.get("field_type") or "").startswith("multi_value")
