"""Reads the stream of `MappingsTable`, as Lambda hands it to a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import base64
from collections import abc
from datetime import UTC, datetime
from typing import Any

from pdjira.adapters.aws.attributes import untyped
from pdjira.domain.mapping_check.mapping_change import MappingChange


def decode_change(record: abc.Mapping[str, Any]) -> MappingChange:
    """The change that a record tells of; its time comes in whole seconds, rounded down."""
    change = record["dynamodb"]
    return MappingChange(
        id=str(change["SequenceNumber"]),
        mapping_id=str(untyped(change["Keys"])["id"]),
        before=_image(change.get("OldImage")),
        after=_image(change.get("NewImage")),
        at=datetime.fromtimestamp(int(change["ApproximateCreationDateTime"]), tz=UTC),
    )


def _image(image: abc.Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if image is None else untyped(_with_bytes(image))


def _with_bytes(value: Any) -> Any:  # noqa: ANN401 - typed attributes at any depth
    """Binary attributes come as base64 in JSON."""
    match value:
        case {"B": str(text)}:
            return {"B": base64.b64decode(text)}
        case {"BS": list(texts)}:
            return {"BS": [base64.b64decode(text) for text in texts]}
        case abc.Mapping():
            return {name: _with_bytes(each) for name, each in value.items()}
        case list():
            return [_with_bytes(each) for each in value]
    return value
