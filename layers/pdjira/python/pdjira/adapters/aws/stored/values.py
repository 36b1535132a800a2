"""What people type into the DynamoDB console, as the values that a mapping is made of.

Numbers arrive as Decimal, sets as sets, and an attribute that was left blank as "" or NULL.
"""

from collections import abc
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pdjira.domain.times import read_time

T = TypeVar("T")


def plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold has no narrower type
    """`value` with JSON's types alone: whole numbers as int, sets as sorted lists."""
    match value:
        case Decimal() | float():
            return int(value) if value == int(value) else float(value)
        case abc.Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case set() | frozenset():
            return sorted((plain(each) for each in value), key=str)
        case list() | tuple():
            return [plain(each) for each in value]
    return value


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Text = Annotated[str, BeforeValidator(_as_text)]
"""Text; a Number is taken as it is written."""

Several = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A list of values of one kind."""

Count = Annotated[int, Field(ge=0)]
"""A whole number from 0."""

StackTime = Annotated[datetime | None, BeforeValidator(read_time)]
"""A time that the stack writes, in UTC; whatever else people put there counts as none."""


class Stored(BaseModel):
    """A map as it was typed: unknown keys are passed over, blank ones count as left out."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _leave_blanks_out(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if not _is_blank(value)}


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
