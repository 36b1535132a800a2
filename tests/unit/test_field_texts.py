"""G9: values of both sides as texts that can be compared, and what PagerDuty's fields take."""

from typing import Any

import pytest

from pdjira.model.incident import IncidentField
from pdjira.sync.fields.rules import to_custom
from pdjira.sync.fields.values import Unfit, comparable, digest, texts_of


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, ()),
        ("", ()),
        (" eu \r\nwest\t\n", ("eu\nwest",)),
        (True, ("true",)),
        (False, ("false",)),
        (42, ("42",)),
        (42.0, ("42",)),
        (42.5, ("42.5",)),
        (float("inf"), ("inf",)),
        ("2026-11-24T04:00:00.000+0100", ("2026-11-24T03:00:00Z",)),
        ("2026-11-24T03:00:00Z", ("2026-11-24T03:00:00Z",)),
        ("2026-13-24T03:00:00Z", ("2026-13-24T03:00:00Z",)),
        ("2026-11-24", ("2026-11-24",)),
        ({"self": "x", "value": "Platform", "id": "1"}, ("Platform",)),
        ({"name": "bob", "displayName": "Bob"}, ("bob",)),
        ({"displayName": "Bob"}, ("Bob",)),
        ({"value": "North", "child": {"value": "Hall 1"}}, ("North > Hall 1",)),
        ({"self": "x"}, ()),
        (["web", "pay"], ("pay", "web")),
        ([{"value": "B"}, {"value": "A"}], ("A", "B")),
        ((1, 2), ("(1, 2)",)),
    ],
)
def test_g9_a_value_is_told_by_its_name(value: Any, texts: tuple[str, ...]) -> None:
    assert texts_of(value) == texts


def test_g9_a_digest_is_short_and_tells_parts_apart() -> None:
    assert len(digest(("eu",))) == 4
    assert len({digest(one) for one in ((), ("a", "b"), ("ab",), ("b", "a"))}) == 4


def test_g9_a_time_is_the_same_in_any_zone() -> None:
    assert comparable("2026-11-24T03:00:00+00:00") == comparable("2026-11-24T04:00:00.5+0100")


def of_kind(data_type: str, *, several: bool = False) -> IncidentField:
    return IncidentField(name="x", data_type=data_type, several=several)


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        ("string", "eu", "eu"),
        ("string", "x" * 300, "x" * 254 + "…"),
        ("nonesuch", "eu", "eu"),
        ("url", " https://example.com/a ", "https://example.com/a"),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("integer", "42", 42),
        ("integer", "42.0", 42),
        ("float", "42.5", 42.5),
        ("datetime", "2026-11-24", "2026-11-24T00:00:00Z"),
        ("datetime", "2026-11-24T04:00:00+01:00", "2026-11-24T03:00:00Z"),
    ],
)
def test_g9_a_text_becomes_what_a_custom_field_takes(
    data_type: str, text: str, value: object
) -> None:
    assert to_custom((text,), of_kind(data_type)) == value


@pytest.mark.parametrize(
    ("data_type", "text"),
    [
        ("url", "example.com"),
        ("url", "https://example.com/a b"),
        ("url", "https://example.com/" + "x" * 500),
        ("boolean", "perhaps"),
        ("integer", "42.5"),
        ("integer", "many"),
        ("float", "NaN"),
        ("float", "1e999999"),
        ("datetime", "tomorrow"),
    ],
)
def test_g9_a_text_that_a_custom_field_does_not_take_is_unfit(data_type: str, text: str) -> None:
    with pytest.raises(Unfit):
        to_custom((text,), of_kind(data_type))


def test_g9_lists_and_single_values_take_each_other() -> None:
    assert to_custom(("a", "b"), of_kind("string")) == "a, b"
    assert to_custom(("a", "b", "a"), of_kind("string", several=True)) == ["a", "b"]
    assert to_custom((), of_kind("string", several=True)) is None
    with pytest.raises(Unfit):
        to_custom(tuple(map(str, range(11))), of_kind("string", several=True))
