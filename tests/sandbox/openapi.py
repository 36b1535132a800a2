"""Checks answers against a vendor's own OpenAPI document, where that document is right."""

import json
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.sandbox.vendors import CONTRACTS

Json = dict[str, Any]

_URN = "urn:document"


class Document:
    """The document of that file name; `put_right` changes what is known to be wrong in it."""

    def __init__(self, name: str, *, put_right: Callable[[Json], None]) -> None:
        content: Json = json.loads((CONTRACTS / name).read_text(encoding="utf-8"))
        put_right(content)
        self._paths: Json = content["paths"]
        resource = DRAFT202012.create_resource(content)
        self._registry: Registry[Any] = Registry().with_resource(_URN, resource)

    def problems(self, method: str, path: str, status: int, answer: object) -> list[str]:
        """What the document has against an answer, or against there being such a status."""
        responses = self._paths[path][method]["responses"]
        if str(status) not in responses:
            return [f"{status} is not documented"]
        here = _pointer("paths", path, method, "responses", str(status))
        where = _URN + responses[str(status)].get("$ref", here)
        if "content" not in self._registry.resolver().lookup(where).contents:
            return []
        schema = {"$ref": f"{where}/content/application~1json/schema"}
        errors = Draft202012Validator(schema, registry=self._registry).iter_errors(answer)
        return [f"{'/'.join(map(str, it.absolute_path))}: {it.message}" for it in errors]


def _pointer(*parts: str) -> str:
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)
