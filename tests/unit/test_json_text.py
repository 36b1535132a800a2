"""JSON that a person typed is read, or told where it breaks off."""

import pytest

from pdjira.text.json_text import NotJson, read_json

_NONE = ("9" * 5_000, "1e999", "[-1E999]", '{"a": NaN}', "Infinity", "-Infinity")
"""What Python's parser takes and no table does, or what not even that takes."""


_QUOTED = 'here another quotation mark stands than the straight double one (").'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1\n "b": 2}', "Line 2, column 2: here a comma is expected."),
        ('{"a" 1}', "Line 1, column 6: here a colon is expected."),
        ("{a: 1}", "Line 1, column 2: here a key in double quotes is expected."),
        (" \n", "It cannot be read: there is nothing in it."),
        ('[{"a": ?}]', "Line 1, column 8: here a value is expected."),
        ('{"a": 1,\n}', "Line 1, column 8: here a comma stands that nothing follows."),
        ("[1,\n 2, ]", "Line 2, column 3: here a comma stands that nothing follows."),
        ('{"a": ', "Line 1, column 7: here it ends too early."),
        ("<html>", "Line 1, column 1: here a page of HTML or XML begins, which is no JSON."),
        (
            "{\u201ca\u201d: 1}",
            f"Line 1, column 2: {_QUOTED}",
        ),
        (
            "['a']",
            f"Line 1, column 2: {_QUOTED}",
        ),
        ("{} {}", "Line 1, column 4: here something follows its end."),
        ('"a', "Line 1, column 1: here a text begins that has no end."),
        ('"a\n"', "Line 1, column 3: here a text holds a line break or the like."),
        ("\ufeff{}", "Line 1, column 1: here an invisible byte order mark stands before the JSON."),
        ("[" * 200_000, "It cannot be read: it is nested too deeply."),
        ("[" * 26 + "]" * 26, "It cannot be read: it is nested too deeply."),
        ('{"a":' * 900 + "1" + "}" * 900, "It cannot be read: it is nested too deeply."),
        *((text, "It cannot be read: a number in it is too large, or is none.") for text in _NONE),
    ],
)
def test_what_is_no_json_is_told_by_line_and_column(text: str, says: str) -> None:
    found = read_json(text)

    assert isinstance(found, NotJson)
    assert found.says == says


def test_what_is_json_is_read() -> None:
    assert read_json('[{"a": null}]') == [{"a": None}]
    assert read_json("[" * 25 + "]" * 25) is not None
    assert read_json("[1, -1.5, 2e3, 1e-400]") == [1, -1.5, 2000.0, 0.0]
