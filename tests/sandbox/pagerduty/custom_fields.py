"""Custom fields of incidents: how the account has set them up, and what they take."""

import re
from collections import abc
from collections.abc import Sequence
from datetime import datetime

from tests.sandbox.pagerduty import events
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import (
    ApiError,
    CustomField,
    Event,
    Incident,
    Json,
    invalid,
    seconds,
)

STRING_LIMIT = 255
URL_LIMIT = 500
MOST_VALUES = 10

BASE_TYPE = "incident_default"
_TYPES = {
    "string": str,
    "url": str,
    "datetime": str,
    "boolean": bool,
    "integer": int,
    "float": float | int,
}


def definitions(model: PagerDutyModel, type_: str, *, with_options: bool) -> list[Json]:
    """The fields of an incident type, by its id or name; those of the base type are its own too."""
    _admit(model, 402, 2012, "Account does not have the abilities to perform the action")
    known = {one["name"]: one for one in incident_types(model)}
    found = next((one for one in known.values() if type_ in (one["id"], one["name"])), None)
    if found is None:
        raise ApiError(404, 2100, "Not Found")
    return [
        _definition(model, field, found["id"], with_options=with_options)
        for field in model.custom_fields.values()
        if field.incident_type in (BASE_TYPE, found["name"])
    ]


def incident_types(model: PagerDutyModel) -> list[Json]:
    """The types of the account: the base type, and each that a field belongs to."""
    names = dict.fromkeys(
        [BASE_TYPE, *(field.incident_type for field in model.custom_fields.values())]
    )
    base = {"id": "PTYPE00", "type": "incident_type_reference"}
    return [
        {
            "id": f"PTYPE{number:02}",
            "type": "incident_type",
            "name": name,
            "display_name": "Base Incident" if number == 0 else name.title(),
            "description": None,
            "enabled": True,
            "parent": base if number else None,
            "created_at": seconds(model.clock()),
            "updated_at": seconds(model.clock()),
        }
        for number, name in enumerate(names)
    ]


def values(model: PagerDutyModel, incident_id: str) -> list[Json]:
    """Every field of an incident with its value, null where it has none."""
    it = model.incident(incident_id)
    _admit(model, 403, 2010, "Access Denied")
    held = {one["name"]: one["value"] for one in it.custom_fields}
    return [
        {
            "id": field.id,
            "type": "field_value",
            "name": field.name,
            "display_name": field.display_name,
            "description": None,
            "data_type": field.data_type,
            "field_type": field.field_type,
            "value": held.get(field.name),
        }
        for field in _fields_of(model, it)
    ]


def set_values(
    model: PagerDutyModel, incident_id: str, changes: Sequence[object], *, by: str | None
) -> Event | None:
    """Write values, all or none; one event tells of what is different afterwards."""
    with model.lock:
        it = model.incident(incident_id)
        _admit(model, 403, 2010, "Access Denied")
        given = [_change(model, it, change) for change in changes]
        held = {one["name"]: one for one in it.custom_fields}
        before = [
            held.get(field.name, _row(field, None))
            for field, value in given
            if held.get(field.name, {}).get("value") != value
        ]
        if not before:
            return None
        it.custom_fields = list(
            {**held, **{field.name: _row(field, value) for field, value in given}}.values()
        )
        agent = model.user_ref(by) if by else None
        model.log(it, "custom_field_value_change", "Custom fields changed.", agent=agent or {})
        data = events.field_values(model, it, now=it.custom_fields, before=before)
        return model.emit("incident.custom_field_values.updated", data, about=it, agent=agent)


def _admit(model: PagerDutyModel, status: int, code: int, message: str) -> None:
    if not model.has_custom_fields:
        raise ApiError(status, code, message)


def _fields_of(model: PagerDutyModel, it: Incident) -> list[CustomField]:
    return [
        field
        for field in model.custom_fields.values()
        if field.incident_type in (BASE_TYPE, it.incident_type)
    ]


def _change(model: PagerDutyModel, it: Incident, change: object) -> tuple[CustomField, object]:
    asked = change if isinstance(change, abc.Mapping) else {}
    for field in _fields_of(model, it):
        if asked.get("id", asked.get("name")) in (field.id, field.name):
            _check(field, asked.get("value"))
            return field, asked.get("value")
    raise invalid("Custom field was not found")


def _check(field: CustomField, value: object) -> None:
    if value is None:
        return
    if field.field_type.startswith("multi_value"):
        if not isinstance(value, list) or len(value) > MOST_VALUES:
            raise invalid(f"{field.name} must be a list of at most {MOST_VALUES} values")
        for one in value:
            _check_one(field, one)
    else:
        _check_one(field, value)


def _check_one(field: CustomField, value: object) -> None:
    expected = _TYPES[field.data_type]
    is_flag = isinstance(value, bool) and field.data_type != "boolean"
    if is_flag or not isinstance(value, expected):
        raise invalid(f"{field.name} must be of the type {field.data_type}")
    if field.field_type.endswith("_fixed") and value not in field.options:
        raise invalid(f"{field.name} must be one of its options")
    if field.data_type == "string" and len(str(value)) > STRING_LIMIT:
        raise invalid(f"{field.name} is too long")
    if field.data_type == "url" and not _is_url(str(value)):
        raise invalid(f"{field.name} is no URL")
    if field.data_type == "datetime":
        _check_time(field, str(value))


def _is_url(text: str) -> bool:
    return bool(re.fullmatch(r"https?://\S+", text)) and len(text) <= URL_LIMIT


def _check_time(field: CustomField, text: str) -> None:
    try:
        has_zone = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        raise invalid(f"{field.name} is no date and time")


def _row(field: CustomField, value: object) -> Json:
    """A value as events have it."""
    row = events.field_value(field.id, field.name, value)
    return {**row, "data_type": field.data_type, "field_type": field.field_type}


def _definition(
    model: PagerDutyModel, field: CustomField, type_id: str, *, with_options: bool
) -> Json:
    now = seconds(model.clock())
    options = [
        {
            "id": f"{field.id}{number}",
            "type": "field_option",
            "data": {"data_type": "string", "value": option},
            "created_at": now,
            "updated_at": now,
        }
        for number, option in enumerate(field.options)
    ]
    return {
        "enabled": True,
        "id": field.id,
        "name": field.name,
        "type": "field",
        "self": f"{model.refs.api}/incidents/types/{type_id}/custom_fields/{field.id}",
        "description": None,
        "field_type": field.field_type,
        "data_type": field.data_type,
        "created_at": now,
        "updated_at": now,
        "display_name": field.display_name,
        "default_value": None,
        "incident_type": type_id,
        "summary": field.name,
        **({"field_options": options} if with_options and field.options else {}),
    }
