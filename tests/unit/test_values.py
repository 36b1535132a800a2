"""M20: what a person writes becomes the JSON that a Jira field of that kind takes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.sync.fields.values import Unfit, as_jira_value
from tests.builders import a_schema

CASES = {
    "string": ("string", None, ("a", "b"), "a, b"),
    "labels": ("array", "string", ("dark blue", "red"), ["dark_blue", "red"]),
    "a number": ("number", None, ("42.5",), 42.5),
    "a whole number": ("number", None, (" 7 ",), 7),
    "a select": ("option", None, ("Platform",), {"value": "Platform"}),
    "a multi select": ("array", "option", ("a", "b"), [{"value": "a"}, {"value": "b"}]),
    "cascading": (
        "option-with-child",
        None,
        ("Europe > Berlin",),
        {"value": "Europe", "child": {"value": "Berlin"}},
    ),
    "cascading without a child": ("option-with-child", None, ("Europe",), {"value": "Europe"}),
    "a date": ("date", None, ("2026-11-24",), "2026-11-24"),
    "the day of a time": ("date", None, ("2026-11-24T23:30:00+02:00",), "2026-11-24"),
    "a time": ("datetime", None, ("2026-11-24T03:00:00Z",), "2026-11-24T03:00:00.000+0000"),
    "a time of a zone": (
        "datetime",
        None,
        ("2026-11-24T03:00:00.25-05:00",),
        "2026-11-24T03:00:00.250-0500",
    ),
    "a time without a zone": (
        "datetime",
        None,
        ("2026-11-24T03:00:00",),
        "2026-11-24T03:00:00.000+0000",
    ),
    "a user": ("user", None, ("bob",), {"name": "bob"}),
    "several users": ("array", "user", ("bob", "alice"), [{"name": "bob"}, {"name": "alice"}]),
    "a group": ("group", None, ("jira-users",), {"name": "jira-users"}),
    "components": ("array", "component", ("Payment",), [{"name": "Payment"}]),
    "versions": ("array", "version", ("1.2",), [{"name": "1.2"}]),
    "a resolution": ("resolution", None, ("Done",), {"name": "Done"}),
    "a request type": ("sd-customerrequesttype", None, ("it/incident",), "it/incident"),
    "any value": ("any", None, (" as it is ",), "as it is"),
    "nothing": ("number", None, (" ",), None),
}


@pytest.mark.parametrize("name", CASES)
def test_m20_each_kind_of_field_takes_its_json(name: str) -> None:
    kind, items, texts, value = CASES[name]

    assert as_jira_value(texts, a_schema("x", type=kind, items=items)) == value


@pytest.mark.parametrize(
    ("kind", "text", "would_fit"),
    [
        ("number", "many", "decimal number"),
        ("number", "NaN", "decimal number"),
        ("date", "tomorrow", "2026-11-24"),
        ("datetime", "now", "2026-11-24T"),
        ("option-with-child", "Europe >", "child"),
        ("timetracking", "2h", "jira_value"),
    ],
)
def test_m20_a_text_that_does_not_fit_is_told_what_would(
    kind: str, text: str, would_fit: str
) -> None:
    with pytest.raises(Unfit, match=would_fit):
        as_jira_value((text,), a_schema("x", type=kind))


@pytest.mark.parametrize("text", ["1e5000", "-1e1000000", "1e-5000", "9" * 5000, "1e301"])
def test_m20_a_number_beyond_what_jira_can_hold_does_not_fit(text: str) -> None:
    with pytest.raises(Unfit, match="decimal number"):
        as_jira_value((text,), a_schema("x", type="number"))


@pytest.mark.parametrize("text", ["1e300", "-1.5e300", "1e-300"])
def test_m20_the_largest_and_smallest_numbers_can_be_sent(text: str) -> None:
    value = as_jira_value((text,), a_schema("x", type="number"))

    assert json.loads(json.dumps(value)) == pytest.approx(float(text))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1e9, max_value=1e9))
def test_m20_every_decimal_number_stays_the_number_that_it_is(number: Decimal) -> None:
    assert as_jira_value((str(number),), a_schema("x", type="number")) == pytest.approx(
        float(number)
    )
