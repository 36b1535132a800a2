"""Atlassian's own OpenAPI document, put right where it is known to be wrong."""

from functools import cache
from typing import Any

from tests.sandbox.openapi import Document, Json

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


@cache
def document() -> Document:
    """Of Jira Data Center 10.3."""
    return Document("jira-dc-10.3.openapi.json", put_right=_put_right)


def _put_right(content: Json) -> None:
    _put_schemas_right(content["components"]["schemas"])
    for path in (*ARRAYS, *PAGES):
        for response in content["paths"][path]["get"]["responses"].values():
            if "content" in response:
                declared = response["content"]["application/json"]
                listed = {"type": "array", "minItems": 1, "items": declared["schema"]}
                declared["schema"] = listed if path in ARRAYS else _page(listed)


def _page(listed: Json) -> Json:
    number = {"type": "integer"}
    page = {
        "maxResults": number,
        "startAt": number,
        "total": number,
        "isLast": {"type": "boolean"},
    }
    return {
        "type": "object",
        "properties": {**page, "values": listed},
        "required": [*page, "values"],
        "additionalProperties": False,
    }


def _put_schemas_right(schemas: dict[str, Any]) -> None:
    """Close them, too: a property that they do not name is a problem."""
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
