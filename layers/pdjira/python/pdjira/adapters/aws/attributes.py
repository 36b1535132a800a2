"""Between plain values and the typed attributes of DynamoDB's own protocol."""

from collections.abc import Mapping as MappingABC
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def typed(item: MappingABC[str, object]) -> dict[str, Any]:
    """The attributes as DynamoDB takes them."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items()}


def untyped(item: MappingABC[str, Any]) -> dict[str, Any]:
    """The attributes as plain values; numbers as Decimal."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
