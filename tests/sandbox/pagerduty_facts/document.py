"""PagerDuty's own OpenAPI document, put right where it is known to be wrong."""

from functools import cache

import requests

from tests.sandbox.openapi import Document, Json


def problems(method: str, path: str, response: requests.Response) -> list[str]:
    """What the document has against an answer."""
    answer = without_nulls(response.json()) if response.content else None
    return document().problems(method, path, response.status_code, answer)


@cache
def document() -> Document:
    """Of REST version 2."""
    return Document("pagerduty-rest-v2.openapi.json", put_right=_put_right)


def without_nulls(value: object) -> object:
    """A value without its nulls: the document forgets that they may be there."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _put_right(content: Json) -> None:
    """Change what REST does otherwise.

    It takes and gives strings as `body.details`; a channel matches several of five shapes that do
    not exclude each other; an acknowledgement's log entry has one name. The value of a custom field
    is no object, as the document's own examples show, and both it and a description may be null.
    """
    schemas = content["components"]["schemas"]
    schemas["IncidentBody"]["properties"]["details"] = {}
    field = schemas["CustomFieldsFieldValue"]
    field["properties"]["value"] = {}
    field["required"] = [one for one in field["required"] if one not in {"value", "description"}]
    schemas["Channel"]["anyOf"] = schemas["Channel"].pop("oneOf")
    acknowledged = schemas["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"]
    acknowledged["enum"] = ["acknowledge_log_entry"]
