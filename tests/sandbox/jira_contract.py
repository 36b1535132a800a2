"""Checks answers against Atlassian's own OpenAPI document, where that document is right.

It stands beside the repository, since it may not be copied. What is known to be wrong in it is
put right here, and only here.
"""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[3] / "shared" / "contracts" / "jira-dc-10.3.openapi.json"

ARRAYS = (
    "/api/2/project",
    "/api/2/field",
    "/api/2/status",
    "/api/2/priority",
    "/api/2/issuetype",
    "/api/2/resolution",
    "/api/2/project/{projectIdOrKey}/statuses",
    "/api/2/user/search",
    "/api/2/user/assignable/search",
    "/api/2/issue/{issueIdOrKey}/remotelink",
)
"""Declared as one item, really a list."""

PAGES = (
    "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes",
    "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
)
"""Declared as one item, really a page with `values`."""

UNDECLARED = {
    "ProjectBean": ("projectTypeKey", "lead", "issueTypes", "components", "versions", "roles"),
    "FieldMetaBean": ("autoCompleteUrl",),
    "TransitionsMetaBean": ("expand",),
    "IssueBean": ("expand",),
    "PermissionJsonBean": ("havePermission",),
}
"""Properties that Jira sends and the document does not name."""


def problems(method: str, path: str, status: int, answer: object) -> list[str]:
    """What the document has against an answer, or against there being such a status."""
    operation = _document()["paths"][path][method]
    if str(status) not in operation["responses"]:
        return [f"{status} is not documented"]
    content = operation["responses"][str(status)].get("content")
    if content is None:
        return []
    schema = _meant(method, path, content["application/json"]["schema"])
    whole = {**schema, "components": _components()}
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(whole).iter_errors(answer)
    ]


def _meant(method: str, path: str, schema: dict[str, Any]) -> dict[str, Any]:
    listed = {"type": "array", "minItems": 1, "items": schema}
    if method == "get" and path in ARRAYS:
        return listed
    if path in PAGES:
        whole = {"type": "integer"}
        page = {
            "maxResults": whole,
            "startAt": whole,
            "total": whole,
            "isLast": {"type": "boolean"},
        }
        return {
            "type": "object",
            "properties": {**page, "values": listed},
            "required": [*page, "values"],
            "additionalProperties": False,
        }
    return schema


@cache
def _document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


@cache
def _components() -> dict[str, Any]:
    """The schemas, put right, and closed: a property that they do not name is a problem."""
    schemas = copy.deepcopy(_document()["components"]["schemas"])
    schemas["IssueBean"]["properties"]["fields"]["additionalProperties"] = True
    schemas["EntityPropertyBean"]["properties"]["value"] = {}
    schemas["ChangeItemBean"]["properties"].update(
        {end: {"type": ["string", "null"]} for end in ("from", "fromString", "to", "toString")}
    )
    for schema in schemas.values():
        if schema.get("properties") and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
    for name, properties in UNDECLARED.items():
        schemas[name]["properties"].update({key: {} for key in properties})
    return {"schemas": schemas}
