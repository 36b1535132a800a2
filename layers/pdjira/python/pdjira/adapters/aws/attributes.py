"""Between plain values and the typed attributes of DynamoDB's own protocol."""

from collections import abc
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def typed(item: abc.Mapping[str, object]) -> dict[str, Any]:
    """The attributes as DynamoDB takes them."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items()}


def untyped(item: abc.Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as plain values; numbers as Decimal."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
